import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readSettings } from '../../src/base/config.ts'
import { randomBytes, randomToken, toBase64url } from '../../src/base/crypto.ts'
import { integers, settings } from '../../src/base/settings.ts'

const secret = 'q8Zt4Qm9Xw2LrY7cUa5HdJ8sKp1VbN6eGfT0iRo3uMk'
const older = 'Vn3Kd8Ws1Yb6Qx0Lg5Hj2Pf7Tc4Rm9Za-EuIoXvBqNk'
const least = { AUTH_ORIGIN: 'https://auth.example.com', AUTH_SECRET: secret }

const read = (env: Record<string, unknown> = {}) => readSettings({ ...least, ...env })
const configOf = (env: Record<string, unknown> = {}) => {
  const { config, problems } = read(env)
  expect(problems).toEqual([])
  return config
}
const refused = (env: Record<string, unknown>) => {
  const { config, problems } = read(env)
  expect(config).toBeUndefined()
  return problems
}

describe('the settings', () => {
  test('need an origin and a secret, and have a default for the rest', () => {
    const { config, problems, warnings } = readSettings(least)

    expect(problems).toEqual([])
    expect(warnings).toEqual([])
    expect(config).toMatchObject({
      origin: 'https://auth.example.com',
      issuer: 'https://auth.example.com/auth',
      secureCookies: true,
      secrets: [secret],
      rpId: 'auth.example.com',
      audiences: ['https://auth.example.com'],
      proxy: undefined,
      lease: 300,
      idle: 30 * 86_400,
      idleShort: 86_400,
      max: 90 * 86_400,
      fresh: 600,
      access: 300,
      grace: 60,
      keyDays: 30,
      bound: 305,
      revocationFail: 'open',
      passwordMin: 12,
      limits: { pair: 10, identifier: 100, address: 100, requests: 30 },
      database: undefined,
      cronSecret: undefined,
    })
  })

  test('are read, each into its place', () => {
    const config = configOf({
      AUTH_ORIGIN: ' https://id.example.org:8443\n',
      AUTH_SECRET: ` ${secret} , ${older}\n`,
      AUTH_TRUSTED_ORIGINS: 'https://app.example.org, https://*.preview.example.org,',
      AUTH_AUDIENCE: 'https://api.example.org, urn:example:reports',
      AUTH_PROXY: 'hops:2',
      AUTH_LEASE_SECONDS: '0',
      AUTH_SESSION_IDLE_SECONDS: '3600',
      AUTH_SESSION_MAX_SECONDS: '3600',
      AUTH_FRESH_SECONDS: '120',
      AUTH_ACCESS_SECONDS: '900',
      AUTH_REFRESH_GRACE_SECONDS: '0',
      AUTH_KEY_DAYS: '7',
      AUTH_REVOCATION_FAIL: 'closed',
      AUTH_PASSWORD_MIN: '15',
      AUTH_LIMIT_PAIR: '5',
      AUTH_LIMIT_IDENTIFIER: '50',
      AUTH_LIMIT_ADDRESS: '500',
      AUTH_LIMIT_REQUESTS: '60',
      TURSO_DATABASE_URL: 'libsql://db-org.turso.io',
      TURSO_AUTH_TOKEN: 'eyJ.a.b',
      CRON_SECRET: 'Hq3bT8vXy2Lm5Nc7',
    })

    expect(config).toMatchObject({
      issuer: 'https://id.example.org:8443/auth',
      secrets: [secret, older],
      audiences: ['https://api.example.org', 'urn:example:reports'],
      proxy: { kind: 'hops', hops: 2 },
      lease: 0,
      idle: 3600,
      idleShort: 3600,
      max: 3600,
      fresh: 120,
      access: 900,
      grace: 0,
      keyDays: 7,
      bound: 905,
      revocationFail: 'closed',
      passwordMin: 15,
      limits: { pair: 5, identifier: 50, address: 500, requests: 60 },
      database: { url: 'libsql://db-org.turso.io', authToken: 'eyJ.a.b' },
      cronSecret: 'Hq3bT8vXy2Lm5Nc7',
    })
    expect(config?.origins.allows('https://app.example.org')).toBe(true)
    expect(config?.origins.allows('https://pr-1.preview.example.org')).toBe(true)
    expect(config?.origins.allows('https://id.example.org:8443')).toBe(true)
    expect(config?.origins.allows('https://id.example.org')).toBe(false)
  })

  test('tell every problem at once', () => {
    const { config, problems } = readSettings({ AUTH_LEASE_SECONDS: '901', AUTH_ORGIN: 'https://auth.example.com' })

    expect(config).toBeUndefined()
    expect(problems.map(({ setting }) => setting)).toEqual([
      'AUTH_ORGIN',
      'AUTH_ORIGIN',
      'AUTH_SECRET',
      'AUTH_LEASE_SECONDS',
    ])
  })

  test('of the empty string or nothing but space are unset', () => {
    const blank = Object.fromEntries(settings.map(({ name }) => [name, ' ']))
    const { problems } = readSettings(blank)

    expect(configOf({ ...blank, ...least, AUTH_ORGIN: '' })).toEqual({ ...configOf(), origins: expect.anything() })
    expect(problems.map(({ problem }) => problem)).toEqual(['Not set.', 'Not set.'])
  })

  test('are strings: a binding of whatever name is ignored', () => {
    const bindings = { DB: {}, REVOCATIONS: { get() {} }, AUTH_SECRETS: {}, AUTH_LEASE_SECONDS: 5, AUTH_X: null }

    expect(configOf(bindings)?.lease).toBe(300)
    expect(read(bindings).warnings).toEqual([])
  })

  test('each stand in the exported table with a meaning and a range', () => {
    const names = settings.map(({ name }) => name)

    expect(new Set(names).size).toBe(names.length)
    expect(names).toEqual(expect.arrayContaining(['AUTH_ORIGIN', 'AUTH_KEY_DAYS', 'TURSO_AUTH_TOKEN', 'CRON_SECRET']))
    for (const { meaning, range } of settings) expect(meaning && range).toMatch(/\S/)
  })
})

describe('a problem', () => {
  const marker = 'XyZZy-5318008'

  test.each(settings.map(({ name }) => name))('S14: with %s has a fix and never holds the value', (name) => {
    const wrong = name === 'TURSO_AUTH_TOKEN' ? `${marker} ` : marker
    const problems = refused({ [name]: `${wrong}\u0007\u00e9` })

    expect(problems.map(({ setting }) => setting)).toEqual([name])
    expect(problems.every(({ problem, fix }) => problem.endsWith('.') && fix.length > 10)).toBe(true)
    expect(JSON.stringify(problems)).not.toContain(marker)
  })

  test('S14: whatever the values are, holds none of them', () => {
    const value = fc.stringMatching(/^[#-~]{0,20}~[#-~]{0,20}~$/)
    const names = fc.constantFrom(...settings.map(({ name }) => name))

    fc.assert(
      fc.property(fc.dictionary(names, value), (env) => {
        const { problems, warnings } = readSettings(env)

        for (const text of Object.values(env)) expect(JSON.stringify({ problems, warnings })).not.toContain(text)
      }),
    )
  })
})

describe('AUTH_ORIGIN', () => {
  test.each(['http://localhost', 'http://localhost:8787', 'http://127.0.0.1:8787', 'http://[::1]:8787'])(
    '%s is loopback: cookies go without Secure',
    (AUTH_ORIGIN) => {
      expect(configOf({ AUTH_ORIGIN })).toMatchObject({ origin: AUTH_ORIGIN, secureCookies: false })
    },
  )

  test.each(['https://localhost:8787', 'https://127.0.0.1', 'https://auth.example.com'])(
    '%s is https: cookies are Secure',
    (AUTH_ORIGIN) => {
      expect(configOf({ AUTH_ORIGIN })).toMatchObject({ secureCookies: true })
    },
  )

  test.each([
    'http://auth.example.com',
    'http://localhost.example.com',
    'http://192.168.1.5:8787',
    'https://auth.example.com/',
    'https://auth.example.com/auth',
    'https://auth.example.com:443',
    'https://Auth.example.com',
    'https://user@auth.example.com',
    'https://*.example.com',
    'auth.example.com',
    'null',
    '*',
  ])('"%s" is refused', (AUTH_ORIGIN) => {
    expect(refused({ AUTH_ORIGIN })).toEqual([expect.objectContaining({ setting: 'AUTH_ORIGIN' })])
  })
})

describe('AUTH_SECRET', () => {
  const hex = (length: number) => Array.from(randomBytes(length), (byte) => byte.toString(16).padStart(2, '0')).join('')

  test('S14: is a ring of which each is checked', () => {
    const problems = refused({ AUTH_SECRET: `${secret},short,${older}` })

    expect(problems).toEqual([
      expect.objectContaining({ setting: 'AUTH_SECRET', fix: expect.stringContaining('openssl') }),
    ])
    expect(problems[0]?.problem).toMatch(/^Entry 2 .*32 bytes|base64url/)
  })

  test('S14: of random bytes is never refused, as base64url or as hexadecimal', () => {
    for (let i = 0; i < 200; i++) {
      expect(
        read({ AUTH_SECRET: [randomToken(32), randomToken(33), randomToken(64), hex(32)].join() }).problems,
      ).toEqual([])
    }
  })

  test.each([
    ['"secret"', 'base64url|32 bytes', 'secret'],
    ['empty beside another', '32 bytes', `${secret},`],
    ['of 31 bytes', '32 bytes', toBase64url(randomBytes(31))],
    ['of 32 hexadecimal digits', '32 bytes', hex(16)],
    ['of base64 with padding', 'base64url', `${secret}=`],
    ['of base64 that is not base64url', 'base64url', `${secret.slice(0, 40)}+/A`],
    ['of an impossible length', 'base64url', `${secret}AA`],
    ['with stray bits at its end', 'base64url', `${secret.slice(0, -1)}l`],
    ['with a space inside', 'base64url', `${secret.slice(0, 20)} ${secret.slice(20)}`],
    ['of one letter', 'repeats', 'a'.repeat(44)],
    ['of zero bytes', 'repeats', toBase64url(new Uint8Array(32))],
    ['of two letters', 'repeats', 'aZ'.repeat(22)],
    ['of a repeated half', 'repeats', 'q8Zt4Qm9Xw2LrY7cUa5HdJ8s'.repeat(2)],
    ['of a repeated word', 'repeats', 'Sup3rS4f3'.repeat(8)],
    ['of hexadecimal digits in a row', 'repeats', '0123456789abcdef'.repeat(4)],
    ['of the alphabet', 'counts', 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'],
    ['of the alphabet backwards', 'counts', 'zyxwvutsrqponmlkjihgfedcbaZYXWVUTSRQPONMLKJIHGFEDCBA'],
    ['of the bytes 0 to 31', 'counts', 'AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8'],
    ['of the bytes 255 to 224', 'counts', toBase64url(Uint8Array.from({ length: 32 }, (_, i) => 255 - i))],
    ['of few distinct bytes', 'repeats', toBase64url(Uint8Array.from(randomBytes(32), (byte) => byte % 8))],
    ['of a phrase', 'words', 'correct-horse-battery-staple-and-then-some-more-'],
    ['of a phrase in capitals', 'words', 'CORRECT-HORSE-BATTERY-STAPLE-AND-THEN-SOME-MORE-'],
    ['of a placeholder', 'well known', 'ChangeMe-ChangeMe2-ChangeMe3-ChangeMe4-ChangeMe5'],
    ['of a placeholder in random company', 'well known', `${secret.slice(0, 30)}PassWord${secret.slice(30, 40)}`],
    ['of another server’s default', 'well known', 'better-auth-Secret-12345678901234567890-ABCD'],
    [
      'of RFC 7515',
      'well known',
      'AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow',
    ],
    ['of RFC 7520', 'well known', 'hJtXIZ2uSN5kbQfbtTNWbpdmhkV8FJG-Onbc6mxCcYg'],
    ['given twice', 'another', `${secret},${older},${secret}`],
    ['of more than 1024 characters', '1024', randomToken(800)],
    ['of 1 MiB', '1024', 'aB3_'.repeat(2 ** 18)],
  ])('S14: %s is refused', (_, reason, AUTH_SECRET) => {
    const problems = refused({ AUTH_SECRET })

    expect(problems).toEqual([{ setting: 'AUTH_SECRET', problem: expect.any(String), fix: expect.any(String) }])
    expect(problems[0]?.problem).toMatch(new RegExp(reason))
  })

  test('is a ring of at most 8', () => {
    const ring = Array.from({ length: 9 }, () => randomToken(32))

    expect(configOf({ AUTH_SECRET: ring.slice(1).join() })?.secrets).toEqual(ring.slice(1))
    expect(refused({ AUTH_SECRET: ring.join() })).toHaveLength(1)
  })
})

describe('AUTH_TRUSTED_ORIGINS', () => {
  test.each([
    '*',
    'null',
    'https://*.vercel.app',
    'https://my-app-*.vercel.app',
    'http://*.example.com',
    'app.example.com',
  ])('GHSA-88fw-hqm2-52qc: "%s" refuses to boot', (entry) => {
    const problems = refused({ AUTH_TRUSTED_ORIGINS: `https://app.example.com,${entry}` })

    expect(problems).toEqual([expect.objectContaining({ setting: 'AUTH_TRUSTED_ORIGINS' })])
    expect(problems[0]?.problem).toMatch(/^Entry 2 /)
  })

  test('warns of plain http beside an https origin, and of nothing beside a loopback one', () => {
    const AUTH_TRUSTED_ORIGINS = 'http://localhost:5173'

    expect(read({ AUTH_TRUSTED_ORIGINS }).warnings).toEqual([expect.stringContaining('AUTH_TRUSTED_ORIGINS')])
    expect(read({ AUTH_TRUSTED_ORIGINS, AUTH_ORIGIN: 'http://localhost:8787' }).warnings).toEqual([])
  })
})

describe('AUTH_AUDIENCE', () => {
  test.each([
    ['the issuer', 'https://auth.example.com/auth'],
    ['the issuer among others', 'https://api.example.com,https://auth.example.com/auth'],
    ['the word account', 'account'],
    ['more than ASCII', 'https://b\u00fccher.example'],
    ['a space', 'my api'],
    ['256 characters', 'a'.repeat(256)],
  ])('cannot be %s', (_, AUTH_AUDIENCE) => {
    expect(refused({ AUTH_AUDIENCE })).toEqual([expect.objectContaining({ setting: 'AUTH_AUDIENCE' })])
  })
})

describe('a number', () => {
  const rows = Object.entries(integers)

  test.each(rows)('%s is taken at both ends of its range, and refused beyond', (name, { min, max }) => {
    const idle = name === 'AUTH_SESSION_MAX_SECONDS' ? { AUTH_SESSION_IDLE_SECONDS: String(min) } : {}
    const longest = name === 'AUTH_SESSION_IDLE_SECONDS' ? { AUTH_SESSION_MAX_SECONDS: String(max) } : {}

    for (const value of [min, max]) configOf({ ...idle, ...longest, [name]: String(value) })
    for (const value of [min - 1, max + 1]) {
      expect(refused({ ...idle, ...longest, [name]: String(value) })).toEqual([
        {
          setting: name,
          problem: `Not a whole number from ${min} to ${max}.`,
          fix: expect.stringContaining('decimal'),
        },
      ])
    }
  })

  test.each([
    '+300',
    '-0',
    '0300',
    '300.0',
    '3e2',
    '0x12c',
    '0b1',
    '300s',
    '3 00',
    '3_00',
    '３００',
    'Infinity',
    'NaN',
    '1e999',
  ])('is strictly decimal: "%s" is refused', (AUTH_LEASE_SECONDS) => {
    expect(refused({ AUTH_LEASE_SECONDS })).toHaveLength(1)
  })
})

describe('the limits of a session', () => {
  test('an idle limit longer than the absolute one is refused', () => {
    const problems = refused({ AUTH_SESSION_IDLE_SECONDS: '3601', AUTH_SESSION_MAX_SECONDS: '3600' })

    expect(problems).toEqual([expect.objectContaining({ setting: 'AUTH_SESSION_IDLE_SECONDS' })])
  })

  test('the default idle limit gives way to a shorter absolute one', () => {
    expect(configOf({ AUTH_SESSION_MAX_SECONDS: '86400' })).toMatchObject({ idle: 86_400, max: 86_400 })
  })

  test('the bound is the longer of lease and access token, and the skew', () => {
    expect(configOf({ AUTH_LEASE_SECONDS: '900', AUTH_ACCESS_SECONDS: '60' })?.bound).toBe(905)
    expect(configOf({ AUTH_LEASE_SECONDS: '0', AUTH_ACCESS_SECONDS: '60' })?.bound).toBe(65)
  })
})

describe('TURSO_DATABASE_URL', () => {
  test.each([
    'libsql://db-org.turso.io',
    'libsql://db.example.com:8080',
    'libsql://db.example.com?tls=1',
    'libsql://127.0.0.1:8080?tls=0',
    'https://db.example.com',
    'https://db.example.com/v1/ns',
    'http://localhost:8080',
    'http://127.0.0.1:8080',
    'http://[::1]:8080',
    'file:local.db',
    'file:./data/local.db',
    'file:///var/lib/auth.db',
    'file::memory:',
  ])('%s is taken', (TURSO_DATABASE_URL) => {
    expect(configOf({ TURSO_DATABASE_URL })?.database).toEqual({ url: TURSO_DATABASE_URL, authToken: undefined })
  })

  test.each([
    'http://db.example.com',
    'http://localhost.example.com',
    'http://localhost@db.example.com',
    'http://db.example.com#localhost',
    'http://localhost\\@db.example.com',
    'http://127.0.0.1.example.com',
    'http://0.0.0.0:8080',
    'libsql://db.example.com:8080?tls=0',
    'libsql://db.example.com:8080?tls=1&tls=0',
    'libsql://db.example.com:8080?tl%73=0',
    'libsql://db.example.com?authToken=x',
    'libsql://token@db.example.com',
    'libsql:db.example.com',
    'libsql://',
    'LIBSQL://db.example.com',
    'https://db.example.com?tls=0',
    'https://db.example.com?tls=2',
    'http://db.example.com?tls=1',
    'ws://db.example.com',
    'wss://db.example.com',
    'postgres://db.example.com/auth',
    'db.example.com',
    ':memory:',
    'file:',
    'file:local.db?mode=ro',
    'javascript:alert(1)',
  ])('"%s" is refused', (TURSO_DATABASE_URL) => {
    expect(refused({ TURSO_DATABASE_URL })).toEqual([expect.objectContaining({ setting: 'TURSO_DATABASE_URL' })])
  })

  test('a token without a URL is a warning', () => {
    expect(read({ TURSO_AUTH_TOKEN: 'eyJ.a.b' }).warnings).toEqual([expect.stringContaining('TURSO_AUTH_TOKEN')])
  })
})

describe('a name', () => {
  test.each([
    ['AUTH_ORGIN', 'AUTH_ORIGIN'],
    ['AUTH_ORIGINS', 'AUTH_ORIGIN'],
    ['AUTH_SECRETS', 'AUTH_SECRET'],
    ['AUTH_SERCET', 'AUTH_SECRET'],
    ['AUTH_ESCRTE', 'AUTH_SECRET'],
    ['AUTH_TRUSTED_ORIGIN', 'AUTH_TRUSTED_ORIGINS'],
    ['AUTH_TRUSTD_ORIGNS', 'AUTH_TRUSTED_ORIGINS'],
    ['AUTH_LEASE_SECOND', 'AUTH_LEASE_SECONDS'],
    ['AUTH_LEASESECONDS', 'AUTH_LEASE_SECONDS'],
    ['AUTH_KEY_DAY', 'AUTH_KEY_DAYS'],
    ['AUTH_Secret', 'AUTH_SECRET'],
    ['auth_secret', 'AUTH_SECRET'],
  ])('%s, within two letters of %s, is a problem', (name, meant) => {
    expect(refused({ [name]: 'x' })).toEqual([
      { setting: name, problem: expect.stringContaining(meant), fix: expect.stringContaining(meant) },
    ])
  })

  test.each([
    'AUTH_URL',
    'AUTH_DEBUG',
    'AUTH_GITHUB_ID',
    'AUTH_SECREABC',
    'AUTH_SABCET',
    'AUTH_',
    `AUTH_${'X'.repeat(2 ** 16)}`,
  ])('%.20s, further away, is a warning', (name) => {
    const { config, warnings } = read({ [name]: 'x' })

    expect(config).toBeDefined()
    expect(warnings).toEqual([expect.stringContaining(name)])
  })

  test('of another program is its own business', () => {
    expect(read({ PATH: '/bin', AUTHORIZATION: 'x', XAUTH_SECRET: 'x', TURSO_URL: 'x' }).warnings).toEqual([])
  })

  test('with up to two letters dropped, doubled or swapped is always a problem', () => {
    const edit = fc.tuple(fc.nat({ max: 12 }), fc.constantFrom('drop', 'double', 'swap'))
    const known = settings.map(({ name }) => name).filter((name) => name.startsWith('AUTH_'))

    fc.assert(
      fc.property(fc.constantFrom(...known), edit, (name, [index, kind]) => {
        const at = 5 + (index % (name.length - 6))
        const [a = '', b = ''] = [name[at], name[at + 1]]
        const middle = { drop: b, double: a + a + b, swap: b + a }[kind]
        const wrong = name.slice(0, at) + middle + name.slice(at + 2)

        expect(read({ [wrong]: '1' }).problems.length > 0 || known.includes(wrong)).toBe(true)
      }),
      { numRuns: 500 },
    )
  })
})
