import { type SQL, sql } from 'drizzle-orm'
import type { Statement } from '../base/ports.ts'
import { chooseLanguage } from '../messages/languages.ts'
import type { Context } from './context.ts'
import type { Identity } from './core.ts'
import { eraseWithReceipt } from './erasure.ts'
import { statement } from './statement.ts'

/** How many accounts one run of the job erases, and how many in one batch. */
const round = { most: 50, abreast: 10 }

/** With more refresh tokens than this the erasure of an account would hold the database's one lock for too long. */
const fewTokens = 10_000

/** Seconds that an account stays at least that may not go at once: its user is told to sign in before they are over. */
const leastGrace = 60 * 60

/** Unix seconds: when the last link that undoes a change of a user's address is over; null where none is open. */
const undoEnds = (userId: SQL | string): SQL => sql`(select max(expires_at) from codes
  where user_id = ${userId} and purpose = 'undo_email' and used_at is null)`

/**
 * Holds while an account may not be erased: whoever deletes it may have stolen it, and its owner may still take it back.
 * Nor while it has very many refresh tokens: those of sessions that ended the job sweeps in portions.
 */
const mustStay = (userId: SQL | string, now: number): SQL => sql`(coalesce(${undoEnds(userId)} > ${now}, 0)
  or (select count(*) from (select 1 from refresh_tokens
    where session_id in (select id from sessions where user_id = ${userId}) limit ${fewTokens})) = ${fewTokens})`

interface Leaving {
  readonly userId: string
  /** Seconds in which the user may still come back. */
  readonly grace: number
  readonly when: SQL
}

/**
 * The user gives the account up: from `erase_at` on the job erases it, unless they sign in before. No row changes where
 * the account may go at once. The receipt, which nobody asks for, keeps the language that the user reads now.
 */
export const scheduleErasure = ({ now, headers }: Context, { userId, grace, when }: Leaving): Statement =>
  statement(sql`update users set erase_at = max(${now + Math.max(grace, leastGrace)}, coalesce(${undoEnds(userId)}, 0)),
      locale = coalesce(locale, ${chooseLanguage(null, headers.get('accept-language'))})
    where id = ${userId} and ${when} and (${grace} > 0 or ${mustStay(userId, now)})`)

/** Holds once that is so. */
export const isScheduled = (userId: string): SQL =>
  sql`exists (select 1 from users where id = ${userId} and erase_at is not null)`

/** Rides in the batch that begins a session: whoever signs in again keeps the account. A row where it was to go. */
export const keepUser = (userId: string, began: SQL): Statement<true> =>
  statement(
    sql`update users set erase_at = null where id = ${userId} and erase_at is not null and ${began} returning 1`,
    () => true,
  )

/** Part of the scheduled job: erases the accounts whose grace is over, each with its receipt. Answers how many. */
export const eraseDue = async (
  identity: Pick<Identity, 'facts' | 'revocations' | 'outbox' | 'userData'>,
  context: Context,
): Promise<number> => {
  const [due] = await context.batch([dueUsers(context.now)])
  for (let at = 0; at < due.length; at += round.abreast) {
    const some = due.slice(at, at + round.abreast)
    const erasures = await Promise.all(
      some.map((userId) =>
        eraseWithReceipt(identity, context, { userId, when: isDue(userId, context.now), isLate: true }),
      ),
    )
    await context.batch(erasures.flatMap(({ statements }) => statements))
    for (const { told } of erasures) told()
  }
  return due.length
}

const dueUsers = (now: number): Statement<string> =>
  statement(
    sql`select id from users where erase_at <= ${now} and not ${mustStay(sql`users.id`, now)}
      order by erase_at limit ${round.most}`,
    ([id]) => String(id),
  )

/** Still: their user may have signed in since the job asked. */
const isDue = (userId: string, now: number): SQL =>
  sql`exists (select 1 from users where id = ${userId} and erase_at <= ${now} and not ${mustStay(userId, now)})`
