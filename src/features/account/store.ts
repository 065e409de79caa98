import { type SQL, sql } from 'drizzle-orm'
import { rfc3339 } from '../../base/clock.ts'
import type { Statement } from '../../base/ports.ts'
import { isScheduled } from '../../identity/grace.ts'
import { statement } from '../../identity/statement.ts'
import type { UserTable } from '../../identity/user-table.ts'

/** Rows of one table that are told at most. */
export const mostRows = 10_000

/** One row, as its user reads it: no secrets, times in RFC 3339. */
export type Told = Readonly<Record<string, unknown>>

/** What the table holds of a user; where there are more rows than are told, one more. */
export const rowsOf = ({ table, fields, of }: UserTable, userId: string): Statement<Told> => {
  const columns = sql.join(
    Object.keys(fields).map((column) => sql.identifier(column)),
    sql`, `,
  )
  return statement(
    sql`select ${columns} from ${sql.identifier(table)} where ${of(userId)} limit ${mostRows + 1}`,
    (cells) => tell(fields, cells),
  )
}

/** A table or a column, as its user names it. */
export const camelCase = (name: string): string => name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase())

/** Of an account that is given up: where it stays for now, and where it goes at once. */
export const leavings = (userId: string, stands: SQL) => ({
  later: sql`${stands} and ${isScheduled(userId)}`,
  atOnce: sql`${stands} and not ${isScheduled(userId)}`,
})

/** When the account is going to be erased, in Unix seconds: no row where it is gone. */
export const eraseAt = (userId: string): Statement<number> =>
  statement(sql`select erase_at from users where id = ${userId} and erase_at is not null`, ([at]) => Number(at))

/** The same, as JSON for the text of a message. */
export const erasesAtJson = (userId: string): SQL =>
  sql`(select json_object('erasesAt', erase_at) from users where id = ${userId})`

const tell = (fields: UserTable['fields'], cells: readonly unknown[]): Told =>
  Object.fromEntries(
    Object.entries(fields).map(([column, kind], at) => [
      camelCase(column),
      cells[at] === null ? null : readers[kind](cells[at]),
    ]),
  )

const readers: Readonly<Record<UserTable['fields'][string], (cell: unknown) => unknown>> = {
  plain: (cell) => cell,
  flag: (cell) => cell === 1,
  time: (cell) => rfc3339(Number(cell)),
  json: (cell) => JSON.parse(String(cell)),
}
