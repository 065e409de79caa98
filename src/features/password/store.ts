import { type SQL, sql } from 'drizzle-orm'
import type { Statement } from '../../base/ports.ts'
import { isOpen, isUsed, ofCode, type Use } from '../../identity/codes.ts'
import type { Wiping } from '../../identity/credentials.ts'
import type { Account } from '../../identity/sign-in.ts'
import { prepare, statement } from '../../identity/statement.ts'
import { storedAddress, type UserRow, userJson } from '../../identity/users.ts'

export interface PasswordAccount {
  readonly account: Account
  /** Undefined where the user has no password. */
  readonly hash: string | undefined
}

const columns = sql`${userJson}, users.suspended_at, (select hash from passwords where user_id = users.id)`

const read = ([json, suspendedAt, hash]: readonly unknown[]): PasswordAccount => ({
  account: { user: JSON.parse(String(json)), suspended: suspendedAt !== null, methods: ['password'] },
  hash: hash === null ? undefined : String(hash),
})

export const passwordStore = {
  byEmail: prepare(
    ['canonical'],
    (p) => sql`select ${columns} from users where email_canonical = ${p.canonical}`,
    read,
  ),
  byUsername: prepare(['username'], (p) => sql`select ${columns} from users where username = ${p.username}`, read),
  byId: prepare(['id'], (p) => sql`select ${columns} from users where id = ${p.id}`, read),

  /** Only where the user was inserted: of two registrations for one address, one goes on. */
  insert: prepare(
    ['userId', 'hash', 'now'],
    (p) => sql`insert into passwords (user_id, hash, changed_at) select id, ${p.hash}, ${p.now} from users
      where id = ${p.userId} on conflict do nothing`,
  ),

  /** A better hash of the same password, unless it was changed meanwhile. */
  upgrade: prepare(
    ['userId', 'from', 'to'],
    (p) => sql`update passwords set hash = ${p.to} where user_id = ${p.userId} and hash = ${p.from}`,
  ),
}

/** How many passwords a user has: none or one. */
export const countPasswords = (userId: SQL | string): SQL =>
  sql`(select count(*) from passwords where user_id = ${userId})`

export const hasPassword = (userId: SQL | string): SQL =>
  sql`exists (select 1 from passwords where user_id = ${userId})`

export const storedHash = (userId: SQL): Statement<string> =>
  statement(sql`select hash from passwords where user_id = ${userId}`, ([hash]) => String(hash))

export const wipePassword = ({ userId, since, when }: Wiping): Statement =>
  statement(sql`delete from passwords where user_id = ${userId} and changed_at >= ${since} and ${when}`)

/** Holds while this very hash is stored. */
export const isStored = (userId: string, hash: string): SQL =>
  sql`exists (select 1 from passwords where user_id = ${userId} and hash = ${hash})`

interface Change {
  readonly userId: string
  readonly from: string
  readonly to: string
  readonly now: number
  /** The caller's session still lives. */
  readonly stands: SQL
}

export const changePassword = ({ userId, from, to, now, stands }: Change): Statement =>
  statement(sql`update passwords set hash = ${to}, changed_at = ${now}
    where user_id = ${userId} and hash = ${from} and ${stands}`)

/** Where an account for this address is younger than `since`, and not the one that is being made. */
export const isYoung = (canonical: string, since: number, exceptId: string): SQL =>
  sql`exists (select 1 from users where email_canonical = ${canonical} and created_at > ${since} and id <> ${exceptId})`

/** Where `when` holds and nobody has this address. */
export const isUnknown = (canonical: string, when: SQL): SQL => sql`${storedAddress(canonical)} is null and ${when}`

/** Whose password an open link sets; none where it is used, expired, or was sent to an address that they had before. */
export const resettable = (use: Use): Statement<UserRow> =>
  statement(
    sql`select ${userJson} from users where users.id = ${ofCode(use.hash, 'user_id')}
      and users.email_canonical = ${ofCode(use.hash, 'email_canonical')} and ${isOpen(use)}`,
    ([json]) => JSON.parse(String(json)),
  )

interface NewPassword {
  readonly userId: string
  readonly hash: string
  readonly now: number
}

/** The password of whoever shows a link for it, whether or not they had one. */
export const setPassword = ({ userId, hash, now }: NewPassword, use: Use): Statement =>
  statement(sql`insert into passwords (user_id, hash, changed_at) select ${userId}, ${hash}, ${now}
    where ${isUsed(use)} on conflict (user_id) do update set hash = excluded.hash, changed_at = excluded.changed_at`)
