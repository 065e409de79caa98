import type { Email } from '../../base/email.ts'
import { codeUsedOrExpired, conflict, Problem, type ProblemType } from '../../base/errors.ts'
import { newId } from '../../base/ids.ts'
import type { Context } from '../../identity/context.ts'
import type { Core } from '../../identity/core.ts'
import { type Newcomer, newRegistration, obstacle, type Pending } from '../../identity/registration.ts'
import type { Challenge, SignedIn } from '../../identity/sign-in.ts'
import { newBinding } from './binding.ts'
import { isDecoy } from './decoys.ts'
import type { Judge } from './judge.ts'
import { newChallenge } from './new-challenge.ts'
import { type CreationOptions, creationOptions } from './options.ts'
import { newPasskey, notMade } from './registration-service.ts'
import {
  acceptAnswer,
  alreadyRegistered,
  type ChallengeUse,
  insertPasskey,
  isStored,
  isUnknown,
  useChallenge,
} from './store.ts'
import type { Attestation, RelyingParty } from './webauthn.ts'

interface Person {
  readonly email: Email
  readonly name?: string | null | undefined
}

export interface Asked extends Person {
  readonly transport: 'cookie' | 'token'
}

export interface SignUp extends Person {
  readonly attestation: Attestation
  readonly username?: string | undefined
  readonly locale?: string | undefined
  readonly binding?: string | undefined
  readonly transport: 'cookie' | 'token'
  readonly remember: boolean
  readonly device_token?: string | undefined
}

/** An answer whose challenge is used up, and the account that it may make. */
interface Opened {
  readonly use: ChallengeUse
  readonly userId: string
}

export const signUpService = (core: Core, judge: Judge, party: RelyingParty) => {
  const { config, devices, ring } = core
  const { enter, pend } = newRegistration(core)
  const binding = newBinding(config)
  const isPending = config.emailVerification === 'required'

  const newcomerOf = async (context: Context, given: SignUp, { use, userId }: Opened): Promise<Newcomer> => {
    const { email, username = null, name = null, locale = null, attestation } = given
    const credential = await judge.registration(attestation)
    if (credential === undefined) throw notMade()
    if (await isDecoy(ring, credential.id)) throw new Problem(conflict, { detail: alreadyRegistered })
    const passkey = { ...newPasskey({ attestation }, credential, context), userId }
    return {
      user: { id: userId, email: email.address, username, name, locale },
      canonical: email.canonical,
      credential: {
        method: 'passkey',
        write: [
          insertPasskey(passkey, context.now),
          // Whoever waits for the mailbox may send it again: whether that made an account is not theirs to see.
          ...(isPending ? [] : [acceptAnswer(use, passkey.id, isStored(passkey.id))]),
        ],
        isStored: isStored(passkey.id),
        isFree: isUnknown(passkey),
      },
    }
  }

  return {
    /** A challenge for the first passkey of an account that is yet to be made. Nothing is looked up. One trip. */
    async options(
      context: Context,
      { email, name, transport }: Asked,
    ): Promise<CreationOptions & { readonly binding?: string }> {
      const id = newId('usr')
      const { boundTo, told } = await binding.give(context, { transport })
      const { challenge, issue } = await newChallenge(context, { purpose: 'sign_up', boundTo, newUserId: id })
      await context.batch([issue])
      const user = { id, name: email.address, displayName: name ?? email.address }
      return { ...creationOptions({ party, challenge, user, existing: [], needsName: false }), ...told() }
    },

    /**
     * Makes an account that has a passkey and nothing else, and signs it in; or where an address has to be proven first,
     * answers and costs the same whether or not the address has an account. Two trips.
     * @throws Problem `code_used_or_expired` (410), `invalid_request` (422) for what no authenticator has made,
     *   `email_taken`, `username_taken`, `conflict` (409), `too_many_attempts` (429)
     */
    async signUp(context: Context, given: SignUp): Promise<SignedIn | Challenge | Pending> {
      const boundTo = await binding.shown(context, given)
      if (boundTo === undefined) throw new Problem(codeUsedOrExpired)
      const use = await judge.use(context, { answer: given.attestation, purposes: ['sign_up'], boundTo })
      const [[used]] = await context.batch([useChallenge(use)])
      if (used?.newUserId === undefined) throw new Problem(codeUsedOrExpired)
      const newcomer = await newcomerOf(context, given, { use, userId: used.newUserId })
      if (isPending) return pend(context, newcomer)

      let found: ProblemType = conflict
      context.ride(obstacle(newcomer, context.now), ([one = conflict]) => {
        found = one
      })
      const { transport, remember, device_token } = given
      const device = await devices.shown(context, device_token)
      const result = await enter(context, newcomer, { transport, remember, device })
      if (result === undefined) throw new Problem(found)
      return result
    },
  }
}
