import { type SQL, sql } from 'drizzle-orm'
import { rfc3339 } from '../base/clock.ts'
import type { Statement } from '../base/ports.ts'
import { isReserved } from './codes.ts'
import { statement } from './statement.ts'

/** A user as the database and the cookie hold it; `createdAt` in Unix seconds. */
export interface UserRow {
  readonly id: string
  readonly email: string
  readonly emailVerified: boolean
  readonly username: string | null
  readonly name: string | null
  /** BCP 47: the language that they chose to be written to in. */
  readonly locale: string | null
  readonly roles: readonly string[]
  readonly createdAt: number
}

/** A user on the wire. */
export interface User extends Omit<UserRow, 'createdAt' | 'roles'> {
  readonly roles: string[]
  readonly createdAt: string
}

export const toUser = (row: UserRow): User => ({
  id: row.id,
  email: row.email,
  emailVerified: row.emailVerified,
  username: row.username,
  name: row.name,
  locale: row.locale,
  roles: [...row.roles],
  createdAt: rfc3339(row.createdAt),
})

/** `UserRow` as one JSON column: one cell to carry and to read instead of eight. Wants `users` in scope. */
export const userJson: SQL = sql.raw(`json_object('id', users.id, 'email', users.email,
  'emailVerified', json(iif(users.email_verified, 'true', 'false')), 'username', users.username, 'name', users.name,
  'locale', users.locale, 'roles', json(users.roles), 'createdAt', users.created_at)`)

/** The account that has an address, and the one of a username; null where none has. */
export const userIdOf = (canonical: string): SQL => sql`(select id from users where email_canonical = ${canonical})`
export const userIdNamed = (username: string): SQL => sql`(select id from users where username = ${username})`

/** The address of an account as it is stored, and mailed; null where there is none. */
export const addressOf = (userId: SQL | string): SQL => sql`(select email from users where id = ${userId})`

/** The same by the address as it is compared. */
export const storedAddress = (canonical: string): SQL =>
  sql`(select email from users where email_canonical = ${canonical})`

interface NewUser extends Pick<UserRow, 'id' | 'email' | 'username' | 'name' | 'locale'> {
  readonly emailCanonical: string
  readonly now: number
}

export const usersStore = {
  /** Affects no row where the e-mail or the username is taken: the unique indexes decide. So does a reserved address. */
  insert: ({ id, email, emailCanonical, username, name, locale, now }: NewUser, when: SQL = sql`true`): Statement =>
    statement(sql`insert into users (id, email, email_canonical, username, name, locale, created_at)
      select ${id}, ${email}, ${emailCanonical}, ${username}, ${name}, ${locale}, ${now}
      where not ${isReserved(emailCanonical, now)} and ${when} on conflict do nothing`),
}
