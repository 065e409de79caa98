import { type SQL, sql } from 'drizzle-orm'

/** Holds for what was seen to have happened. */
export const isSo: SQL = sql`true`

/** What a notice tells that only the batch knows, by the name that its text has for it. */
export const details = (named: 'name' | 'left', value: SQL | string | null): SQL => sql`json_object(${named}, ${value})`
