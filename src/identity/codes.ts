import { type SQL, sql } from 'drizzle-orm'
import type { Statement } from '../base/ports.ts'
import type { Evidence } from './sessions.ts'
import { statement } from './statement.ts'

/** What a code is for, and for how many seconds. A code of one purpose is nothing to another. */
export const codeLife = {
  verify_email: 24 * 60 * 60,
  /** Erases the unverified account that somebody else made with this address. */
  disown: 24 * 60 * 60,
  reset_password: 30 * 60,
  change_email: 24 * 60 * 60,
  /** Sent to the address that an account had before. */
  undo_email: 72 * 60 * 60,
  sign_in_link: 10 * 60,
  sign_in_code: 10 * 60,
  /** Answers a challenge whose method is `email`. */
  confirm_code: 10 * 60,
} as const

export type CodePurpose = keyof typeof codeLife

export interface NewCode {
  /** SHA-256 of the token, or of the secret id that a typed code goes with. */
  readonly hash: string
  readonly purpose: CodePurpose
  /** Whose account; null where signing in makes it. */
  readonly userId: SQL | string | null
  /** The session that asks for it, where whoever uses it is to ask whether that lives still. */
  readonly sessionId?: Evidence['sid']
  /** Where it is sent, and what it proves; null issues nothing. */
  readonly email: SQL | string
  readonly when: SQL
  /** HMAC of a typed code; and the key under which guesses at it are counted, where its challenge has none. */
  readonly typed?: { readonly mac: string; readonly throttleKey?: string }
}

/**
 * Issues a one-time code where `when` holds, and ends the older ones of its purpose. Only its hash is stored.
 * @param now Unix seconds
 */
export const issueCode = (now: number, { hash, purpose, userId, email, when, ...more }: NewCode): Statement[] => [
  statement(sql`insert into codes
      (hash, purpose, user_id, session_id, email, email_canonical, code_mac, throttle_key, created_at, expires_at)
    select ${hash}, ${purpose}, t.user_id, ${more.sessionId ?? null}, t.email, lower(t.email),
      ${more.typed?.mac ?? null}, ${more.typed?.throttleKey ?? null}, ${now}, ${now + codeLife[purpose]}
    from (select ${userId} as user_id, ${email} as email) t where t.email is not null and ${when}
    on conflict do nothing`),
  statement(sql`delete from codes where purpose = ${purpose} and hash <> ${hash} and used_at is null and (
    (user_id = ${ofCode(hash, 'user_id')} and (purpose <> 'undo_email' or email_canonical = ${ofCode(hash, 'email_canonical')}))
    or (user_id is null and email_canonical = ${ofCode(hash, 'email_canonical')}))`),
]

/** Holds once the code was issued. */
export const isIssued = (hash: string): SQL => sql`exists (select 1 from codes where hash = ${hash})`

/** A column of one code, as SQL: null where there is none. */
export const ofCode = (
  hash: string,
  column: 'user_id' | 'session_id' | 'email' | 'email_canonical' | 'created_at',
): SQL => sql`(select ${sql.identifier(column)} from codes where hash = ${hash})`

export interface Use {
  readonly hash: string
  readonly purpose: CodePurpose
  /** Marks who used it: an id made before the batch, so that a repeat of the batch finds its own mark. */
  readonly by: string
  readonly now: number
}

/** Unused and unexpired. */
export const isOpen = ({ hash, purpose, now }: Omit<Use, 'by'>): SQL =>
  sql`exists (select 1 from codes where hash = ${hash} and purpose = ${purpose} and used_at is null
    and expires_at > ${now})`

/** Of two who use a code one wins: the first statement of whatever it permits. */
export const useCode = ({ hash, purpose, by, now }: Use, when: SQL = sql`true`): Statement =>
  statement(sql`update codes set used_at = ${now}, used_by = ${by} where hash = ${hash} and purpose = ${purpose}
    and used_at is null and expires_at > ${now} and ${when}`)

/** What everything that a code permits depends on. */
export const isUsed = ({ hash, by }: Pick<Use, 'hash' | 'by'>): SQL =>
  sql`exists (select 1 from codes where hash = ${hash} and used_by = ${by})`

/** Whose account a code that was used is for: none where it was not good. */
export const usedFor = ({ hash, by }: Pick<Use, 'hash' | 'by'>): Statement<string> =>
  statement(sql`select user_id from codes where hash = ${hash} and used_by = ${by}`, ([userId]) => String(userId))

/** Holds while the account still has the address that a code was sent to. */
export const isAtItsAddress = (hash: string): SQL =>
  sql`exists (select 1 from users where id = ${ofCode(hash, 'user_id')}
    and email_canonical = ${ofCode(hash, 'email_canonical')})`

/**
 * Holds for every code of a user, and for those that were sent to their address, or to `alsoTo`, while nobody had it:
 * these sign in whoever has it now. Wants `codes` in scope.
 */
export const concerns = (userId: SQL | string, alsoTo: SQL = sql`null`): SQL => sql`(codes.user_id = ${userId}
  or (codes.user_id is null
    and codes.email_canonical in ((select email_canonical from users where id = ${userId}), ${alsoTo})))`

/**
 * Ends every code that concerns a user but the one in use: what was sent to an old address, or before a new password.
 * The links that undo a change of address stay, or whoever stole an account could end them: `andUndo` ends these too.
 */
export const endCodes = (userId: SQL | string, when: SQL, andUndo = false): Statement =>
  statement(sql`delete from codes where ${concerns(userId)} and used_at is null
    and (purpose <> 'undo_email' or ${andUndo ? 1 : 0}) and ${when}`)

/** An address that somebody may still take back, as they gave it; null where nobody may. */
export const reservedAddress = (canonical: SQL | string, now: SQL | number): SQL =>
  sql`(select email from codes where email_canonical = ${canonical} and purpose = 'undo_email' and used_at is null
    and expires_at > ${now} limit 1)`

/** Holds while somebody may still take back this address: until then nobody else gets it. */
export const isReserved = (canonical: SQL | string, now: SQL | number): SQL =>
  sql`(${reservedAddress(canonical, now)} is not null)`
