import { type SQL, sql } from 'drizzle-orm'
import type { Config } from '../base/config.ts'
import type { KeyRing } from '../base/crypto.ts'
import { Problem, tooManyAttempts } from '../base/errors.ts'
import type { Statement } from '../base/ports.ts'
import type { MessageKind } from '../messages/message.ts'
import type { Context } from './context.ts'
import type { DeviceOf, OwnDevice } from './devices.ts'
import { fullUntil } from './outbox.ts'
import { statement, taking } from './statement.ts'

/** What refuses an attempt, until `endsAt` (Unix seconds). */
export interface Standing {
  readonly count: number
  readonly endsAt: number
}

/** One counter of an attempt. `key` is an HMAC, or SQL that finds one; null counts nothing. */
interface Counter {
  readonly key: SQL
  readonly limit: number
  /** Seconds. */
  readonly window: number
}

export interface Attempt {
  /** Rides in the trip that reads the account: the attempt is counted before anything is compared. */
  readonly statements: readonly [Statement<number>, Statement<Standing>]
  /** Judges their rows. @throws Problem `too_many_attempts` (429) */
  judge(counted: readonly number[], standing: readonly Standing[]): void
  /** Holds in that very batch where the attempt was let pass. */
  readonly isCounted: SQL
  /**
   * Rides in the batch of the success: it was no guess. A repeat of the batch takes nothing off again, unless another
   * attempt came between: then the counters are one too low, which nobody can bring about at will.
   */
  readonly refund: Statement
}

export interface AttemptOn {
  /** What is guessed at, as typed: an e-mail, a username, a user id. Or SQL that finds what `keyOf` made of it. */
  readonly identifier: string | SQL
  /** The same for the batch of the success, where that finds it in another way. */
  readonly identifierThen?: SQL
  /** The device of the attempt, where it is one that the account knows. */
  readonly knownDevice?: DeviceOf | undefined
  /** Count only where this holds. */
  readonly where?: SQL | undefined
  /** A short code may be what is guessed: then a device that the account knows has a daily limit, too. */
  readonly isShort?: boolean
}

export interface MailTo {
  /** Known to us or not; SQL where only the batch knows it. */
  readonly recipient: SQL | string
  /** Of the message, where it is none that strangers may ask for. */
  readonly kind?: MessageKind
  /** Whoever is signed in and asks. */
  readonly userId?: string
  /** The device that asks, where the account of the recipient knows it and has proven the address. */
  readonly ownDevice?: OwnDevice | undefined
  /** Count only where this holds. */
  readonly where?: SQL
}

const quarter = 15 * 60
const hour = 60 * 60
const day = 24 * 60 * 60

/** Seconds between two clocks. What ends later than a whole window from now was counted before a clock fell back. */
const skew = 5

/**
 * Counts attempts in the database, in one conditional statement, so that parallel guesses cannot pass it (CVE-2023-47111).
 * A refused attempt does not count.
 */
export const newThrottle = (config: Config, ring: KeyRing) => {
  const { limits } = config
  const mac = (text: string) => ring.mac('throttle', text)

  /** A device that the account knows has a counter of its own, which no stranger can fill. */
  const groups = async (
    context: Context,
    key: SQL,
    { knownDevice, where = sql`true`, isShort = false }: AttemptOn,
  ): Promise<Group[]> => {
    const address = await mac(`address ${context.address ?? 'unknown'}`)
    const stranger: Counter[] = [
      { key: sql`${key} || ${address}`, limit: limits.pair, window: quarter },
      { key, limit: limits.identifier, window: day },
      { key: sql`${address}`, limit: limits.address, window: quarter },
    ]
    const isMeant = sql`${where} and ${key} is not null`
    if (knownDevice === undefined) return [{ counters: stranger, where: isMeant }]
    const device = await mac(`device ${knownDevice.id}`)
    return [
      {
        counters: [
          { key: sql`${key} || ${device}`, limit: limits.pair, window: quarter },
          ...(isShort ? [{ key: sql`${key} || ${device} || 'day'`, limit: limits.identifier, window: day }] : []),
        ],
        where: sql`${isMeant} and ${knownDevice.holds}`,
      },
      { counters: stranger, where: sql`${isMeant} and not ${knownDevice.holds}` },
    ]
  }

  return {
    /** The key under which attempts on `identifier` count, for rows that must be counted without knowing it. */
    keyOf: (identifier: string) => mac(`identifier ${identifier}`),

    async on(context: Context, given: AttemptOn): Promise<Attempt> {
      const { identifier, identifierThen } = given
      const key = typeof identifier === 'string' ? sql`${await mac(`identifier ${identifier}`)}` : identifier
      const counted = await groups(context, key, given)
      return attempt(context, counted, identifierThen ? await groups(context, identifierThen, given) : counted)
    },

    /**
     * Lets a message be asked for, in the batch that writes its row: where there is room for its recipient, whether or
     * not anybody has that address, which the rows of the outbox tell; and for the account and the address of the asker,
     * which are counted here. A device that the recipient's own account knows has a counter of its own instead, which no
     * stranger can fill. Never refunded. Throws out of the batch:
     * @throws Problem `too_many_attempts` (429)
     */
    async mail(context: Context, given: MailTo): Promise<MailCount> {
      const { recipient, kind, userId, ownDevice, where = sql`true` } = given
      const byOwner = ownDevice?.holds ?? sql`false`
      const isStranger = sql`${where} and not ${byOwner}`
      const full = fullUntil(config, context, { recipient, kind })
      const counter = async (name: string, limit: number, window: number): Promise<Counter> => ({
        key: sql`${await mac(name)}`,
        limit,
        window,
      })
      const counters = [
        await counter(`mail from ${context.address ?? 'unknown'}`, limits.address, quarter),
        ...(userId === undefined ? [] : [await counter(`mail by ${userId}`, limits.mail, hour)]),
      ]
      const own = ownDevice ? [await counter(`mail by devices of ${ownDevice.userId}`, limits.mail, hour)] : []
      const groups = [
        { counters: own, where: sql`${where} and ${byOwner}` },
        { counters, where: sql`${isStranger} and ${full} is null` },
      ]
      const { statements, isCounted, judge } = attempt(context, groups, [])
      const [count, standing] = statements
      const outOfRoom = statement(
        sql`select ${limits.mail}, ${full} where ${isStranger} and ${full} is not null`,
        readStanding,
      )
      let counted: number[] = []
      return {
        statements: [
          taking(outOfRoom, (rows) => judge([], rows)),
          taking(count, (rows) => {
            counted = rows
          }),
          taking(standing, (rows) => judge(counted, rows)),
        ],
        isCounted,
        byOwner,
      }
    },
  }
}

/** `statements` stand before whatever depends on `isCounted`. */
export interface MailCount extends Pick<Attempt, 'isCounted'> {
  readonly statements: readonly Statement[]
  /** Holds where the device of the owner asked: the message is none that a stranger caused. */
  readonly byOwner: SQL
}

export type Throttle = ReturnType<typeof newThrottle>

interface Group {
  readonly counters: readonly Counter[]
  readonly where: SQL
}

/** `key`, `ceiling` and `span` of each counter that is meant. */
const offer = (groups: readonly Group[]): SQL =>
  sql.join(
    groups.flatMap(({ counters, where }) =>
      counters.map(
        ({ key, limit, window }) => sql`select ${key} as key, ${limit} as ceiling, ${window} as span where ${where}`,
      ),
    ),
    sql` union all `,
  )

/** A cross join, which SQLite never turns round: it would walk every live counter to find three. */
const joined = sql.raw('offered o cross join throttle t')

const readStanding = ([count, endsAt]: readonly unknown[]): Standing => ({
  count: Number(count),
  endsAt: Number(endsAt),
})

const attempt = (context: Context, counted: readonly Group[], returned: readonly Group[]): Attempt => {
  const { now, requestId } = context
  const refunded = `${requestId} refunded`
  const offered = sql`with offered as (${offer(counted)})`
  // Such a window lets one attempt pass, which ends it where a window of now ends.
  const isFull = sql`t.key = o.key and t.ends_at > ${now} and t.ends_at <= ${now + skew} + o.span
    and t.count >= o.ceiling`
  const count = sql`${offered}
    insert into throttle (key, count, ends_at, attempt)
    select key, 1, ${now} + span, ${requestId} from offered
    where not exists (select 1 from ${joined} where ${isFull} and t.attempt <> ${requestId})
    on conflict (key) do update set
      count = iif(throttle.ends_at > ${now}, throttle.count + (throttle.attempt <> excluded.attempt), 1),
      ends_at = iif(throttle.ends_at > ${now}, min(throttle.ends_at, excluded.ends_at), excluded.ends_at),
      attempt = excluded.attempt
    returning count`
  const full = sql`${offered} select t.count, t.ends_at from ${joined} where ${isFull}`
  return {
    statements: [statement(count, ([value]) => Number(value)), statement(full, readStanding)],
    judge(rows, standing) {
      if (rows.length > 0 || standing.length === 0) return
      const retryAfter = Math.max(1, ...standing.map(({ endsAt }) => endsAt - now))
      throw new Problem(tooManyAttempts, { retryAfter })
    },
    isCounted: sql`exists (select 1 from throttle where attempt = ${requestId} and key in
      (select key from (${offer(counted)})))`,
    refund: statement(sql`update throttle set count = count - 1, attempt = ${refunded}
      where count > 0 and attempt <> ${refunded} and key in (select key from (${offer(returned)}))`),
  }
}
