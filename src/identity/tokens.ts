import { sql } from 'drizzle-orm'
import { CompactSign, compactVerify } from 'jose'
import * as z from 'zod/mini'
import type { Config } from '../base/config.ts'
import { fromBase64url, fromUtf8, type KeyRing, randomToken, sha256, utf8 } from '../base/crypto.ts'
import { isId } from '../base/ids.ts'
import type { Statement } from '../base/ports.ts'
import type { Context } from './context.ts'
import { algorithm, type Keys } from './keys.ts'
import { isTwoFactors, type Standing } from './sessions.ts'
import { statement } from './statement.ts'

const type = 'at+jwt'

/** Bytes of a token at most, and seconds between two clocks. */
const limits = { size: 8192, skew: 5, life: 900 }

/** The header as `mint` writes it, to the letter: nothing else is read. */
const headerOf = (kid: string) => ({ alg: algorithm, typ: type, kid })
const [beforeKid = '', afterKid = ''] = JSON.stringify(headerOf(' ')).split(' ')
const kidOf = (header: string): string | undefined =>
  header.startsWith(beforeKid) && header.endsWith(afterKid)
    ? header.slice(beforeKid.length, -afterKid.length)
    : undefined

const seconds = z.int().check(z.minimum(0), z.maximum(1e11))

/** @see https://www.rfc-editor.org/rfc/rfc9068#section-2.2 */
const Claims = z.strictObject({
  iss: z.string(),
  aud: z.string(),
  sub: z.string().check(z.refine((text) => isId('usr', text))),
  sid: z.string().check(z.refine((text) => isId('ses', text))),
  jti: z.string(),
  iat: seconds,
  exp: seconds,
  auth_time: seconds,
  amr: z.array(z.string()),
  acr: z.optional(z.enum(['aal1', 'aal2'])),
  roles: z.array(z.string()),
  client_id: z.optional(z.string()),
})

export type AccessClaims = z.infer<typeof Claims>

/** An access token before its signature is checked: nothing that it says may be acted on. */
export interface UnverifiedToken {
  readonly sub: string
  readonly sid: string
  readonly aud: string
  readonly auth_time: number
  verify(context: Context): Promise<AccessClaims | undefined>
}

export interface Minted {
  readonly token: string
  /** Seconds. */
  readonly expiresIn: number
}

export const newTokens = (config: Config, ring: KeyRing, keys: Keys) => {
  const verify = async (context: Context, token: string, kid: string, claims: AccessClaims) => {
    const now = context.now
    const timely = claims.exp > now - limits.skew && claims.iat <= now + limits.skew
    if (!timely || claims.exp - claims.iat > limits.life || claims.iss !== config.issuer) return undefined
    if (claims.aud !== config.issuer && !config.audiences.includes(claims.aud)) return undefined
    const key = await keys.verifying(context, kid)
    if (key === undefined) return undefined
    const genuine = await compactVerify(token, key, { algorithms: [algorithm] }).catch(() => undefined)
    return genuine && claims
  }

  return {
    /** An ES256 access token of RFC 9068, that lives `config.access` seconds and never past its session. */
    async mint(context: Context, { user, session }: Standing, audience: string): Promise<Minted> {
      const { kid, privateKey } = await keys.signing(context)
      const isStrong = isTwoFactors(session.methods)
      const expiresAt = Math.min(context.now + config.access, session.expiresAt)
      const claims: AccessClaims = {
        iss: config.issuer,
        aud: audience,
        sub: user.id,
        sid: session.id,
        jti: randomToken(16),
        iat: context.now,
        exp: expiresAt,
        auth_time: session.authenticatedAt,
        amr: [...session.methods, ...(isStrong ? ['mfa'] : [])],
        acr: isStrong ? 'aal2' : 'aal1',
        roles: [...user.roles],
      }
      const signer = new CompactSign(utf8(JSON.stringify(claims))).setProtectedHeader(headerOf(kid))
      return { token: await signer.sign(privateKey), expiresIn: expiresAt - context.now }
    },

    /**
     * The strict reading that comes before any library: size, alphabet, one spelling, our own header and claims. Undefined
     * for whatever we would not have written.
     * @see https://www.rfc-editor.org/rfc/rfc8725
     */
    read(token: string): UnverifiedToken | undefined {
      if (token.length > limits.size) return undefined
      const parts = token.split('.')
      const [header, payload, signature] = parts.map((part) => fromBase64url(part))
      if (parts.length !== 3 || !header || !payload || signature?.length !== 64) return undefined
      const kid = kidOf(textOf(header))
      const claims = Claims.safeParse(parseOnce(textOf(payload)))
      if (kid === undefined || !claims.success) return undefined
      return { ...claims.data, verify: (context) => verify(context, token, kid, claims.data) }
    },

    /** The first refresh token of a session, inserted only where the session was. */
    async firstRefreshToken(context: Context, sessionId: string): Promise<{ token: string; insert: Statement }> {
      const token = `${refreshPrefix}${randomToken()}`
      const hash = await sha256(token)
      const insert = statement(sql`insert into refresh_tokens (hash, session_id, created_at, expires_at)
        select ${hash}, id, ${context.now}, expires_at from sessions where id = ${sessionId} on conflict do nothing`)
      return { token, insert }
    },

    /**
     * The one successor of a refresh token under each secret of the ring, the first secret first: derived, so that a
     * repeat within the grace answers the same token without its being stored.
     */
    async successors(token: string): Promise<{ token: string; hash: string }[]> {
      const macs = await ring.macs('refresh-token', token)
      return Promise.all(macs.map(async (mac) => withHash(`${refreshPrefix}${mac}`)))
    },

    /** The audience that a caller asked for: `account` is this service itself; undefined where it is not one of ours. */
    audience(asked: string | undefined): string | undefined {
      if (asked === undefined) return config.audiences[0]
      if (asked === 'account') return config.issuer
      return config.audiences.find((audience) => audience === asked)
    },

    isRefreshToken: (text: string): boolean =>
      text.startsWith(refreshPrefix) && fromBase64url(text.slice(refreshPrefix.length))?.length === 32,
  }
}

export type Tokens = ReturnType<typeof newTokens>

const refreshPrefix = 'pst_rt_'

const withHash = async (token: string) => ({ token, hash: await sha256(token) })

/** JSON that reads one way only: text that does not write itself again has duplicate members, white space or escapes. */
const parseOnce = (text: string): unknown => {
  try {
    const value: unknown = JSON.parse(text)
    return JSON.stringify(value) === text ? value : undefined
  } catch {
    return undefined
  }
}

/** Empty where the bytes are no UTF-8. */
const textOf = (bytes: Uint8Array): string => {
  try {
    return fromUtf8(bytes)
  } catch {
    return ''
  }
}
