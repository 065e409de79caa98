import { type SQL, sql } from 'drizzle-orm'
import type { Statement } from '../base/ports.ts'
import type { Context } from './context.ts'
import type { Identity } from './core.ts'
import { eraseWithReceipt } from './erasure.ts'
import { statement } from './statement.ts'

/** How many accounts one run of the job erases, and how many in one batch. */
const round = { most: 50, abreast: 10 }

/** From `eraseAt` (Unix seconds) on the job erases the account, unless its user signs in before. */
export const scheduleErasure = (userId: string, eraseAt: number, when: SQL): Statement =>
  statement(sql`update users set erase_at = ${eraseAt} where id = ${userId} and ${when}`)

/** Rides in the batch that begins a session: whoever signs in again keeps the account. A row where it was to go. */
export const keepUser = (userId: string, began: SQL): Statement<true> =>
  statement(
    sql`update users set erase_at = null where id = ${userId} and erase_at is not null and ${began} returning 1`,
    () => true,
  )

/** Part of the scheduled job: erases the accounts whose grace is over, each with its receipt. Answers how many. */
export const eraseDue = async (
  identity: Pick<Identity, 'facts' | 'revocations' | 'outbox'>,
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
  statement(sql`select id from users where erase_at <= ${now} order by erase_at limit ${round.most}`, ([id]) =>
    String(id),
  )

/** Still: their user may have signed in since the job asked. */
const isDue = (userId: string, now: number): SQL =>
  sql`exists (select 1 from users where id = ${userId} and erase_at <= ${now})`
