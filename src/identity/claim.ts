import { type SQL, sql } from 'drizzle-orm'
import type { Statement } from '../base/ports.ts'
import { dropChallenges } from './challenges.ts'
import { endCodes } from './codes.ts'
import type { Context } from './context.ts'
import type { Core } from './core.ts'
import { type Ended, endEverySession } from './sessions.ts'
import { statement, taking } from './statement.ts'
import { addressOf } from './users.ts'

export interface Claim {
  /** Stand past the use of the code, and before what its owner gets by it: a session, a new password. */
  readonly statements: readonly Statement[]
  /** Call once the batch has run: tells of the account and of the sessions that ended. */
  told(): void
}

interface Claiming {
  readonly userId: string
  /** Holds once the address is proven. */
  readonly when: SQL
}

/**
 * Hands an account that nobody had proven the address of to whoever has proven it, where `when` holds. Whatever
 * somebody else put there goes: ways in, sessions with all that hangs on them, devices, sign-ins on hold, codes, names,
 * a language, a deletion to come; roles stay, which only an administrator gives. The address is verified and its owner
 * told. An account that is verified is left alone, so that a repeat of the batch does nothing more
 * (GHSA-qq9h-g4jm-xgf3).
 */
export const claimAccount = async (
  { credentials, facts, outbox, revocations }: Pick<Core, 'credentials' | 'facts' | 'outbox' | 'revocations'>,
  context: Context,
  { userId, when: isProven }: Claiming,
): Promise<Claim> => {
  const when = sql`exists (select 1 from users where id = ${userId} and email_verified = 0) and ${isProven}`
  const fact = await facts.of(context, { type: 'account.claimed', userId, when })
  const to = addressOf(userId)
  const message = { kind: 'account_claimed', data: {}, userId, to, when, isNotice: true, proves: true } as const
  const ended: Ended[] = []
  let isClaimed = false
  return {
    statements: [
      // Before the message, which is written in the language of its reader.
      forgetProfile(userId, when),
      ...credentials.wipes({ userId, since: 0, when }),
      taking(endEverySession(userId, context.now, { reason: 'claimed', when }), (rows) => ended.push(...rows)),
      statement(sql`delete from devices where user_id = ${userId} and ${when}`),
      dropChallenges(userId, when),
      endCodes(userId, when, true),
      ...(await outbox.post(context, message)),
      ...fact.statements,
      // Last: all that stands above asks whether this was done.
      taking(verify(userId, when), ([id]) => {
        isClaimed = id !== undefined
      }),
    ],
    told() {
      if (!isClaimed) return
      revocations.ended(context, ended, 'claimed')
      fact.happened()
      facts.tell(context, { type: 'email.verified', userId })
    },
  }
}

const forgetProfile = (userId: string, when: SQL): Statement =>
  statement(sql`update users set name = null, username = null, locale = null where id = ${userId} and ${when}`)

const verify = (userId: string, when: SQL): Statement<string> =>
  statement(
    sql`update users set email_verified = 1, erase_at = null where id = ${userId} and ${when} returning id`,
    ([id]) => String(id),
  )
