import {
  conflict,
  lastWayIn,
  notFound,
  Problem,
  type ProblemType,
  wrongCredentials,
  wrongProof,
} from '../../base/errors.ts'
import { newId } from '../../base/ids.ts'
import type { Caller } from '../../identity/callers.ts'
import type { Context } from '../../identity/context.ts'
import type { Core } from '../../identity/core.ts'
import type { Enroller } from '../../identity/enrolment.ts'
import { standsFor } from '../../identity/sessions.ts'
import { taking, whether } from '../../identity/statement.ts'
import { placeOf, totpFactor } from './factor.ts'
import { newSecret, qrOf, stepOf, uriOf } from './otp.ts'
import {
  confirm,
  idOf,
  isConfirmedBy,
  isForgotten,
  isOn,
  mayRemove,
  pendingSecret,
  remove,
  storePending,
  wipeTotp,
} from './store.ts'
import { userData } from './user-data.ts'

/** What an app wants to know, shown once. */
export interface SetUp {
  /** Base32. */
  secret: string
  /** `otpauth://totp/...` */
  uri: string
  /** The same as an image: SVG. */
  qr: string
}

/** What was asked for was not asked for, or is done already. */
export const nothingToConfirm: ProblemType = { ...conflict, title: 'No authenticator app waits to be confirmed.' }

export const totpService = (core: Core) => {
  const { config, credentials, enrolment, facts, factors, recoveryCodes, ring, sealed } = core
  core.tables.set('totp_secrets', 7)
  core.userData.push(...userData)
  credentials.add({ method: 'totp', wipe: wipeTotp })
  factors.add(totpFactor(ring))
  sealed.add({ table: 'totp_secrets', column: 'secret' })
  core.sweeps.push({ table: 'totp_secrets', expired: isForgotten })

  /** A sign-in on hold is refused as such; whoever is signed in stays so. */
  const refuse = (context: Context, { user }: Enroller, wrong: ProblemType): never => {
    facts.tell(context, { type: 'sign_in.refused', userId: user.id, reason: 'totp_confirm' })
    throw new Problem(wrong)
  }

  return {
    /**
     * Makes a secret for an app, which counts for nothing until `confirm`; one that is on stays on until then. One trip.
     * @throws Problem `forbidden` (403) where second factors are switched off, and what the enroller throws
     */
    async start(context: Context, enroller: Enroller): Promise<SetUp> {
      factors.demand()
      const secret = await newSecret()
      const id = newId('otp')
      const { userId, stands } = enroller
      const pending = { id, userId, sealed: await ring.seal(placeOf(id), secret), now: context.now }
      await context.batch(storePending(pending, stands))
      const uri = await uriOf(secret, { issuer: config.brand.name, account: enroller.user.email })
      return { secret, uri, qr: await qrOf(uri) }
    },

    /**
     * Switches an app on, by a code of it that counts for nothing more, in place of the one before. Answers new recovery
     * codes. Two trips.
     * @throws Problem `wrong_credentials` (401 with a challenge, else 403), `conflict` (409) where no app waits for it
     */
    async confirm(context: Context, enroller: Enroller, given: Confirmation): Promise<{ recoveryCodes: string[] }> {
      factors.demand()
      const { userId, stands } = enroller
      const wrong = given.challenge === undefined ? wrongProof : wrongCredentials
      const [[pending]] = await context.batch([pendingSecret(userId)])
      if (pending === undefined) throw new Problem(nothingToConfirm)
      const { id } = pending
      const secret = await ring.open(placeOf(id), pending.sealed)
      const step = secret && (await stepOf(secret, given.code, context.now))
      if (!step) return refuse(context, enroller, wrong)

      const set = await recoveryCodes.make()
      const by = context.requestId
      const isOnNow = isConfirmedBy({ id, by })
      const enrolled = await enroller.enrolled({ method: 'totp', id, name: null }, isOnNow)
      let isDone = false
      await context.batch([
        ...confirm({ id, userId, step, by, now: context.now }, stands),
        ...recoveryCodes.store(context, userId, set, isOnNow),
        ...enrolled.statements,
        taking(whether(isOnNow), (rows) => {
          isDone = rows.length > 0
        }),
      ])
      if (!isDone) return refuse(context, enroller, wrong)
      await enrolled.told()
      return { recoveryCodes: set.codes }
    },

    /**
     * Switches the app off; every other session ends. One trip.
     * @throws Problem `not_found` (404) where none is on, `last_way_in` (409) where a second factor is required and this
     *   is the only one
     */
    async remove(context: Context, caller: Caller): Promise<void> {
      const { userId, sessionId, evidence } = caller
      const first = context.trips + 1
      const when = mayRemove(userId, { stands: standsFor(evidence), mayGo: factors.mayGo(userId, idOf(userId)) })
      const removed = await enrolment.removed(context, { userId, sessionId, method: 'totp', name: null, when })
      let wasOn = false
      let isStillOn = false
      await context.batch([
        ...removed.before,
        taking(remove(userId, when), (rows) => {
          wasOn = rows.includes(true)
        }),
        ...removed.after,
        taking(whether(isOn(userId)), (rows) => {
          isStillOn = rows.length > 0
        }),
      ])
      if (isStillOn) throw new Problem(lastWayIn)
      // Where its answer got lost, a repeat finds nothing to remove any more.
      if (!wasOn && context.trips === first) throw new Problem(notFound)
      removed.told()
    },
  }
}

interface Confirmation {
  readonly code: string
  readonly challenge?: string | undefined
}
