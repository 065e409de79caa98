import { fromBase64url } from './crypto.ts'

/**
 * What is wrong with a secret that must be the base64url of at least 32 random bytes, or undefined. A text that passes
 * is not proven random, but no default, placeholder, phrase or pattern passes (S14); of random secrets fewer than one
 * in a million is refused.
 */
export const secretWeakness = (secret: string): string | undefined => {
  if (secret.length > 1024) return 'is longer than 1024 characters'
  const bytes = fromBase64url(secret)
  if (bytes === undefined) return 'is not base64url without padding'
  if (bytes.length < 32) return 'holds fewer than 32 bytes'
  if (isWellKnown(secret)) return 'is well known'
  if (isPatterned(secret, bytes)) return 'is not random: it repeats or counts'
  if (isPhrase(secret)) return 'is not random: it reads like words'
  return undefined
}

/** Six letters or more: 43 random base64url characters hold a given six, of either case, once in 25 million times. */
const giveaways =
  /secret|passw[o0]rd|change[_-]?me|example|postern|default|insecure|replace|placeholder|development|better[_-]?auth/i

/** RFC 7515 appendix A.1 and RFC 7520 section 3.5: printed, and copied ever since. */
const printed = new Set([
  'AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow',
  'hJtXIZ2uSN5kbQfbtTNWbpdmhkV8FJG-Onbc6mxCcYg',
])

const isWellKnown = (secret: string): boolean => printed.has(secret) || giveaways.test(secret)

const isPatterned = (secret: string, bytes: Uint8Array): boolean => {
  const codes = Array.from(secret, (char) => char.charCodeAt(0))
  return new Set(bytes).size < 16 || isPeriodic(secret) || counts(codes) || counts([...bytes])
}

/** `aB3dE6gH9jK2mN5paB3dE6gH9jK2mN5p`: the secret, shifted, is itself. */
const isPeriodic = (secret: string): boolean => {
  for (let period = 1; period <= secret.length / 2; period++) {
    if (secret.startsWith(secret.slice(period))) return true
  }
  return false
}

/** `ABCDEFG`, `97531`, the bytes 0 to 31: half of the steps are one and the same. */
const counts = (values: readonly number[]): boolean => {
  const steps = new Map<number, number>()
  for (const [at, value] of values.slice(1).entries()) {
    const step = value - (values[at] ?? 0)
    steps.set(step, (steps.get(step) ?? 0) + 1)
  }
  return Math.max(...steps.values()) >= (values.length - 1) / 2
}

/** One case only, though it is not hexadecimal (64 digits of which hold 32 bytes too). */
const isPhrase = (secret: string): boolean => {
  const isHex = /^[0-9a-f_-]+$/i.test(secret) && secret.replaceAll(/[_-]/g, '').length >= 64
  return !isHex && (secret === secret.toLowerCase() || secret === secret.toUpperCase())
}
