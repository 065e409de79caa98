import type { KeyRing } from '../../base/crypto.ts'
import type { Factor } from '../../identity/factors.ts'
import { stepOf } from './otp.ts'
import { addedAt, confirmedSecret, isKept, isOn, isUnspent, type SealedSecret, spend } from './store.ts'

/** Where a secret is sealed. */
export const placeOf = (id: string): string => `totp_secrets/secret/${id}`

/**
 * The code that an app shows. One counts once, whatever it is shown to: the step of the last one that counted is stored,
 * and only a later one counts (RFC 6238, section 5.2).
 */
export const totpFactor = (ring: KeyRing): Factor => ({
  method: 'totp',
  kind: 'second',
  isOn,
  isKept,
  addedAt,
  reads: async (_, userId) => [confirmedSecret(userId)],
  async check([rows = []], _, { code = '' }, context) {
    const [stored] = rows as readonly SealedSecret[]
    if (stored === undefined) return undefined
    const { id, sealed, lastStep } = stored
    const secret = await ring.open(placeOf(id), sealed)
    if (secret === undefined) {
      context.log({ event: 'totp_unreadable', factor: id })
      return undefined
    }
    const step = await stepOf(secret, code, context.now)
    if (step === undefined || step <= lastStep) return undefined
    return {
      holds: isUnspent(id, step),
      burn: async (when) => [spend(id, step, when)],
      factorId: id,
    }
  },
})
