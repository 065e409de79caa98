import { expect, test } from 'vitest'
import { cookieOf, secretOf, signed, unpacked } from './credentials.ts'
import { countedHashes, openLimiter, quick } from './faulty-ports.ts'
import { bodyOf, browser, json, query, type Server, server, signedIn, signedUp, signedUpByToken } from './harness.ts'

const login = (on: Server, body: object, headers: Record<string, string> = {}) =>
  on.request('/auth/login', json(body, headers))

test('login by e-mail and by username answers the user and a session, in two trips each', async () => {
  const on = await server()
  const { person, user, session } = await signedUp(on, { name: 'Ada', username: 'ada' })
  on.clock.pass(60)
  const identifiers = [
    { email: person.email },
    { email: person.email.toUpperCase() },
    { username: 'ada' },
    { username: 'ADA' },
  ]

  for (const identifier of identifiers) {
    const tab = browser(on)
    const answer = await tab.api.auth.login.$post({ json: { ...identifier, password: person.password } })
    const { trips } = { trips: on.trips.last }

    const body = await bodyOf(answer)
    expect(answer.status).toBe(200)
    expect(trips).toBe(2)
    expect(body).toMatchObject({ status: 'signed_in', user, session: { methods: ['password'], current: true } })
    expect(body.session.id).not.toBe(session.id)
    expect(body.session.authenticatedAt).toBe('2027-01-15T08:01:00Z')
    expect(body).not.toHaveProperty('tokens')
    expect((await tab.api.auth.me.$get()).status).toBe(200)
  }
})

test.each([
  ['both an e-mail and a username', { email: 'ada@example.com', username: 'ada' }],
  ['neither', {}],
  ['an e-mail that is none', { email: 'ada' }],
  ['a username that is none', { username: 'ada@example.com' }],
  ['an e-mail that is a list', { email: ['ada@example.com'] }],
  ['an identifier that is an object', { username: { $ne: '' } }],
])('login wants exactly one identifier of its form: %s is refused before any trip', async (_, identifier) => {
  const counter = countedHashes()
  const on = await server({ argon2id: counter.argon2id })

  const answer = await login(on, { ...identifier, password: 'correct horse battery staple' })

  expect(await bodyOf(answer)).toMatchObject({ status: 422, code: 'invalid_request' })
  expect([on.trips.total, counter.hashes]).toEqual([0, 0])
})

test('login for tokens sets no cookie, and cookies come with no secret in the body', async () => {
  const on = await server()
  const { person } = await signedUp(on)

  const byToken = await login(on, { ...person, transport: 'token' })
  const byCookie = await login(on, { ...person, transport: 'cookie' })

  const { tokens } = await bodyOf(byToken)
  expect(byToken.headers.getSetCookie()).toEqual([])
  expect(Object.keys(tokens).sort()).toEqual([
    'access_token',
    'device_token',
    'expires_in',
    'refresh_token',
    'token_type',
  ])
  const secrets = byCookie.headers.getSetCookie().map((line) => /=([^;]+)/.exec(line)?.[1] ?? '')
  expect(secrets).toHaveLength(2)
  const text = await byCookie.text()
  for (const secret of secrets) expect(text).not.toContain(secret)
})

test('a login that is not remembered lasts a day and leaves with the browser', async () => {
  const on = await server()
  const { person } = await signedUp(on)

  const tab = await signedIn(on, person, { remember: false })

  expect(tab.setCookies.find((line) => line.startsWith('__Host-session'))).not.toContain('Max-Age')
  expect(Date.parse(tab.session.expiresAt) / 1000).toBe(on.clock.now + 86_400)
})

test('S28: every sign-in has a new id and a new secret of 256 bits, of which the database keeps the hash', async () => {
  const on = await server({ argon2id: quick })
  const { person, jar } = await signedUp(on)
  const cookies = [jar.get('__Host-session') ?? '']
  for (let i = 0; i < 10; i++) cookies.push((await signedIn(on, person)).jar.get('__Host-session') ?? '')

  const payloads = cookies.map((cookie) =>
    JSON.parse(atob((cookie.split('.')[0] ?? '').replaceAll('-', '+').replaceAll('_', '/'))),
  )
  const [ids, secrets] = [payloads.map(([id]) => id), payloads.map(([, , secret]) => secret)]

  expect(new Set(ids).size).toBe(11)
  expect(new Set(secrets).size).toBe(11)
  for (const secret of secrets) expect(secret).toMatch(/^[\w-]{43}$/)
  const rows = await query(on, 'select id, secret_hash from sessions')
  expect(rows.map(([id]) => id).sort()).toEqual(ids.sort())
  for (const [, hash] of rows) expect(secrets).not.toContain(hash)
})

test('S29: a login over a session ends it, in the database too: a cookie planted before opens nothing', async () => {
  const on = await server({ argon2id: quick })
  const victim = await signedUp(on)
  const planted = (await signedUp(on)).jar.get('__Host-session') ?? ''
  const tab = browser(on)
  tab.jar.set('__Host-session', planted)

  await tab.api.auth.login.$post({ json: victim.person })
  await on.settled()

  expect(tab.jar.get('__Host-session')).not.toBe(planted)
  expect((await bodyOf(await tab.api.auth.me.$get())).email).toBe(victim.person.email)
  const replay = await on.request('/auth/me', { headers: { cookie: `__Host-session=${planted}` } })
  expect(replay.status).toBe(401)
  expect(await query(on, "select count(*) from sessions where ended_reason = 'replaced'")).toEqual([[1]])
})

test('S29: a login over a cookie that names a session by another secret ends nothing', async () => {
  const on = await server({ argon2id: quick })
  const [ada, mallory] = [await signedUp(on), await signedUp(on)]
  const cookie = await signed(on, unpacked(cookieOf(ada)).with(2, secretOf(cookieOf(mallory))))

  const answer = await on.request('/auth/login', json(mallory.person, { cookie: `__Host-session=${cookie}` }))

  expect(answer.status).toBe(200)
  expect((await ada.api.auth.sessions.$get()).status).toBe(200)
})

test('where the platform tells no country, a session has none', async () => {
  const on = await server({ argon2id: quick })
  const { person } = await signedUp(on)

  const answer = await on.request('/auth/login', json(person), { country: undefined })

  expect((await bodyOf(answer)).session.country).toBeNull()
})

test('S29: a wrong password ends nothing', async () => {
  const on = await server()
  const { api, person } = await signedUp(on)

  const answer = await api.auth.login.$post({ json: { ...person, password: 'not this one at all' } })

  expect(answer.status).toBe(401)
  expect((await api.auth.sessions.$get()).status).toBe(200)
})

test('GHSA-99h5-pjcv-gr6v: who signs in is who the password names, whoever the request came as', async () => {
  const on = await server({ argon2id: quick })
  const ada = await signedUp(on)
  const eve = await signedUpByToken(on)

  const answer = await login(on, ada.person, { ...eve.bearer, 'x-user-id': eve.user.id })

  expect((await bodyOf(answer)).user.id).toBe(ada.user.id)
})

test('S13: every wrong way to sign in answers the same problem', async () => {
  const on = await server({ limiter: openLimiter })
  const { person } = await signedUp(on, { username: 'ada' })
  const guest = await signedUp(on, { username: 'guest' })
  const { person: suspended, user } = await signedUp(on)
  await query(on, 'delete from passwords where user_id = ?', guest.user.id)
  await query(on, 'update users set suspended_at = 1 where id = ?', user.id)
  const wrong = 'not this one at all'
  const attempts = [
    { email: person.email, password: wrong },
    { username: 'ada', password: wrong },
    { email: 'nobody@example.com', password: wrong },
    { username: 'nobody', password: wrong },
    { ...guest.person },
    { username: 'guest', password: wrong },
    { ...suspended, password: wrong },
    { ...person, password: '' },
    { ...person, password: 'x'.repeat(4096) },
    { ...person, password: '\ud800'.repeat(12) },
    { email: guest.person.email, password: '\0' },
  ]

  const answers = await Promise.all(attempts.map((attempt) => login(on, attempt)))

  const seen = await Promise.all(
    answers.map(async (answer) => {
      const { requestId, ...body } = await bodyOf(answer)
      const headers = [...answer.headers].filter(([name]) => name !== 'x-request-id')
      expect(requestId).toBe(answer.headers.get('x-request-id'))
      return JSON.stringify([answer.status, body, headers])
    }),
  )
  expect(new Set(seen).size).toBe(1)
  expect(await bodyOf(answers[0] ?? new Response())).toMatchObject({ status: 401, code: 'wrong_credentials' })
})

test('S32: a suspended user is told so only with the right password, and gets no session', async () => {
  const on = await server()
  const { person, user } = await signedUp(on)
  await query(on, 'update users set suspended_at = ? where id = ?', on.clock.now, user.id)

  const right = await login(on, person)
  const wrong = await login(on, { ...person, password: 'not this one at all' })
  await query(on, 'update users set suspended_at = null')
  const lifted = await login(on, person)

  expect(await bodyOf(right)).toMatchObject({ status: 403, code: 'account_suspended' })
  expect(right.headers.getSetCookie()).toEqual([])
  expect(await bodyOf(wrong)).toMatchObject({ status: 401, code: 'wrong_credentials' })
  expect(lifted.status).toBe(200)
})

test('a user without a password cannot sign in with one, the empty one included', async () => {
  const on = await server()
  const { person, user } = await signedUp(on)
  await query(on, 'delete from passwords where user_id = ?', user.id)

  const answers = [await login(on, person), await login(on, { ...person, password: '' })]

  expect(answers.map(({ status }) => status)).toEqual([401, 401])
})

test('a stored text that is no hash lets nobody in', async () => {
  const on = await server()
  const { person } = await signedUp(on)
  for (const text of ['', person.password, '$argon2id$v=19$m=19456,t=2,p=1$$', 'null']) {
    await query(on, 'update passwords set hash = ?', text)

    expect((await login(on, person)).status).toBe(401)
  }
})
