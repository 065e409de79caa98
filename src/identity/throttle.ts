import { type SQL, sql } from 'drizzle-orm'
import type { Config } from '../base/config.ts'
import type { KeyRing } from '../base/crypto.ts'
import { Problem, tooManyAttempts } from '../base/errors.ts'
import type { Statement } from '../base/ports.ts'
import type { Context } from './context.ts'
import { statement } from './statement.ts'

/** One counter of an attempt. `key` is an HMAC, or SQL that finds one. */
interface Counter {
  readonly key: SQL
  readonly limit: number
  /** Seconds. */
  readonly window: number
}

export interface Attempt {
  /** Rides in the trip that reads the account: the attempt is counted before anything is compared. */
  readonly statements: readonly [Statement<number>, Statement<{ count: number; endsAt: number }>]
  /** Judges their rows. @throws Problem `too_many_attempts` (429) */
  judge(counted: readonly number[], standing: readonly { count: number; endsAt: number }[]): void
  /** Rides in the batch of the success: it was no guess. Converges when it runs twice. */
  readonly refund: Statement
}

export interface AttemptOn {
  /** What is guessed at, as typed: an e-mail, a username, a user id. */
  readonly identifier: string
  /** A condition under which the device of the attempt is one that the account knows. */
  readonly knownDevice?: { readonly id: string; readonly holds: SQL } | undefined
  /** Count only where this holds. */
  readonly where?: SQL | undefined
}

const quarter = 15 * 60
const day = 24 * 60 * 60

/**
 * Counts attempts in the database, in one conditional statement, so that parallel guesses cannot pass it (CVE-2023-47111).
 * A refused attempt does not count.
 */
export const newThrottle = (config: Config, ring: KeyRing) => {
  const { limits } = config
  return {
    /** The key under which attempts on `identifier` count, for rows that must be counted without knowing it. */
    keyOf: (identifier: string) => ring.mac('throttle', `identifier ${identifier}`),

    async on(context: Context, { identifier, knownDevice, where }: AttemptOn): Promise<Attempt> {
      const key = async (text: string): Promise<SQL> => sql`${await ring.mac('throttle', text)}`
      const address = context.address ?? 'unknown'
      const stranger: Counter[] = [
        { key: await key(`pair ${address} ${identifier}`), limit: limits.pair, window: quarter },
        { key: await key(`identifier ${identifier}`), limit: limits.identifier, window: day },
        { key: await key(`address ${address}`), limit: limits.address, window: quarter },
      ]
      if (knownDevice === undefined) return attempt(context, [{ counters: stranger, where: where ?? sql`true` }])
      const own = { key: await key(`device ${knownDevice.id} ${identifier}`), limit: limits.pair, window: quarter }
      return attempt(context, [
        { counters: [own], where: knownDevice.holds },
        { counters: stranger, where: sql`not ${knownDevice.holds}` },
      ])
    },

    /**
     * Counts under a key that a row keeps: 10 in 15 minutes, like a pair. `key` and `refunded` are SQL that finds it, null
     * where nothing is to be counted, or given back.
     */
    onKey(context: Context, key: SQL, refunded: SQL): Attempt {
      const counting = (one: SQL): Attempt =>
        attempt(context, [
          { counters: [{ key: one, limit: limits.pair, window: quarter }], where: sql`${one} is not null` },
        ])
      return { ...counting(key), refund: counting(refunded).refund }
    },

    /** Holds while this very request was the last that counted under `key`. */
    isCounted: (context: Context, key: SQL): SQL =>
      sql`exists (select 1 from throttle where throttle.key = ${key} and throttle.attempt = ${context.requestId})`,
  }
}

export type Throttle = ReturnType<typeof newThrottle>

interface Group {
  readonly counters: readonly Counter[]
  readonly where: SQL
}

const attempt = (context: Context, groups: readonly Group[]): Attempt => {
  const { now, requestId } = context
  const refunded = `${requestId} refunded`
  const offered = sql.join(
    groups.flatMap(({ counters, where }, group) =>
      counters.map(
        ({ key, limit, window }) =>
          sql`select ${key} as key, ${limit} as ceiling, ${window} as span, ${group} as family where ${where}`,
      ),
    ),
    sql` union all `,
  )
  const keys = sql`select key from (${offered})`
  const full = sql`exists (select 1 from offered o join throttle t on t.key = o.key
    where t.ends_at > ${now} and t.count >= o.ceiling and t.attempt <> ${requestId})`
  const count = sql`with offered as (${offered})
    insert into throttle (key, count, ends_at, attempt)
    select key, 1, ${now} + span, ${requestId} from offered where not ${full}
    on conflict (key) do update set
      count = iif(throttle.ends_at > ${now}, throttle.count + (throttle.attempt <> excluded.attempt), 1),
      ends_at = iif(throttle.ends_at > ${now}, throttle.ends_at, excluded.ends_at),
      attempt = excluded.attempt
    returning count`
  const fullNow = sql`with offered as (${offered})
    select t.count, t.ends_at from offered o join throttle t on t.key = o.key
    where t.ends_at > ${now} and t.count >= o.ceiling`
  return {
    statements: [
      statement(count, ([value]) => Number(value)),
      statement(fullNow, ([value, endsAt]) => ({ count: Number(value), endsAt: Number(endsAt) })),
    ],
    judge(counted, standing) {
      if (counted.length > 0 || standing.length === 0) return
      const retryAfter = Math.max(1, ...standing.map(({ endsAt }) => endsAt - now))
      throw new Problem(tooManyAttempts, { retryAfter })
    },
    refund: statement(sql`update throttle set count = count - 1, attempt = ${refunded}
      where count > 0 and attempt <> ${refunded} and key in (${keys})`),
  }
}
