import { expect, test } from 'vitest'
import { openLimiter, quick } from './faulty-ports.ts'
import { bodyOf, browser, json, query, type Server, server, signedUp, somebody } from './harness.ts'

const register = (on: Server, body: object) => on.request('/auth/register', json(body))

test('a registration answers 201, the user, the session and two cookies, and takes one trip', async () => {
  const on = await server()
  const person = somebody()
  const tab = browser(on)

  const answer = await tab.api.auth.register.$post({ json: { ...person, name: 'Ada', username: 'Ada.Lovelace' } })

  expect(answer.status).toBe(201)
  expect(on.trips.last).toBe(1)
  expect(await answer.json()).toEqual({
    status: 'signed_in',
    user: {
      id: expect.stringMatching(/^usr_[\w-]{22}$/),
      email: person.email,
      emailVerified: false,
      username: 'ada.lovelace',
      name: 'Ada',
      locale: null,
      roles: [],
      createdAt: '2027-01-15T08:00:00Z',
    },
    session: expect.objectContaining({
      id: expect.stringMatching(/^ses_[\w-]{22}$/),
      methods: ['password'],
      current: true,
      createdAt: '2027-01-15T08:00:00Z',
      authenticatedAt: '2027-01-15T08:00:00Z',
    }),
  })
  expect([...tab.jar.keys()].sort()).toEqual(['__Host-device', '__Host-session'])
  expect((await tab.api.auth.me.$get()).status).toBe(200)
})

test('a registration for tokens sets no cookie and answers every token', async () => {
  const on = await server()

  const answer = await register(on, { ...somebody(), transport: 'token' })

  const { tokens } = await bodyOf(answer)
  expect(answer.status).toBe(201)
  expect(answer.headers.getSetCookie()).toEqual([])
  expect(tokens).toEqual({
    access_token: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/),
    token_type: 'Bearer',
    expires_in: 300,
    refresh_token: expect.stringMatching(/^pst_rt_[\w-]{43}$/),
    device_token: expect.stringMatching(/^dev_[\w-]{22}\.usr_[\w-]{22}\.[\w-]{43}$/),
  })
  const me = await on.request('/auth/me', { headers: { authorization: `Bearer ${tokens.access_token}` } })
  expect(me.status).toBe(200)
})

test.each([
  ['30 days when remembered, which is the default', {}, '; Max-Age=2592000', 2_592_000],
  ['a day, and as long as the browser runs, when not', { remember: false }, '', 86_400],
])('the session of a registration lasts %s', async (_, manner, attribute, seconds) => {
  const on = await server()
  const tab = browser(on)

  const answer = await tab.api.auth.register.$post({ json: { ...somebody(), ...manner } })

  const line = tab.setCookies.find((cookie) => cookie.startsWith('__Host-session=')) ?? ''
  expect(line.replace(/^[^;]+/, '')).toBe(`; Path=/${attribute}; HttpOnly; Secure; SameSite=Lax`)
  expect(Date.parse((await bodyOf(answer)).session.expiresAt) / 1000).toBe(on.clock.now + seconds)
})

test.each([
  ['nothing', undefined],
  ['null', null],
])('a name or a username may be left out: %s', async (_, name) => {
  const on = await server()

  const answer = await register(on, { ...somebody(), name })

  expect((await bodyOf(answer)).user).toMatchObject({ name: null, username: null })
})

test.each(['a', 'x'.repeat(64), '🔑'.repeat(64), 'Ada  Lovelace', 'علی\u200cرضا', '李小龍', "O'Neil <b>"])(
  'the name %s is taken as given',
  async (name) => {
    const on = await server()

    const answer = await register(on, { ...somebody(), name })

    expect(answer.status).toBe(201)
    expect((await bodyOf(answer)).user.name).toBe(name)
  },
)

test.each([
  ['empty', ''],
  ['nothing but spaces', '   '],
  ['65 code points', 'x'.repeat(65)],
  ['a line feed', 'Ada\nLovelace'],
  ['NUL', 'Ada\0'],
  ['CR and a header', 'Ada\r\nBcc: eve@example.com'],
  ['a right-to-left override', 'moc.live\u202e'],
  ['half of a surrogate pair', 'Ada \ud83d'],
  ['a number', 7],
  ['an object', { first: 'Ada' }],
])('a name that is %s is refused', async (_, name) => {
  const on = await server()

  const answer = await register(on, { ...somebody(), name })

  expect(answer.status).toBe(422)
  expect(Object.keys((await bodyOf(answer)).fields)).toEqual(['name'])
})

test.each([
  ['abc', 'abc'],
  ['A_b-C.9', 'a_b-c.9'],
  ['X'.repeat(32), 'x'.repeat(32)],
])('the username %s is kept as %s', async (given, kept) => {
  const on = await server()

  const answer = await register(on, { ...somebody(), username: given })

  expect((await bodyOf(answer)).user.username).toBe(kept)
})

test.each(['', 'ab', 'x'.repeat(33), 'ada lovelace', 'ada@example', 'adа', '\u212aelvin', 'ada\n', null, 7, ['ada']])(
  'the username %j is refused',
  async (username) => {
    const on = await server()

    const answer = await register(on, { ...somebody(), username })

    expect(answer.status).toBe(422)
    expect(Object.keys((await bodyOf(answer)).fields)).toEqual(['username'])
  },
)

test.each([
  ['the e-mail is missing', { email: undefined }, 'email'],
  ['the password is missing', { password: undefined }, 'password'],
  ['the password is a number', { password: 123_456_789_012 }, 'password'],
  ['the password is a list', { password: ['correct horse battery staple'] }, 'password'],
  ['the transport is unknown', { transport: 'header' }, 'transport'],
  ['remember is text', { remember: 'false' }, 'remember'],
  ['a field is unknown', { nickname: 'ada' }, 'nickname'],
])('a registration is refused before any trip when %s', async (_, change, field) => {
  const on = await server()

  const answer = await register(on, { ...somebody(), ...change })

  expect(answer.status).toBe(422)
  expect(await bodyOf(answer)).toMatchObject({ code: 'invalid_request', fields: { [field]: expect.any(String) } })
  expect(on.trips.total).toBe(0)
})

test('a username that somebody has is refused in any case, and the account is not made', async () => {
  const on = await server()
  await signedUp(on, { username: 'ada' })
  const person = somebody('eve')

  const answer = await register(on, { ...person, username: 'ADA' })

  expect(answer.status).toBe(409)
  expect(await bodyOf(answer)).toMatchObject({ code: 'username_taken' })
  expect(answer.headers.getSetCookie()).toEqual([])
  expect(await query(on, 'select count(*) from users')).toEqual([[1]])
  expect((await register(on, { ...person, username: 'eve' })).status).toBe(201)
})

test('where the e-mail and the username are both taken, it is the e-mail that is told', async () => {
  const on = await server()
  const { person } = await signedUp(on, { username: 'ada' })
  await signedUp(on, { username: 'grace' })

  const answer = await register(on, { ...person, password: 'quite another password', username: 'grace' })

  expect(answer.status).toBe(409)
  expect(await bodyOf(answer)).toMatchObject({ code: 'email_taken' })
})

test('a refused registration takes one trip and leaves nothing behind', async () => {
  const on = await server()
  const { person } = await signedUp(on)

  const answer = await register(on, { ...person, password: 'quite another password' })

  expect(answer.status).toBe(409)
  expect(on.trips.last).toBe(1)
  expect(await query(on, 'select count(*) from users')).toEqual([[1]])
  expect(await query(on, 'select count(*) from passwords')).toEqual([[1]])
  expect(await query(on, 'select count(*) from sessions')).toEqual([[1]])
  expect(await query(on, 'select count(*) from devices')).toEqual([[1]])
})

test.each([2, 20])('S79: of %i registrations for one e-mail address at once, exactly one wins', async (many) => {
  const on = await server({ limiter: openLimiter, argon2id: quick })
  for (let round = 0; round < 5; round++) {
    const { email } = somebody()

    const answers = await Promise.all(
      Array.from({ length: many }, (_, i) => register(on, { email, password: `a password of my own, ${i}` })),
    )

    const won = answers.filter(({ status }) => status === 201)
    const refused = answers.filter(({ status }) => status === 409 || status === 429)
    expect([won.length, refused.length]).toEqual([1, many - 1])
    expect(await query(on, 'select count(*) from users where email = ?', email)).toEqual([[1]])
  }
  expect(await query(on, 'select count(*) from sessions')).toEqual([[5]])
})

test('S79: of 20 registrations for one username at once, exactly one wins', async () => {
  const on = await server({ limiter: openLimiter, argon2id: quick })

  const answers = await Promise.all(
    Array.from({ length: 20 }, () => register(on, { ...somebody(), username: 'countess' })),
  )

  expect(answers.filter(({ status }) => status === 201)).toHaveLength(1)
  const codes = await Promise.all(answers.filter(({ status }) => status !== 201).map(bodyOf))
  expect(new Set(codes.map(({ code }) => code))).toEqual(new Set(['username_taken']))
  expect(await query(on, 'select count(*) from users')).toEqual([[1]])
})
