import { type SQL, sql } from 'drizzle-orm'
import type { Statement } from '../../base/ports.ts'
import { isAtItsAddress, isOpen, isUsed, ofCode, type Use } from '../../identity/codes.ts'
import { type Evidence, standsFor } from '../../identity/sessions.ts'
import { statement } from '../../identity/statement.ts'

/** The address of an account that nobody has proven yet; null where there is none. */
export const unprovenAddress = (userId: string): SQL =>
  sql`(select email from users where id = ${userId} and email_verified = 0)`

/** Holds where a caller may ask: their session lives and the address is still to be proven. */
export const mayAsk = (userId: string, evidence: Evidence): SQL =>
  sql`${unprovenAddress(userId)} is not null and ${standsFor(evidence)}`

/** A session that a request shows, by what is signed. */
export interface Shown {
  readonly userId: string
  readonly evidence: Evidence
}

/** Holds where the session that is shown lives and is the owner's. */
export const isShownBy = (owner: SQL, shown: Shown | undefined): SQL =>
  shown === undefined ? sql`0` : sql`(${owner} = ${shown.userId} and ${standsFor(shown.evidence)})`

/** Holds where the token is enough, or whoever shows it is the owner. */
export const mayProve = (hasFactor: SQL, isOwners: SQL): SQL => sql`(not ${hasFactor} or ${isOwners})`

/** The address counts as proven, if it is still the account's. */
export const verifyAddress = (use: Use): Statement<string> =>
  statement(
    sql`update users set email_verified = 1 where id = ${ofCode(use.hash, 'user_id')}
      and email_canonical = ${ofCode(use.hash, 'email_canonical')} and ${isUsed(use)} returning id`,
    ([id]) => String(id),
  )

/**
 * The account that a link disowns: with its address, as long as nobody has proven that. None that is younger than the
 * link: it came after the one that a batch erased whose reply got lost.
 */
export const disowned = (hash: string): SQL => sql`(select id from users
  where email_canonical = ${ofCode(hash, 'email_canonical')} and email_verified = 0
    and created_at <= ${ofCode(hash, 'created_at')})`

export const isUnproven = (hash: string): SQL => sql`${disowned(hash)} is not null`

/** The code outlives the account that it erases, so that a repeat of the batch finds its mark. */
export const detachCode = ({ hash, by }: Use): Statement =>
  statement(sql`update codes set user_id = null where hash = ${hash} and used_by = ${by}`)

/** The HMACs of what a user may type into a challenge: one at most, since a new code ends the older. */
export const confirmCodes = (userId: SQL): Statement<string> =>
  statement(
    sql`select code_mac from codes where user_id = ${userId} and purpose = 'confirm_code' and used_at is null`,
    ([mac]) => String(mac),
  )

/** Holds while a code is open, and its address is still the account's. */
export const isGood = (use: Use): SQL => sql`${isOpen(use)} and ${isAtItsAddress(use.hash)}`

/** Holds where `when` does, for the sessions that a challenge did not begin. Wants `sessions` in scope. */
export const isOfAnother = (challenge: string, when: SQL): SQL =>
  sql`sessions.id is not (select used_by from challenges where hash = ${challenge}) and ${when}`

/** Holds for a challenge that a code can answer: not where the address was proven since. */
export const isAnswerable = (userId: string, isAsked: SQL): SQL =>
  sql`${isAsked} and ${unprovenAddress(userId)} is not null`

/** A challenge whose code cannot be sent is none. */
export const dropUncounted = (challenge: string, isCounted: SQL): Statement =>
  statement(sql`delete from challenges where hash = ${challenge} and not ${isCounted}`)
