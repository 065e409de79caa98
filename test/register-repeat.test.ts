import { sql } from 'drizzle-orm'
import { expect, test } from 'vitest'
import { statement } from '../src/identity/statement.ts'
import { countedHashes, faultyDatabase, noFault, openLimiter, quick, replyLost, unreachable } from './faulty-ports.ts'
import { bodyOf, browser, json, query, type Server, server, signedUp, somebody } from './harness.ts'

const register = (on: Server, body: object, address?: string) =>
  on.request('/auth/register', json(body), address === undefined ? {} : { address })

test('registering again within two minutes with the very password answers as the first time did, in two trips', async () => {
  const on = await server()
  const { person, user, session, jar } = await signedUp(on, { name: 'Ada', username: 'ada' })
  on.clock.pass(119)
  const tab = browser(on)

  const answer = await tab.api.auth.register.$post({ json: { ...person, name: 'Ada', username: 'ada' } })

  const again = await bodyOf(answer)
  expect(answer.status).toBe(201)
  expect(on.trips.last).toBe(2)
  expect(again.user).toEqual(user)
  expect(again.session.id).not.toBe(session.id)
  expect([...tab.jar.keys()].sort()).toEqual([...jar.keys()].sort())
  expect((await tab.api.auth.me.$get()).status).toBe(200)
  expect(await query(on, 'select count(*) from users')).toEqual([[1]])
})

test('whoever repeats a lost registration is not told of a new sign-in', async () => {
  const on = await server({ argon2id: quick })
  const { person } = await signedUp(on)
  on.clock.pass(1)

  const answer = await register(on, person)

  expect(answer.status).toBe(201)
  expect(await query(on, 'select kind from outbox')).toEqual([['verify_email']])
  expect(on.logs.filter(({ event }) => event === 'device.added')).toEqual([])
})

test.each([
  ['1 s before two minutes are over', 119, 201],
  ['when two minutes are over', 120, 409],
  ['a day later', 86_400, 409],
])('the very password %s: %i s, %i', async (_, seconds, status) => {
  const on = await server({ argon2id: quick })
  const { person } = await signedUp(on)
  on.clock.pass(seconds)

  const answer = await register(on, person)

  expect(answer.status).toBe(status)
})

test('after two minutes nothing is compared, and the answer takes one trip', async () => {
  const counter = countedHashes()
  const on = await server({ argon2id: counter.argon2id })
  const { person } = await signedUp(on)
  on.clock.pass(120)
  counter.hashes = 0

  const answer = await register(on, person)

  expect(await bodyOf(answer)).toMatchObject({ status: 409, code: 'email_taken' })
  expect(on.trips.last).toBe(1)
  expect(counter.hashes).toBe(1)
})

test('where the account has no password by now, nothing is compared', async () => {
  const counter = countedHashes()
  const on = await server({ argon2id: counter.argon2id })
  const { person } = await signedUp(on)
  await query(on, 'delete from passwords')
  counter.hashes = 0

  const answer = await register(on, person)

  expect(await bodyOf(answer)).toMatchObject({ status: 409, code: 'email_taken' })
  expect(counter.hashes).toBe(1)
})

test('a repeat for tokens answers tokens', async () => {
  const on = await server()
  const person = somebody()
  await register(on, { ...person, transport: 'token' })

  const answer = await register(on, { ...person, transport: 'token' })

  expect(answer.status).toBe(201)
  expect(answer.headers.getSetCookie()).toEqual([])
  expect((await bodyOf(answer)).tokens.refresh_token).toMatch(/^pst_rt_/)
})

test('with another password a young account answers 409 like an old one', async () => {
  const on = await server()
  const { person } = await signedUp(on)

  const answer = await register(on, { ...person, password: 'quite another password' })

  expect(await bodyOf(answer)).toMatchObject({ status: 409, code: 'email_taken' })
  expect(answer.headers.getSetCookie()).toEqual([])
})

test('S10: guesses at a young account count as guesses at login: the eleventh is refused, the right one too', async () => {
  const counter = countedHashes()
  const on = await server({ argon2id: counter.quickly })
  const { person } = await signedUp(on)
  const guesses = Array.from({ length: 10 }, (_, i) => `quite another password ${i}`)
  for (const guess of guesses) expect((await register(on, { ...person, password: guess })).status).toBe(409)
  counter.hashes = 0

  const wrong = await register(on, { ...person, password: 'quite another password' })
  const right = await register(on, person)
  const login = await on.request('/auth/login', json(person))

  for (const answer of [wrong, right, login]) {
    expect(await bodyOf(answer)).toMatchObject({ status: 429, code: 'too_many_attempts' })
    expect(answer.headers.get('retry-after')).toBe('900')
  }
  // A registration makes the hash of the account that it would be; the one that is stored was not compared.
  expect(counter.hashes).toBe(2)
})

test('a registration of nobody counts no attempt', async () => {
  const on = await server()

  await signedUp(on)

  expect(await query(on, 'select * from throttle where count > 0')).toEqual([])
})

test('S32: a repeat for an account that was suspended meanwhile gives no session', async () => {
  const on = await server()
  const { person, user } = await signedUp(on)
  await query(on, 'update users set suspended_at = ? where id = ?', on.clock.now, user.id)

  const answer = await register(on, person)

  expect(await bodyOf(answer)).toMatchObject({ status: 403, code: 'account_suspended' })
  expect(answer.headers.getSetCookie()).toEqual([])
})

test('S15: a repeat passes the gates that a login passes', async () => {
  const on = await server({
    plug: ({ signIn }) =>
      signIn.addGate({
        reads: (_, userId) => [statement(sql`select name from users where id = ${userId}`, ([name]) => name)],
        decide: ([names]) => (names?.[0] === 'gated' ? { methods: ['totp'] } : undefined),
        check: async () => undefined,
      }),
  })
  const { person, user } = await signedUp(on)
  await query(on, 'update users set name = ? where id = ?', 'gated', user.id)

  const login = await on.request('/auth/login', json(person))
  const repeat = await register(on, person)

  expect(await bodyOf(login)).toMatchObject({ status: 'challenge', challenge: { methods: ['totp'] } })
  expect(await bodyOf(repeat)).toMatchObject({ status: 'challenge', challenge: { methods: ['totp'] } })
  expect(repeat.headers.getSetCookie()).toEqual([])
  expect(await query(on, 'select count(*) from sessions')).toEqual([[1]])
})

test('a registration whose reply from the database got lost recognises its own rows', async () => {
  const faults = faultyDatabase()
  const on = await server({ database: faults.database })
  const tab = browser(on)
  faults.next(replyLost, replyLost)

  const answer = await tab.api.auth.register.$post({ json: { ...somebody(), username: 'ada' } })

  expect(answer.status).toBe(201)
  expect((await tab.api.auth.me.$get()).status).toBe(200)
  expect(await query(on, 'select count(*) from users')).toEqual([[1]])
  expect(await query(on, 'select count(*) from sessions where ended_at is null')).toEqual([[1]])
  expect(await query(on, 'select * from throttle where count > 0')).toEqual([])
})

test.each([
  ['never arrived', unreachable, 0],
  ['committed, with every reply lost', replyLost, 1],
])(
  'S77: a registration that %s answers 503, and the client that repeats it gets its account',
  async (_, fault, made) => {
    const faults = faultyDatabase()
    const on = await server({ database: faults.database })
    const person = somebody()
    faults.next(fault, fault, fault)

    const first = await register(on, person)
    const rows = await query(on, 'select count(*) from users')
    const second = await register(on, person)

    expect(await bodyOf(first)).toMatchObject({ status: 503, code: 'unavailable' })
    expect(Number(first.headers.get('retry-after'))).toBeGreaterThan(0)
    expect(rows).toEqual([[made]])
    expect(second.status).toBe(201)
    expect((await bodyOf(second)).user.email).toBe(person.email)
    expect(await query(on, 'select count(*) from users')).toEqual([[1]])
  },
)

test('a repeat whose own reply got lost begins one session and refunds its attempt once', async () => {
  const faults = faultyDatabase()
  const on = await server({ database: faults.database, argon2id: quick })
  const { person } = await signedUp(on)
  await register(on, { ...person, password: 'quite another password' })
  faults.next(noFault, replyLost)

  const answer = await register(on, person)

  expect(answer.status).toBe(201)
  expect(await query(on, 'select count(*) from sessions')).toEqual([[2]])
  expect(await query(on, 'select distinct count from throttle')).toEqual([[1]])
})

test('S79: of 20 equal registrations at once, one makes the account and the others are it', async () => {
  const on = await server({ limiter: openLimiter, argon2id: quick })
  const person = somebody()

  const answers = await Promise.all(Array.from({ length: 20 }, (_, i) => register(on, person, `192.0.2.${i}`)))

  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201]))
  const ids = await Promise.all(answers.map(async (answer) => (await bodyOf(answer)).user.id))
  expect(new Set(ids).size).toBe(1)
  expect(await query(on, 'select count(*) from users')).toEqual([[1]])
})
