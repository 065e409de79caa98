import type { SQL } from 'drizzle-orm'

/** A table that holds something of users. */
export interface UserTable {
  readonly table: string
  /** Its columns that are no secret, and how each reads. */
  readonly fields: Readonly<Record<string, 'plain' | 'flag' | 'time' | 'json'>>
  /** Holds for the rows of one user. */
  readonly of: (user: SQL | string) => SQL
}
