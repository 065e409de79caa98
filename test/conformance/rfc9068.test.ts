import fc from 'fast-check'
import { expect, test } from 'vitest'
import { newId } from '../../src/base/ids.ts'
import { bearer, forger, issuer, statusFor } from '../forging.ts'
import { bodyOf, json, origin, query, server, signedUp, signedUpByToken } from '../harness.ts'

/** JWT access tokens. @see https://www.rfc-editor.org/rfc/rfc9068 */
const setUp = async () => {
  const on = await server({ settings: { AUTH_AUDIENCE: 'https://api.example.com,urn:b' } })
  const person = await signedUpByToken(on)
  return { on, person, forge: await forger(on, person) }
}

const wrongTypes = [null, true, 0, 1.5, [], {}, '', undefined]

test.each(['iss', 'aud', 'sub', 'sid', 'jti', 'iat', 'exp', 'auth_time', 'amr', 'roles'])(
  'S42 CVE-2025-62610: the claim %s is required and of one type',
  async (claim) => {
    const { on, forge } = await setUp()
    const right = forge.good().claims[claim as 'iss']
    const wrong = wrongTypes.filter((value) => typeof value !== typeof right || value === null || value === '')

    for (const value of [...wrong, [right], { value: right }, String(right) === right ? 7 : String(right)]) {
      if (claim === 'jti' && value === '') continue
      if ((claim === 'amr' || claim === 'roles') && JSON.stringify(value) === '[]') continue
      expect(await statusFor(on, await forge.token({ claims: { [claim]: value } })), JSON.stringify(value)).toBe(401)
    }
    expect(await statusFor(on, await forge.token())).toBe(200)
  },
)

test('S44: an issuer or audience that is nearly ours is another', async () => {
  const { on, forge } = await setUp()
  const issuers = [
    origin,
    `${issuer}/`,
    issuer.toUpperCase(),
    `${issuer} `,
    'https://evil.example/auth',
    'http://app.example.com/auth',
  ]
  const audiences = [
    ...[
      origin,
      'account',
      `${issuer}/`,
      'https://api.example.com/',
      'HTTPS://API.EXAMPLE.COM',
      'urn:b,https://api.example.com',
    ],
    ...['', '*', ' urn:b', [issuer], [issuer, 'https://evil.example'], ['urn:b'], [], null],
  ]

  for (const iss of issuers) expect(await statusFor(on, await forge.token({ claims: { iss } })), iss).toBe(401)
  for (const aud of audiences) {
    expect(await statusFor(on, await forge.token({ claims: { aud } })), JSON.stringify(aud)).toBe(401)
  }
  for (const aud of [issuer, 'https://api.example.com', 'urn:b']) {
    expect(await statusFor(on, await forge.token({ claims: { aud } })), aud).toBe(200)
  }
})

test('CVE-2025-62610: a service refuses the token of another that shares its database and secret', async () => {
  const { on, person } = await setUp()
  const other = await server({ beside: on, settings: { AUTH_AUDIENCE: 'https://other.example.com' } })
  const elsewhere = await server({ beside: on, settings: { AUTH_ORIGIN: 'https://elsewhere.example.com' } })
  const { access_token } = person.tokens

  expect(await statusFor(on, access_token)).toBe(200)
  expect([await statusFor(other, access_token), await statusFor(elsewhere, access_token)]).toEqual([401, 401])
})

test('S43: sub and sid are ids of our form, and belong together', async () => {
  const { on, forge, person } = await setUp()
  const stranger = await signedUp(on)
  const { user, session } = person
  const changes = [
    ...[{ sub: newId('usr') }, { sub: stranger.user.id }, { sid: stranger.session.id }, { sid: newId('ses') }],
    ...[{ sub: session.id }, { sid: user.id }, { sub: 'usr_' }, { sub: `${user.id}A` }, { sub: ` ${user.id}` }],
    ...[
      { sid: "ses_' or '1'='1" },
      { sub: user.id.toUpperCase() },
      { sub: '../usr' },
      { sid: 'ses_%%%%%%%%%%%%%%%%%%%%%%' },
    ],
  ]

  for (const claims of changes)
    expect(await statusFor(on, await forge.token({ claims })), JSON.stringify(claims)).toBe(401)
})

test('S42 GHSA-pjr6-jx7r-j4r6: no exp and no iat means anything but two whole seconds of our own time', async () => {
  const { on, forge } = await setUp()
  const { now } = on.clock
  const life = (iat: unknown, exp: unknown) => ({ iat, exp })
  const refused = [
    ...[
      life(now, 1e308),
      life(now, 1e12),
      life(now, 9e15),
      life(now, -1),
      life(-1, now + 300),
      life(now, 0),
      life(0, 0),
    ],
    ...[life(now, now + 0.5), life(now + 0.5, now + 300), life(now, String(now + 300)), life(now, null)],
    ...[life(now, undefined), life(undefined, now + 300), life(now, now - 5), life(now - 900, now - 5)],
    ...[life(now + 6, now + 300), life(now, (now + 300) * 1000), life(now, [now + 300]), life(now, true)],
    ...[life(now, now + 901), life(now - 600, now + 301), life(0, now + 300), life(now, now + 86_400)],
  ]
  const granted = [life(now, now + 900), life(now, now + 1), life(now + 5, now + 300), life(now - 300, now - 4)]

  for (const claims of refused)
    expect(await statusFor(on, await forge.token({ claims })), JSON.stringify(claims)).toBe(401)
  for (const claims of granted)
    expect(await statusFor(on, await forge.token({ claims })), JSON.stringify(claims)).toBe(200)
})

test('S42: numbers that JSON can write and a clock cannot are refused as they stand', async () => {
  const { on, forge } = await setUp()
  const text = JSON.stringify(forge.good().claims)

  for (const exp of [
    '1e999',
    '1e308',
    '-0',
    '1E10',
    '0x7fffffff',
    'Infinity',
    'NaN',
    '99999999999999999999',
    '01900000000',
  ]) {
    const payload = text.replace(/"exp":\d+/, `"exp":${exp}`)
    expect(await statusFor(on, await forge.raw({ payload })), exp).toBe(401)
  }
})

test('an access token is good to the last second of its life and 5 s of skew beyond, not a second more', async () => {
  const { on, person } = await setUp()
  const statusAt = async (second: number) => {
    on.clock.pass(second - (on.clock.now - start))
    return statusFor(on, person.tokens.access_token)
  }
  const start = on.clock.now

  const statuses = [await statusAt(299), await statusAt(300), await statusAt(304), await statusAt(305)]

  expect(statuses).toEqual([200, 200, 200, 401])
})

test('a token from a clock 5 s ahead is good, from one further ahead not yet', async () => {
  const { on, forge } = await setUp()
  const { now } = on.clock
  const [five, six] = [
    await forge.token({ claims: { iat: now + 5, exp: now + 305 } }),
    await forge.token({ claims: { iat: now + 6, exp: now + 306 } }),
  ]

  const early = [await statusFor(on, five), await statusFor(on, six)]
  on.clock.pass(1)

  expect(early).toEqual([200, 401])
  expect(await statusFor(on, six)).toBe(200)
})

test('a claim that we do not write is refused; client_id alone may come along', async () => {
  const { on, forge } = await setUp()

  for (const claims of [{ nbf: 0 }, { scope: 'openid' }, { email: 'ada@example.com' }, { cnf: {} }, { admin: true }]) {
    expect(await statusFor(on, await forge.token({ claims }))).toBe(401)
  }
  expect(await statusFor(on, await forge.token({ claims: { client_id: 'app' } }))).toBe(200)
})

test('GHSA-99h5-pjcv-gr6v: what a token says of roles is not what the service answers: the row is', async () => {
  const { on, forge, person } = await setUp()
  const token = await forge.token({ claims: { roles: ['admin'], amr: ['passkey'] } })

  const me = await bodyOf(await on.request('/auth/me', { headers: bearer(token) }))
  const session = await bodyOf(await on.request('/auth/session', { headers: bearer(token) }))

  expect(me).toMatchObject({ id: person.user.id, roles: [] })
  expect(session).toMatchObject({ user: { roles: [] }, session: { methods: ['password'] } })
})

test('S39: whatever one byte of a token becomes, the token is refused', async () => {
  const { on, person } = await setUp()
  const { access_token: good } = person.tokens
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.'
  const flip = fc.record({ at: fc.nat(good.length - 1), to: fc.constantFrom(...alphabet) })

  await fc.assert(
    fc.asyncProperty(flip, async ({ at, to }) => {
      fc.pre(good[at] !== to)
      expect(await statusFor(on, good.slice(0, at) + to + good.slice(at + 1))).toBe(401)
    }),
    { numRuns: 200 },
  )
})

test('a forgery on a cold isolate acts on nothing: the signature is checked before anything is written', async () => {
  const { on, forge, person } = await setUp()
  const good = await forge.token()
  const forged = `${good.slice(0, good.lastIndexOf('.') + 1)}${'A'.repeat(86)}`
  const attempts = [
    ['DELETE', '/auth/sessions', {}],
    ['DELETE', `/auth/sessions/${person.session.id}`, {}],
    ['POST', '/auth/logout', { everywhere: true }],
    ['PATCH', '/auth/me', { name: 'Mallory' }],
    ['POST', '/auth/token/revoke', { token: forged }],
  ] as const

  for (const [method, path, body] of attempts) {
    const cold = await server({ beside: on })
    await cold.request(path, { ...json(body, bearer(forged)), method })
  }

  expect(await query(on, 'select count(*) from sessions where ended_at is not null')).toEqual([[0]])
  expect(await query(on, 'select count(*) from users where name is not null')).toEqual([[0]])
})

test('a cold isolate checks a bearer in the one trip that it takes warm, and tells a forgery there', async () => {
  const { on, forge } = await setUp()
  const good = await forge.token()
  const forged = `${good.slice(0, good.lastIndexOf('.') + 1)}${'A'.repeat(86)}`

  for (const [token, status] of [
    [good, 200],
    [forged, 401],
  ] as const) {
    for (const path of ['/auth/me', '/auth/sessions']) {
      const cold = await server({ beside: on, settings: { AUTH_AUDIENCE: 'https://api.example.com,urn:b' } })

      expect((await cold.request(path, { headers: bearer(token) })).status).toBe(status)
      expect(cold.trips.last).toBe(1)
    }
  }
})
