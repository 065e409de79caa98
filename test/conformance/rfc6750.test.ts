import fc from 'fast-check'
import { expect, test } from 'vitest'
import { bodyOf, json, server, signedUp, signedUpByToken } from '../harness.ts'

/** The use of bearer tokens. @see https://www.rfc-editor.org/rfc/rfc6750 */

test.each(['Bearer', 'bearer', 'BEARER'])('the scheme is read as %s (RFC 9110 section 11.1)', async (scheme) => {
  const on = await server()
  const { tokens, user } = await signedUpByToken(on)

  const answer = await on.request('/auth/me', { headers: { authorization: `${scheme} ${tokens.access_token}` } })

  expect(await bodyOf(answer)).toMatchObject({ id: user.id })
})

test('CVE-2026-47673: no other scheme, no list and no other spelling of the header is a bearer', async () => {
  const on = await server()
  const { tokens } = await signedUpByToken(on)
  const { access_token: token } = tokens
  const spellings = [
    ...['', token, 'Bearer', 'Bearer ', `Bearer  ${token}`, `Bearer\t${token}`, `Bearer${token}`, `Bearer:${token}`],
    ...[`Bearer ${token},`, `Bearer ${token}, Bearer ${token}`, `Bearer ${token} ${token}`, `Bearer ${token}; a=b`],
    ...[`Bearer "${token}"`, `Bearer ${token}=`, `Bearer ${token}%20`, `Bearer token=${token}`, `,Bearer ${token}`],
    ...['Basic', 'Token', 'JWT', 'DPoP', 'Digest', 'MAC', 'Negotiate', 'ApiKey', 'Bearer1', 'XBearer'].map(
      (scheme) => `${scheme} ${token}`,
    ),
    `Basic ${btoa(`:${token}`)}`,
    `Bearer Bearer ${token}`,
  ]

  for (const authorization of spellings) {
    const answer = await on.request('/auth/me', { headers: { authorization } })

    expect(answer.status, authorization.replace(token, '<token>')).toBe(401)
  }
})

test('CVE-2026-47673: two Authorization headers are no credential, though either alone is one', async () => {
  const on = await server()
  const { tokens } = await signedUpByToken(on)
  const headers = new Headers({ authorization: `Bearer ${tokens.access_token}` })
  headers.append('authorization', `Bearer ${tokens.access_token}`)

  const answer = await on.request('/auth/me', { headers })

  expect(answer.status).toBe(401)
})

test('S65: a token in the query, the body or a cookie of another name is no credential', async () => {
  const on = await server()
  const { tokens } = await signedUpByToken(on)
  const { access_token } = tokens
  const form = { 'content-type': 'application/x-www-form-urlencoded' }

  const answers = [
    await on.request(`/auth/me?access_token=${access_token}`),
    await on.request(`/auth/sessions?token=${access_token}&bearer_token=${access_token}`),
    await on.request('/auth/me', { headers: { cookie: `access_token=${access_token}; token=${access_token}` } }),
    await on.request('/auth/me', { headers: { 'x-access-token': access_token, token: access_token } }),
    await on.request('/auth/me', { headers: { 'proxy-authorization': `Bearer ${access_token}` } }),
    await on.request('/auth/token', { method: 'POST', headers: form, body: `access_token=${access_token}` }),
    await on.request('/auth/token', json({ access_token })),
  ]

  expect(answers.map(({ status }) => status)).toEqual([401, 401, 401, 401, 401, 415, 422])
})

test('a refused bearer is told so in WWW-Authenticate; who showed none is not', async () => {
  const on = await server()

  const refused = await on.request('/auth/me', { headers: { authorization: 'Bearer x' } })
  const anonymous = await on.request('/auth/me')

  expect(refused.headers.get('www-authenticate')).toBe('Bearer error="invalid_token"')
  expect(anonymous.headers.get('www-authenticate')).toBeNull()
  expect(await bodyOf(refused)).toMatchObject({ status: 401, code: 'unauthenticated' })
})

test('GET /session never answers 401, whatever the bearer', async () => {
  const on = await server()
  const { jar } = await signedUp(on)
  const cookie = `__Host-session=${jar.get('__Host-session')}`

  for (const authorization of ['Bearer x', 'Basic eDp5', 'Bearer a.b.c', '']) {
    const answer = await on.request('/auth/session', { headers: { authorization, cookie } })

    expect(await bodyOf(answer)).toEqual({ user: null, session: null })
    expect(on.trips.last).toBe(0)
  }
})

/** What a header may carry; workerd warns of every one outside ASCII. */
const highest = navigator.userAgent === 'Cloudflare-Workers' ? 0x7e : 0xff
const headerText = fc
  .array(
    fc.integer({ min: 0x20, max: highest }).filter((code) => code !== 0x7f),
    { maxLength: 200 },
  )
  .map((codes) => String.fromCharCode(...codes))

/** What breaks careless parsers: half a percent escape, half a surrogate, half of Base64, half of JSON. */
const poison = fc.constantFrom('%', '%E0%A4%A', '%ff', '%u0041', '==', 'e30', 'e30.e30.e30', '.', '..', '{"a":')

test('CVE-2026-73418: no Authorization header whatever is answered 5xx', async () => {
  const on = await server()
  const scheme = fc.constantFrom('', 'Bearer ', 'bearer ', 'Basic ', 'Digest ', 'Bearer')
  const text = fc.array(fc.oneof(headerText, poison), { maxLength: 4 }).map((parts) => parts.join(''))

  await fc.assert(
    fc.asyncProperty(scheme, text, async (prefix, rest) => {
      const answer = await on.request('/auth/me', { headers: { authorization: prefix + rest } })

      expect(answer.status).toBe(401)
    }),
    { numRuns: 300 },
  )
  expect(on.logs.filter(({ event }) => event === 'bug')).toEqual([])
  expect(on.trips.total).toBe(0)
})

test('CVE-2026-73418: nor any text given as a token in a body', async () => {
  const on = await server()
  const text = fc.oneof(fc.string({ unit: 'binary', maxLength: 300 }), fc.string({ unit: 'grapheme' }), poison)
  const prefix = fc.constantFrom('', 'pst_rt_', 'eyJ')

  await fc.assert(
    fc.asyncProperty(prefix, text, async (start, rest) => {
      const token = start + rest
      const refresh = await on.request('/auth/token', json({ refresh_token: token }))
      const revoke = await on.request('/auth/token/revoke', json({ token }))

      expect([refresh.status, revoke.status]).toEqual([401, 200])
    }),
    { numRuns: 150 },
  )
  expect(on.logs.filter(({ event }) => event === 'bug')).toEqual([])
})

test('CVE-2025-61920: a header of a hundred kilobytes is refused before anything is parsed or asked', async () => {
  const on = await server()

  const answer = await on.request('/auth/me', { headers: { authorization: `Bearer ${'a'.repeat(100_000)}.a.a` } })

  expect(answer.status).toBe(401)
  expect(on.trips.total).toBe(0)
})
