import { fromBase64url, type KeyRing, timingSafeEqual, toBase64url } from '../../base/crypto.ts'
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

/** Registered, it would be told from the others by being accepted. */
export const isDecoy = async (ring: KeyRing, id: string): Promise<boolean> => {
  const bytes = fromBase64url(id) ?? new Uint8Array()
  const [body, mark] = [bytes.slice(0, -markLength), bytes.slice(-markLength)]
  const marks = await ring.macs('passkey-decoy', markOf(body))
  return marks.some((mac) => timingSafeEqual(mac.slice(0, markText), toBase64url(mark).slice(0, markText)))
}

/** Bytes by which we know our own, and the characters of base64url that they fill. */
const markLength = 9
const markText = 12

const markOf = (body: Uint8Array): string => `mark ${toBase64url(body)}`

const decoy = async (ring: KeyRing, of: string): Promise<string> => {
  const halves = await Promise.all(['a', 'b', 'length'].map((part) => ring.mac('passkey-decoy', `${part} ${of}`)))
  const [a, b, [choice = 0]] = halves.map((half) => fromBase64url(half) ?? new Uint8Array()) as [
    Uint8Array,
    Uint8Array,
    Uint8Array,
  ]
  const bytes = Uint8Array.of(...a, ...b)
  const body = bytes.slice(0, (lengths[choice % lengths.length] ?? 16) - markLength)
  const mark = fromBase64url(await ring.mac('passkey-decoy', markOf(body))) ?? new Uint8Array()
  return toBase64url(Uint8Array.of(...body, ...mark.slice(0, markLength)))
}
