import { fromBase64url, type KeyRing, toBase64url } from '../../base/crypto.ts'
import type { Descriptor } from './store.ts'

/** Passkeys that every account seems to have. */
const least = 3

/** Bytes that ids of the usual authenticators have. */
const lengths = [16, 20, 32, 64] as const

/**
 * Passkeys as options name them for somebody who says who they are: the real ones among others that nobody has, so that
 * accounts with a passkey, accounts without and names that nobody has look alike, each the same at every question. Not
 * told: how browsers reach them.
 * @see https://www.w3.org/TR/webauthn-3/#sctn-username-enumeration
 */
export const withDecoys = async (
  ring: KeyRing,
  identifier: string,
  real: readonly Descriptor[],
): Promise<Descriptor[]> => {
  const decoys = await Promise.all(Array.from({ length: least }, (_, i) => decoy(ring, `${i} ${identifier}`)))
  const ids = [...real.map(({ id }) => id), ...decoys.slice(Math.min(least, real.length))]
  return ids.sort().map((id) => ({ id }))
}

const decoy = async (ring: KeyRing, of: string): Promise<string> => {
  const halves = await Promise.all(['a', 'b', 'length'].map((part) => ring.mac('passkey-decoy', `${part} ${of}`)))
  const [a, b, [choice = 0]] = halves.map((half) => fromBase64url(half) ?? new Uint8Array()) as [
    Uint8Array,
    Uint8Array,
    Uint8Array,
  ]
  const bytes = Uint8Array.of(...a, ...b)
  return toBase64url(bytes.slice(0, lengths[choice % lengths.length]))
}
