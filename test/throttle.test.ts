import { expect, test } from 'vitest'
import { countedHashes, faultyDatabase, noFault, quick, replyLost } from './faulty-ports.ts'
import { bodyOf, json, query, type Server, server, signedUp, somebody } from './harness.ts'

const wrong = 'not this one at all'
const quarter = 900
const day = 86_400

/** A service that counts its hashes and makes them cheaply, and somebody who has registered. */
const counting = async (settings: Readonly<Record<string, string>> = {}) => {
  const counter = countedHashes()
  const on = await server({ argon2id: counter.quickly, settings })
  const { person, user, jar } = await signedUp(on, { username: 'ada' })
  counter.hashes = 0
  return { on, counter, person, user, jar }
}

/** One login from an address: its status. */
const login = async (on: Server, body: object, address = '192.0.2.1') =>
  (await on.request('/auth/login', json(body), { address })).status

const many = async (times: number, attempt: (i: number) => Promise<number>): Promise<number[]> => {
  const statuses: number[] = []
  for (let i = 0; i < times; i++) statuses.push(await attempt(i))
  return statuses
}

/** The refusal of one login. */
const refusal = async (on: Server, body: object, address = '192.0.2.1') => {
  const answer = await on.request('/auth/login', json(body), { address })
  expect(await bodyOf(answer)).toMatchObject({ status: 429, code: 'too_many_attempts' })
  return Number(answer.headers.get('retry-after'))
}

test('S10: ten wrong passwords in 15 minutes are compared; then the right one too is refused, unhashed', async () => {
  const { on, counter, person } = await counting()

  const first = await many(10, () => login(on, { ...person, password: wrong }))
  const retryAfter = [await refusal(on, { ...person, password: wrong }), await refusal(on, person)]

  expect(new Set(first)).toEqual(new Set([401]))
  expect(retryAfter).toEqual([quarter, quarter])
  expect(counter.hashes).toBe(10)
})

test('S10: the window is 15 minutes from its first attempt, and Retry-After is what is left of it', async () => {
  const { on, counter, person } = await counting()
  await login(on, { ...person, password: wrong })
  on.clock.pass(300)
  await many(9, () => login(on, { ...person, password: wrong }))

  expect(await refusal(on, person)).toBe(600)
  on.clock.pass(599)
  expect(await refusal(on, person)).toBe(1)
  expect(counter.hashes).toBe(10)
  on.clock.pass(1)

  expect(await login(on, person)).toBe(200)
})

test('a refused attempt does not count: the window ends when it would have, with ten new attempts', async () => {
  const { on, counter, person } = await counting()
  await many(10, () => login(on, { ...person, password: wrong }))
  await many(50, () => login(on, { ...person, password: wrong }))
  on.clock.pass(quarter)
  counter.hashes = 0

  const after = await many(12, () => login(on, { ...person, password: wrong }))

  expect(after.filter((status) => status === 401)).toHaveLength(10)
  expect(counter.hashes).toBe(10)
})

test('the count is that of one identifier from one address: others go on', async () => {
  const { on, person } = await counting()
  const { person: other } = await signedUp(on)
  await many(10, () => login(on, { ...person, password: wrong }))

  expect(await login(on, person)).toBe(429)
  expect(await login(on, other)).toBe(200)
  expect(await login(on, person, '192.0.2.2')).toBe(200)
})

test('S10: an identifier that nobody has counts like any other', async () => {
  const { on, counter } = await counting()
  const nobody = { ...somebody('nobody'), password: wrong }

  await many(10, () => login(on, nobody))

  expect(await refusal(on, nobody)).toBe(quarter)
  expect(counter.hashes).toBe(10)
})

test('S10: a hundred wrong passwords a day for one identifier, from however many addresses', async () => {
  const { on, counter, person } = await counting()

  const guesses = await many(120, (i) => login(on, { ...person, password: wrong }, `192.0.2.${i % 60}`))

  expect(guesses.filter((status) => status === 401)).toHaveLength(100)
  expect(counter.hashes).toBe(100)
  expect(await refusal(on, person, '203.0.113.9')).toBe(day)
  on.clock.pass(day - 1)
  expect(await refusal(on, person, '203.0.113.9')).toBe(1)
  on.clock.pass(1)
  expect(await login(on, person, '203.0.113.9')).toBe(200)
})

test('S10: a hundred wrong passwords in 15 minutes from one address, for however many identifiers', async () => {
  const { on, counter, person } = await counting()

  const sprayed = await many(110, () => login(on, { ...somebody('spray'), password: wrong }))

  expect(sprayed.filter((status) => status === 401)).toHaveLength(100)
  expect(counter.hashes).toBe(100)
  expect(await refusal(on, person)).toBe(quarter)
  expect(await login(on, person, '192.0.2.2')).toBe(200)
  on.clock.pass(quarter - 1)
  expect(await refusal(on, person)).toBe(1)
  on.clock.pass(1)
  expect(await login(on, person)).toBe(200)
})

test('where several limits are reached, Retry-After is that of the last to end', async () => {
  const { on, person } = await counting({ AUTH_LIMIT_PAIR: '2', AUTH_LIMIT_IDENTIFIER: '2' })

  await many(2, () => login(on, { ...person, password: wrong }))

  expect(await refusal(on, person)).toBe(day)
})

test.each([
  ['AUTH_LIMIT_PAIR', 3, () => '192.0.2.1', () => 'ada'],
  ['AUTH_LIMIT_IDENTIFIER', 4, (i: number) => `192.0.2.${i}`, () => 'ada'],
  ['AUTH_LIMIT_ADDRESS', 5, () => '192.0.2.1', (i: number) => `nobody${i}`],
])('%s=%i is how many attempts are compared', async (name, limit, address, username) => {
  const { on, counter } = await counting({ [name]: String(limit) })

  const statuses = await many(8, (i) => login(on, { username: username(i), password: wrong }, address(i)))

  expect(statuses).toEqual(Array.from({ length: 8 }, (_, i) => (i < limit ? 401 : 429)))
  expect(counter.hashes).toBe(limit)
})

test('a success is no guess: it takes its own attempt off every counter, and no other', async () => {
  const { on, person } = await counting()
  await many(9, () => login(on, { ...person, password: wrong }))

  const right = await many(5, () => login(on, person))
  const rows = await query(on, 'select distinct count from throttle')

  expect(right).toEqual([200, 200, 200, 200, 200])
  expect(rows).toEqual([[9]])
  expect(await login(on, { ...person, password: wrong })).toBe(401)
  expect(await login(on, person)).toBe(429)
})

test('a hundred sign-ins of one user leave the counters empty', async () => {
  const { on, person } = await counting()

  const statuses = await many(101, () => login(on, person))

  expect(new Set(statuses)).toEqual(new Set([200]))
  expect(await query(on, 'select * from throttle where count > 0')).toEqual([])
})

test('a lost reply counts and refunds once', async () => {
  const faults = faultyDatabase()
  const on = await server({ database: faults.database, argon2id: quick })
  const { person } = await signedUp(on)

  faults.next(replyLost, replyLost)
  await login(on, { ...person, password: wrong })
  const counted = await query(on, 'select distinct count from throttle')
  faults.next(replyLost, noFault, replyLost, replyLost)
  await login(on, person)
  const refunded = await query(on, 'select distinct count from throttle')

  expect([counted, refunded]).toEqual([[[1]], [[1]]])
})

test('the attempt that reaches the limit is compared though its first reply got lost', async () => {
  const faults = faultyDatabase()
  const on = await server({ database: faults.database, argon2id: quick })
  const { person } = await signedUp(on)
  await many(9, () => login(on, { ...person, password: wrong }))
  faults.next(replyLost)

  expect(await login(on, person)).toBe(200)
})

test('attempts are refused in one trip, and the log tells of them', async () => {
  const { on, person } = await counting()
  await many(10, () => login(on, { ...person, password: wrong }))

  await refusal(on, person)

  expect(on.trips.last).toBe(1)
  expect(on.logs.at(-2)).toMatchObject({ event: 'sign_in.throttled', address: '192.0.2.1' })
})
