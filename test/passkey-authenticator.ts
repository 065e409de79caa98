import { fromBase64url, toBase64url } from '../src/base/crypto.ts'
import { origin as home } from './harness.ts'

/** What `PublicKeyCredential.parseCreationOptionsFromJSON` takes, as far as an authenticator looks at it. */
export interface CreationOptions {
  readonly rp: { readonly id: string; readonly name: string }
  readonly user: { readonly id: string; readonly name: string; readonly displayName: string }
  readonly challenge: string
  readonly pubKeyCredParams: readonly { readonly type: string; readonly alg: number }[]
  readonly excludeCredentials: readonly { readonly id: string }[]
}

/** What `PublicKeyCredential.parseRequestOptionsFromJSON` takes. */
export interface RequestOptions {
  readonly rpId: string
  readonly challenge: string
  readonly allowCredentials: readonly { readonly id: string }[]
}

/** The lies that it tells when asked to; without them it does as an honest one in an honest browser. */
export interface Knobs {
  /** As the browser says in the client data. */
  readonly origin?: string
  readonly type?: string
  readonly challenge?: string
  readonly crossOrigin?: boolean
  readonly topOrigin?: string
  /** As the authenticator says in its data. */
  readonly rpId?: string
  readonly userPresent?: boolean
  readonly userVerified?: boolean
  readonly backupEligible?: boolean
  readonly backedUp?: boolean
  /** Instead of one more than the last. */
  readonly counter?: number
  /** The text whose bytes name the user; null for none. */
  readonly userHandle?: string | null
  /** Signs with a key of nobody's. */
  readonly wrongKey?: boolean
  /** The credential that answers, whatever the options allow. */
  readonly passkey?: Passkey
  /** Of an attestation: its format and statement. */
  readonly attestation?: { readonly format: string; readonly statement: ReadonlyMap<string, Cbor> }
  readonly transports?: readonly string[]
  /** Claims the credential of another authenticator. */
  readonly credential?: Pick<Passkey, 'id'>
}

export interface Passkey {
  /** Base64url. */
  readonly id: string
  readonly userHandle: string
  readonly key: CryptoKeyPair
  counter: number
  readonly backupEligible: boolean
  readonly backedUp: boolean
}

/** A security key and its browser, in software: ES256, attestation `none`. @see https://www.w3.org/TR/webauthn-3/ */
export const newAuthenticator = ({ counts = true }: { readonly counts?: boolean } = {}) => {
  const passkeys: Passkey[] = []

  /** Makes a passkey: a `RegistrationResponseJSON`. */
  const create = async (options: CreationOptions, knobs: Knobs = {}) => {
    if (options.excludeCredentials.some(({ id }) => passkeys.some((one) => one.id === id))) {
      throw new Error('InvalidStateError: it has a passkey of this account.')
    }
    const id = knobs.credential?.id ?? toBase64url(crypto.getRandomValues(new Uint8Array(16)))
    const { backupEligible = false, backedUp = false, counter = 0, userHandle } = knobs
    const passkey: Passkey = {
      id,
      userHandle: userHandle ?? options.user.id,
      key: await newKey(),
      counter,
      backupEligible,
      backedUp,
    }
    passkeys.push(passkey)
    const authData = await authenticatorData(options.rp.id, passkey, knobs, await attestedCredential(passkey))
    const { format, statement } = knobs.attestation ?? { format: 'none', statement: new Map() }
    const attestationObject = cbor(
      new Map<Cbor, Cbor>([
        ['fmt', format],
        ['attStmt', statement],
        ['authData', authData],
      ]),
    )
    return {
      id,
      rawId: id,
      type: 'public-key' as const,
      authenticatorAttachment: 'platform' as const,
      clientExtensionResults: {},
      response: {
        clientDataJSON: toBase64url(clientData('webauthn.create', options.challenge, knobs)),
        attestationObject: toBase64url(attestationObject),
        transports: [...(knobs.transports ?? ['internal', 'hybrid'])],
      },
    }
  }

  /** Shows a passkey, the newest that is allowed: an `AuthenticationResponseJSON`. */
  const get = async (options: RequestOptions, knobs: Knobs = {}) => {
    const allowed = (id: string) =>
      options.allowCredentials.length === 0 || options.allowCredentials.some((one) => one.id === id)
    const passkey = knobs.passkey ?? passkeys.findLast(({ id }) => allowed(id))
    if (passkey === undefined) throw new Error('NotAllowedError: no passkey of it is allowed.')
    if (counts) passkey.counter += 1
    if (knobs.counter !== undefined) passkey.counter = knobs.counter
    const authData = await authenticatorData(options.rpId, passkey, knobs)
    const client = clientData('webauthn.get', options.challenge, knobs)
    const signed = join(authData, await digest(client))
    const { privateKey } = knobs.wrongKey ? await newKey() : passkey.key
    const signature = await crypto.subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, privateKey, signed)
    const handle = knobs.userHandle === undefined ? passkey.userHandle : knobs.userHandle && base64url(knobs.userHandle)
    return {
      id: passkey.id,
      rawId: passkey.id,
      type: 'public-key' as const,
      authenticatorAttachment: 'platform' as const,
      clientExtensionResults: {},
      response: {
        clientDataJSON: toBase64url(client),
        authenticatorData: toBase64url(authData),
        signature: toBase64url(der(new Uint8Array(signature))),
        ...(handle === null ? {} : { userHandle: handle }),
      },
    }
  }

  return { passkeys, create, get }
}

export type Authenticator = ReturnType<typeof newAuthenticator>

const base64url = (text: string): string => toBase64url(new TextEncoder().encode(text))

const newKey = async (): Promise<CryptoKeyPair> => {
  const made = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify'])
  if (!('privateKey' in made)) throw new Error('A pair was asked for.')
  return made
}

const digest = async (bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> =>
  new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))

/** @see https://www.w3.org/TR/webauthn-3/#dictdef-collectedclientdata */
const clientData = (type: string, challenge: string, knobs: Knobs): Uint8Array<ArrayBuffer> => {
  const { origin = home, crossOrigin = false, topOrigin } = knobs
  const said = { type: knobs.type ?? type, challenge: knobs.challenge ?? challenge, origin, crossOrigin, topOrigin }
  return new Uint8Array(new TextEncoder().encode(JSON.stringify(said)))
}

/** @see https://www.w3.org/TR/webauthn-3/#sctn-authenticator-data */
const authenticatorData = async (
  rpId: string,
  { counter, ...made }: Passkey,
  knobs: Knobs,
  attested?: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array<ArrayBuffer>> => {
  const { userPresent = true, userVerified = true } = knobs
  const { backupEligible = made.backupEligible, backedUp = made.backedUp } = knobs
  const flags =
    Number(userPresent) |
    (Number(userVerified) << 2) |
    (Number(backupEligible) << 3) |
    (Number(backedUp) << 4) |
    (Number(attested !== undefined) << 6)
  const rpIdHash = await digest(new Uint8Array(new TextEncoder().encode(knobs.rpId ?? rpId)))
  return join(rpIdHash, Uint8Array.of(flags), bigEndian(counter, 4), attested ?? new Uint8Array())
}

const aaguid = Uint8Array.from({ length: 16 }, (_, i) => i)

const attestedCredential = async ({ id, key }: Passkey): Promise<Uint8Array<ArrayBuffer>> => {
  const bytes = fromBase64url(id) ?? new Uint8Array()
  const { x = '', y = '' } = jwkOf(await crypto.subtle.exportKey('jwk', key.publicKey))
  const none = new Uint8Array()
  const cose = new Map<Cbor, Cbor>([
    [1, 2],
    [3, -7],
    [-1, 1],
    [-2, fromBase64url(x) ?? none],
    [-3, fromBase64url(y) ?? none],
  ])
  return join(aaguid, bigEndian(bytes.length, 2), bytes, cbor(cose))
}

const jwkOf = (exported: ArrayBuffer | JsonWebKey): JsonWebKey =>
  exported instanceof ArrayBuffer ? { kty: '' } : exported

export type Cbor = number | string | Uint8Array<ArrayBuffer> | ReadonlyMap<Cbor, Cbor>

/** The part of CBOR that an authenticator writes. @see https://www.rfc-editor.org/rfc/rfc8949 */
const cbor = (value: Cbor): Uint8Array<ArrayBuffer> => {
  if (typeof value === 'number') return value < 0 ? head(1, -1 - value) : head(0, value)
  if (value instanceof Uint8Array) return join(head(2, value.length), value)
  if (typeof value === 'string') {
    const text = new Uint8Array(new TextEncoder().encode(value))
    return join(head(3, text.length), text)
  }
  return join(head(5, value.size), ...[...value].flatMap((pair) => pair.map(cbor)))
}

const head = (major: number, length: number): Uint8Array<ArrayBuffer> => {
  if (length < 24) return Uint8Array.of((major << 5) | length)
  if (length < 256) return Uint8Array.of((major << 5) | 24, length)
  return join(Uint8Array.of((major << 5) | 25), bigEndian(length, 2))
}

const bigEndian = (value: number, length: number): Uint8Array<ArrayBuffer> =>
  Uint8Array.from({ length }, (_, i) => Math.floor(value / 256 ** (length - 1 - i)) % 256)

const join = (...parts: readonly Uint8Array<ArrayBuffer>[]): Uint8Array<ArrayBuffer> => {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

/** The two halves of a raw ECDSA signature as the sequence of integers that WebAuthn wants. */
const der = (raw: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> => {
  const numbers = [raw.slice(0, 32), raw.slice(32)].map(derInteger)
  const inner = join(...numbers)
  return join(Uint8Array.of(0x30, inner.length), inner)
}

const derInteger = (bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> => {
  const start = bytes.findIndex((byte) => byte !== 0)
  const short = bytes.slice(start < 0 ? bytes.length - 1 : start)
  const unsigned = (short[0] ?? 0) > 127 ? join(Uint8Array.of(0), short) : short
  return join(Uint8Array.of(0x02, unsigned.length), unsigned)
}
