import { expect, test } from 'vitest'
import { anotherToken, bearer, statusFor } from '../forging.ts'
import { bodyOf, json, query, type Server, server, signedUp, signedUpByToken } from '../harness.ts'

/** Token revocation. @see https://www.rfc-editor.org/rfc/rfc7009 */
const form = (fields: string): RequestInit => ({
  method: 'POST',
  headers: { 'content-type': 'application/x-www-form-urlencoded' },
  body: fields,
})

const refresh = async (on: Server, refresh_token: string) => on.request('/auth/token', json({ refresh_token }))

const endedIn = async (on: Server, sessionId: string) => {
  const [row] = await query(on, 'select ended_at, ended_reason from sessions where id = ?', sessionId)
  return row
}

const ways: [string, (token: string) => RequestInit][] = [
  ['JSON', (token) => json({ token })],
  ['a form', (token) => form(new URLSearchParams({ token }).toString())],
  ['a form with a hint', (token) => form(`token=${token}&token_type_hint=refresh_token`)],
  ['a form with the wrong hint', (token) => form(`token=${token}&token_type_hint=access_token`)],
  ['JSON with an unknown hint', (token) => json({ token, token_type_hint: 'pct' })],
]

test.each(ways)('S115: a refresh token in %s ends its session, in one trip', async (_, request) => {
  const on = await server()
  const { tokens, session } = await signedUpByToken(on)

  const answer = await on.request('/auth/token/revoke', request(tokens.refresh_token))

  expect([answer.status, await bodyOf(answer), on.trips.last]).toEqual([200, {}, 1])
  expect(await endedIn(on, session.id)).toEqual([on.clock.now, 'revoked'])
  expect((await refresh(on, tokens.refresh_token)).status).toBe(401)
  expect(await statusFor(on, tokens.access_token)).toBe(401)
})

test.each(ways)('S115: an access token in %s ends its session, in one trip', async (_, request) => {
  const on = await server()
  const { tokens, session } = await signedUpByToken(on)

  const answer = await on.request('/auth/token/revoke', request(tokens.access_token))

  expect([answer.status, await bodyOf(answer), on.trips.last]).toEqual([200, {}, 1])
  expect(await endedIn(on, session.id)).toEqual([on.clock.now, 'revoked'])
  expect((await refresh(on, tokens.refresh_token)).status).toBe(401)
  expect(await statusFor(on, tokens.access_token)).toBe(401)
})

test('S115: an access token of a cookie session ends that session: the cookie is dead with it', async () => {
  const on = await server()
  const { api } = await signedUp(on)
  const { access_token } = await bodyOf(await api.auth.token.$post({ json: { audience: 'account' } }))

  await on.request('/auth/token/revoke', json({ token: access_token }))

  expect((await api.auth.me.$get()).status).toBe(401)
  expect((await api.auth.sessions.$get()).status).toBe(401)
})

test('S115: a refresh token that was used ends its session just as well', async () => {
  const on = await server()
  const { tokens, session } = await signedUpByToken(on)
  const next = await bodyOf(await refresh(on, tokens.refresh_token))

  await on.request('/auth/token/revoke', json({ token: tokens.refresh_token }))

  expect(await endedIn(on, session.id)).toEqual([on.clock.now, 'revoked'])
  expect((await refresh(on, next.refresh_token)).status).toBe(401)
  expect(await statusFor(on, next.access_token)).toBe(401)
})

test('S115: revoking is idempotent, also 20 at once: the session ends once and is told of once', async () => {
  const on = await server()
  const { tokens, session } = await signedUpByToken(on)
  const all = Array.from({ length: 20 }, (_, i) => (i % 2 ? tokens.refresh_token : tokens.access_token))

  const answers = await Promise.all(all.map((token) => on.request('/auth/token/revoke', json({ token }))))
  on.clock.pass(30)
  const again = await on.request('/auth/token/revoke', json({ token: tokens.refresh_token }))

  expect(new Set([...answers, again].map(({ status }) => status))).toEqual(new Set([200]))
  expect(await endedIn(on, session.id)).toEqual([on.clock.now - 30, 'revoked'])
  const told = on.logs.filter(({ event }) => event === 'session.ended')
  expect(told).toEqual([expect.objectContaining({ sessionId: session.id, reason: 'revoked' })])
})

test('S115: what is unknown, expired, another service’s or no token is answered 200, and ends nothing', async () => {
  const on = await server()
  const { tokens, session, user } = await signedUpByToken(on)
  const other = await server()
  const foreign = await signedUpByToken(other)
  const strange = [
    ...['', ' ', 'x', 'a.b.c', 'pst_rt_', `pst_rt_${'A'.repeat(43)}`, anotherToken(tokens.refresh_token)],
    ...[tokens.access_token.slice(0, -1), tokens.refresh_token.slice('pst_rt_'.length), session.id, user.id],
    ...[foreign.tokens.access_token, foreign.tokens.refresh_token, tokens.device_token, '\u0000', '%00', 'ünïcode'],
    'x'.repeat(8192),
    'x'.repeat(9000),
  ]

  for (const token of strange) {
    for (const request of [json({ token }), form(new URLSearchParams({ token }).toString())]) {
      const answer = await on.request('/auth/token/revoke', request)

      expect([answer.status, await bodyOf(answer)], token.slice(0, 80)).toEqual([200, {}])
    }
  }
  expect(await endedIn(on, session.id)).toEqual([null, null])
})

test('S115: an access token that has expired ends nothing more', async () => {
  const on = await server()
  const { tokens, session } = await signedUpByToken(on)
  on.clock.pass(305)

  const answer = await on.request('/auth/token/revoke', json({ token: tokens.access_token }))

  expect(answer.status).toBe(200)
  expect(await endedIn(on, session.id)).toEqual([null, null])
})

test('garbage costs no trip', async () => {
  const on = await server()
  await signedUpByToken(on)
  const before = on.trips.total

  for (const token of ['', 'x', 'a.b.c', 'pst_rt_x', 'x'.repeat(5000)]) {
    await on.request('/auth/token/revoke', json({ token }))
  }

  expect(on.trips.total).toBe(before)
})

test('S70: a field that stands twice, a field that is missing and another media type are refused', async () => {
  const on = await server()
  const { tokens, session } = await signedUpByToken(on)
  const token = tokens.refresh_token
  const requests: [RequestInit, number][] = [
    [form(`token=${token}&token=${token}`), 400],
    [form(`token=${token}&token_type_hint=a&token_type_hint=b`), 400],
    [form(`token=x&token=${token}`), 400],
    [form('token_type_hint=refresh_token'), 422],
    [json({}), 422],
    [json({ token: [token] }), 422],
    [json({ token: { token } }), 422],
    [json({ token: null }), 422],
    [{ ...form(`token=${token}`), headers: { 'content-type': 'text/plain' } }, 415],
    [{ ...form(`token=${token}`), headers: { 'content-type': 'multipart/form-data; boundary=x' } }, 415],
    [{ ...form(`token=${token}`), headers: {} }, 415],
  ]

  for (const [request, status] of requests) {
    expect((await on.request('/auth/token/revoke', request)).status, String(request.body)).toBe(status)
  }
  expect(await endedIn(on, session.id)).toEqual([null, null])
})

test('S65: a token in the query or in the header is not the token to revoke', async () => {
  const on = await server()
  const { tokens, session } = await signedUpByToken(on)
  const token = tokens.access_token

  const answers = [
    await on.request(`/auth/token/revoke?token=${token}`, json({}, bearer(token))),
    await on.request(`/auth/token/revoke?token=${token}`, { method: 'GET' }),
  ]

  expect(answers.map(({ status }) => status)).toEqual([422, 405])
  expect(await endedIn(on, session.id)).toEqual([null, null])
})

test('S58: a form that another site posts revokes nothing', async () => {
  const on = await server()
  const { tokens, session } = await signedUpByToken(on)
  const evil = { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }
  const request = form(`token=${tokens.refresh_token}`)

  const answer = await on.request('/auth/token/revoke', { ...request, headers: { ...request.headers, ...evil } })

  expect(answer.status).toBe(403)
  expect(await endedIn(on, session.id)).toEqual([null, null])
})

test('a token of a suspended user is revoked like any other: it stays dead when the suspension is lifted', async () => {
  for (const kind of ['access_token', 'refresh_token'] as const) {
    const on = await server()
    const { tokens, user, session } = await signedUpByToken(on)
    await query(on, 'update users set suspended_at = ? where id = ?', on.clock.now, user.id)

    await on.request('/auth/token/revoke', json({ token: tokens[kind] }))
    await query(on, 'update users set suspended_at = null where id = ?', user.id)

    expect(await endedIn(on, session.id), kind).toEqual([on.clock.now, 'revoked'])
    expect((await refresh(on, tokens.refresh_token)).status).toBe(401)
  }
})

test('another session of the same user goes on', async () => {
  const on = await server()
  const { tokens, person } = await signedUpByToken(on)
  const other = await bodyOf(await on.request('/auth/login', json({ ...person, transport: 'token' })))

  await on.request('/auth/token/revoke', json({ token: tokens.access_token }))

  expect(await statusFor(on, other.tokens.access_token)).toBe(200)
  expect((await refresh(on, other.tokens.refresh_token)).status).toBe(200)
})
