import { type SQL, sql } from 'drizzle-orm'

export const addressOf = (userId: string): SQL => sql`(select email from users where id = ${userId})`

/** Holds for what was seen to have happened. */
export const isSo: SQL = sql`true`
