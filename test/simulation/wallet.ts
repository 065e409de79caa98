import { unpacked } from '../credentials.ts'
import { partsOf } from '../forging.ts'
import { origin } from '../harness.ts'
import type { Heard } from './deed.ts'
import type { Model } from './model.ts'

export interface Cookie {
  readonly value: string
  readonly sid: string
  readonly issuedAt: number
  readonly leaseEnd: number
  /** The secret that signed it. */
  readonly by: string
}

export interface Access {
  readonly value: string
  readonly sid: string
  readonly exp: number
  readonly manages: boolean
}

/** Everything that the service ever gave to anybody, dead or alive, the newest last. */
export interface Wallet {
  readonly cookies: Cookie[]
  readonly access: Access[]
  readonly refresh: { readonly value: string; readonly sid: string }[]
}

export const leaseOf = (cookie: string) => {
  const [sid, uid, , , until] = unpacked(cookie)
  return { sid: String(sid), uid: String(uid), until: Number(until) }
}

export const claimsOf = (token: string) => {
  const { sid, sub, exp, iat, aud } = partsOf(token).claims
  return { sid: String(sid), sub: String(sub), exp: Number(exp), iat: Number(iat), aud: String(aud) }
}

export const keep = ({ cookies, access, refresh }: Wallet, { now, ring }: Model, { said, cookie }: Heard): void => {
  if (cookie) {
    const { sid, until } = leaseOf(cookie)
    cookies.push({ value: cookie, sid, issuedAt: now, leaseEnd: until, by: ring[0] ?? '' })
  }
  const token = said.access_token ?? said.tokens?.access_token
  if (token === undefined) return
  const { sid, exp, aud } = claimsOf(token)
  access.push({ value: token, sid, exp, manages: aud === `${origin}/auth` })
  const next = said.refresh_token ?? said.tokens?.refresh_token
  if (next !== undefined && refresh.every(({ value }) => value !== next)) refresh.push({ value: next, sid })
}
