import { expect, test } from 'vitest'
import { consoleLog } from '../src/adapters/log.ts'
import type { Fact } from '../src/identity/facts.ts'
import { cookieOf } from './act.ts'
import { acts, gated, titled } from './acts.ts'
import { openLimiter, quick } from './faulty-ports.ts'
import {
  bodyOf,
  json,
  type LogLine,
  type Server,
  server,
  signedIn,
  signedUp,
  signedUpByToken,
  somebody,
} from './harness.ts'
import { routes } from './raw.ts'

const requests = (on: Server) => on.logs.filter(({ event }) => event === 'request')
const facts = (on: Server) => on.logs.filter(({ event }) => event !== 'request').map(({ event }) => event)

test.each(titled())('S84: %s writes one line, with its route and not its path', async (_, act) => {
  const on = await server({ plug: gated, argon2id: quick })
  await signedUpByToken(on)
  const { path, init } = await act.prepare(on)
  const before = requests(on).length

  const answer = await on.request(path, init)

  const [method, route] = act.route.split(' ')
  expect(requests(on).slice(before)).toEqual([
    {
      event: 'request',
      requestId: answer.headers.get('x-request-id'),
      method,
      route,
      status: act.status,
      code: undefined,
      milliseconds: expect.any(Number),
      trips: act.trips,
      country: 'FR',
    },
  ])
})

test.each<[string, string, RequestInit, Partial<LogLine>]>([
  ['an unknown path', '/auth/ada@example.com', {}, { status: 404, code: 'not_found' }],
  ['a path in another spelling', '/auth//me', {}, { status: 404, code: 'not_found' }],
  ['another method', '/auth/me', { method: 'POST' }, { status: 405, code: 'method_not_allowed' }],
  [
    'another origin',
    '/auth/login',
    json({}, { origin: 'https://evil.example' }),
    { status: 403, code: 'cross_origin' },
  ],
  ['a form that is wrong', '/auth/login', json({}), { status: 422, code: 'invalid_request', route: '/auth/login' }],
  ['no session', '/auth/me', {}, { status: 401, code: 'unauthenticated', route: '/auth/me' }],
  [
    'an id that is nobody’s',
    `/auth/sessions/ses_${'A'.repeat(22)}`,
    { method: 'DELETE' },
    { status: 401, code: 'unauthenticated', route: '/auth/sessions/:id' },
  ],
])('S84: a request that is refused for %s writes one line too, with the code', async (_, path, init, expected) => {
  const on = await server()

  await on.request(path, init)

  expect(requests(on)).toHaveLength(1)
  expect(requests(on)[0]).toMatchObject(expected)
  expect(JSON.stringify(on.logs)).not.toContain('ada@example.com')
})

/** A listener that writes down what it hears after the answer. */
const listening = (into: Fact[]) => ({
  // biome-ignore lint/suspicious/noThenProperty: the socket's own word for what runs after the answer
  then: async (fact: Fact) => void into.push(fact),
})

const told: [string, string[]][] = [
  ...titled().flatMap(([title, { outcome }]): [string, string[]][] =>
    outcome.facts ? [[title, [...outcome.facts]]] : [],
  ),
  ['POST /auth/register', ['session.started', 'user.registered']],
  ['POST /auth/login', ['session.started']],
  ['POST /auth/challenge', ['session.started']],
  ['POST /auth/logout', ['session.ended']],
  ['PATCH /auth/me', ['user.changed']],
  ['DELETE /auth/sessions/:id', ['session.ended']],
  ['DELETE /auth/sessions', ['session.ended']],
  ['POST /auth/password/change', ['password.changed', 'session.started', 'session.ended']],
  ['POST /auth/password/reset', ['password.reset', 'session.ended', 'account.claimed', 'email.verified']],
  ['POST /auth/email/verify', ['email.verified']],
  ['POST /auth/email/sign-in', ['user.registered', 'session.started']],
  [
    'POST /auth/email/sign-in of an account that is not verified',
    ['account.claimed', 'email.verified', 'session.ended'],
  ],
  ['POST /auth/email/disown', ['user.erased', 'session.ended']],
  ['POST /auth/token by refresh token', ['token.refreshed']],
  ['POST /auth/token/revoke of a refresh token', ['session.ended']],
]

test.each(told)('S84: %s tells %j, with who and where', async (title, expected) => {
  const on = await server({ plug: gated, argon2id: quick })
  const act = new Map(titled()).get(title)
  const { path, init } = (await act?.prepare(on)) ?? { path: '', init: {} }
  const before = on.logs.length

  const answer = await on.request(path, init)
  await on.settled()

  const lines = on.logs.slice(before).filter(({ event }) => !/^(request|mail\..*)$/.test(String(event)))
  expect(lines.map(({ event }) => event)).toEqual(expect.arrayContaining(expected))
  for (const line of lines) {
    expect(line).toMatchObject({
      requestId: answer.headers.get('x-request-id'),
      userId: expect.stringMatching(/^usr_/),
      address: expect.any(String),
      country: 'FR',
    })
  }
})

test.each(['login', 'register'] as const)(
  'S84: a %s over the cookie of somebody else tells whose session ended and whose began',
  async (way) => {
    const on = await server({ argon2id: quick })
    const told: Fact[] = []
    const ada = await signedUp(on)
    const bob = way === 'login' ? (await signedUp(on)).person : somebody('bob')
    on.core.facts.on(listening(told))

    const answer = await ada.api.auth[way].$post({ json: bob })
    await on.settled()

    const { user, session } = await bodyOf(answer)
    const began = { type: 'session.started', userId: user.id, sessionId: session.id }
    const ended = { userId: ada.user.id, sessionId: ada.session.id, reason: 'replaced' }
    const sessions = told.filter(({ type }) => type.startsWith('session.'))
    expect(sessions).toEqual([expect.objectContaining(began), { type: 'session.ended', ...ended }])
    expect(on.logs).toContainEqual(expect.objectContaining({ event: 'session.ended', ...ended }))
  },
)

test('S84: sessions past the limit and those that a change of the password ends are told by their own names', async () => {
  const on = await server({ argon2id: quick, limiter: openLimiter })
  const first = await signedUp(on)
  await signedUp(on)
  on.clock.pass(1)
  const tabs = []
  for (let i = 0; i < 20; i++) tabs.push(await signedIn(on, first.person))
  const [changing] = tabs
  const { password } = first.person
  await changing?.api.auth.password.change.$post({
    json: { currentPassword: password, newPassword: 'another good long password' },
  })
  await on.settled()

  const told = on.logs.filter(({ event }) => event === 'session.ended')
  const line = (sessionId: string, reason: string) => ({ userId: first.user.id, sessionId, reason })
  const others = tabs.slice(1).map(({ session }) => line(session.id, 'password_changed'))
  const own = line(changing?.session.id ?? '', 'replaced')

  expect(new Set(told.map(({ userId, sessionId, reason }) => ({ userId, sessionId, reason })))).toEqual(
    new Set([line(first.session.id, 'limit'), own, ...others]),
  )
})

test('S84: a wrong password, a throttled guess and a forged cookie are told', async () => {
  const on = await server({ argon2id: quick, settings: { AUTH_LIMIT_PAIR: '1' } })
  const { person } = await signedUp(on)
  const guess = json({ ...person, password: 'not this one at all' })

  await on.request('/auth/login', guess)
  await on.request('/auth/login', guess)
  await on.request('/auth/me', { headers: { cookie: `__Host-session=e30.${'A'.repeat(43)}` } })

  expect(facts(on)).toEqual(expect.arrayContaining(['sign_in.refused', 'sign_in.throttled', 'cookie.forged']))
})

/** Every text of 8 characters or more in a value that may be secret. */
const textsOf = (value: unknown): string[] =>
  typeof value === 'string' ? [value] : Object.values((value ?? {}) as object).flatMap(textsOf)

test('S83: no password, address of mail, cookie, token, code or user agent is ever logged, by any route, good or bad', async () => {
  const on = await server({ plug: gated, argon2id: quick, limiter: openLimiter })
  const secrets = new Set<string>()
  const agent = 'marker-agent/1.0\tmarker-agent-2'
  const keep = (...texts: string[]) => {
    for (const text of texts) if (text.length >= 8) secrets.add(text)
  }
  const send = async (path: string, init: RequestInit) => {
    const headers = new Headers(init.headers)
    headers.set('user-agent', agent)
    for (const pair of (headers.get('cookie') ?? '').split('; ')) keep(pair.slice(pair.indexOf('=') + 1))
    keep((headers.get('authorization') ?? '').replace('Bearer ', ''))
    if (typeof init.body === 'string' && init.body.startsWith('{')) {
      const { method: _, transport: __, audience: ___, ...given } = JSON.parse(init.body)
      keep(...textsOf(given))
    }
    const answer = await on.request(path, { ...init, headers })
    for (const line of answer.headers.getSetCookie()) keep(line.slice(line.indexOf('=') + 1, line.indexOf(';')))
    if (answer.headers.get('content-type')?.includes('json')) {
      const { tokens, access_token, refresh_token, challenge } = await bodyOf(answer)
      keep(...textsOf({ ...tokens, token_type: '' }), ...textsOf({ access_token, refresh_token, id: challenge?.id }))
    }
  }

  for (const act of acts) {
    const { path, init } = await act.prepare(on)
    await send(path, init)
    await send(path, init)
    await send(path, { ...init, headers: { ...init.headers, authorization: 'Bearer marker-bearer.a.b' } })
  }
  for (const { target, method } of routes(on)) {
    const body = { body: '{"password":"marker-password","email":"marker-mail@example.com","token":"marker-token"}' }
    await send(target, { method, headers: { 'content-type': 'application/json' }, ...(method === 'GET' ? {} : body) })
    await send(`${target}?token=marker-query`, { method, headers: { cookie: '__Host-session=marker-cookie' } })
  }
  await send('/auth/marker-path', {})
  keep(
    'marker-agent',
    'marker-query',
    'marker-path',
    ...(JSON.stringify(somebody()).match(/correct horse[^"]+/g) ?? []),
  )
  await on.settled()

  const log = JSON.stringify(on.logs)
  expect(secrets.size).toBeGreaterThan(100)
  expect([...secrets].filter((secret) => log.includes(secret))).toEqual([])
})

test('S85: a log line is one line of JSON, whatever a caller puts into it', () => {
  const hostile = 'a\r\n{"event":"session.started"}\u2028\u0000\u001b[31m"\\'
  const lines: string[] = []
  const { log } = console
  console.log = (line: string) => void lines.push(line)

  try {
    consoleLog({ event: 'test', value: hostile, nested: { [hostile]: hostile } })
  } finally {
    console.log = log
  }

  expect(lines).toHaveLength(1)
  expect([...(lines[0] ?? '')].filter((char) => char < ' ')).toEqual([])
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({ event: 'test', value: hostile })
  expect(JSON.parse(lines[0] ?? '').at).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
})

test('S84: Server-Timing tells trips and time on loopback, and nothing anywhere else', async () => {
  const loopback = await server({ settings: { AUTH_ORIGIN: 'http://localhost:8787' } })
  const secure = await server()

  const [here, there] = await Promise.all([loopback, secure].map((on) => on.request('/auth/readyz')))

  expect(here?.headers.get('server-timing')).toMatch(/^app;dur=\d+, db;desc="1 trips"$/)
  expect(there?.headers.has('server-timing')).toBe(false)
})

test('S84: work after the answer that fails is logged under its request, and changes nothing', async () => {
  const on = await server({
    // biome-ignore lint/suspicious/noThenProperty: the socket's own word for what runs after the answer
    plug: ({ facts: on }) => on.on({ then: () => Promise.reject(new Error('marker-listener')) }),
  })
  const answer = await on.request('/auth/register', json(somebody()))
  await on.settled()

  expect(answer.status).toBe(201)
  expect(on.logs).toContainEqual({
    event: 'after_failed',
    requestId: answer.headers.get('x-request-id'),
    error: 'Error',
  })
  expect(JSON.stringify(on.logs)).not.toContain('marker-listener')
})

test('S83: a refused id, cookie or token is not logged either', async () => {
  const on = await server()
  const { jar } = await signedUp(on)
  const { tokens } = await signedUpByToken(on)

  await on.request('/auth/sessions/marker-id', { method: 'DELETE', headers: cookieOf(jar) })
  await on.request('/auth/token', json({ refresh_token: `${tokens.refresh_token.slice(0, -1)}_` }))

  const log = JSON.stringify(on.logs)
  expect(log).not.toContain('marker-id')
  expect(log).not.toContain(tokens.refresh_token.slice(7, -1))
})
