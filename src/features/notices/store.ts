import { type SQL, sql } from 'drizzle-orm'

/** Holds for what was seen to have happened. */
export const isSo: SQL = sql`true`
