import { expect, test } from 'vitest'
import * as z from 'zod/mini'
import { cookieOf } from '../act.ts'
import { dump } from '../acts.ts'
import { openLimiter, quick } from '../faulty-ports.ts'
import { bodyOf, json, server, signedUp, somebody } from '../harness.ts'
import { isUnsafe, routes } from '../raw.ts'

/** Fields by which a body might try to say who acts, or what may be done. */
const smuggled = [
  'user',
  'userId',
  'user_id',
  'sub',
  'sid',
  'uid',
  'accountId',
  'ownerId',
  'role',
  'roles',
  'isAdmin',
  'admin',
  'emailVerified',
  'email_verified',
  'createdAt',
  'suspendedAt',
  'permissions',
  'hash',
  'sessionId',
  'constructor',
  '__proto__',
]

test.each(smuggled)(
  'S37, S68, GHSA-99h5-pjcv-gr6v: no route takes the field %s: 422 names it, nothing changes',
  async (field) => {
    const on = await server({ limiter: openLimiter, argon2id: quick })
    const victim = await signedUp(on)
    const headers = { 'content-type': 'application/json', ...cookieOf((await signedUp(on)).jar) }
    const before = await dump(on)

    for (const { method, target } of routes(on).filter(isUnsafe)) {
      const text = `{${JSON.stringify(field)}:${JSON.stringify(victim.user.id)}}`
      const answer = await on.request(target, { method, headers, body: text })
      const { code, fields } = await bodyOf(answer)

      expect.soft({ status: answer.status, code }, `${method} ${target}`).toEqual({
        status: 422,
        code: 'invalid_request',
      })
      expect.soft(Object.keys(fields), `${method} ${target}`).toContain(field)
    }
    expect(await dump(on)).toEqual(before)
  },
)

test('S37: a registration cannot give itself roles or a verified address', async () => {
  const on = await server()

  const answers = await Promise.all(
    ['roles', 'emailVerified', 'id'].map((field) =>
      on.request('/auth/register', json({ ...somebody(), [field]: ['admin'] })),
    ),
  )

  expect(answers.map(({ status }) => status)).toEqual([422, 422, 422])
  expect((await dump(on, 'users')).users).toEqual([])
})

test.each([
  ['a member', '{"__proto__":{"isAdmin":true}}'],
  ['the constructor', '{"constructor":{"prototype":{"isAdmin":true}}}'],
  ['a nested member', '{"name":{"__proto__":{"isAdmin":true}}}'],
  [
    'a member of a field that may hold anything',
    '{"id":"x","method":"totp","assertion":{"__proto__":{"isAdmin":true}}}',
  ],
  ['an escaped member', '{"\\u005f_proto__":{"isAdmin":true}}'],
])('S69: %s of a body reaches no prototype', async (_, body) => {
  const on = await server({ limiter: openLimiter, argon2id: quick })
  const headers = { 'content-type': 'application/json', ...cookieOf((await signedUp(on)).jar) }

  for (const { method, target, body: takesBody } of routes(on)) {
    if (takesBody === undefined) continue
    const answer = await on.request(target, { method, headers, body })

    expect.soft([410, 422], `${method} ${target}`).toContain(answer.status)
    expect.soft(await answer.text()).not.toContain('isAdmin')
  }
  expect('isAdmin' in {}).toBe(false)
})

test('S69: neither do a query, a header or a cookie', async () => {
  const on = await server()
  const headers = { __proto__: 'x', constructor: 'x', cookie: '__proto__=x; constructor=x; toString=x' }

  const answer = await on.request('/auth/session?__proto__[isAdmin]=1&constructor=1&toString=1', { headers })

  expect(await bodyOf(answer)).toEqual({ user: null, session: null })
  expect('isAdmin' in {}).toBe(false)
})

test('fields maps the JSON path of each wrong field to a message, which never repeats what was given', async () => {
  const on = await server()
  const marker = 'marker-7f3a'

  const answer = await on.request(
    '/auth/register',
    json({
      email: marker,
      password: 7,
      name: `${marker}\u0000`,
      username: `${marker} `,
      locale: marker,
      transport: marker,
    }),
  )
  const problem = await bodyOf(answer)

  expect(answer.status).toBe(422)
  expect(Object.keys(problem.fields).sort()).toEqual(['email', 'locale', 'name', 'password', 'transport', 'username'])
  expect(JSON.stringify(problem)).not.toContain(marker)
})

test('S68: of hundreds of wrong fields twenty are told, each by 64 characters of its name', async () => {
  const on = await server()
  const fields = Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`${i}-${'x'.repeat(150)}`, 1]))

  const answer = await on.request('/auth/login', json(fields))
  const problem = await bodyOf(answer)

  expect(answer.status).toBe(422)
  expect(Object.keys(problem.fields).length).toBeLessThanOrEqual(20)
  expect(Math.max(...Object.keys(problem.fields).map((name) => name.length))).toBeLessThanOrEqual(64)
})

test.each([
  ['a number', 12345678901234],
  ['an array', ['ada@example.com']],
  ['an object', { $ne: null }],
  ['null', null],
  ['a boolean', true],
])('S68: %s in the place of a text is 422, at every text of a body', async (_, value) => {
  const on = await server()

  const answers = await Promise.all([
    on.request('/auth/login', json({ email: value, password: 'x' })),
    on.request('/auth/login', json({ email: 'ada@example.com', password: value })),
    on.request('/auth/login', json({ username: value, password: 'x' })),
    on.request('/auth/register', json({ ...somebody(), username: value })),
    on.request('/auth/token', json({ refresh_token: value })),
    on.request('/auth/token', json({ audience: value })),
    on.request('/auth/token/revoke', json({ token: value })),
    on.request('/auth/challenge', json({ id: value, method: 'totp' })),
    on.request('/auth/challenge', json({ id: 'x', method: value })),
  ])

  expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 422))
  expect(on.trips.total).toBe(0)
})

test('a challenge is answered by a code alone, or by an assertion alone', async () => {
  const on = await server()

  const answers = await Promise.all([
    on.request('/auth/challenge', json({ id: 'x', method: 'totp', code: '123456' })),
    on.request('/auth/challenge', json({ id: 'x', method: 'passkey', assertion: {} })),
  ])

  expect(answers.map(({ status }) => status)).toEqual([410, 410])
})

const asInput = { io: 'input', unrepresentable: 'any' } as const

test.each([
  ['a number', 1],
  ['a text of 5000 characters', 'x'.repeat(5000)],
  ['an object', {}],
])('where %s does not belong, each field of each body says what does', async (_, wrong) => {
  const on = await server({ limiter: openLimiter, argon2id: quick })
  const headers = { 'content-type': 'application/json', ...cookieOf((await signedUp(on)).jar) }

  for (const { method, target, body } of routes(on)) {
    const names = body ? Object.keys(z.toJSONSchema(body.schema, asInput).properties ?? {}) : []
    if (names.length === 0) continue
    const text = JSON.stringify(Object.fromEntries(names.map((name) => [name, wrong])))
    const { fields } = await bodyOf(await on.request(target, { method, headers, body: text }))

    expect.soft(JSON.stringify(fields), `${method} ${target}`).not.toMatch(/invalid/i)
  }
})

test('a wrong type, an unknown choice and a text that is too long are each answered by what is right', async () => {
  const on = await server()
  const wrong = { email: 1, remember: 'x', transport: 'x', device_token: 'x'.repeat(257) }

  const { fields } = await bodyOf(await on.request('/auth/login', json(wrong)))

  expect(fields).toEqual({
    email: 'Expected: string.',
    password: 'Expected: string.',
    remember: 'Expected: boolean.',
    transport: 'Expected: cookie or token.',
    device_token: 'At most 256 characters.',
  })
})
