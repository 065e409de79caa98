import { type KeyRing, randomCode } from '../base/crypto.ts'

/** Characters: 39 bits, at which five may be guessed. */
const length = 8

/** A code to type, and what is stored of it. It is good with the secret that hashes to `hash`, and no other (ASVS 6.6.2). */
export const newTypedCode = async (ring: KeyRing, hash: string): Promise<{ code: string; mac: string }> => {
  const code = randomCode(length)
  return { code, mac: await ring.mac('code', bound(hash, code)) }
}

/** True where `typed` is the code of which `mac` is stored, however people write it: in lower case, in groups. */
export const isTyped = (
  ring: KeyRing,
  hash: string,
  { typed, mac }: { typed: string; mac: string },
): Promise<boolean> => ring.verify('code', bound(hash, typed.replace(/[\s-]/g, '').toUpperCase()), mac)

const bound = (hash: string, code: string): string => `${hash} ${code}`
