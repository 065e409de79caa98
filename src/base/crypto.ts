const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Random bytes from the platform's CSPRNG. */
export const randomBytes = (length: number): Uint8Array<ArrayBuffer> => {
  const bytes = new Uint8Array(length)
  crypto.getRandomValues(bytes)
  return bytes
}

/** `bytes` random bytes as base64url: 32 make a secret, 16 an id. */
export const randomToken = (bytes = 32): string => toBase64url(randomBytes(bytes))

/** No digit or letter that is taken for another, and no vowel that makes a word: about 39 bits in eight of them. */
const unmistakable = '23456789BCDFGHJKMNPQRSTVWXYZ'

/** A code for people to type, of `length` characters. */
export const randomCode = (length: number): string => {
  let code = ''
  while (code.length < length) {
    for (const byte of randomBytes(length)) code += unmistakable[byte & 31] ?? ''
  }
  return code.slice(0, length)
}

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
const sextets = new Map(Array.from(alphabet, (char, value) => [char.charCodeAt(0), value]))
/** What each character code stands for; -1 for nothing. */
const decoded = Int8Array.from({ length: 128 }, (_, code) => sextets.get(code) ?? -1)

/** Base64url without padding. @see https://www.rfc-editor.org/rfc/rfc4648#section-5 */
export const toBase64url = (bytes: Uint8Array): string => {
  let given = ''
  let held = 0
  let bits = 0
  for (const byte of bytes) {
    held = ((held << 8) | byte) & 0x3fff
    for (bits += 8; bits >= 6; ) {
      bits -= 6
      given += alphabet[(held >> bits) & 63]
    }
  }
  return bits === 0 ? given : given + alphabet[(held << (6 - bits)) & 63]
}

/** Undefined for anything but the one canonical spelling: no padding, no white space, no stray trailing bits. */
export const fromBase64url = (given: string): Uint8Array<ArrayBuffer> | undefined => {
  if (given.length % 4 === 1) return undefined
  const bytes = new Uint8Array(Math.floor((given.length * 3) / 4))
  let held = 0
  let bits = 0
  let at = 0
  for (let i = 0; i < given.length; i++) {
    const sextet = decoded[given.charCodeAt(i)] ?? -1
    if (sextet < 0) return undefined
    held = ((held << 6) | sextet) & 0x3fff
    bits += 6
    if (bits < 8) continue
    bits -= 8
    bytes[at++] = held >> bits
  }
  const strayBits = held & ((1 << bits) - 1)
  return strayBits === 0 ? bytes : undefined
}

/** Its type is left to the platform: runtimes differ in what they promise of the buffer. */
export const utf8 = (given: string) => encoder.encode(given)

/** The text that these bytes spell, byte for byte. @throws TypeError where they are not UTF-8 */
export const fromUtf8 = (bytes: Uint8Array): string => decoder.decode(bytes)

/** SHA-256 of the UTF-8 bytes, base64url: how the database keeps a secret of 256 random bits. */
export const sha256 = async (given: string): Promise<string> =>
  toBase64url(new Uint8Array(await crypto.subtle.digest('SHA-256', utf8(given))))

/**
 * Compares in time that depends on the lengths alone. Empty operands are never equal: "both absent" is no proof
 * (GHSA-fm3f-ch8h-qw8q).
 */
export const timingSafeEqual = (a: string, b: string): boolean => {
  const x = utf8(a)
  const y = utf8(b)
  let difference = x.length ^ y.length
  for (let i = 0; i < x.length; i++) difference |= (x[i] ?? 0) ^ (y[i % y.length] ?? 0)
  return difference === 0 && x.length > 0
}

/** What a derived key is for: the HKDF info, so that no key serves two ends. */
export type Purpose = 'session-cookie' | 'device-cookie' | 'throttle' | 'refresh-token' | 'code' | 'passkey-decoy'

/**
 * The keys derived from `AUTH_SECRET`, a ring: the first secret signs and seals, every one verifies and opens.
 * @see https://www.rfc-editor.org/rfc/rfc5869
 */
export interface KeyRing {
  /** HMAC-SHA-256 under the first secret, base64url. */
  mac(purpose: Purpose, message: string): Promise<string>
  /** The same under every secret of the ring, first first. */
  macs(purpose: Purpose, message: string): Promise<string[]>
  /** True when any secret of the ring made `mac` of `message`. Constant time for each. */
  verify(purpose: Purpose, message: string, mac: string): Promise<boolean>
  /** AES-256-GCM under the first secret; `place` (table, column and row) is authenticated with it. */
  seal(place: string, plaintext: string): Promise<string>
  /** Undefined when no secret of the ring opens it, or it stood in another place. */
  open(place: string, sealed: string): Promise<string | undefined>
  /** Names the first secret without telling it: the prefix of all that it sealed. */
  sealer(): Promise<string>
  /** The names of the other secrets: what begins with one of them can be opened, and sealed anew. */
  otherSealers(): Promise<string[]>
}

export const keyRing = (secrets: readonly string[]): KeyRing => {
  const bases = secrets.map(derivedKeys)
  const first = bases[0]
  if (first === undefined) throw new Error('A key ring needs a secret.')
  const macOf = async (keys: DerivedKeys, purpose: Purpose, message: string) =>
    toBase64url(new Uint8Array(await crypto.subtle.sign('HMAC', await keys.mac(purpose), utf8(message))))
  return {
    mac: (purpose, message) => macOf(first, purpose, message),
    macs: (purpose, message) => Promise.all(bases.map((keys) => macOf(keys, purpose, message))),
    async verify(purpose, message, mac) {
      const [bytes, signature] = [utf8(message), fromBase64url(mac)]
      if (signature === undefined) return false
      for (const keys of bases) {
        if (await crypto.subtle.verify('HMAC', await keys.mac(purpose), signature, bytes)) return true
      }
      return false
    },
    seal: (place, plaintext) => sealWith(first, place, plaintext),
    async open(place, sealed) {
      const [name, iv, ciphertext] = sealed.split('.')
      for (const keys of bases) if ((await keys.name()) === name) return openWith(keys, place, iv, ciphertext)
      return undefined
    },
    sealer: () => first.name(),
    otherSealers: () => Promise.all(bases.slice(1).map((keys) => keys.name())),
  }
}

type DerivedKeys = ReturnType<typeof derivedKeys>

/** Caches keys, never promises: in workerd a promise belongs to the request that made it. */
const derivedKeys = (secret: string) => {
  const macKeys = new Map<Purpose, CryptoKey>()
  let sealKey: CryptoKey | undefined
  let name: string | undefined
  return {
    async mac(purpose: Purpose): Promise<CryptoKey> {
      const known = macKeys.get(purpose)
      if (known !== undefined) return known
      const bits = await derive(secret, purpose, 256)
      const key = await crypto.subtle.importKey('raw', bits, { name: 'HMAC', hash: 'SHA-256' }, false, [
        'sign',
        'verify',
      ])
      macKeys.set(purpose, key)
      return key
    },
    async seal(): Promise<CryptoKey> {
      sealKey ??= await crypto.subtle.importKey('raw', await derive(secret, 'seal', 256), 'AES-GCM', false, [
        'encrypt',
        'decrypt',
      ])
      return sealKey
    },
    async name(): Promise<string> {
      name ??= toBase64url(new Uint8Array(await derive(secret, 'seal-name', 48)))
      return name
    },
  }
}

const derive = async (secret: string, info: string, bits: number): Promise<ArrayBuffer> => {
  const material = fromBase64url(secret) ?? utf8(secret)
  const base = await crypto.subtle.importKey('raw', material, 'HKDF', false, ['deriveBits'])
  const algorithm = { name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(), info: utf8(`postern/${info}`) }
  return crypto.subtle.deriveBits(algorithm, base, bits)
}

const sealWith = async (keys: DerivedKeys, place: string, plaintext: string): Promise<string> => {
  const iv = randomBytes(12)
  const algorithm = { name: 'AES-GCM', iv, additionalData: utf8(place) }
  const ciphertext = await crypto.subtle.encrypt(algorithm, await keys.seal(), utf8(plaintext))
  return `${await keys.name()}.${toBase64url(iv)}.${toBase64url(new Uint8Array(ciphertext))}`
}

const openWith = async (keys: DerivedKeys, place: string, iv = '', ciphertext = ''): Promise<string | undefined> => {
  const nonce = fromBase64url(iv)
  const bytes = fromBase64url(ciphertext)
  if (nonce === undefined || bytes === undefined) return undefined
  const algorithm = { name: 'AES-GCM', iv: nonce, additionalData: utf8(place) }
  try {
    return fromUtf8(new Uint8Array(await crypto.subtle.decrypt(algorithm, await keys.seal(), bytes)))
  } catch {
    return undefined
  }
}
