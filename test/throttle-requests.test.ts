import { expect, test } from 'vitest'
import { memoryLimiter } from '../src/adapters/limiter.ts'
import { countedHashes, openLimiter } from './faulty-ports.ts'
import { bodyOf, json, newClock, type Server, server, signedUp, somebody } from './harness.ts'

const register = (on: Server, body: object, address: string) => on.request('/auth/register', json(body), { address })
const change = (on: Server, body: object, address: string) =>
  on.request('/auth/password/change', json(body), { address })

/** No two runs share a window of the platform's limiter, which outlives a test. */
const newNetwork = () => {
  const [a = 0, b = 0, c = 0] = crypto.getRandomValues(new Uint16Array(3))
  return `2001:db8:${a.toString(16)}:${(b ^ c).toString(16)}`
}

test('31 registrations and changes in a minute from one address: the last is 429, before it is read or hashed', async () => {
  const counter = countedHashes()
  const on = await server({ argon2id: counter.argon2id })
  const network = newNetwork()

  // The platform's window is of real time: at its edge the first requests belong to the window before.
  const answers: Response[] = []
  while (answers.at(-1)?.status !== 429 && answers.length < 62) {
    const host = `${network}::${answers.length.toString(16)}`
    answers.push(answers.length % 2 ? await register(on, {}, host) : await change(on, {}, host))
  }
  const right = await register(on, somebody(), `${network}::1`)

  expect(answers.length).toBeGreaterThan(30)
  expect(new Set(answers.slice(0, 30).map(({ status }) => status))).toEqual(new Set([401, 422]))
  for (const answer of [answers.at(-1) ?? right, right]) {
    expect(await bodyOf(answer)).toMatchObject({ status: 429, code: 'rate_limited' })
    expect(answer.headers.get('retry-after')).toBe('60')
  }
  expect([counter.hashes, on.trips.total]).toEqual([0, 0])
  expect((await register(on, {}, newNetwork().concat('::1'))).status).toBe(422)
})

test('the limiter stands before the guard and the validation, and one that refuses lets nothing be read', async () => {
  const counter = countedHashes()
  const on = await server({ argon2id: counter.argon2id, limiter: { take: async () => false } })

  const answers = [await register(on, somebody(), '192.0.2.1'), await change(on, {}, '192.0.2.1')]

  for (const answer of answers) expect(await bodyOf(answer)).toMatchObject({ status: 429, code: 'rate_limited' })
  expect([counter.hashes, on.trips.total]).toEqual([0, 0])
})

test('a limiter in process takes its many in each minute, from each address', async () => {
  const clock = newClock()
  const on = await server({ limiter: memoryLimiter(3, () => clock.now) })
  const send = async (address: string) => (await register(on, {}, address)).status

  const first = [await send('192.0.2.1'), await send('192.0.2.1'), await send('192.0.2.1'), await send('192.0.2.1')]
  const other = await send('192.0.2.2')
  clock.pass(60)
  const later = await send('192.0.2.1')

  expect(first).toEqual([422, 422, 422, 429])
  expect([other, later]).toEqual([422, 422])
})

test('login is not among them: the throttle counts its failures', async () => {
  const on = await server({ limiter: { take: async () => false } })

  const answer = await on.request('/auth/login', json({ ...somebody(), password: 'not this one at all' }))

  expect(answer.status).toBe(401)
})

test('a request that the limiter lets through is as good as any', async () => {
  const on = await server({ limiter: openLimiter })

  const { session } = await signedUp(on)

  expect(session.current).toBe(true)
})
