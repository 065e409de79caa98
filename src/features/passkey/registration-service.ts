import { conflict, invalidRequest, Problem } from '../../base/errors.ts'
import { newId } from '../../base/ids.ts'
import type { Context } from '../../identity/context.ts'
import type { Core } from '../../identity/core.ts'
import type { Enroller } from '../../identity/enrolment.ts'
import { deviceName, userAgentOf } from '../../identity/session-views.ts'
import { whether } from '../../identity/statement.ts'
import { isDecoy } from './decoys.ts'
import type { Judge } from './judge.ts'
import { newChallenge } from './new-challenge.ts'
import { type CreationOptions, creationOptions } from './options.ts'
import {
  acceptAnswer,
  alreadyRegistered,
  descriptorsOf,
  insertPasskey,
  isMarked,
  isStored,
  type NewPasskey,
  ownPasskey,
  refusalOf,
  useChallenge,
} from './store.ts'
import { type Passkey, toPasskey } from './views.ts'
import type { Attestation, NewCredential, RelyingParty } from './webauthn.ts'

export interface Registration {
  readonly attestation: Attestation
  /** What its owner calls it; the name of the browser where they do not say. */
  readonly name?: string | undefined
}

interface Registered {
  readonly passkey: Passkey
  /** Shown once: with the first second factor of an account. */
  readonly recoveryCodes?: string[]
}

/** What of a passkey its authenticator and browser say. */
export const newPasskey = (
  { attestation, name }: Registration,
  { id: credentialId, publicKey, counter, backupEligible, backedUp, aaguid }: NewCredential,
  context: Context,
): Omit<NewPasskey, 'userId'> => ({
  id: newId('pky'),
  name: name ?? deviceName(userAgentOf(context)),
  transports: attestation.response.transports ?? [],
  credentialId,
  publicKey,
  counter,
  backupEligible,
  backedUp,
  aaguid,
})

/** An answer that no authenticator has made, here and with its user verified, for a challenge that is open. */
export const notMade = () =>
  new Problem(invalidRequest, { fields: { attestation: 'No answer to these options, or they are used or expired.' } })

export const registrationService = (core: Core, judge: Judge, party: RelyingParty) => {
  const { config, factors, recoveryCodes, ring } = core

  /** Codes for whoever has their first second factor now, and will miss it one day. */
  const firstCodes = (hasFactor: boolean) => (hasFactor || config.mfa === 'off' ? undefined : recoveryCodes.make())

  return {
    /**
     * A challenge for a new passkey, good for one answer and five minutes. One trip.
     * @throws Problem of `enrolment.admit`
     */
    async options(context: Context, enroller: Enroller): Promise<CreationOptions> {
      const { userId, boundTo, stands: when } = enroller
      const { challenge, issue } = await newChallenge(context, { purpose: 'register', boundTo, userId, when })
      const [, existing] = await context.batch([issue, descriptorsOf(userId)])
      const { id, email, name } = enroller.user
      const user = { id, name: email, displayName: name ?? email }
      return creationOptions({ party, challenge, user, existing, needsName: true })
    },

    /**
     * Adds a passkey: every session but the caller's ends, and the caller's has shown it. Two trips.
     * @throws Problem `invalid_request` (422) for what no authenticator has made for options that are good still,
     *   `conflict` (409) for a passkey that is registered, for one too many, and where the caller's session changed meanwhile
     */
    async register(context: Context, enroller: Enroller, given: Registration): Promise<Registered> {
      const { userId, boundTo, stands } = enroller
      const use = await judge.use(context, { answer: given.attestation, purposes: ['register'], boundTo })
      const [[used], [hasFactor]] = await context.batch([useChallenge(use), whether(factors.isOn(userId))])
      const credential = used && (await judge.registration(given.attestation))
      if (credential === undefined) throw notMade()
      if (await isDecoy(ring, credential.id)) throw new Problem(conflict, { detail: alreadyRegistered })

      const passkey = { ...newPasskey(given, credential, context), userId }
      const { id, name } = passkey
      const isAdded = isStored(id)
      const codes = await firstCodes(hasFactor === true)
      const enrolled = await enroller.enrolled({ method: 'passkey', id, name }, isAdded)
      const [[detail = ''], , , [own]] = await context.batch([
        refusalOf(passkey),
        acceptAnswer(use, id, stands),
        insertPasskey(passkey, context.now, isMarked(use, id)),
        ownPasskey(passkey),
        ...(codes ? recoveryCodes.store(context, userId, codes, isAdded) : []),
        ...enrolled.statements,
      ])
      if (own === undefined) throw new Problem(conflict, detail === '' ? {} : { detail })
      await enrolled.told()
      return { passkey: toPasskey(own), ...(codes ? { recoveryCodes: codes.codes } : {}) }
    },
  }
}
