import { expect, test } from 'vitest'
import { cookieOf } from '../act.ts'
import { openLimiter, quick } from '../faulty-ports.ts'
import { bodyOf, json, server, signedUp, signedUpByToken } from '../harness.ts'
import { bytes, routes } from '../raw.ts'

const withType = (method: string, type: string | undefined, body: string, headers: Record<string, string>) => ({
  method,
  headers: { ...headers, ...(type === undefined ? {} : { 'content-type': type }) },
  body: bytes(body),
})

test.each([
  undefined,
  '',
  'text/plain',
  'text/plain;charset=UTF-8',
  'text/json',
  'multipart/form-data; boundary=x',
  'application/xml',
  'application/octet-stream',
  'application/jsonp',
  'application/json5',
  'application/json-patch+json',
  'application/problem+json',
  'application/json, text/plain',
  'application/json text/plain',
  'application/json; charset=iso-8859-1',
  'application/json; charset=utf-16',
  'application/json; profile=x; charset=utf-7',
  'application/json; charset=',
  ' ;application/json',
])('S71: a body of type %j is refused with 415 by every route that takes one', async (type) => {
  const on = await server({ limiter: openLimiter, argon2id: quick })
  const headers = cookieOf((await signedUp(on)).jar)
  const { total } = on.trips

  for (const { method, target, body } of routes(on)) {
    if (body === undefined) continue
    const answer = await on.request(target, withType(method, type, '{}', headers))

    expect.soft(answer.status, `${method} ${target}`).toBe(415)
    expect.soft(await bodyOf(answer)).toMatchObject({ code: 'unsupported_media_type' })
  }
  expect(on.trips.total).toBe(total)
})

test.each([
  'application/json',
  'APPLICATION/JSON',
  'Application/Json; Charset=UTF-8',
  'application/json;charset=utf-8',
  'application/json ; charset="utf-8"',
  'application/json; profile=x',
])('S71: a body of type %j is read as JSON, in odd case too', async (type) => {
  const on = await server()
  const headers = cookieOf((await signedUp(on)).jar)

  const answer = await on.request('/auth/me', withType('PATCH', type, '{"name":"Countess"}', headers))

  expect(answer.status).toBe(200)
  expect(await bodyOf(answer)).toMatchObject({ name: 'Countess' })
})

test.each([undefined, 'application/json', 'text/plain', 'application/x-www-form-urlencoded'])(
  'an empty body counts as {} and needs no type: %j',
  async (type) => {
    const on = await server()
    const headers = cookieOf((await signedUp(on)).jar)

    const token = await on.request('/auth/token', withType('POST', type, '', headers))
    const nothing = await on.request('/auth/login', withType('POST', type, '', headers))
    const logout = await on.request('/auth/logout', withType('POST', type, '', headers))

    expect([token.status, nothing.status, logout.status]).toEqual([200, 422, 204])
  },
)

test('a form is taken at /token/revoke alone, as RFC 7009 has it', async () => {
  const on = await server({ limiter: openLimiter })
  const { tokens, bearer } = await signedUpByToken(on)
  const form = (method: string, text: string) =>
    withType(method, 'application/x-www-form-urlencoded', text, { 'x-auth-client': 'test' })

  const revoke = await on.request(
    '/auth/token/revoke',
    form('POST', `token=${tokens.refresh_token}&token_type_hint=refresh_token`),
  )
  const elsewhere = await Promise.all(
    routes(on)
      .filter(({ body, guard, path }) => body && !guard && path !== '/auth/token/revoke')
      .map(async ({ method, target }) => (await on.request(target, form(method, 'a=b'))).status),
  )

  expect(revoke.status).toBe(200)
  expect(await bodyOf(await on.request('/auth/session', { headers: bearer }))).toEqual({ user: null, session: null })
  expect(new Set(elsewhere)).toEqual(new Set([415]))
})

test.each([
  ['a repeated field', 'token=a&token=b', 400],
  ['a field that is repeated in another spelling', 'token=a&%74oken=b', 400],
  ['an unknown field', 'token=a&userId=b', 422],
  ['no token', 'token_type_hint=access_token', 422],
  ['bytes that are no UTF-8 when decoded', 'token=%ff%fe', 200],
  ['what would reach a prototype', '__proto__=a&token=b', 422],
])('S70: a form with %s', async (_, text, status) => {
  const on = await server()

  const answer = await on.request(
    '/auth/token/revoke',
    withType('POST', 'application/x-www-form-urlencoded;charset=UTF-8', text, {}),
  )

  expect(answer.status).toBe(status)
})

test('S71: JSON goes out as application/json, a problem as application/problem+json', async () => {
  const on = await server()

  const good = await on.request('/auth/healthz')
  const bad = await on.request('/auth/login', json({}))

  expect(good.headers.get('content-type')).toMatch(/^application\/json(?:; ?charset=utf-8)?$/i)
  expect(bad.headers.get('content-type')).toBe('application/problem+json')
})
