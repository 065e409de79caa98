import { importJWK, type JWK } from 'jose'
import { toBase64url, utf8 } from '../src/base/crypto.ts'
import { newId } from '../src/base/ids.ts'
import { origin, query, type Server } from './harness.ts'

export const issuer = `${origin}/auth`

export interface Signer {
  readonly kid: string
  readonly publicJwk: JWK
  readonly privateJwk: JWK
  readonly privateKey: CryptoKey
}

/** The key that this service signs with, opened as only its secret can: forgeries fail for nothing but what they say. */
export const signerOf = async (on: Server): Promise<Signer> => {
  await on.request('/auth/.well-known/jwks.json')
  const [row = []] = await query(on, 'select id, public_jwk, private_jwk from signing_keys order by signs_from limit 1')
  const [kid, publicJwk, sealed] = row.map(String)
  const opened = await on.core.ring.open(`signing_keys/private_jwk/${kid}`, sealed ?? '')
  const privateJwk: JWK = JSON.parse(opened ?? 'null')
  const privateKey = await importJWK(privateJwk, 'ES256')
  if (!('type' in privateKey)) throw new Error('An ES256 key is no secret of bytes.')
  return { kid: kid ?? '', publicJwk: JSON.parse(publicJwk ?? 'null'), privateJwk, privateKey }
}

/** The parts of a token, as text: whatever a forger may write. */
export const encoded = (text: string): string => toBase64url(utf8(text))

export const decoded = (part: string | undefined): string =>
  new TextDecoder().decode(
    Uint8Array.from(atob((part ?? '').replaceAll('-', '+').replaceAll('_', '/')), (c) => c.charCodeAt(0)),
  )

/** Header and claims of a token. */
export const partsOf = (token: string): { header: Record<string, unknown>; claims: Record<string, unknown> } => {
  const [header, payload] = token.split('.')
  return { header: JSON.parse(decoded(header)), claims: JSON.parse(decoded(payload)) }
}

/** `<header>.<payload>.<signature>` over exactly these texts. */
export const signed = async (privateKey: CryptoKey, header: string, payload: string): Promise<string> => {
  const input = `${encoded(header)}.${encoded(payload)}`
  const algorithm = { name: 'ECDSA', hash: 'SHA-256' }
  return `${input}.${toBase64url(new Uint8Array(await crypto.subtle.sign(algorithm, privateKey, utf8(input))))}`
}

interface Changes {
  /** Laid over a good header and good claims; undefined takes a member out. */
  readonly header?: Readonly<Record<string, unknown>>
  readonly claims?: Readonly<Record<string, unknown>>
}

/** Makes tokens for one live session, signed with the service's own key: good ones but for what is changed. */
export const forger = async (on: Server, of: { user: { id: string }; session: { id: string } }) => {
  const { kid, publicJwk, privateKey } = await signerOf(on)
  const good = () => ({
    header: { alg: 'ES256', typ: 'at+jwt', kid },
    claims: {
      iss: issuer,
      aud: issuer,
      sub: of.user.id,
      sid: of.session.id,
      jti: 'AAAAAAAAAAAAAAAAAAAAAA',
      iat: on.clock.now,
      exp: on.clock.now + 300,
      auth_time: on.clock.now,
      amr: ['password'],
      roles: [],
    },
  })
  return {
    kid,
    publicJwk,
    privateKey,
    good,
    /** A token of these members. */
    token: ({ header = {}, claims = {} }: Changes = {}): Promise<string> =>
      signed(
        privateKey,
        JSON.stringify({ ...good().header, ...header }),
        JSON.stringify({ ...good().claims, ...claims }),
      ),
    /** A token of these very texts. */
    raw: ({ header, payload }: { header?: string; payload?: string }): Promise<string> =>
      signed(privateKey, header ?? JSON.stringify(good().header), payload ?? JSON.stringify(good().claims)),
  }
}

export type Forger = Awaited<ReturnType<typeof forger>>

/** What the service answers to a bearer of `token`. */
export const statusFor = async (on: Server, token: string): Promise<number> =>
  (await on.request('/auth/me', { headers: { authorization: `Bearer ${token}` } })).status

export const bearer = (token: string) => ({ authorization: `Bearer ${token}` })

/** A refresh token of the right form that was never given out. */
export const anotherToken = (token: string): string =>
  token.slice(0, -8) + (token.at(-8) === 'A' ? 'B' : 'A') + token.slice(-7)

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

/** The same bytes by another last letter: the bits beyond the last byte differ. */
export const otherTails = (part: string): string[] => {
  const spare = part.length % 4 === 2 ? 16 : part.length % 4 === 3 ? 4 : 1
  const last = alphabet.indexOf(part.slice(-1))
  return Array.from({ length: spare - 1 }, (_, i) => `${part.slice(0, -1)}${alphabet[last ^ (i + 1)]}`)
}

/** A kid of our form that no row has. */
export const anotherKid = (): string => newId('key')
