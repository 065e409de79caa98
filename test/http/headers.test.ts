import { expect, test } from 'vitest'
import { Problem, unavailable } from '../../src/base/errors.ts'
import { cookieOf } from '../act.ts'
import { gated } from '../acts.ts'
import { openLimiter, quick } from '../faulty-ports.ts'
import { bodyOf, json, type Server, server, signedUp, signedUpByToken, somebody } from '../harness.ts'
import { raw, routes, spelt } from '../raw.ts'
import { bodies } from '../route-access.ts'

const broken = { database: () => ({ run: () => Promise.reject(new Error('no such table: users')) }) }
const down = { database: () => ({ run: () => Promise.reject(new Problem(unavailable)) }) }
const full = { limiter: { take: async () => false } }
const wrong = { ...somebody(), password: 'not this one at all' }

/** One answer of every status that the service knows. */
const answers: [number, () => Promise<Response>][] = [
  [200, async () => (await server()).request('/auth/healthz')],
  [201, async () => (await server()).request('/auth/register', json(somebody()))],
  [204, async () => (await server()).request('/auth/logout', { method: 'POST' })],
  [400, async () => (await server()).request('/auth/login', { ...json({}), body: '{' })],
  [401, async () => (await server()).request('/auth/login', json(wrong))],
  [403, async () => (await server()).request('/auth/login', json({}, { origin: 'https://evil.example' }))],
  [404, async () => (await server()).request('/auth/nowhere')],
  [405, async () => (await server()).request('/auth/login')],
  [
    409,
    async () => {
      const on = await server({ argon2id: quick })
      const person = somebody()
      await on.request('/auth/register', json(person))
      return on.request('/auth/register', json({ ...person, password: 'another good long password' }))
    },
  ],
  [410, async () => (await server()).request('/auth/challenge', json({ id: 'x', method: 'totp', code: '1' }))],
  [413, async () => (await server()).request('/auth/login', json('x'.repeat(70_000)))],
  [415, async () => (await server()).request('/auth/login', { method: 'POST', body: 'text' })],
  [422, async () => (await server()).request('/auth/login', json({}))],
  [429, async () => (await server(full)).request('/auth/register', json(somebody()))],
  [500, async () => (await server(broken)).request('/auth/login', json(wrong))],
  [503, async () => (await server(down)).request('/auth/login', json(wrong))],
]

const promised = {
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'strict-transport-security': 'max-age=31536000',
  vary: 'Origin',
}

test.each(answers)(
  'S60, S61, S62: an answer with status %i carries every header that is promised',
  async (status, ask) => {
    const answer = await ask()

    expect(answer.status).toBe(status)
    expect(Object.fromEntries(answer.headers)).toMatchObject(promised)
    expect(answer.headers.get('x-request-id')).toMatch(/^req_[\w-]{22}$/)
  },
)

test.each(answers)('S90: an answer with status %i tells neither what made it nor its version', async (_, ask) => {
  const { headers } = await ask()

  for (const name of ['server', 'x-powered-by', 'via', 'server-timing']) expect(headers.has(name), name).toBe(false)
})

test.each(answers.filter(([status]) => status >= 400))(
  'S81: a problem with status %i is of the shape of RFC 9457, with nothing of the inside',
  async (status, ask) => {
    const answer = await ask()
    const problem = await bodyOf(answer)

    expect(answer.headers.get('content-type')).toBe('application/problem+json')
    expect(problem).toEqual({
      type: `urn:postern:problem:${problem.code}`,
      title: expect.stringMatching(/^[A-Z][^<>{}]+\.$/),
      status,
      code: expect.stringMatching(/^[a-z_]+$/),
      requestId: answer.headers.get('x-request-id'),
      ...(status === 422 ? { fields: expect.any(Object) } : {}),
    })
    expect(await answer.text()).not.toMatch(/select|insert|sqlite|no such table|\bat\b.*:\d+:\d+|node_modules|Error\b/i)
  },
)

test('429 and 503 say when to come back', async () => {
  const limited = await (await server(full)).request('/auth/register', json(somebody()))
  const closed = await (await server(down)).request('/auth/login', json(wrong))

  for (const answer of [limited, closed]) expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0)
})

test('a request id is new for every request, and never the one that a caller sends', async () => {
  const on = await server()
  const headers = { 'x-request-id': `req_${'A'.repeat(22)}` }

  const all = await Promise.all(Array.from({ length: 50 }, () => on.request('/auth/healthz', { headers })))

  const ids = new Set(all.map((answer) => answer.headers.get('x-request-id')))
  expect(ids.size).toBe(50)
  expect(ids).not.toContain(headers['x-request-id'])
})

test('S60: Strict-Transport-Security is sent where the origin is https, and not on loopback', async () => {
  const secure = await server()
  const loopback = await server({ settings: { AUTH_ORIGIN: 'http://localhost:8787' } })

  const [one, other] = await Promise.all([secure, loopback].map((on) => on.request('/auth/healthz')))

  expect(one?.headers.get('strict-transport-security')).toBe('max-age=31536000')
  expect(other?.headers.has('strict-transport-security')).toBe(false)
})

test('A29, S62, CVE-2025-48947: whatever carries a cookie, a token or a user is never stored; the JWKS is, for 300 s', async () => {
  const on = await server()
  const { jar, person } = await signedUp(on)
  const { bearer, tokens } = await signedUpByToken(on)

  const personal = await Promise.all([
    on.request('/auth/login', json(person)),
    on.request('/auth/session', { headers: cookieOf(jar) }),
    on.request('/auth/me', { headers: bearer }),
    on.request('/auth/token', json({ refresh_token: tokens.refresh_token })),
  ])
  const jwks = await on.request('/auth/.well-known/jwks.json', { headers: cookieOf(jar) })

  expect(personal.map(({ headers }) => headers.get('cache-control'))).toEqual(personal.map(() => 'no-store'))
  expect(jwks.headers.get('cache-control')).toBe('public, max-age=300')
  expect(jwks.headers.getSetCookie()).toEqual([])
})

test('S62: a JWKS that cannot be read is not stored', async () => {
  const on = await server(down)

  const answer = await on.request('/auth/.well-known/jwks.json')

  expect([answer.status, answer.headers.get('cache-control')]).toEqual([503, 'no-store'])
})

test('401 to a bearer says so in WWW-Authenticate, 401 to anybody else does not', async () => {
  const on = await server()

  const bearer = await on.request('/auth/me', { headers: { authorization: 'Bearer x' } })
  const cookie = await on.request('/auth/me', { headers: { cookie: '__Host-session=x' } })

  expect([bearer.status, bearer.headers.get('www-authenticate')]).toEqual([401, 'Bearer error="invalid_token"'])
  expect([cookie.status, cookie.headers.get('www-authenticate')]).toEqual([401, null])
})

/** Headers by which one product or another was told that a request is an inside one. */
const internal = (userId: string): Record<string, string> => ({
  'x-middleware-subrequest': 'middleware:middleware:middleware:middleware:middleware',
  'x-middleware-next': '1',
  'x-middleware-override-headers': 'authorization',
  'x-clerk-auth-status': 'signed-in',
  'x-clerk-auth-token': userId,
  'x-auth-user': userId,
  'x-auth-request-user': userId,
  'x-auth-session': userId,
  'x-user-id': userId,
  'x-user': userId,
  'x-forwarded-user': userId,
  'x-remote-user': userId,
  'remote-user': userId,
  'x-authenticated-userid': userId,
  'x-webauth-user': userId,
  'x-amzn-oidc-identity': userId,
  'x-ms-client-principal-id': userId,
  'cf-access-authenticated-user-email': 'ada@example.com',
  'x-goog-authenticated-user-id': userId,
  'x-internal': '1',
  'x-internal-request': 'true',
  'x-original-url': '/auth/healthz',
  'x-rewrite-url': '/auth/healthz',
  'x-http-method-override': 'GET',
  'x-method-override': 'GET',
  'x-forwarded-host': 'localhost',
  'x-forwarded-proto': 'http',
  forwarded: 'for=127.0.0.1;host=localhost;proto=http',
  'cf-worker': 'example.com',
  'x-vercel-protection-bypass': '1',
  'x-real-ip': '127.0.0.1',
  'x-debug': '1',
  'x-admin': 'true',
})

test('CVE-2025-29927, CVE-2024-22206: no request header gets anybody past a guard', async () => {
  const on = await server({ limiter: openLimiter })
  const { user } = await signedUp(on)
  const all = internal(user.id)
  const sets = [all, ...Object.entries(all).map(([name, value]) => ({ [name]: value }))]
  const { total } = on.trips

  for (const { method, target, guard, name } of routes(on)) {
    if (guard === undefined) continue
    const { method: _, ...init } = bodies[name] ? json(bodies[name]) : {}
    for (const set of sets) {
      const headers = { ...Object.fromEntries(new Headers(init.headers)), ...set }
      const request = spelt({ url: `https://app.example.com${target}`, method }, { ...init, headers, method: 'POST' })
      const answer = await raw(on, request)

      expect.soft(answer.status, `${name} ${Object.keys(set)[0]}`).toBe(401)
    }
  }
  expect(on.trips.total).toBe(total)
})

const hostile = [
  '',
  ' ',
  '%',
  '%zz%ff%00',
  'Bearer',
  'Bearer ',
  'Bearer %E0%A4%A',
  'Bearer a.b.c',
  'Bearer ....',
  `Bearer ${'a'.repeat(60_000)}`,
  'Basic %%%',
  'Basic Og==',
  '{"a":',
  '=;=;;=',
  '__Host-session',
  '__Host-session=%E0%A4%A',
  '__Host-session=..',
  '__Host-session=e30.e30',
  `__Host-session=${'A'.repeat(60_000)}`,
  '__Host-device=a.b.c',
  'a'.repeat(60_000),
]

test.each(['authorization', 'cookie', 'user-agent', 'accept', 'accept-language', 'origin', 'sec-fetch-site', 'range'])(
  'CVE-2026-73418, CVE-2026-9803: whatever stands in %s is never a fault of ours',
  async (header) => {
    const on = await server({ plug: gated, argon2id: quick })
    const bodies = { '/auth/register': somebody, '/auth/login': somebody, '/auth/logout': () => ({}) }

    for (const value of hostile) {
      for (const path of ['/auth/session', '/auth/me', '/auth/sessions']) {
        const answer = await on.request(path, { headers: { [header]: value } })
        expect.soft(answer.status, `${path} ${value.slice(0, 30)}`).toBeLessThan(500)
      }
      for (const [path, body] of Object.entries(bodies)) {
        const answer = await on.request(path, json(body(), { [header]: value }))
        expect.soft(answer.status, `${path} ${value.slice(0, 30)}`).toBeLessThan(500)
      }
    }
    expect(bugsOf(on)).toEqual([])
  },
)

const bugsOf = (on: Server) => on.logs.filter(({ event }) => event === 'bug')
