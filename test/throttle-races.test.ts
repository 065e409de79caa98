import { expect, test } from 'vitest'
import { countedHashes, openLimiter } from './faulty-ports.ts'
import { json, query, type Server, server, signedIn, signedUp } from './harness.ts'

const wrong = 'not this one at all'

const counting = async () => {
  const counter = countedHashes()
  const on = await server({ argon2id: counter.quickly, limiter: openLimiter })
  const { person, jar } = await signedUp(on)
  counter.hashes = 0
  return { on, counter, person, jar }
}

const login = async (on: Server, body: object, address: string) =>
  (await on.request('/auth/login', json(body), { address })).status

const tally = (statuses: readonly number[], status: number) => statuses.filter((one) => one === status).length

test('CVE-2023-47111: of 200 wrong passwords at once from one address, ten are compared', async () => {
  const { on, counter, person } = await counting()

  const statuses = await Promise.all(
    Array.from({ length: 200 }, () => login(on, { ...person, password: wrong }, '192.0.2.1')),
  )

  expect([tally(statuses, 401), tally(statuses, 429)]).toEqual([10, 190])
  expect(counter.hashes).toBe(10)
})

test('CVE-2023-47111: of 200 wrong passwords at once from 200 addresses, a hundred are compared', async () => {
  const { on, counter, person } = await counting()
  for (let wave = 0; wave < 4; wave++) {
    const statuses = await Promise.all(
      Array.from({ length: 50 }, (_, i) => login(on, { ...person, password: wrong }, `192.0.2.${wave * 50 + i}`)),
    )

    expect(new Set(statuses)).toEqual(new Set([wave < 2 ? 401 : 429]))
  }
  expect(counter.hashes).toBe(100)
})

test('CVE-2023-47111: the right password among many guesses at once is no way past the limit', async () => {
  const { on, counter, person } = await counting()

  const statuses = await Promise.all(
    Array.from({ length: 60 }, (_, i) =>
      login(on, i % 20 === 19 ? person : { ...person, password: wrong }, '192.0.2.1'),
    ),
  )

  for (let i = 0; i < 12; i++) statuses.push(await login(on, { ...person, password: wrong }, '192.0.2.1'))

  // A success gives its place back, so that as many as succeed may be compared beside the ten.
  expect(tally(statuses, 401)).toBe(10)
  expect(counter.hashes).toBe(10 + tally(statuses, 200))
})

test('CVE-2023-47111: of 200 wrong passwords at once from a device that the account knows, ten are compared', async () => {
  const { on, counter, person } = await counting()
  const tab = await signedIn(on, person)
  const cookie = `__Host-device=${tab.jar.get('__Host-device')}`
  counter.hashes = 0

  const answers = await Promise.all(
    Array.from({ length: 200 }, () => on.request('/auth/login', json({ ...person, password: wrong }, { cookie }))),
  )

  expect(answers.filter(({ status }) => status === 401)).toHaveLength(10)
  expect(counter.hashes).toBe(10)
})

test('CVE-2023-47111: of 100 wrong current passwords at once, ten are compared', async () => {
  const { on, counter, jar } = await counting()
  const cookie = `__Host-session=${jar.get('__Host-session')}`
  const body = { currentPassword: wrong, newPassword: 'a new one, much better' }

  const answers = await Promise.all(
    Array.from({ length: 100 }, () => on.request('/auth/password/change', json(body, { cookie }))),
  )

  const statuses = answers.map(({ status }) => status)
  expect([tally(statuses, 403), tally(statuses, 429)]).toEqual([10, 90])
  expect(counter.hashes).toBe(10)
})

test('parallel sign-ins with the right password all succeed and leave the counters empty', async () => {
  const { on, person } = await counting()

  const statuses = await Promise.all(Array.from({ length: 10 }, () => login(on, person, '192.0.2.1')))

  expect(tally(statuses, 200)).toBe(10)
  expect(await query(on, 'select * from throttle where count <> 0')).toEqual([])
})
