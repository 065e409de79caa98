import { rowsOf } from './feature-tables.ts'
import { bodyOf, cookiesOf, post, type Send } from './http.ts'

export type Visit = readonly [request: string, status: number, trips: number]

/** Every route, in the order in which `visitEveryRoute` goes, with its answer and its trips when warm. */
export const everyRoute: readonly Visit[] = [
  ['POST /auth/register', 201, 1],
  ['GET /auth/session with the cookie', 200, 0],
  ['GET /auth/session with a token', 200, 1],
  ['GET /auth/session', 200, 0],
  ['GET /auth/me with the cookie', 200, 0],
  ['GET /auth/me with a token', 200, 1],
  ['PATCH /auth/me', 200, 1],
  ['POST /auth/login', 200, 2],
  ['GET /auth/sessions', 200, 1],
  ['DELETE /auth/sessions/:id', 204, 1],
  ['DELETE /auth/sessions', 204, 1],
  ['DELETE /auth/devices/:id', 204, 1],
  ['POST /auth/session/refresh-auth', 200, 2],
  ['POST /auth/password/change', 200, 2],
  ['POST /auth/token with the cookie', 200, 1],
  ['POST /auth/token with a refresh token', 200, 1],
  ['POST /auth/token/revoke', 200, 1],
  ['GET /auth/me/export', 200, 1],
  ['POST /auth/logout', 204, 1],
  ['POST /auth/challenge', 410, 1],
  ['POST /auth/email/verify/request', 202, 1],
  ['GET /auth/email/verify', 200, 0],
  ['POST /auth/email/verify', 410, 1],
  ['GET /auth/email/disown', 200, 0],
  ['POST /auth/email/disown', 410, 1],
  ['POST /auth/email/link', 202, 1],
  ['POST /auth/email/code', 202, 1],
  ['GET /auth/email/sign-in', 200, 0],
  ['POST /auth/email/sign-in', 410, 1],
  ['POST /auth/password/forgot', 202, 1],
  ['GET /auth/password/reset', 200, 0],
  ['POST /auth/password/reset', 410, 1],
  ['DELETE /auth/me', 204, 1],
  ['GET /auth/.well-known/jwks.json', 200, 0],
  ['GET /auth/openapi.json', 200, 0],
  ['GET /auth/healthz', 200, 0],
  ['GET /auth/readyz', 200, 1],
  ...rowsOf((feature) => feature.visits),
]

/** `POST /auth/token` of `POST /auth/token with the cookie`. */
export const routeOf = ([request]: Visit): string => request.split(' ').slice(0, 2).join(' ')

export type Go = (request: string, init?: RequestInit, id?: string) => Promise<Response>

/** Shows links that nobody was sent. */
const visitByMail = async (go: Go, send: Send): Promise<void> => {
  const email = `grace.${crypto.randomUUID()}@example.com`
  const password = 'correct horse battery staple'
  const own = { cookie: cookiesOf(await send('/auth/register', post({ email, password }))) }
  const token = 'A'.repeat(43)
  const open = async (path: string, more: object = {}) => {
    await go(`GET /auth/${path}`)
    await go(`POST /auth/${path}`, post({ token, ...more }))
  }
  await go('POST /auth/email/verify/request', post({}, own))
  await open('email/verify')
  await open('email/disown')
  await go('POST /auth/email/link', post({ email }))
  await go('POST /auth/email/code', post({ email }))
  await open('email/sign-in')
  await go('POST /auth/password/forgot', post({ email }))
  await open('password/reset', { newPassword: 'another horse battery staple' })
}

/** Goes through every route as one user. `trips` answers those of the last request. */
export const visitEveryRoute = async (send: Send, trips: () => number): Promise<Visit[]> => {
  const visits: Visit[] = []
  const go = async (request: string, init: RequestInit = {}, id = '') => {
    const [method = '', path = ''] = request.split(' ')
    const answer = await send(path.replace(':id', id), { ...init, method })
    visits.push([request, answer.status, trips()])
    return answer
  }
  const email = `ada.${crypto.randomUUID()}@example.com`
  const password = 'correct horse battery staple'
  const newPassword = 'another horse battery staple'
  await send('/auth/register', post({ email: `warm.${email}`, password, transport: 'token' }))

  const registered = await go('POST /auth/register', post({ email, password }))
  const own = { cookie: cookiesOf(registered) }
  const [, device = ''] = /device=(dev_[^.]+)/.exec(own.cookie) ?? []
  const { access_token: token } = await bodyOf(await send('/auth/token', post({ audience: 'account' }, own)))
  const bearer = { authorization: `Bearer ${token}` }
  await go('GET /auth/session with the cookie', { headers: own })
  await go('GET /auth/session with a token', { headers: bearer })
  await go('GET /auth/session')
  await go('GET /auth/me with the cookie', { headers: own })
  await go('GET /auth/me with a token', { headers: bearer })
  await go('PATCH /auth/me', post({ name: 'Ada Lovelace' }, own))
  const elsewhere = await go('POST /auth/login', post({ email, password }))
  await go('GET /auth/sessions', { headers: own })
  await go('DELETE /auth/sessions/:id', { headers: own }, (await bodyOf(elsewhere)).session.id)
  await go('DELETE /auth/sessions', { headers: own })
  await go('DELETE /auth/devices/:id', { headers: own }, device)
  const proven = await go('POST /auth/session/refresh-auth', post({ method: 'password', password }, own))
  const fresh = { cookie: cookiesOf(proven) }
  const changed = await go('POST /auth/password/change', post({ currentPassword: password, newPassword }, fresh))
  const renewed = { cookie: cookiesOf(changed) }
  await go('POST /auth/token with the cookie', post({}, renewed))
  const native = await bodyOf(await send('/auth/login', post({ email, password: newPassword, transport: 'token' })))
  const { refresh_token } = native.tokens
  const refreshed = await go('POST /auth/token with a refresh token', post({ refresh_token }))
  await go('POST /auth/token/revoke', post({ token: (await bodyOf(refreshed)).refresh_token }))
  await go('GET /auth/me/export', { headers: renewed })
  await go('POST /auth/logout', post({}, renewed))
  await go('POST /auth/challenge', post({ id: 'A'.repeat(43), method: 'totp', code: '123456' }))
  await visitByMail(go, send)
  const leaver = await send('/auth/register', post({ email: `leaver.${email}`, password }))
  await go('DELETE /auth/me', { headers: { cookie: cookiesOf(leaver) } })
  await go('GET /auth/.well-known/jwks.json')
  await go('GET /auth/openapi.json')
  await go('GET /auth/healthz')
  await go('GET /auth/readyz')
  for (const visit of rowsOf((feature) => feature.visit)) await visit(go, send)
  return visits
}
