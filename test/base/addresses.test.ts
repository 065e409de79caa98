import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { clientAddress, type ProxySetting, parseAddress, parseProxy } from '../../src/base/addresses.ts'
import { timingSafeEqual } from '../../src/base/crypto.ts'

const secret = 'Zt4Qm9Xw2LrY7cUa5HdJ8sKp1VbN6eGf'
const byHops = (hops: number): ProxySetting => ({ kind: 'hops', hops })
const bySecret: ProxySetting = { kind: 'secret', secret }

const client = (headers: Record<string, string>, proxy?: ProxySetting, platform: string | undefined = '198.51.100.9') =>
  clientAddress(new Headers(headers), platform, proxy, timingSafeEqual)

describe('an address', () => {
  test.each([
    ['192.0.2.1', '192.0.2.1'],
    ['0.0.0.0', '0.0.0.0'],
    ['255.255.255.255', '255.255.255.255'],
    ['::', '::/64'],
    ['::1', '::/64'],
    ['2001:db8::1', '2001:db8::/64'],
    ['2001:DB8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:0db8:0001:0002::', '2001:db8:1:2::/64'],
    ['2001:0:0:1::5', '2001:0:0:1::/64'],
    ['2001:db8:1::', '2001:db8:1::/64'],
    ['1:2:3:4:5:6:7::', '1:2:3:4::/64'],
    ['::2:3:4:5:6:7:8', '0:2:3:4::/64'],
    ['fe80::1', 'fe80::/64'],
    ['64:ff9b::192.0.2.1', '64:ff9b::/64'],
    ['::192.0.2.1', '::/64'],
  ])('%s is used as %s', (given, bucket) => {
    expect(parseAddress(given)).toBe(bucket)
  })

  test('GHSA-p6v2-xcpg-h6xw: 1,000 addresses in one /64 share one bucket', () => {
    const host = fc.array(fc.integer({ min: 0, max: 0xffff }), { minLength: 4, maxLength: 4 })
    const addresses = fc
      .sample(host, 1000)
      .map((groups) => `2001:db8:1:2:${groups.map((g) => g.toString(16)).join(':')}`)

    const buckets = new Set(addresses.map(parseAddress))

    expect([...buckets]).toEqual(['2001:db8:1:2::/64'])
  })

  test('GHSA-p6v2-xcpg-h6xw: the next /64 has another bucket', () => {
    expect(parseAddress('2001:db8:1:3::1')).not.toBe(parseAddress('2001:db8:1:2::1'))
  })

  test.each([
    '192.0.2.128',
    '::ffff:192.0.2.128',
    '::FFFF:192.0.2.128',
    '::fFfF:192.0.2.128',
    '0::ffff:192.0.2.128',
    '0:0::ffff:192.0.2.128',
    '0:0:0:0:0:ffff:192.0.2.128',
    '0000:0000:0000:0000:0000:ffff:192.0.2.128',
    '0000:0:000:00::FFFF:192.0.2.128',
    '::0:ffff:192.0.2.128',
    '::ffff:c000:280',
    '::FFFF:C000:280',
    '::ffff:c000:0280',
    '::FfFf:c000:0280',
    '0::ffff:c000:280',
    '0:0::ffff:c000:280',
    '::0:0:ffff:c000:280',
    '0:0:0:0:0:ffff:c000:280',
    '0:0:0:0:0:FFFF:C000:0280',
    '0000:0000:0000:0000:0000:ffff:c000:0280',
  ])('GHSA-p6v2-xcpg-h6xw: %s is one of 20 spellings of one address', (given) => {
    expect(parseAddress(given)).toBe('192.0.2.128')
  })

  test.each([
    '2001:db8::8:800:200c:417a',
    '2001:DB8::8:800:200C:417A',
    '2001:0db8:0000:0000:0008:0800:200c:417a',
    '2001:db8:0:0:8:800:200c:417a',
    '2001:db8:0::8:800:200c:417a',
    '2001:db8::0:8:800:200c:417a',
    '2001:db8::8:800:32.12.65.122',
  ])('GHSA-p6v2-xcpg-h6xw: %s is one of the spellings of one IPv6 address', (given) => {
    expect(parseAddress(given)).toBe('2001:db8::/64')
  })

  test.each([
    '',
    ' ',
    'unknown',
    'localhost',
    '192.0.2',
    '192.0.2.1.1',
    '192.0.2.256',
    '192.0.2.01',
    '0300.0.2.1',
    '0xc0.0.2.1',
    '3221225985',
    '192.0.2.-1',
    '192.0.2.1e0',
    '192.0.2.',
    '.192.0.2.1',
    '192.0.2.1 ',
    ' 192.0.2.1',
    '192.0.2.1\n',
    '192.0.2.1:443',
    '192.0.2.1/24',
    '１92.0.2.1',
    '192。0。2。1',
    ':',
    ':::',
    ':1',
    '1:',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '1:2:3:4:5:6:7:8::',
    '::1:2:3:4:5:6:7:8',
    '1::2::3',
    '1:::2',
    '12345::',
    'g::1',
    '::1.2.3',
    '::1.2.3.256',
    '::01.2.3.4',
    '1.2.3.4::',
    '::1.2.3.4:5',
    '1:2:3:4:5:6:7:1.2.3.4',
    '::ffff:1.2.3.4:80',
    '[::1]',
    '[::1]:443',
    'fe80::1%eth0',
    '::1%25lo',
    '2001:db8::/32',
    '::ffff:192.0.2.1, 10.0.0.1',
    '-1::',
    '+1::',
    '0x1::',
  ])('GHSA-xh87-mx6m-69f3: "%s" is no address', (given) => {
    expect(parseAddress(given)).toBeUndefined()
  })

  test('GHSA-xpcf-pg52-r92g: every IPv4 address has one bucket, mapped or not', () => {
    fc.assert(
      fc.property(fc.ipV4(), (address) => {
        const [a = 0, b = 0, c = 0, d = 0] = address.split('.').map(Number)
        const hex = `${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`

        expect(parseAddress(address)).toBe(address)
        expect(parseAddress(`::ffff:${address}`)).toBe(address)
        expect(parseAddress(`::ffff:${hex}`)).toBe(address)
      }),
    )
  })

  test('GHSA-r354-f388-2fhh: every spelling of an IPv6 address is read as a URL reads it', () => {
    fc.assert(
      fc.property(fc.ipV6(), (address) => {
        const canonical = new URL(`http://[${address}]`).hostname.slice(1, -1)

        expect(parseAddress(address)).toBeDefined()
        expect(parseAddress(address.toUpperCase())).toBe(parseAddress(canonical))
      }),
      { numRuns: 1000 },
    )
  })

  test('GHSA-r354-f388-2fhh: the text of a bucket is a canonical prefix', () => {
    fc.assert(
      fc.property(fc.ipV6(), (address) => {
        const bucket = parseAddress(address) ?? ''
        const prefix = bucket.replace('/64', '')

        expect(bucket.endsWith('/64') ? new URL(`http://[${prefix}]`).hostname : `[${prefix}]`).toBe(`[${prefix}]`)
        expect(bucket.endsWith('/64') ? parseAddress(prefix) : bucket).toBe(bucket)
      }),
      { numRuns: 1000 },
    )
  })

  test('GHSA-xh87-mx6m-69f3: whatever text is given, nothing is taken that a URL would not take', () => {
    const unit = fc.constantFrom('0', '1', '25', 'f', 'F', ':', '::', '.', '%', '[', ']', '/', 'x', ' ', '１')

    fc.assert(
      fc.property(fc.string({ unit, maxLength: 20 }), (given) => {
        const isAddress = parseAddress(given) !== undefined

        expect(!isAddress || URL.canParse(`http://${given.includes(':') ? `[${given}]` : given}`)).toBe(true)
      }),
      { numRuns: 2000 },
    )
  })

  test.each(['1', ':', '::', '1.', 'f:', '0'])('S75: 1 MiB of "%s" is no address', (unit) => {
    expect(parseAddress(unit.repeat(2 ** 20 / unit.length))).toBeUndefined()
  })
})

describe('the client address', () => {
  test('is what the platform says, in its canonical form', () => {
    expect(client({}, undefined, '::ffff:192.0.2.7')).toBe('192.0.2.7')
    expect(client({}, undefined, '2001:DB8::7')).toBe('2001:db8::/64')
  })

  test('is unknown when the platform says nothing, or nonsense', () => {
    const isEqual = timingSafeEqual

    expect(clientAddress(new Headers(), undefined, undefined, isEqual)).toBeUndefined()
    expect(clientAddress(new Headers(), 'fe80::1%eth0', undefined, isEqual)).toBeUndefined()
  })

  test.each([
    'x-forwarded-for',
    'x-real-ip',
    'x-client-ip',
    'x-forwarded',
    'x-cluster-client-ip',
    'forwarded',
    'forwarded-for',
    'true-client-ip',
    'cf-connecting-ip',
    'cf-connecting-ipv6',
    'cf-pseudo-ipv4',
    'fastly-client-ip',
    'fly-client-ip',
    'x-vercel-forwarded-for',
    'x-vercel-proxied-for',
    'x-appengine-user-ip',
    'x-azure-clientip',
    'x-azure-socketip',
    'x-envoy-external-address',
    'x-originating-ip',
    'x-remote-ip',
    'x-remote-addr',
    'x-host',
    'client-ip',
    'remote-addr',
    'x-auth-client-address',
  ])('S11: %s does not change it without AUTH_PROXY', (name) => {
    expect(client({ [name]: '203.0.113.66' })).toBe('198.51.100.9')
  })

  test.each([
    [1, '203.0.113.66, 192.0.2.1, 192.0.2.2, 192.0.2.3', '192.0.2.3'],
    [2, '203.0.113.66, 192.0.2.1, 192.0.2.2, 192.0.2.3', '192.0.2.2'],
    [3, '203.0.113.66,192.0.2.1,192.0.2.2,192.0.2.3', '192.0.2.1'],
    [1, '203.0.113.66, 2001:DB8:1:2::9', '2001:db8:1:2::/64'],
    [1, '203.0.113.66, 192.0.2.3:51234', '192.0.2.3'],
    [1, '203.0.113.66, [2001:db8:1:2::9]:51234', '2001:db8:1:2::/64'],
    [1, '203.0.113.66, [2001:db8:1:2::9]', '2001:db8:1:2::/64'],
    [1, '203.0.113.66, [::ffff:192.0.2.3]:80', '192.0.2.3'],
    [1, ',,, 192.0.2.3 ', '192.0.2.3'],
  ])('S11: with hops:%i it is the entry so far from the right of "%s"', (hops, chain, address) => {
    expect(client({ 'x-forwarded-for': chain }, byHops(hops))).toBe(address)
  })

  test('GHSA-xh87-mx6m-69f3: what a client writes at the left of the chain never counts', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.ipV4(), fc.ipV6(), fc.constantFrom('', 'unknown', '"a', '['))), (spoofed) => {
        const chain = [...spoofed, '192.0.2.1', '192.0.2.2'].join(', ')

        expect(client({ 'x-forwarded-for': chain }, byHops(2))).toBe('192.0.2.1')
      }),
    )
  })

  test('GHSA-xgm2-5f3f-mvvc: a repeated header is one chain', () => {
    const headers = new Headers([
      ['x-forwarded-for', '203.0.113.66'],
      ['x-forwarded-for', '192.0.2.1'],
    ])

    expect(clientAddress(headers, '198.51.100.9', byHops(1), timingSafeEqual)).toBe('192.0.2.1')
  })

  test.each([
    ['there is no chain', {}],
    ['the chain is too short', { 'x-forwarded-for': '192.0.2.1' }],
    ['the entry is no address', { 'x-forwarded-for': 'unknown, 192.0.2.1' }],
    ['the entry is empty', { 'x-forwarded-for': ', 192.0.2.1' }],
    ['the entry has octal octets', { 'x-forwarded-for': '0300.0.2.1, 192.0.2.1' }],
    ['the entry has a zone', { 'x-forwarded-for': '[fe80::1%1]:80, 192.0.2.1' }],
    ['the entry has brackets around IPv4', { 'x-forwarded-for': '[192.0.2.5]:80, 192.0.2.1' }],
    ['the entry has a port and no brackets', { 'x-forwarded-for': '2001:db8:1:2:3:4:5:6:80, 192.0.2.1' }],
  ])('S11: with hops:2 it is the platform’s when %s', (_, headers) => {
    expect(client(headers, byHops(2))).toBe('198.51.100.9')
  })

  test('S11: with a secret it is X-Auth-Client-Address when X-Auth-Proxy-Secret matches', () => {
    const headers = { 'x-auth-proxy-secret': secret, 'x-auth-client-address': '2001:db8:5:6::1' }

    expect(client(headers, bySecret)).toBe('2001:db8:5:6::/64')
  })

  test.each([
    ['is missing', {}],
    ['is empty', { 'x-auth-proxy-secret': '' }],
    ['is another', { 'x-auth-proxy-secret': secret.replace('Z', 'z') }],
    ['is a prefix', { 'x-auth-proxy-secret': secret.slice(0, -1) }],
    ['is sent twice', { 'x-auth-proxy-secret': `${secret}, ${secret}` }],
  ])('S11: with a secret it is the platform’s when the header’s %s', (_, headers) => {
    expect(client({ ...headers, 'x-auth-client-address': '203.0.113.66' }, bySecret)).toBe('198.51.100.9')
  })

  test('S11: with a secret, X-Forwarded-For does not count, nor a proven header without an address', () => {
    const headers = { 'x-auth-proxy-secret': secret, 'x-forwarded-for': '203.0.113.66' }

    expect(client(headers, bySecret)).toBe('198.51.100.9')
    expect(client({ ...headers, 'x-auth-client-address': 'unknown' }, bySecret)).toBe('198.51.100.9')
  })

  test('the secret is compared by the function that was given, never by ===', () => {
    const compared: string[][] = []
    const isEqual = (a: string, b: string) => compared.push([a, b]) > 0

    const headers = new Headers({ 'x-auth-proxy-secret': 'shown', 'x-auth-client-address': '192.0.2.1' })

    expect(clientAddress(headers, undefined, bySecret, isEqual)).toBe('192.0.2.1')
    expect(compared).toEqual([['shown', secret]])
  })

  test('S75: a chain of 64 KiB is read to its end', () => {
    const chain = `${'1,'.repeat(2 ** 15)}192.0.2.1`

    expect(client({ 'x-forwarded-for': chain }, byHops(1))).toBe('192.0.2.1')
    expect(client({ 'x-forwarded-for': `[${':'.repeat(2 ** 16)}` }, byHops(1))).toBe('198.51.100.9')
  })
})

describe('AUTH_PROXY', () => {
  test('names a number of hops or a secret', () => {
    expect(parseProxy('hops:1')).toEqual(byHops(1))
    expect(parseProxy('hops:10')).toEqual(byHops(10))
    expect(parseProxy(`secret:${secret}`)).toEqual(bySecret)
  })

  test.each([
    '',
    'hops',
    'hops:',
    'hops:0',
    'hops:-1',
    'hops:01',
    'hops:1.5',
    'hops:11',
    'hops: 1',
    'Hops:1',
    'secret:',
    'secret:short',
    `secret:${secret.slice(1)}`,
    `secret:${'a'.repeat(32)}`,
    `secret:${'ab'.repeat(16)}`,
    `secret:${secret.slice(1)} `,
    `secret:${secret}\u00e9`,
    `secret:${secret.repeat(17)}`,
    secret,
  ])('S14: "%s" is refused', (given) => {
    expect(parseProxy(given)).toBeUndefined()
  })
})
