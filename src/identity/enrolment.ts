import { type SQL, sql } from 'drizzle-orm'
import { sha256 } from '../base/crypto.ts'
import { codeUsedOrExpired, forbidden, Problem } from '../base/errors.ts'
import type { Statement } from '../base/ports.ts'
import type { Callers } from './callers.ts'
import { dropChallenges, type EnrolledFactor } from './challenges.ts'
import type { Context } from './context.ts'
import type { Identity } from './core.ts'
import { elevation } from './elevation.ts'
import type { Factors } from './factors.ts'
import type { RecoveryCodes } from './recovery-codes.ts'
import { type Ended, endEverySession, endedSessions, standsFor } from './sessions.ts'
import { statement, taking } from './statement.ts'
import { mayTry } from './tries.ts'
import { type UserRow, userJson } from './users.ts'

/** Who may set up a second factor: a caller who has signed in just now, or a sign-in on hold that asks for one. */
export interface Enroller {
  /** SQL that finds the user. */
  readonly userId: SQL
  /** Known once the next batch has run. */
  readonly user: UserRow
  /** What everything that is done for them depends on. */
  readonly stands: SQL
  /** The session, or the hash of the challenge: what else belongs to it alone. */
  readonly boundTo: string
  /** False where nobody vouched for them: the guard lets nobody in whom no batch has asked about. */
  readonly isProven: boolean
  /** What comes of a factor that is on from now on, where `when` holds. */
  enrolled(factor: NewFactor, when: SQL): Promise<Enrolled>
}

interface NewFactor extends EnrolledFactor {
  /** What its owner calls it. */
  readonly name: string | null
}

/** Past the statement that turns the factor on, in its batch. */
interface Enrolled {
  readonly statements: readonly Statement[]
  /** Call once the batch has run. */
  told(): Promise<void>
}

interface Sockets {
  readonly callers: Callers
  readonly factors: Factors
  readonly recoveryCodes: RecoveryCodes
}

export const newEnrolment = (identity: Identity, { callers, factors, recoveryCodes }: Sockets) => {
  const { facts, revocations } = identity

  /** Every other session ends: none of them has shown the factor. */
  const endings = (context: Context, userId: SQL | string, when: SQL) => {
    const ended: Ended[] = []
    const reason = 'factors_changed'
    return {
      statements: [
        endEverySession(userId, context.now, { reason, when }),
        // Read back: a repeat of the batch ends none any more, and tells of them all the same.
        taking(endedSessions(userId, context.now, reason), (rows) => ended.push(...rows)),
      ],
      told: () => revocations.ended(context, ended, reason),
    }
  }

  const bySession = async (context: Context): Promise<Enroller> => {
    const caller = await callers.demand(context, { fresh: true })
    if (!caller.managesAccount) throw new Problem(forbidden)
    const { userId, sessionId, evidence } = caller
    return {
      userId: sql`${userId}`,
      get user() {
        return caller.standing.user
      },
      stands: standsFor(evidence),
      boundTo: sessionId,
      get isProven() {
        return caller.isProven
      },
      /** The session has shown the factor: it gets a new secret and stays, and no other does. */
      async enrolled({ method, name }, when) {
        const methods = [...new Set([...caller.standing.session.methods, method])]
        const elevated = await elevation(identity, context, { caller, methods, holds: when })
        const others = endings(context, userId, sql`id <> ${sessionId} and ${when}`)
        const added = await facts.of(context, { type: 'factor.added', userId, sessionId, factor: method, name, when })
        return {
          statements: [elevated.statement, ...others.statements, ...added.statements, elevated.read],
          async told() {
            added.happened()
            others.told()
            await elevated.deliver()
          },
        }
      },
    }
  }

  const byChallenge = async (context: Context, id: string): Promise<Enroller> => {
    factors.demand()
    const hash = await sha256(id)
    const userId = sql`(select user_id from challenges where hash = ${hash})`
    // Whoever was held up while the account had no factor must not add one beside its owner's.
    const stands = sql`exists (select 1 from challenges join users on users.id = challenges.user_id
      where challenges.hash = ${hash} and ${mayTry(context)} and challenges.enrolled is null
        and users.suspended_at is null
        and exists (select 1 from json_each(challenges.sign_in, '$.methods') where value = 'enrol'))
      and not ${factors.isOn(userId)}`
    let user: UserRow | undefined
    const read = statement(sql`select ${userJson} from users where users.id = ${userId} and ${stands}`, ([json]) =>
      JSON.parse(String(json)),
    )
    context.ride(read, ([row]) => {
      if (row === undefined) throw new Problem(codeUsedOrExpired)
      user = row
    })
    const known = (): UserRow => {
      if (user === undefined) throw new Problem(codeUsedOrExpired)
      return user
    }
    return {
      userId,
      get user() {
        return known()
      },
      stands,
      boundTo: hash,
      get isProven() {
        return user !== undefined
      },
      async enrolled({ name, ...factor }, when) {
        const others = endings(context, userId, when)
        const subject = { userId: known().id, factor: factor.method, name }
        const added = await facts.of(context, { type: 'factor.added', ...subject, when })
        const mark = sql`update challenges set enrolled = ${JSON.stringify(factor)} where hash = ${hash} and ${when}`
        return {
          statements: [statement(mark), ...others.statements, ...added.statements],
          async told() {
            added.happened()
            others.told()
          },
        }
      },
    }
  }

  return {
    /**
     * Whoever asks, by the session that is shown or by the id of a challenge. The proof rides with the next batch.
     * @throws Problem `unauthenticated` (401), `forbidden`, `fresh_sign_in_required` (403), `code_used_or_expired` (410)
     */
    admit: (context: Context, challenge: string | undefined): Promise<Enroller> =>
      challenge === undefined ? bySession(context) : byChallenge(context, challenge),

    /**
     * What comes of a factor that goes, where `when` holds, in the batch that removes it: `before` that, every session
     * but the caller's ends; `after` it, recovery codes that stand in for nothing any more.
     */
    async removed(context: Context, { userId, sessionId, method: factor, name, when }: Removed) {
      const others = endings(context, userId, sql`id <> ${sessionId} and ${when}`)
      const fact = await facts.of(context, { type: 'factor.removed', userId, sessionId, factor, name, when })
      return {
        // Also sign-ins on hold: one may have begun with it.
        before: [...others.statements, dropChallenges(userId, when), ...fact.statements],
        after: [recoveryCodes.end(userId, sql`not ${factors.isKeptBy(userId)}`)],
        /** Call once the batch has run. */
        told() {
          fact.happened()
          others.told()
        },
      }
    },
  }
}

interface Removed {
  readonly userId: string
  readonly sessionId: string
  readonly method: EnrolledFactor['method']
  /** What its owner called it. */
  readonly name: SQL | null
  readonly when: SQL
}
