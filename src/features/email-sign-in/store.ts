import { type SQL, sql } from 'drizzle-orm'
import type { Email } from '../../base/email.ts'
import type { Statement } from '../../base/ports.ts'
import { isOpen, isReserved, isUsed, ofCode, type Use } from '../../identity/codes.ts'
import type { Context } from '../../identity/context.ts'
import type { Account } from '../../identity/sign-in.ts'
import { statement, whether } from '../../identity/statement.ts'
import { counting, mayTry } from '../../identity/tries.ts'
import { storedAddress, userIdOf, userJson } from '../../identity/users.ts'

/** One where the user signs in by mail: where they have proven their address. */
export const provenMailbox = (userId: SQL | string): SQL =>
  sql`(select count(*) from users where id = ${userId} and email_verified = 1)`

export const hasAccount = (email: Email): SQL => sql`${userIdOf(email.canonical)} is not null`

/** The address of an account as it stores it, or as it was given where nobody has it. */
export const anyAddress = ({ address, canonical }: Email): SQL => sql`coalesce(${storedAddress(canonical)}, ${address})`

/** A code that is good still, and whom it signs in. */
export interface OpenCode {
  readonly mac: string
  /** As it was mailed. */
  readonly email: string
  /** Undefined where nobody has the address. */
  readonly account: Account | undefined
  /** Whether it may make one: was sent to an address that nobody had, has, or may still take back. */
  readonly isFree: boolean
}

/** Whose address it was sent to: also of an account that came after it. Wants `users` in scope. */
const isOwner = (hash: string): SQL => sql`users.email_canonical = ${ofCode(hash, 'email_canonical')}
  and users.id = coalesce(${ofCode(hash, 'user_id')}, users.id)`

export const ownerOf = (hash: string): SQL => sql`(select id from users where ${isOwner(hash)})`

const isFree = (hash: string, now: number): SQL => sql`(${ofCode(hash, 'user_id')} is null and ${ownerOf(hash)} is null
  and not ${isReserved(ofCode(hash, 'email_canonical'), now)})`

const columns = (hash: string, now: number): SQL => sql`code_mac, email,
  (select ${userJson} from users where ${isOwner(hash)}),
  (select suspended_at from users where ${isOwner(hash)}),
  ${isFree(hash, now)}`

const read = ([mac, email, json, suspendedAt, free]: readonly unknown[]): OpenCode => ({
  mac: String(mac ?? ''),
  email: String(email),
  account:
    json === null ? undefined : { user: JSON.parse(String(json)), suspended: suspendedAt !== null, methods: ['email'] },
  isFree: free === 1,
})

export const openCode = (use: Use): Statement<OpenCode> =>
  statement(sql`select ${columns(use.hash, use.now)} from codes where hash = ${use.hash} and ${isOpen(use)}`, read)

/** Wants `codes` in scope. */
const isTried = ({ hash, purpose }: Use, context: Context): SQL =>
  sql`hash = ${hash} and purpose = ${purpose} and ${mayTry(context)}`

/** A try that the throttle refused is none. */
export const countTry = (use: Use, context: Context, isCounted: SQL): Statement<OpenCode> =>
  statement(
    sql`update codes set ${counting(context)} where ${isTried(use, context)} and ${isCounted}
      returning ${columns(use.hash, use.now)}`,
    read,
  )

/** Under what the try counts; null where it is none. */
export const keyToTry = (use: Use, context: Context): SQL =>
  sql`(select throttle_key from codes where ${isTried(use, context)})`

/** The same once the code is used. */
export const keyOfUsed = ({ hash, by }: Use): SQL =>
  sql`(select throttle_key from codes where hash = ${hash} and used_by = ${by})`

/** Holds while its address has the account that was read, verified or not as it was; or may still get one. */
export const isAsRead = ({ hash, now }: Use, { account }: OpenCode): SQL => {
  if (account === undefined) return isFree(hash, now)
  const { id, emailVerified } = account.user
  return sql`${ownerOf(hash)} = (select id from users where id = ${id} and email_verified = ${emailVerified ? 1 : 0})`
}

/** The account that a code makes: its address is proven by it. */
export const insertProven = (use: Use, id: string): Statement =>
  statement(sql`insert into users (id, email, email_canonical, email_verified, created_at)
    select ${id}, email, email_canonical, 1, ${use.now} from codes where hash = ${use.hash} and ${isUsed(use)}
    on conflict do nothing`)

/** One row where the code is good still. */
export const stillOpen = (use: Use): Statement<true> => whether(isOpen(use))

export const isMade = (userId: string): SQL => sql`exists (select 1 from users where id = ${userId})`
