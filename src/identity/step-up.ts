import { sql } from 'drizzle-orm'
import { randomToken, sha256 } from '../base/crypto.ts'
import { conflict, invalidRequest, Problem, wrongProof } from '../base/errors.ts'
import type { Caller } from './callers.ts'
import type { Context } from './context.ts'
import type { Identity } from './core.ts'
import type { Answer, Factors } from './factors.ts'
import { toSession } from './session-views.ts'
import { elevateSession, isElevated, type Standing, sessionsStore, standsFor } from './sessions.ts'
import type { SignedIn } from './sign-in.ts'
import { statement, taking } from './statement.ts'
import { toUser } from './users.ts'

export interface Proof extends Omit<Answer, 'boundTo'> {
  readonly device_token?: string | undefined
}

/** Proves once more who is signed in: the session is as fresh as after a sign-in, and keeps its id. */
export const newStepUp = (identity: Identity, factors: Factors) => {
  const { config, devices, facts, revocations, sessionCookie, throttle } = identity

  /** Counts the try, and reads what judges it. One trip. */
  const weigh = async (context: Context, caller: Caller, given: Proof) => {
    const { userId, sessionId, evidence } = caller
    const answer = { ...given, boundTo: sessionId }
    const factor = factors.of(given.method)
    const device = await devices.shown(context, given.device_token)
    const knownDevice = device && { id: device.id, holds: devices.belongsTo(context, device, userId) }
    const attempt = await throttle.on(context, { identifier: userId, knownDevice, where: standsFor(evidence) })
    const isStrong = statement(sql`select ${factors.isOn(userId)}`, ([isOn]) => isOn === 1)
    const reads = (await factor?.reads(context, sql`${userId}`, answer)) ?? []
    const [counted, full, [hasFactor], ...rows] = await context.batch([...attempt.statements, isStrong, ...reads])
    if (factor === undefined || factor.kind === 'recovery' || (factor.kind === 'first' && hasFactor)) {
      const method = hasFactor ? 'A second factor that the account has.' : 'A way in that the account has.'
      throw new Problem(invalidRequest, { fields: { method } })
    }
    attempt.judge(counted, full)
    const { user, session } = caller.standing
    const account = { user, suspended: false, methods: session.methods }
    return { passed: await factor.check(rows, account, answer, context), attempt, factor }
  }

  return {
    /**
     * By a second factor where the account has one; else by a password. The secret that was shown is worth nothing from
     * now on. Two trips.
     * @throws Problem `wrong_credentials` (403), `invalid_request` (422) for a method that is too weak, or that the account
     *   does not have, `too_many_attempts` (429), `conflict` (409) where the account changed between the trips
     */
    async refresh(context: Context, caller: Caller, given: Proof): Promise<SignedIn> {
      const { userId, sessionId, evidence, via } = caller
      const { passed, attempt, factor } = await weigh(context, caller, given)
      if (passed === undefined) {
        facts.tell(context, { type: 'sign_in.refused', userId, reason: 'step_up' })
        throw new Problem(wrongProof)
      }
      const secret = randomToken()
      const secretHash = await sha256(secret)
      const methods = [...new Set([...caller.standing.session.methods, factor.method])]
      const isEnough = factor.kind === 'second' ? sql`1` : sql`not ${factors.isOn(userId)}`
      const isDone = isElevated(sessionId, secretHash)
      const fact = await facts.of(context, {
        type: 'session.elevated',
        userId,
        sessionId,
        reason: factor.method,
        when: isDone,
      })
      let standing: Standing | undefined
      await context.batch([
        elevateSession(config, { evidence, secretHash, methods }, sql`${passed.holds} and ${isEnough}`),
        ...(await passed.burn(isDone)),
        attempt.refund,
        ...fact.statements,
        taking(
          sessionsStore.proof({ sid: sessionId, secret: secretHash, now: context.now, freshAfter: -1 }),
          ([row]) => {
            standing = row
          },
        ),
      ])
      if (standing === undefined) throw new Problem(conflict)
      fact.happened()
      revocations.stale(context, [sessionId])
      if (via === 'cookie') await sessionCookie.write(context, secret, standing)
      return { status: 'signed_in', user: toUser(standing.user), session: toSession(standing.session, true) }
    },
  }
}

export type StepUp = ReturnType<typeof newStepUp>
