import { sql } from 'drizzle-orm'
import { conflict, invalidRequest, Problem, wrongProof } from '../base/errors.ts'
import type { Caller } from './callers.ts'
import type { Context } from './context.ts'
import type { Identity } from './core.ts'
import { elevation } from './elevation.ts'
import type { Answer, Factors } from './factors.ts'
import { toSession } from './session-views.ts'
import { standsFor } from './sessions.ts'
import type { SignedIn } from './sign-in.ts'
import { statement } from './statement.ts'
import { toUser } from './users.ts'

export interface Proof extends Omit<Answer, 'end' | 'boundTo'> {
  readonly device_token?: string | undefined
}

/** Proves once more who is signed in: the session is as fresh as after a sign-in, and keeps its id. */
export const newStepUp = (identity: Identity, factors: Factors) => {
  const { config, devices, facts, keys, throttle, tokens } = identity

  /** Counts the try, and reads what judges it. One trip. */
  const weigh = async (context: Context, caller: Caller, given: Proof) => {
    const { userId, sessionId, evidence } = caller
    const answer = { ...given, end: 'step_up', boundTo: sessionId } as const
    const factor = factors.of(given.method)
    const device = await devices.shown(context, given.device_token)
    const knownDevice = device && { id: device.id, holds: devices.belongsTo(context, device, userId) }
    const attempt = await throttle.on(context, {
      identifier: userId,
      knownDevice,
      where: standsFor(evidence),
      isShort: true,
    })
    const known = statement(
      sql`select ${factors.isOn(userId)} as has_second, ${factor?.isOn(userId) ?? sql`0`} as has_this`,
      ([hasSecond, hasThis]) => ({ hasSecond: hasSecond === 1, hasThis: hasThis === 1 }),
    )
    const reads = (await factor?.reads(context, sql`${userId}`, answer)) ?? []
    const [counted, full, [has], ...rows] = await context.batch([...attempt.statements, known, ...reads])
    const isWeak = factor?.kind === 'recovery' || (factor?.kind === 'first' && has?.hasSecond)
    if (factor === undefined || isWeak || !has?.hasThis) {
      const method = has?.hasSecond ? 'A second factor that the account has.' : 'A way in that the account has.'
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
     * now on; whoever shows a token gets another, since the old one is as old as it was. Two trips.
     * @throws Problem `wrong_credentials` (403), `invalid_request` (422) for a method that is too weak, or that the account
     *   does not have, `too_many_attempts` (429), `conflict` (409) where the account changed between the trips
     */
    async refresh(context: Context, caller: Caller, given: Proof): Promise<SignedIn> {
      const { userId, sessionId, via } = caller
      const { passed, attempt, factor } = await weigh(context, caller, given)
      if (passed === undefined) {
        facts.tell(context, { type: 'sign_in.refused', userId, reason: 'step_up' })
        throw new Problem(wrongProof)
      }
      const { standing } = caller
      const isSecond = factor.kind === 'second'
      const elevated = await elevation(identity, context, {
        caller,
        // A password alone is not what a second factor made of the session, back when there was one.
        methods: isSecond ? [...new Set([...standing.session.methods, factor.method])] : [factor.method],
        holds: isSecond ? passed.holds : sql`${passed.holds} and not ${factors.isOn(userId)}`,
      })
      const { isDone } = elevated
      const fact = await facts.of(context, {
        type: 'session.elevated',
        userId,
        sessionId,
        reason: factor.method,
        when: isDone,
      })
      if (via === 'token') keys.prefetch(context)
      await context.batch([
        elevated.statement,
        ...(await passed.burn(isDone)),
        attempt.refund,
        ...fact.statements,
        elevated.read,
      ])
      const fresh = await elevated.deliver()
      if (fresh === undefined) throw new Problem(conflict)
      fact.happened()
      const signedIn: SignedIn = {
        status: 'signed_in',
        user: toUser(fresh.user),
        session: toSession(fresh.session, true),
      }
      if (via === 'cookie') return signedIn
      const { token, expiresIn } = await tokens.mint(context, fresh, config.issuer)
      return { ...signedIn, tokens: { access_token: token, token_type: 'Bearer', expires_in: expiresIn } }
    },
  }
}
