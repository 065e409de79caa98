import { type SQL, sql } from 'drizzle-orm'
import type { Context } from './context.ts'

/** How often a challenge, or a code to type, may be answered wrongly. */
const most = 5

/** Open, or open when this very request counted its try. Wants a row of `challenges` or `codes` in scope. */
export const mayTry = ({ now, requestId }: Context): SQL =>
  sql`used_at is null and expires_at > ${now} and (tries < ${most} or tried_by = ${requestId})`

/** A try, as it is counted before anything is compared; a repeat of the batch is the same try. */
export const counting = ({ requestId }: Context): SQL =>
  sql`tries = tries + (tried_by is not ${requestId}), tried_by = ${requestId}`
