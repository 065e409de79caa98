import { type SQL, sql } from 'drizzle-orm'
import { randomCode, timingSafeEqual } from '../base/crypto.ts'
import type { PasswordHasher } from '../base/phc.ts'
import type { Statement } from '../base/ports.ts'
import type { Context } from './context.ts'
import type { Wiping } from './credentials.ts'
import type { Factor } from './factors.ts'
import type { Facts } from './facts.ts'
import { statement, taking, whether } from './statement.ts'

/** Codes of a set, and characters of a code: 57 bits, written in groups of four. */
const size = { codes: 10, code: 12, group: 4 }

/** A set that was made and is not stored yet. */
export interface RecoverySet {
  /** As their user sees them, once: `BCDF-GHJK-MNPQ`. */
  readonly codes: string[]
  readonly salt: string
  readonly hashes: readonly string[]
}

/**
 * What lets a user in who has lost their second factor: ten codes, each good once. They are hashed slowly, under one salt
 * for all of a set, so that making a set costs ten hashes and a guess costs one.
 */
export const newRecoveryCodes = (hasher: PasswordHasher, facts: Facts) => ({
  /** @throws Problem `unavailable` (503) */
  async make(): Promise<RecoverySet> {
    const codes = Array.from({ length: size.codes }, () => randomCode(size.code))
    const hashes: string[] = []
    let salt: string | undefined
    // In turn: whoever signs in meanwhile waits for one of them, not for ten.
    for (const code of codes) {
      const made: { salt: string; hash: string } = await hasher.derive(code, salt)
      salt = made.salt
      hashes.push(made.hash)
    }
    return { codes: codes.map(grouped), salt: salt ?? '', hashes }
  },

  /** Stores a set where `when` holds; the older one of the user ends. */
  store({ now }: Context, userId: SQL | string, { salt, hashes }: RecoverySet, when: SQL): Statement[] {
    const json = JSON.stringify(hashes)
    return [
      statement(sql`delete from recovery_codes where user_id = ${userId} and salt <> ${salt} and ${when}`),
      statement(sql`insert into recovery_codes (hash, user_id, salt, created_at)
        select value, ${userId}, ${salt}, ${now} from json_each(${json}) where ${when} on conflict do nothing`),
    ]
  },

  /** How many are left, as SQL. */
  left,

  /** Ends the codes of a user where `when` holds. */
  end: (userId: SQL | string, when: SQL): Statement =>
    statement(sql`delete from recovery_codes where user_id = ${userId} and ${when}`),

  factor: recoveryFactor(hasher, facts),
})

export type RecoveryCodes = ReturnType<typeof newRecoveryCodes>

/** What a squatter made. */
export const wipeRecoveryCodes = ({ userId, since, when }: Wiping): Statement =>
  statement(sql`delete from recovery_codes where user_id = ${userId} and created_at >= ${since} and ${when}`)

const left = (userId: SQL | string): SQL =>
  sql`(select count(*) from recovery_codes where user_id = ${userId} and used_at is null)`

interface StoredCode {
  readonly salt: string
  readonly hash: string
}

const recoveryFactor = (hasher: PasswordHasher, facts: Facts): Factor => ({
  method: 'recovery',
  kind: 'recovery',
  isOn: (userId) => sql`exists (select 1 from recovery_codes where user_id = ${userId} and used_at is null)`,

  reads: async (_, userId) => [unused(userId)],

  async check([rows = []], { user }, { code }, context) {
    const stored = rows as readonly StoredCode[]
    const typed = (code ?? '').replace(/[\s-]/g, '').toUpperCase()
    const [one] = stored
    if (one === undefined || typed.length !== size.code) return undefined
    const { hash } = await hasher.derive(typed, one.salt)
    const right = stored.filter((row) => timingSafeEqual(row.hash, hash))
    if (right.length === 0) return undefined
    return {
      holds: sql`exists (select 1 from recovery_codes where hash = ${hash} and used_at is null)`,
      async burn(when) {
        const by = context.requestId
        const isUsed = sql`exists (select 1 from recovery_codes where hash = ${hash} and used_by = ${by})`
        const fact = await facts.of(context, {
          type: 'recovery.used',
          userId: user.id,
          left: left(user.id),
          when: isUsed,
        })
        const told = taking(whether(isUsed), (used) => {
          if (used.length > 0) fact.happened()
        })
        return [useCode(hash, { now: context.now, by }, when), ...fact.statements, told]
      },
    }
  },
})

const unused = (userId: SQL): Statement<StoredCode> =>
  statement(
    sql`select salt, hash from recovery_codes where user_id = ${userId} and used_at is null`,
    ([salt, hash]) => ({ salt: String(salt), hash: String(hash) }),
  )

const useCode = (hash: string, { now, by }: { now: number; by: string }, when: SQL): Statement =>
  statement(sql`update recovery_codes set used_at = ${now}, used_by = ${by}
    where hash = ${hash} and used_at is null and ${when}`)

const grouped = (code: string): string => (code.match(new RegExp(`.{${size.group}}`, 'g')) ?? []).join('-')
