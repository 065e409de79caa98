import { expect, test } from 'vitest'
import { countedHashes, openLimiter } from './faulty-ports.ts'
import { json, query, type Server, server, signedUp } from './harness.ts'

const wrong = 'not this one at all'

const counting = async (settings: Readonly<Record<string, string>> = {}) => {
  const counter = countedHashes()
  const on = await server({ argon2id: counter.quickly, settings, limiter: openLimiter })
  const { person, user } = await signedUp(on, { username: 'ada' })
  counter.hashes = 0
  return { on, counter, person, user }
}

const login = async (on: Server, body: object, address: string | undefined, headers: Record<string, string> = {}) =>
  (await on.request('/auth/login', json(body, headers), { address })).status

test.each([
  ['an e-mail address', (i: number) => ({ email: i % 2 ? 'NOBODY@example.com' : 'nobody@Example.COM' })],
  ['a username', (i: number) => ({ username: i % 2 ? 'Nobody' : 'nobody' })],
])('S10: all spellings of %s share one counter', async (_, identifier) => {
  const { on, counter } = await counting()

  for (let i = 0; i < 14; i++) await login(on, { ...identifier(i), password: wrong }, '192.0.2.1')

  expect(counter.hashes).toBe(10)
})

const spellings = [
  '2001:db8:1:2:3:4:5:6',
  '2001:DB8:1:2:3:4:5:6',
  '2001:0db8:0001:0002:0003:0004:0005:0006',
  '2001:db8:1:2::',
  '2001:db8:1:2::1',
  '2001:db8:1:2:0:0:0:1',
  '2001:db8:1:2::0001',
  '2001:db8:1:2::192.0.2.1',
  '2001:db8:1:2:ffff:ffff:ffff:ffff',
  '2001:db8:1:2:3:4:5::',
  '2001:db8:1:2:0:0:5:6',
  '2001:0DB8:1:2::5:6',
]

test('GHSA-p6v2-xcpg-h6xw: twelve spellings of one IPv6 /64 share the ten attempts of one address', async () => {
  const { on, counter, person } = await counting()

  for (const address of spellings) await login(on, { ...person, password: wrong }, address)

  expect(counter.hashes).toBe(10)
  expect(await login(on, person, '2001:db8:1:3::1')).toBe(200)
})

test('GHSA-p6v2-xcpg-h6xw: 1,000 addresses of one /64 share the hundred attempts of one address', async () => {
  const { on, counter } = await counting()
  for (let wave = 0; wave < 20; wave++) {
    await Promise.all(
      Array.from({ length: 50 }, (_, i) => {
        const host = `2001:db8:1:2:${wave.toString(16)}::${i.toString(16)}`
        return login(on, { username: `nobody-${wave}-${i}`, password: wrong }, host)
      }),
    )
  }

  expect(counter.hashes).toBe(100)
  expect(await query(on, 'select count(*) from throttle where count >= 100')).toEqual([[1]])
})

test('GHSA-p6v2-xcpg-h6xw: an IPv4 address and its mapped spellings share one counter', async () => {
  const { on, counter, person } = await counting()
  const addresses = ['192.0.2.1', '::ffff:192.0.2.1', '::FFFF:c000:201', '0:0:0:0:0:ffff:192.0.2.1']

  for (let i = 0; i < 12; i++) await login(on, { ...person, password: wrong }, addresses[i % 4])

  expect(counter.hashes).toBe(10)
})

test('S11: no header of a client moves it to another counter', async () => {
  const { on, counter, person } = await counting()
  const names = ['x-forwarded-for', 'x-real-ip', 'forwarded', 'true-client-ip', 'cf-connecting-ip', 'x-client-ip']

  for (let i = 0; i < 14; i++) {
    const headers = Object.fromEntries(names.map((name) => [name, `203.0.113.${i}`]))
    await login(on, { ...person, password: wrong }, '192.0.2.1', headers)
  }

  expect(counter.hashes).toBe(10)
})

test('behind a proxy that AUTH_PROXY names, the address is the one that the proxy saw', async () => {
  const { on, counter, person } = await counting({ AUTH_PROXY: 'hops:1' })
  const from = (seen: string) =>
    login(on, { ...person, password: wrong }, '10.0.0.1', { 'x-forwarded-for': `203.0.113.9, ${seen}` })

  for (let i = 0; i < 12; i++) await from('192.0.2.1')
  const sameClient = counter.hashes
  const other = await from('192.0.2.2')

  expect(sameClient).toBe(10)
  expect(other).toBe(401)
})

test('an address that the platform does not tell counts as one', async () => {
  const { on, counter, person } = await counting()

  for (let i = 0; i < 12; i++) await login(on, { ...person, password: wrong }, i % 2 ? undefined : 'not an address')

  expect(counter.hashes).toBe(10)
})

test('the counters hold no address, e-mail or name that their reader could read', async () => {
  const { on, person, user } = await counting()

  await login(on, { ...person, password: wrong }, '192.0.2.1')
  await login(on, { username: 'ada', password: wrong }, '192.0.2.1')

  const rows = await query(on, 'select * from throttle')
  expect(rows).toHaveLength(5)
  for (const [key] of rows) expect(key).toMatch(/^(?:[\w-]{43}){1,2}$/)
  for (const told of [person.email, 'ada', '192.0.2.1', user.id]) expect(JSON.stringify(rows)).not.toContain(`"${told}`)
})

test('counters of one service say nothing to another: the key of the HMAC is derived from the secret', async () => {
  const first = await counting()
  const second = await counting({ AUTH_SECRET: 'w3xqCj1dQK0m8sYtVbZ5oGfN7uRhTeLpAi2kXcJ9D4E' })

  for (const { on } of [first, second]) await login(on, { username: 'nobody', password: wrong }, '192.0.2.1')

  const keys = await Promise.all([first, second].map(({ on }) => query(on, 'select key from throttle')))
  expect(new Set(keys.flat(2)).size).toBe(6)
})

test('a counter is named by an HMAC that serves the throttle alone', async () => {
  const { on } = await counting()

  await login(on, { username: 'nobody', password: wrong }, '192.0.2.1')

  const identifier = await on.core.ring.mac('throttle', 'identifier nobody')
  const address = await on.core.ring.mac('throttle', 'address 192.0.2.1')
  const keys = (await query(on, 'select key from throttle')).flat()
  expect(new Set(keys)).toEqual(new Set([identifier, address, identifier + address]))
})
