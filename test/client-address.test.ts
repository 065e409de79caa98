import { expect, test } from 'vitest'
import { quick } from './faulty-ports.ts'
import { bodyOf, browser, json, type Server, server, signedUp, somebody } from './harness.ts'

const platform = '203.0.113.7'
const told = '198.51.100.99'
const secret = 'W3mLq8ZtY0vRk5BnJx2HsCg7PdFa4UeT'

/** The address under which a session is listed that signs in with these headers. */
const seenAddress = async (on: Server, headers: Record<string, string>, address: string | undefined = platform) => {
  const { person } = await signedUp(on)
  const answer = await on.request('/auth/login', json(person, headers), { address })
  return (await bodyOf(answer)).session.address
}

const spoofs: Record<string, string> = {
  'cf-connecting-ip': told,
  'cf-connecting-ipv6': '2001:db8::1',
  'cf-pseudo-ipv4': told,
  'true-client-ip': told,
  'x-forwarded-for': told,
  'x-forwarded': told,
  'forwarded-for': told,
  forwarded: `for=${told}`,
  'x-real-ip': told,
  'x-client-ip': told,
  'client-ip': told,
  'x-remote-ip': told,
  'x-remote-addr': told,
  'x-originating-ip': told,
  'x-cluster-client-ip': told,
  'x-appengine-user-ip': told,
  'x-azure-clientip': told,
  'x-envoy-external-address': told,
  'x-vercel-forwarded-for': told,
  'x-vercel-proxied-for': told,
  'fastly-client-ip': told,
  'fly-client-ip': told,
  'x-nf-client-connection-ip': told,
  'x-auth-client-address': told,
  'x-auth-proxy-secret': secret,
}

test.each(Object.keys(spoofs))('S11, GHSA-xh87-mx6m-69f3: %s says nothing without AUTH_PROXY', async (name) => {
  const on = await server({ argon2id: quick })

  const address = await seenAddress(on, { [name]: spoofs[name] ?? '' })

  expect(address).toBe(platform)
})

test('S11: neither do all of them together', async () => {
  const on = await server()

  expect(await seenAddress(on, spoofs)).toBe(platform)
})

test.each([
  ['the last entry with one hop', 'hops:1', `1.1.1.1, ${told}`, told],
  ['the last but one with two hops', 'hops:2', `1.1.1.1, ${told}, 10.0.0.1`, told],
  ['the platform where there are fewer hops', 'hops:2', told, platform],
  ['the platform where the entry is no address', 'hops:1', '1.1.1.1, unknown', platform],
  ['the entry without its port', 'hops:1', `${told}:443`, told],
  ['the platform where an octet is octal', 'hops:1', '198.051.100.99', platform],
  ['the /64 of an IPv6 entry', 'hops:1', '2001:DB8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['the IPv4 of a mapped entry', 'hops:1', `::ffff:${told}`, told],
])(
  'S11, GHSA-r354-f388-2fhh, GHSA-wgpf-jwqj-8h8p: behind a proxy the address is %s',
  async (_, proxy, list, expected) => {
    const on = await server({ settings: { AUTH_PROXY: proxy } })

    expect(await seenAddress(on, { 'x-forwarded-for': list })).toBe(expected)
  },
)

test.each([
  ['the secret', { 'x-auth-proxy-secret': secret, 'x-auth-client-address': told }, told],
  ['no secret', { 'x-auth-client-address': told }, platform],
  ['a wrong secret', { 'x-auth-proxy-secret': `${secret.slice(0, -1)}x`, 'x-auth-client-address': told }, platform],
  ['half the secret', { 'x-auth-proxy-secret': secret.slice(0, 16), 'x-auth-client-address': told }, platform],
  ['the secret twice', { 'x-auth-proxy-secret': `${secret}, ${secret}`, 'x-auth-client-address': told }, platform],
  ['the secret and no address', { 'x-auth-proxy-secret': secret }, platform],
  ['the secret and X-Forwarded-For', { 'x-auth-proxy-secret': secret, 'x-forwarded-for': told }, platform],
])('S11: a proxy that shows %s is believed accordingly', async (_, headers: Record<string, string>, expected) => {
  const on = await server({ settings: { AUTH_PROXY: `secret:${secret}` } })

  expect(await seenAddress(on, headers)).toBe(expected)
})

const wrong = () => json({ ...somebody(), password: 'not this one at all' })

/** Status of one wrong sign-in each; two are let through for an address. */
const guesses = async (visits: readonly { address?: string; headers?: Record<string, string> }[], proxy?: string) => {
  const settings = { AUTH_LIMIT_ADDRESS: '2', ...(proxy ? { AUTH_PROXY: proxy } : {}) }
  const on = await server({ settings, argon2id: quick })
  const seen: number[] = []
  for (const { address = platform, headers = {} } of visits) {
    const { headers: type, ...init } = wrong()
    seen.push((await on.request('/auth/login', { ...init, headers: { ...type, ...headers } }, { address })).status)
  }
  return seen
}

test.each([
  ['one IPv6 /64', ['2001:db8:1:2::1', '2001:db8:1:2:ffff::1', '2001:DB8:1:2:0:0:0:9']],
  ['one IPv4 in three spellings', [told, `::ffff:${told}`, '0:0:0:0:0:ffff:c633:6463']],
])('S10, S11, GHSA-p6v2-xcpg-h6xw: guesses from %s share one counter', async (_, addresses) => {
  const seen = await guesses(addresses.map((address) => ({ address })))

  expect(seen).toEqual([401, 401, 429])
})

test('S11: guesses from another /64, or another IPv4, have a counter of their own', async () => {
  const addresses = ['2001:db8:1:2::1', '2001:db8:1:2::2', '2001:db8:1:3::1', told, platform]

  const seen = await guesses(addresses.map((address) => ({ address })))

  expect(seen).toEqual([401, 401, 401, 401, 401])
})

test('S11: a new X-Forwarded-For buys no new counter', async () => {
  const spoofed = ['1.1.1.1', '2.2.2.2', '3.3.3.3'].map((first) => ({ headers: { 'x-forwarded-for': first } }))

  expect(await guesses(spoofed)).toEqual([401, 401, 429])
})

test('S11: nor does a longer one behind a proxy, while the proxy’s other clients are not held up', async () => {
  const via = (list: string) => ({ headers: { 'x-forwarded-for': list } })

  const seen = await guesses(
    [via(`1.1.1.1, ${told}`), via(`2.2.2.2, ${told}`), via(`3.3.3.3, ${told}`), via('3.3.3.3, 198.51.100.100')],
    'hops:1',
  )

  expect(seen).toEqual([401, 401, 429, 401])
})

test('S11: the limiter counts by the same address', async () => {
  const keys: string[] = []
  const limiter = { take: async (key: string) => keys.push(key) > 0 }
  const on = await server({ limiter, argon2id: quick })

  await on.request('/auth/register', json(somebody(), spoofs), { address: '2001:db8:1:2::1' })
  await on.request('/auth/register', json(somebody()), { address: '2001:db8:1:2::2' })

  expect(new Set(keys).size).toBe(1)
  expect(keys[0]).toContain('2001:db8:1:2::/64')
})

const clientAddress = async (headers: Record<string, string>, address: string | undefined, proxy?: string) => {
  const on = await server(proxy ? { settings: { AUTH_PROXY: proxy } } : {})
  const answer = await on.request('/auth/readyz', { headers }, { address })
  return (await bodyOf(answer)).clientAddress
}

test.each([
  ['ok', 'nothing of a proxy is seen', {}, platform, undefined],
  ['proxied without AUTH_PROXY', 'X-Forwarded-For has come', { 'x-forwarded-for': told }, platform, undefined],
  [
    'ok',
    'the platform itself has added one hop',
    { 'x-forwarded-for': told, 'cf-connecting-ip': told },
    platform,
    undefined,
  ],
  [
    'proxied without AUTH_PROXY',
    'there is one more than the platform’s',
    { 'x-forwarded-for': `${told}, 10.0.0.1`, 'cf-connecting-ip': '10.0.0.1' },
    '10.0.0.1',
    undefined,
  ],
  ['ok', 'AUTH_PROXY is set', { 'x-forwarded-for': `${told}, 10.0.0.1` }, '10.0.0.1', 'hops:2'],
  ['unknown', 'the runtime knows none', {}, undefined, undefined],
])('readyz says %s where %s', async (expected, _, headers: Record<string, string>, address, proxy) => {
  expect(await clientAddress(headers, address, proxy)).toBe(expected)
})

test('a session in its lease shows where it is used from now', async () => {
  const on = await server()
  const { jar, person } = await signedUp(on)
  const tab = browser(on, { address: told })
  await tab.api.auth.login.$post({ json: person })
  const headers = { cookie: [...tab.jar].map(([name, value]) => `${name}=${value}`).join('; ') }

  const answer = await on.request('/auth/session', { headers }, { address: '2001:db8:1:2::1', country: 'DE' })

  expect((await bodyOf(answer)).session).toMatchObject({ address: '2001:db8:1:2::/64', country: 'DE' })
  expect(jar.size).toBe(2)
})
