import { type SQL, sql } from 'drizzle-orm'
import type { Email } from '../../base/email.ts'
import type { Statement } from '../../base/ports.ts'
import type { Caller } from '../../identity/callers.ts'
import { concerns, isOpen, isReserved, isUsed, ofCode, type Use } from '../../identity/codes.ts'
import { live, standsFor } from '../../identity/sessions.ts'
import { statement } from '../../identity/statement.ts'
import { storedAddress } from '../../identity/users.ts'

/** Holds where a caller may ask: their session lives, and the address is not their own already. */
export const mayAsk = ({ userId, evidence }: Caller, { canonical }: Email): SQL =>
  sql`${standsFor(evidence)} and exists (select 1 from users where id = ${userId} and email_canonical <> ${canonical})`

/** Holds where nobody has the address, and nobody may take it back. */
const isUnclaimed = (canonical: SQL | string, now: number): SQL =>
  sql`not exists (select 1 from users where email_canonical = ${canonical}) and not ${isReserved(canonical, now)}`

/** Where the link goes: null where the address is taken. */
export const ifUnclaimed = ({ address, canonical }: Email, now: number): SQL =>
  sql`iif(${isUnclaimed(canonical, now)}, ${address}, null)`

/** Where word goes that the address is taken, as its account has it: null where it is free. */
export const ifTaken = ({ address, canonical }: Email, now: number): SQL =>
  sql`iif(${isUnclaimed(canonical, now)}, null,
    coalesce(${storedAddress(canonical)}, ${address}))`

/** Whose code this is, and the address that it proves: null where there is no such code. */
export const ownerOf = ({ hash }: Use): SQL => ofCode(hash, 'user_id')
const provenBy = ({ hash }: Use): SQL => ofCode(hash, 'email_canonical')

/** Holds while the link of a change is good: no longer than the session lives that asked for it. */
export const isChangeOpen = (use: Use): SQL => sql`${isOpen(use)} and exists (select 1 from sessions
  where sessions.id = ${ofCode(use.hash, 'session_id')} and ${live(sql`${use.now}`)})`

/** Holds where the link is good, and nobody else has what it proves. */
export const mayChange = (use: Use): SQL => sql`${isChangeOpen(use)} and ${isUnclaimed(provenBy(use), use.now)}`

/** Holds where no other account has the address of the code. */
export const isNoOthers = (use: Use): SQL =>
  sql`not exists (select 1 from users where email_canonical = ${provenBy(use)} and id <> ${ownerOf(use)})`

/**
 * The address that the account of a code has until the code replaces it; null where that is done, so that a repeat of
 * the batch takes no other for it.
 */
export const replacedAddress = (use: Use, isVerified: boolean): SQL =>
  sql`(select email from users where id = ${ownerOf(use)} and email_verified = ${isVerified ? 1 : 0}
    and email_canonical <> ${provenBy(use)})`

/** The account has the address of the code, which is proven. */
export const takeAddress = (use: Use): Statement =>
  statement(sql`update users set email = ${ofCode(use.hash, 'email')}, email_canonical = ${provenBy(use)},
    email_verified = 1 where id = ${ownerOf(use)} and ${isUsed(use)}`)

/** Whoever takes an account back wants it: a deletion to come does not. */
export const keepAccount = (use: Use): Statement =>
  statement(sql`update users set erase_at = null where id = ${ownerOf(use)} and ${isUsed(use)}`)

/**
 * Ends every other code of the account and of both its addresses, used ones too: a change that is repeated because its
 * reply got lost finds no mark of its own once another came after it. Links that undo a change stay, but where the code
 * in use is one of them: that ends those of later changes. Those of earlier ones stay, or whoever stole an account would
 * change its address twice and end its owner's link by their own. The order of rows is that of the changes, whatever the
 * clock did. Stands before `takeAddress`.
 */
export const endOtherCodes = (use: Use): Statement =>
  statement(sql`delete from codes where ${concerns(ownerOf(use), provenBy(use))}
    and hash <> ${use.hash} and ${isUsed(use)}
    and (purpose <> 'undo_email'
      or rowid > (select rowid from codes where hash = ${use.hash} and purpose = 'undo_email'))`)

/** What was remembered since the code was sent. */
export const forgetDevices = (use: Use): Statement =>
  statement(sql`delete from devices where user_id = ${ownerOf(use)} and created_at >= ${ofCode(use.hash, 'created_at')}
    and ${isUsed(use)}`)

export interface Outcome {
  readonly userId: string
  readonly isUsed: boolean
}

/** What became of a code: none where it is no good; `isUsed` false where it is, but the address is another's. */
export const outcomeOf = (use: Use, isGood: SQL): Statement<Outcome> =>
  statement(
    sql`select user_id, used_by is not null from codes where hash = ${use.hash}
      and (used_by = ${use.by} or (${isGood}))`,
    ([userId, used]) => ({ userId: String(userId), isUsed: used === 1 }),
  )
