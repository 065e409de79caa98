import fc from 'fast-check'
import { expect, test } from 'vitest'
import { openLimiter, quick } from './faulty-ports.ts'
import { bodyOf, json, query, type Server, server, signedUp, somebody } from './harness.ts'

const routes = ['/auth/register', '/auth/login', '/auth/password/change'] as const
type Route = (typeof routes)[number]

/** A service with somebody signed in, and a body that each route takes. */
const arranged = async () => {
  const on = await server({ argon2id: quick, limiter: openLimiter })
  const { person, user, jar } = await signedUp(on, { username: 'ada' })
  const cookie = `__Host-session=${jar.get('__Host-session')}`
  const good: Record<Route, object> = {
    '/auth/register': somebody('new'),
    '/auth/login': person,
    '/auth/password/change': { currentPassword: person.password, newPassword: 'a new one, much better' },
  }
  const send = (route: Route, body: string | Uint8Array<ArrayBuffer>) =>
    on.request(route, {
      method: 'POST',
      headers: { 'content-type': 'application/json', cookie, 'x-auth-client': 'test' },
      body,
    })
  return { on, person, user, cookie, good, send }
}

const usersOf = (on: Server) => query(on, 'select id, email, email_verified, roles, suspended_at from users')

const hostileText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc.constantFrom(
    '__proto__',
    'constructor',
    "' or 1=1 --",
    "'); drop table users; --",
    '%00',
    '\0',
    '\ud800',
    '\udfff\ud800',
    '\u202e',
    '{{7*7}}',
    '../../etc/passwd',
    'x'.repeat(5000),
    'a@'.repeat(1000),
    `${'a.'.repeat(2000)}@example.com`,
    '{"$ne":null}',
    'ada@example.com',
    'correct horse battery staple',
  ),
)
const value = fc.oneof(hostileText, fc.jsonValue({ maxDepth: 3 }))
const fields = [
  'email',
  'username',
  'password',
  'name',
  'currentPassword',
  'newPassword',
  'transport',
  'remember',
  'device_token',
]
const anyBody = fc.dictionary(
  fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...fields) }, { weight: 1, arbitrary: hostileText }),
  value,
)

test('S68: whatever JSON comes, no route of accounts answers 5xx, and nobody is changed', async () => {
  const { on, send, good } = await arranged()
  const before = await usersOf(on)

  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...routes), anyBody, fc.boolean(), async (route, body, isMixed) => {
      const answer = await send(route, JSON.stringify(isMixed ? { ...good[route], ...body } : body))

      expect(answer.status).toBeLessThan(500)
    }),
    { numRuns: 150 },
  )

  const kept = await usersOf(on)
  for (const row of before) expect(kept).toContainEqual(row)
  for (const [, , verified, roles, suspendedAt] of kept) expect([verified, roles, suspendedAt]).toEqual([0, '[]', null])
})

test('S68: whatever text or bytes come, no route of accounts answers 5xx', async () => {
  const { send } = await arranged()
  const text = fc
    .oneof(fc.json(), fc.string({ unit: 'binary' }), hostileText)
    .map((given) => new TextEncoder().encode(given))
  const bytes = fc.uint8Array({ maxLength: 200 }).map((given) => Uint8Array.from(given))

  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...routes), fc.oneof(text, bytes), async (route, body) => {
      const answer = await send(route, Uint8Array.from(body))

      expect(answer.status).toBeGreaterThanOrEqual(400)
      expect(answer.status).toBeLessThan(500)
    }),
    { numRuns: 150 },
  )
})

const broken: [string, string][] = [
  ['cut off', '{"email":"ada@example.com"'],
  ['no JSON', 'email=ada@example.com'],
  ['a list', '[{"email":"ada@example.com"}]'],
  ['null', 'null'],
  ['a number', '1e999'],
  ['text', '"ada@example.com"'],
  ['nested 30,000 deep', '['.repeat(30_000) + ']'.repeat(30_000)],
  ['objects nested 10,000 deep', `${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`],
  ['two values', '{}{}'],
  ['after a byte order mark', '\ufeff{}'],
]

test.each(broken)('S68, S74: a body that is %s is refused', async (_, body) => {
  const { send } = await arranged()

  for (const route of routes) expect([400, 422]).toContain((await send(route, body)).status)
})

const identities = [
  'userId',
  'user_id',
  'sub',
  'id',
  'ownerId',
  'sid',
  'role',
  'roles',
  'isAdmin',
  'admin',
  'emailVerified',
  'email_verified',
  'verified',
  'suspendedAt',
  'createdAt',
  'methods',
  'hash',
  'user',
  'session',
  '$where',
]

test.each(identities)(
  'GHSA-99h5-pjcv-gr6v, S37: %s in a body is refused by name, and acts for nobody',
  async (field) => {
    const { on, send, good, user } = await arranged()
    const before = await usersOf(on)

    for (const route of routes) {
      for (const given of [user.id, true, ['admin'], { id: user.id }]) {
        const answer = await send(route, JSON.stringify({ ...good[route], [field]: given }))

        expect(await bodyOf(answer)).toMatchObject({ status: 422, fields: { [field]: 'This field is not known.' } })
        expect(answer.headers.getSetCookie()).toEqual([])
      }
    }
    expect(await usersOf(on)).toEqual(before)
  },
)

const pollution = [
  '"__proto__":{"isAdmin":true}',
  '"__proto__":{"roles":["admin"],"emailVerified":true}',
  '"constructor":{"prototype":{"isAdmin":true}}',
  '"prototype":{"isAdmin":true}',
  '"toString":"x"',
  '"hasOwnProperty":true',
  '"valueOf":null',
]

test.each(pollution)('S69: {%s} is refused, and pollutes nothing', async (member) => {
  const { send, good } = await arranged()

  for (const route of routes) {
    const answer = await send(route, JSON.stringify(good[route]).replace('{', `{${member},`))

    expect(await bodyOf(answer)).toMatchObject({ status: 422, code: 'invalid_request' })
  }
  expect(Reflect.get({}, 'isAdmin')).toBeUndefined()
  expect(Reflect.get({}, 'roles')).toBeUndefined()
  expect(String({})).toBe('[object Object]')
})

test('S69: a field that is a polluted object is refused', async () => {
  const { send } = await arranged()

  const answer = await send(
    '/auth/register',
    '{"email":{"__proto__":{"length":3}},"password":{"__proto__":[]},"name":{"__proto__":null}}',
  )

  expect(Object.keys((await bodyOf(answer)).fields).sort()).toEqual(['email', 'name', 'password'])
})

test('S70: the query is no part of the body, and a parameter that comes twice is refused', async () => {
  const { on, person } = await arranged()
  const { email, password } = person
  const query = new URLSearchParams({ email, password })

  const byQuery = await on.request(`/auth/login?${query}`, json({}))
  const twice = await on.request('/auth/login?a=1&a=2', json(person))

  expect(await bodyOf(byQuery)).toMatchObject({ status: 422 })
  expect(await bodyOf(twice)).toMatchObject({ status: 400, code: 'malformed_request' })
})

test('S48: of two members of one name the last counts, on every runtime', async () => {
  const { send, person } = await arranged()
  const twice = (first: string, last: string) =>
    send('/auth/login', `{"email":${JSON.stringify(person.email)},"password":"${first}","password":"${last}"}`)

  const answers = [
    await twice('not this one at all', person.password),
    await twice(person.password, 'not this one at all'),
  ]

  expect(answers.map(({ status }) => status)).toEqual([200, 401])
})

test.each([
  'application/x-www-form-urlencoded',
  'text/plain',
  'multipart/form-data; boundary=x',
  'application/json; charset=latin1',
  '',
])('S58: credentials as %s are refused with 415', async (type) => {
  const { on, person } = await arranged()
  const body = new TextEncoder().encode(JSON.stringify(person))
  const headers = type === '' ? undefined : { 'content-type': type }

  const answer = await on.request('/auth/login', { method: 'POST', ...(headers ? { headers } : {}), body })

  expect(await bodyOf(answer)).toMatchObject({ status: 415, code: 'unsupported_media_type' })
})

test('S67: SQL in a password, a name or a device is text', async () => {
  const { on, cookie } = await arranged()
  const text = `'); drop table users; -- " ? $1 :email`
  const person = { email: "o'hara@example.com", password: text, name: `${text} too` }

  const registration = await on.request('/auth/register', json(person))
  const login = await on.request('/auth/login', json({ email: person.email, password: text, device_token: text }))
  const agent = { cookie, 'user-agent': text }
  const change = await on.request(
    '/auth/password/change',
    json({ currentPassword: text, newPassword: `${text}2` }, agent),
  )

  expect([registration.status, login.status, change.status]).toEqual([201, 200, 403])
  expect((await bodyOf(login)).user.name).toBe(`${text} too`)
  expect(await usersOf(on)).toHaveLength(2)
})

test('S37, S83: no answer and no line of the log holds a password, its hash, or what opens a session', async () => {
  const { on, person, good, cookie, send } = await arranged()
  const texts: string[] = []
  const note = async (answer: Response) => void texts.push(await answer.clone().text())
  for (const route of routes) {
    await note(await send(route, JSON.stringify({ ...good[route], extra: person.password })))
    await note(await send(route, JSON.stringify(good[route])))
  }
  await note(await on.request('/auth/login', json({ ...person, password: 'a new one, much better' }, { cookie })))
  await note(await on.request('/auth/login', json(person)))
  await note(await on.request('/auth/register', json({ ...person, name: 'Ada' })))
  await on.settled()

  const stored = await query(on, 'select hash from passwords union select secret_hash from sessions')
  const hashes = stored.flatMap(([hash]) => [String(hash), String(hash).split('$').at(-1) ?? ''])
  const said = texts.join('\n')
  const logged = JSON.stringify(on.logs)
  for (const secret of [...hashes, person.password, 'a new one, much better', 'argon2', cookie.slice(15, 60)]) {
    expect(said).not.toContain(secret)
    expect(logged).not.toContain(secret)
  }
  expect(logged).not.toContain(person.email)
  expect(hashes.length).toBeGreaterThan(4)
})
