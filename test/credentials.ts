import { fromBase64url, toBase64url, utf8 } from '../src/base/crypto.ts'
import { quick } from './faulty-ports.ts'
import {
  type Browser,
  bodyOf,
  json,
  type Server,
  type ServerOptions,
  server,
  signedUp,
  signedUpByToken,
} from './harness.ts'

/** The whole service, with hashes at a hundredth of their cost: what comes after the password is not about them. */
export const quickServer = (options: ServerOptions = {}): Promise<Server> => server({ argon2id: quick, ...options })

export const cookieName = '__Host-session'

/** The session cookie that a browser holds. */
export const cookieOf = ({ jar }: Pick<Browser, 'jar'>): string => jar.get(cookieName) ?? ''

/** A request that shows this session cookie and nothing else. */
export const showing = (value: string, init: RequestInit = {}): RequestInit => ({
  ...init,
  headers: { ...Object.fromEntries(new Headers(init.headers)), cookie: `${cookieName}=${value}` },
})

/** The user of `GET /auth/session` for a `Cookie` header: null for nobody. */
export const userBy = async (on: Server, cookie: string): Promise<{ id: string; name: string | null } | null> => {
  const answer = await on.request('/auth/session', { headers: { cookie } })
  if (answer.status !== 200) throw new Error(`GET /auth/session: ${answer.status}`)
  return (await bodyOf(answer)).user
}

/** Who somebody is whose genuine cookie goes by another name: alone, and beside Ada's by the right one. */
export const underName = async (name: string) => {
  const on = await quickServer()
  const [ada, mallory] = [await signedUp(on), await signedUp(on)]
  const alone = await userBy(on, `${name}=${cookieOf(mallory)}`)
  const beside = await userBy(on, `${name}=${cookieOf(mallory)}; ${cookieName}=${cookieOf(ada)}`)
  return { alone, beside, ada }
}

/** What a cookie says, as its format packs it: session id, user id, secret, lease from, lease until ... */
export const unpacked = (value: string): unknown[] => {
  const [payload = ''] = value.split('.')
  return JSON.parse(new TextDecoder().decode(fromBase64url(payload)))
}

/** The secret that a cookie carries. */
export const secretOf = (value: string): string => String(unpacked(value)[2])

/** A cookie that says anything at all under a genuine signature. */
export const signed = async (on: Server, said: unknown): Promise<string> => {
  const payload = toBase64url(utf8(typeof said === 'string' ? said : JSON.stringify(said)))
  return `${payload}.${await on.core.ring.mac('session-cookie', payload)}`
}

/** What a refresh token is exchanged for; `account` is the audience whose tokens may change the account. */
export const refreshed = async (on: Server, refresh_token: string, audience?: 'account') => {
  const body = await bodyOf(await on.request('/auth/token', json({ refresh_token, audience })))
  return { bearer: { authorization: `Bearer ${body.access_token}` }, refreshToken: String(body.refresh_token) }
}

/** A native app that has just registered, with a token that may change the account beside the one for other APIs. */
export const accountHolder = async (on: Server) => {
  const app = await signedUpByToken(on)
  const { bearer: account, refreshToken } = await refreshed(on, app.tokens.refresh_token, 'account')
  return { ...app, account, refreshToken }
}
