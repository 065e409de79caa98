import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from 'jose'
import { expect, test } from 'vitest'
import { isId } from '../src/base/ids.ts'
import { bearer, decoded, issuer, partsOf } from './forging.ts'
import { bodyOf, browser, json, origin, query, type Server, server, signedUp, signedUpByToken } from './harness.ts'
import { rightCode, secondFactor } from './second-factor.ts'

/** How a resource server that takes RFC 9068 at its word verifies a token: by the published keys and nothing else. */
const verified = async (on: Server, token: string, audience: string) => {
  const keys: JSONWebKeySet = await bodyOf(await on.request('/auth/.well-known/jwks.json'))
  return jwtVerify(token, createLocalJWKSet(keys), {
    issuer,
    audience,
    typ: 'at+jwt',
    algorithms: ['ES256'],
    clockTolerance: 0,
    currentDate: new Date(on.clock.now * 1000),
    requiredClaims: ['sub', 'sid', 'jti', 'iat', 'exp', 'auth_time', 'amr', 'roles'],
  })
}

test('S39 S43 S44: an access token carries exactly the promised claims and verifies against the published keys', async () => {
  const on = await server()
  const { api, user, session } = await signedUp(on)
  const signedInAt = on.clock.now
  on.clock.pass(120)

  const answer = await api.auth.token.$post({ json: {} })

  const tokens = await bodyOf(answer)
  expect(tokens).toEqual({ access_token: expect.any(String), token_type: 'Bearer', expires_in: 300 })
  const { payload, protectedHeader } = await verified(on, tokens.access_token, origin)
  expect(protectedHeader).toEqual({ alg: 'ES256', typ: 'at+jwt', kid: expect.stringMatching(/^key_[\w-]{22}$/) })
  expect(payload).toEqual({
    iss: issuer,
    aud: origin,
    sub: user.id,
    sid: session.id,
    jti: expect.stringMatching(/^[\w-]{22}$/),
    iat: on.clock.now,
    exp: on.clock.now + 300,
    auth_time: signedInAt,
    amr: ['password'],
    acr: 'aal1',
    roles: [],
  })
  expect(isId('usr', user.id) && isId('ses', session.id)).toBe(true)
})

test('an access token holds no personal data', async () => {
  const on = await server()
  const { api, person } = await signedUp(on, { name: 'Augusta King', username: 'countess' })

  const { access_token } = await bodyOf(await api.auth.token.$post({ json: { audience: 'account' } }))

  const text = access_token.split('.').map(decoded).join()
  for (const personal of [person.email, 'ada', 'Augusta', 'countess', '198.18', '198.19', 'FR']) {
    expect(text).not.toContain(personal)
  }
})

test('no two access tokens have one jti', async () => {
  const on = await server()
  const { api } = await signedUp(on)

  const answers = await Promise.all(Array.from({ length: 20 }, () => api.auth.token.$post({ json: {} })))

  const tokens = await Promise.all(answers.map(bodyOf))
  const ids = tokens.map(({ access_token }) => partsOf(access_token).claims.jti)
  expect(new Set(ids).size).toBe(20)
})

test('with transport "token" a sign-in answers an access token for the default audience, and sets no cookie', async () => {
  const on = await server({ settings: { AUTH_AUDIENCE: 'https://api.example.com, https://b.example.com' } })
  const { tokens } = await signedUpByToken(on)

  const { payload } = await verified(on, tokens.access_token, 'https://api.example.com')

  expect(payload.aud).toBe('https://api.example.com')
  expect(tokens).toMatchObject({ token_type: 'Bearer', expires_in: 300 })
  expect(tokens.refresh_token).toMatch(/^pst_rt_[\w-]{43}$/)
})

test.each([
  ['60', 60],
  ['900', 900],
])('an access token lives AUTH_ACCESS_SECONDS=%s', async (value, seconds) => {
  const on = await server({ settings: { AUTH_ACCESS_SECONDS: value } })
  const { api } = await signedUp(on)

  const tokens = await bodyOf(await api.auth.token.$post({ json: {} }))

  expect(tokens.expires_in).toBe(seconds)
  expect(partsOf(tokens.access_token).claims).toMatchObject({ iat: on.clock.now, exp: on.clock.now + seconds })
})

test.each([
  ['idle', { AUTH_SESSION_IDLE_SECONDS: '300' }, 0, 300],
  ['absolute', { AUTH_SESSION_IDLE_SECONDS: '300', AUTH_SESSION_MAX_SECONDS: '400' }, 250, 150],
])('S98: an access token never lives past the %s limit of its session', async (_, settings, later, left) => {
  const on = await server({ settings: { AUTH_ACCESS_SECONDS: '900', ...settings } })
  const { api } = await signedUp(on)
  on.clock.pass(later)

  const tokens = await bodyOf(await api.auth.token.$post({ json: {} }))

  expect(tokens.expires_in).toBe(left)
  expect(partsOf(tokens.access_token).claims.exp).toBe(on.clock.now + left)
})

test('an access token is counted from before the database was asked, however long that took', async () => {
  const on = await server()
  const { jar } = await signedUp(on)
  const asked = on.clock.now
  const slow = await server({
    beside: on,
    database: (real) => ({
      run: (queries, limit) => {
        on.clock.pass(2)
        return real.run(queries, limit)
      },
    }),
  })

  const answer = await slow.request(
    '/auth/token',
    json({}, { cookie: [...jar].map((pair) => pair.join('=')).join('; ') }),
  )

  expect(partsOf((await bodyOf(answer)).access_token).claims).toMatchObject({ iat: asked, exp: asked + 300 })
  expect(on.clock.now).toBeGreaterThan(asked)
})

test.each([
  ['absent', undefined, 'https://api.example.com'],
  ['the first of AUTH_AUDIENCE', 'https://api.example.com', 'https://api.example.com'],
  ['another of AUTH_AUDIENCE', 'urn:b', 'urn:b'],
  ['account', 'account', issuer],
])('S44: an audience that is %s is granted', async (_, audience, expected) => {
  const on = await server({ settings: { AUTH_AUDIENCE: 'https://api.example.com,urn:b' } })
  const { api } = await signedUp(on)

  const answer = await api.auth.token.$post({ json: { audience } })

  expect(answer.status).toBe(200)
  expect(partsOf((await bodyOf(answer)).access_token).claims.aud).toBe(expected)
})

test('S44: an audience that is not one of AUTH_AUDIENCE is refused with a field, without a trip', async () => {
  const on = await server({ settings: { AUTH_AUDIENCE: 'https://api.example.com,urn:b' } })
  const { tokens } = await signedUpByToken(on)
  const { jar } = await signedUp(on)
  const cookie = `__Host-session=${jar.get('__Host-session')}`
  const before = on.trips.total

  for (const audience of [origin, issuer, 'https://API.example.com', 'https://api.example.com/', ...strangeAudiences]) {
    for (const body of [{ audience }, { audience, refresh_token: tokens.refresh_token }]) {
      const answer = await on.request('/auth/token', json(body, { cookie }))

      expect(answer.status, audience).toBe(422)
      expect(await bodyOf(answer)).toMatchObject({ code: 'invalid_request', fields: { audience: expect.any(String) } })
    }
  }
  expect(on.trips.total).toBe(before)
})

const strangeAudiences = [' urn:b', 'urn:b,', 'urn:b,account', 'Account', '', '*', 'null', 'urn:b\u0000']

test('amr tells every method passed, and auth_time the moment of the sign-in', async () => {
  const gate = secondFactor()
  const on = await server({ plug: gate.plug })
  const { person } = await signedUp(on)
  gate.isOn = true
  on.clock.pass(3600)
  const tab = browser(on)
  const asked = await bodyOf(await tab.api.auth.login.$post({ json: person }))
  await tab.api.auth.challenge.$post({ json: { id: asked.challenge.id, method: 'totp', code: rightCode } })
  const signedInAt = on.clock.now
  on.clock.pass(60)

  const { access_token } = await bodyOf(await tab.api.auth.token.$post({ json: {} }))

  expect(partsOf(access_token).claims).toMatchObject({
    amr: ['password', 'totp', 'mfa'],
    acr: 'aal2',
    auth_time: signedInAt,
  })
})

test('S38: roles that changed stand in the very next token, by cookie and by refresh token', async () => {
  const on = await server()
  const { api, user } = await signedUp(on)
  const native = await signedUpByToken(on)
  await query(on, 'update users set roles = ? where id in (?, ?)', '["admin","ß"]', user.id, native.user.id)

  const answers = [
    await api.auth.token.$post({ json: {} }),
    await on.request('/auth/token', json({ refresh_token: native.tokens.refresh_token })),
  ]

  for (const answer of answers) {
    const { access_token } = await bodyOf(answer)
    expect(partsOf(access_token).claims.roles).toEqual(['admin', 'ß'])
    expect((await on.request('/auth/me', { headers: bearer(access_token) })).status).toBe(200)
  }
})

test('S41: a forged access token costs an isolate that knows the keys no trip', async () => {
  const on = await server()
  const { tokens } = await signedUpByToken(on)
  const [header, payload, signature = ''] = tokens.access_token.split('.')
  const forged = [header, payload, signature.replace(/^./, (first) => (first === 'A' ? 'B' : 'A'))].join('.')

  const answer = await on.request('/auth/me', { headers: { authorization: `Bearer ${forged}` } })

  expect([answer.status, on.trips.last]).toEqual([401, 0])
})
