import type { PasswordHasher } from '../../base/phc.ts'
import type { Factor } from '../../identity/factors.ts'
import { hasPassword, isStored, storedHash } from './store.ts'

/** The password of somebody who is signed in: steps up whoever has no second factor. */
export const passwordFactor = (hasher: PasswordHasher): Factor => ({
  method: 'password',
  kind: 'first',
  isOn: hasPassword,
  reads: async (_, userId) => [storedHash(userId)],
  async check([rows = []], { user }, { password }) {
    const [hash] = rows
    const stored = hash === undefined ? undefined : String(hash)
    if (password === undefined) return undefined
    const { ok } = await hasher.verify(password, stored)
    if (!ok || stored === undefined) return undefined
    return { holds: isStored(user.id, stored), burn: async () => [] }
  },
})
