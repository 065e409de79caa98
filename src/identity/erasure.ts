import { type SQL, sql } from 'drizzle-orm'
import type { Statement } from '../base/ports.ts'
import type { Context } from './context.ts'
import type { Identity } from './core.ts'
import { type Ended, readEnded } from './sessions.ts'
import { statement, taking } from './statement.ts'
import { messagesKept } from './sweeps.ts'
import type { UserTable } from './user-table.ts'
import { addressOf } from './users.ts'

export interface Erasure {
  readonly statements: readonly Statement[]
  /** Call once the batch has run: tells of the user and the sessions that went. */
  told(): void
}

interface Erased {
  readonly userId: SQL | string
  readonly when: SQL
  /** Runs just before the user goes. */
  readonly before?: readonly Statement[]
}

/** Erases a user where `when` holds, and by cascade everything that names them. Their sessions are dead at once. */
export const eraseUser = (
  { facts, revocations }: Pick<Identity, 'facts' | 'revocations'>,
  context: Context,
  { userId, when, before = [] }: Erased,
): Erasure => {
  const sessions: Ended[] = []
  const alive = sql`select id, user_id from sessions where user_id = ${userId} and ended_at is null
    and expires_at > ${context.now} and ${when}`
  const first = context.trips + 1
  let erased: string | undefined
  let isGone = false
  return {
    statements: [
      taking(statement(alive, readEnded), (rows) => sessions.push(...rows)),
      revocations.outlive(context, userId, when),
      leaveWord(userId, when),
      leaveCounts(context.now, userId, when),
      ...before,
      taking(deleteUser(userId, when), ([id]) => {
        erased = id
      }),
      taking(isNobody(userId), ([nobody]) => {
        isGone = nobody === true
      }),
    ],
    told() {
      revocations.ended(context, sessions, 'erased')
      // Where its answer got lost, a repeat finds nobody to erase any more, nor any session: of those the job tells.
      const isRepeat = isGone && context.trips > first
      const known = typeof userId === 'string' ? userId : undefined
      if (erased !== undefined || isRepeat) facts.tell(context, { type: 'user.erased', userId: erased ?? known })
    },
  }
}

const deleteUser = (userId: SQL | string, when: SQL): Statement<string> =>
  statement(sql`delete from users where id = ${userId} and ${when} returning id`, ([id]) => String(id))

const isNobody = (userId: SQL | string): Statement<true> =>
  statement(sql`select 1 where not exists (select 1 from users where id = ${userId})`, () => true)

/** The same, with a receipt by mail that outlives the account and lists what went. */
export const eraseWithReceipt = async (
  identity: Pick<Identity, 'facts' | 'revocations' | 'outbox' | 'userData'>,
  context: Context,
  { userId, when, isLate = false }: Omit<Erased, 'before'> & { readonly isLate?: boolean },
): Promise<Erasure> => {
  const receipt = await identity.outbox.post(context, {
    kind: 'account_deleted',
    data: { erased: {} },
    details: countsOf(identity.userData, userId),
    userId,
    to: addressOf(userId),
    when,
    isNotice: true,
    outlives: true,
    isLate,
    // Then it is the job that erases.
    hidesAsker: isLate,
  })
  return eraseUser(identity, context, { userId, when, before: receipt })
}

/** JSON of how many rows of each table are a user's: `{"erased": {"sessions": 2}}`. D1 takes five SELECTs in a union, and no more. */
const countsOf = (userData: readonly UserTable[], userId: SQL | string): SQL => {
  const counts = userData.map(
    ({ table, of }) => sql`(${table}, (select count(*) from ${sql.identifier(table)} where ${of(userId)}))`,
  )
  return sql`(select json_object('erased', json_group_object(column1, column2)) from (values ${sql.join(counts, sql`, `)}))`
}

/** Of a new address the old one is told, whoever erases the account meanwhile. */
const leaveWord = (userId: SQL | string, when: SQL): Statement =>
  statement(sql`update outbox set user_id = null
    where user_id = ${userId} and kind = 'email_changed' and next_at is not null and ${when}`)

/**
 * What a stranger may have caused still counts for its recipient during its hour, or whoever makes and erases accounts in
 * turn could flood a mailbox. Of such a message nothing is left but to whom it went, and after that hour not even this.
 */
const leaveCounts = (now: number, userId: SQL | string, when: SQL): Statement =>
  statement(sql`update outbox set user_id = null, sealed = null, details = null, next_at = null,
      done_at = created_at + 3600 - ${messagesKept}
    where limited = 1 and ${when} and ((user_id = ${userId} and created_at > ${now - 3600})
      or (user_id is null and done_at is not null
        and lower(recipient) = (select lower(email) from users where id = ${userId})))`)
