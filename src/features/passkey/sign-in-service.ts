import { sha256 } from '../../base/crypto.ts'
import type { Email } from '../../base/email.ts'
import { codeUsedOrExpired, forbidden, Problem, unauthenticated, wrongCredentials } from '../../base/errors.ts'
import { newId } from '../../base/ids.ts'
import type { Context } from '../../identity/context.ts'
import type { Core } from '../../identity/core.ts'
import { standsFor } from '../../identity/sessions.ts'
import type { Challenge, SignedIn } from '../../identity/sign-in.ts'
import { taking, whether } from '../../identity/statement.ts'
import { userIdNamed, userIdOf } from '../../identity/users.ts'
import { newBinding } from './binding.ts'
import { withDecoys } from './decoys.ts'
import type { Judge } from './judge.ts'
import { newChallenge } from './new-challenge.ts'
import { type RequestOptions, requestOptions } from './options.ts'
import {
  acceptAnswer,
  advance,
  byCredential,
  descriptorsOf,
  heldUp,
  isAsked,
  isBehind,
  isMarked,
  isOpen,
  ownerOf,
  useChallenge,
} from './store.ts'
import type { Assertion, RelyingParty } from './webauthn.ts'

/** At most one of `email`, `username`, `id` and `stepUp`. */
export interface Asked {
  readonly transport: 'cookie' | 'token'
  readonly email?: Email | undefined
  readonly username?: string | undefined
  /** Of a sign-in on hold. */
  readonly id?: string | undefined
  /** For the session that is shown. */
  readonly stepUp?: boolean | undefined
}

export interface Shown {
  readonly assertion: Assertion
  readonly binding?: string | undefined
  readonly transport: 'cookie' | 'token'
  readonly remember: boolean
  readonly device_token?: string | undefined
}

type Given = RequestOptions & { readonly binding?: string }

export const signInService = (core: Core, judge: Judge, party: RelyingParty) => {
  const { callers, config, devices, facts, ring, signIn } = core
  const binding = newBinding(config)

  /** Whichever passkey the user has here: the browser offers them, and the answer tells whose it is. */
  const forAnybody = async (context: Context, asked: Asked): Promise<Given> => {
    const { boundTo, told } = await binding.give(context, asked)
    const { challenge, issue } = await newChallenge(context, { purpose: 'sign_in', boundTo })
    await context.batch([issue])
    return { ...requestOptions({ party, challenge, allowed: [], isOnlyWayIn: true }), ...told() }
  }

  /** One of the passkeys of whoever has this name, if anybody has. */
  const forNamed = async (context: Context, asked: Asked, identifier: string): Promise<Given> => {
    const userId = asked.email ? userIdOf(identifier) : userIdNamed(identifier)
    const { boundTo, told } = await binding.give(context, asked)
    const { challenge, issue } = await newChallenge(context, { purpose: 'sign_in_named', boundTo, userId })
    const [, real] = await context.batch([issue, descriptorsOf(userId)])
    const allowed = await withDecoys(ring, identifier, real)
    return { ...requestOptions({ party, challenge, allowed, isOnlyWayIn: true }), ...told() }
  }

  /** @throws Problem `code_used_or_expired` (410) for a sign-in that no passkey can finish */
  const forChallenge = async (context: Context, id: string): Promise<Given> => {
    const boundTo = await sha256(id)
    const [userId, when] = [heldUp(boundTo), isAsked(boundTo, context)]
    const { challenge, issue } = await newChallenge(context, { purpose: 'gate', boundTo, userId, when })
    const [, [isOpen], allowed] = await context.batch([issue, whether(when), descriptorsOf(userId)])
    if (isOpen === undefined) throw new Problem(codeUsedOrExpired)
    return requestOptions({ party, challenge, allowed, isOnlyWayIn: false })
  }

  /** @throws Problem `unauthenticated` (401), `forbidden` (403) */
  const forSession = async (context: Context): Promise<Given> => {
    const caller = await callers.demand(context)
    if (!caller.managesAccount) throw new Problem(forbidden)
    const { sessionId: boundTo, userId, evidence } = caller
    const when = standsFor(evidence)
    const { challenge, issue } = await newChallenge(context, { purpose: 'step_up', boundTo, userId, when })
    const [, allowed] = await context.batch([issue, descriptorsOf(userId)])
    if (!caller.isProven) throw new Problem(unauthenticated)
    return requestOptions({ party, challenge, allowed, isOnlyWayIn: true })
  }

  const refuse = (context: Context, userId: string | undefined): never => {
    facts.tell(context, { type: 'sign_in.refused', userId, reason: 'passkey' })
    throw new Problem(wrongCredentials)
  }

  return {
    /**
     * A challenge for a passkey, good for one answer and five minutes: to sign in with, to finish a sign-in on hold, or
     * to prove once more who is signed in. Known and unknown names are answered alike. One trip.
     * @throws Problem `unauthenticated` (401), `forbidden` (403), `code_used_or_expired` (410)
     */
    async options(context: Context, asked: Asked): Promise<Given> {
      const { email, username, id, stepUp = false } = asked
      if (stepUp) return forSession(context)
      if (id !== undefined) return forChallenge(context, id)
      const identifier = email?.canonical ?? username
      return identifier === undefined ? forAnybody(context, asked) : forNamed(context, asked, identifier)
    },

    /**
     * Signs in whoever's passkey has verified them: two factors by itself. Two trips.
     * @throws Problem `wrong_credentials` (401), `code_used_or_expired` (410) for a challenge that is not this browser's,
     *   `account_suspended` (403)
     */
    async signIn(context: Context, given: Shown): Promise<SignedIn | Challenge> {
      const { assertion: answer, transport, remember, device_token } = given
      const device = await devices.shown(context, device_token)
      const boundTo = await binding.shown(context, given)
      if (boundTo === undefined) throw new Problem(codeUsedOrExpired)
      const use = await judge.use(context, { answer, purposes: ['sign_in', 'sign_in_named'], boundTo })
      const [[used], [passkey], ...gateRows] = await context.batch([
        useChallenge(use),
        byCredential(answer.id),
        ...signIn.reads(context, ownerOf(answer.id), device),
      ])
      if (used === undefined) throw new Problem(codeUsedOrExpired)
      const right = await judge.assertion(context, answer, { used, passkey, needsVerification: true })
      if (right === undefined) return refuse(context, passkey?.account.user.id)

      const { account, step } = right
      const sessionId = newId('ses')
      const holds = isMarked(use, sessionId)
      let isLeft = false
      const result = await signIn.complete(context, {
        account,
        manner: { transport, remember, device },
        holds,
        gateRows,
        before: [
          acceptAnswer(use, sessionId, isBehind(step)),
          taking(whether(isOpen(use)), (rows) => {
            isLeft = rows.length > 0
          }),
          advance(step, holds),
        ],
        sessionId,
      })
      if (result !== undefined) return result
      if (isLeft) return refuse(context, account.user.id)
      throw new Problem(codeUsedOrExpired)
    },
  }
}
