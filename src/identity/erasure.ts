import { type SQL, sql } from 'drizzle-orm'
import type { Statement } from '../base/ports.ts'
import type { Context } from './context.ts'
import type { Identity } from './core.ts'
import type { Ended } from './sessions.ts'
import { statement, taking } from './statement.ts'

export interface Erasure {
  readonly statements: readonly Statement[]
  /** Call once the batch has run: tells of the user and the sessions that went. */
  told(): void
}

/** Erases a user where `when` holds, and by cascade everything that names them. Their sessions are dead at once. */
export const eraseUser = (
  { facts, revocations }: Pick<Identity, 'facts' | 'revocations'>,
  context: Context,
  { userId, when }: { readonly userId: SQL | string; readonly when: SQL },
): Erasure => {
  const sessions: Ended[] = []
  const erased: string[] = []
  const alive = sql`select id, user_id from sessions where user_id = ${userId} and ended_at is null
    and expires_at > ${context.now} and ${when}`
  return {
    statements: [
      taking(
        statement(alive, ([id, owner]) => ({ sessionId: String(id), userId: String(owner) })),
        (rows) => sessions.push(...rows),
      ),
      taking(
        statement(sql`delete from users where id = ${userId} and ${when} returning id`, ([id]) => String(id)),
        (rows) => erased.push(...rows),
      ),
    ],
    told() {
      revocations.announce(
        context,
        sessions.map(({ sessionId }) => sessionId),
        'ended',
      )
      for (const one of sessions) facts.tell(context, { type: 'session.ended', ...one, reason: 'erased' })
      for (const id of erased) facts.tell(context, { type: 'user.erased', userId: id })
    },
  }
}
