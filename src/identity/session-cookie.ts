import type { Config } from '../base/config.ts'
import { fromBase64url, fromUtf8, type KeyRing, toBase64url, utf8 } from '../base/crypto.ts'
import { isId } from '../base/ids.ts'
import type { Context } from './context.ts'
import type { SessionRow, Standing } from './sessions.ts'
import type { UserRow } from './users.ts'

/** What a genuine session cookie says. */
export interface CookieClaims {
  readonly sessionId: string
  readonly userId: string
  /** 256 random bits; the database keeps its SHA-256. */
  readonly secret: string
  /** Unix seconds: when the database last vouched for it, and until when that may be believed. */
  readonly leasedAt: number
  readonly leaseEndsAt: number
  /** Absent where it would not fit: such a cookie is always checked. */
  readonly standing: Standing | undefined
}

/** Bytes. Browsers keep 4,096 for name, value and attributes together. */
const sizes = { value: 1536, read: 4096 }

/**
 * The session cookie: `<payload>.<HMAC-SHA-256>`, both base64url. Within its lease a good signature is enough; past it
 * the database decides.
 */
export const newSessionCookie = (config: Config, ring: KeyRing) => {
  const name = config.secureCookies ? '__Host-session' : 'session'
  return {
    name,

    /** The claims of a genuine cookie; `forged` for a value that we never signed. */
    async read(headers: Headers): Promise<CookieClaims | 'forged' | undefined> {
      const value = cookieValue(headers.get('cookie'), name)
      if (value === undefined || value === '') return undefined
      const [payload, mac, ...rest] = value.split('.')
      if (!payload || !mac || rest.length > 0 || value.length > sizes.read) return 'forged'
      if (!(await ring.verify('session-cookie', payload, mac))) return 'forged'
      return parse(payload)
    },

    /** Puts a cookie with a new lease into the answer. The lease never passes the session's end. */
    async write(context: Context, secret: string, standing: Standing): Promise<void> {
      const { session } = standing
      const claims: CookieClaims = {
        sessionId: session.id,
        userId: standing.user.id,
        secret,
        leasedAt: context.now,
        leaseEndsAt: Math.min(context.now + config.lease, session.expiresAt),
        standing,
      }
      const full = pack(claims)
      const payload = full.length <= sizes.value - 44 ? full : pack({ ...claims, standing: undefined })
      const mac = await ring.mac('session-cookie', payload)
      const age = session.remember ? session.expiresAt - context.now : undefined
      context.cookies.set(name, serialise(config, name, `${payload}.${mac}`, age))
    },

    clear(context: Context): void {
      context.cookies.set(name, serialise(config, name, '', 0))
    },
  }
}

export type SessionCookie = ReturnType<typeof newSessionCookie>

/**
 * The value of the cookie of exactly this name; of two, neither. Only SP and HTAB are trimmed, so that no other byte
 * turns another name into ours (GHSA-r5rp-j6wh-rvv4).
 * @see https://www.rfc-editor.org/rfc/rfc6265#section-5.4
 */
export const cookieValue = (header: string | null, name: string): string | undefined => {
  if (header === null) return undefined
  let found: string | undefined
  for (const pair of header.split(';')) {
    const at = pair.indexOf('=')
    if (at < 0 || pair.slice(0, at).replace(/^[ \t]+|[ \t]+$/g, '') !== name) continue
    if (found !== undefined) return undefined
    found = pair.slice(at + 1).replace(/^[ \t]+|[ \t]+$/g, '')
  }
  return found
}

/** Every attribute is ours: no text of a user or of a request reaches it. `maxAge` in seconds. */
export const serialise = (config: Config, name: string, value: string, maxAge: number | undefined): string => {
  const age = maxAge === undefined ? '' : `; Max-Age=${maxAge}`
  return `${name}=${value}; Path=/${age}; HttpOnly${config.secureCookies ? '; Secure' : ''}; SameSite=Lax`
}

type Packed = [
  sessionId: string,
  userId: string,
  secret: string,
  leasedAt: number,
  leaseEndsAt: number,
  user?: UserRow,
  session?: Pick<SessionRow, 'methods' | 'remember' | 'createdAt' | 'authenticatedAt' | 'expiresAt'>,
]

const pack = ({ sessionId, userId, secret, leasedAt, leaseEndsAt, standing }: CookieClaims): string => {
  const packed: Packed = [sessionId, userId, secret, leasedAt, leaseEndsAt]
  if (standing !== undefined) {
    const { methods, remember, createdAt, authenticatedAt, expiresAt } = standing.session
    packed.push(standing.user, { methods, remember, createdAt, authenticatedAt, expiresAt })
  }
  return toBase64url(utf8(JSON.stringify(packed)))
}

/** Text that we signed, so of our own making; still read with care, since a ring may outlive a format. */
const parse = (payload: string): CookieClaims | undefined => {
  const packed = readJson(payload)
  if (!isPacked(packed)) return undefined
  const [sessionId, userId, secret, leasedAt, leaseEndsAt, user, session] = packed
  const seen = { id: sessionId, lastSeenAt: leasedAt, userAgent: '', address: null, country: null }
  const standing = isUser(user, userId) && isSession(session) ? { user, session: { ...session, ...seen } } : undefined
  return { sessionId, userId, secret, leasedAt, leaseEndsAt, standing }
}

const readJson = (payload: string): unknown => {
  try {
    return JSON.parse(fromUtf8(fromBase64url(payload) ?? new Uint8Array()))
  } catch {
    return undefined
  }
}

const isPacked = (value: unknown): value is Packed => {
  if (!Array.isArray(value)) return false
  const [sessionId, userId, secret, ...times] = value.slice(0, 5)
  return (
    [sessionId, userId, secret].every(isText) && isId('ses', sessionId) && times.length === 2 && times.every(isTime)
  )
}

/** What is of another shape was written by another version of this service: then the database is asked. */
const isUser = (value: unknown, userId: string): value is UserRow => {
  const { id, email, emailVerified, username, name, locale, roles, createdAt } = fieldsOf(value)
  const areNamed = [username, name, locale].every((text) => text === null || isText(text))
  return id === userId && isText(email) && isFlag(emailVerified) && areNamed && areTexts(roles) && isTime(createdAt)
}

const isSession = (value: unknown): value is NonNullable<Packed[6]> => {
  const { methods, remember, createdAt, authenticatedAt, expiresAt } = fieldsOf(value)
  return areTexts(methods) && isFlag(remember) && [createdAt, authenticatedAt, expiresAt].every(isTime)
}

const fieldsOf = (value: unknown): Readonly<Record<string, unknown>> => Object(value)
const isText = (value: unknown): boolean => typeof value === 'string'
const isFlag = (value: unknown): boolean => typeof value === 'boolean'
const areTexts = (value: unknown): boolean => Array.isArray(value) && value.every(isText)
const isTime = (value: unknown): boolean => Number.isSafeInteger(value) && Math.abs(Number(value)) < 1e11
