import { expect, test } from 'vitest'
import { bearer, partsOf } from './forging.ts'
import { bodyOf, json, query, server, signedUp, signedUpByToken } from './harness.ts'

const cookieOf = (jar: ReadonlyMap<string, string>) => ({ cookie: `__Host-session=${jar.get('__Host-session')}` })

/** A native app's access token that manages the account. */
const accountToken = async (on: Awaited<ReturnType<typeof server>>, refresh_token: string): Promise<string> =>
  (await bodyOf(await on.request('/auth/token', json({ refresh_token, audience: 'account' })))).access_token

test('a cookie is exchanged for an access token in one trip, warm and in a cold isolate', async () => {
  const on = await server()
  const { jar } = await signedUp(on)
  await on.request('/auth/token', json({}, cookieOf(jar)))

  await on.request('/auth/token', json({}, cookieOf(jar)))
  const cold = await server({ beside: on })
  const answer = await cold.request('/auth/token', json({}, cookieOf(jar)))

  expect([on.trips.last, cold.trips.last]).toEqual([1, 1])
  expect(answer.status).toBe(200)
})

test('only the very first boot adds trips for its key: at most two', async () => {
  const on = await server()

  const { tokens } = await signedUpByToken(on)

  expect(on.trips.last).toBeLessThanOrEqual(3)
  expect(tokens.access_token).toBeTruthy()
})

test('S98 GHSA-p2fr-6hmx-4528: an access token begets no other, not even of the audience account: it would outlive itself', async () => {
  const on = await server()
  const { tokens } = await signedUpByToken(on)
  const account = await accountToken(on, tokens.refresh_token)

  for (const body of [{}, { audience: 'account' }]) {
    const answer = await on.request('/auth/token', json(body, bearer(account)))

    expect([answer.status, (await bodyOf(answer)).code]).toEqual([403, 'forbidden'])
  }
})

test('S44: a token that an app hands to other APIs cannot be exchanged for one that manages the account', async () => {
  const on = await server()
  const { tokens } = await signedUpByToken(on)

  for (const body of [{}, { audience: 'account' }]) {
    const answer = await on.request('/auth/token', json(body, bearer(tokens.access_token)))

    expect(answer.status).toBe(403)
    expect(await bodyOf(answer)).toMatchObject({ code: 'forbidden' })
  }
})

test.each([
  ['PATCH', '/auth/me', { name: 'Mallory' }],
  ['DELETE', '/auth/sessions', {}],
  ['DELETE', '/auth/sessions/<own>', {}],
  ['POST', '/auth/logout', {}],
  ['POST', '/auth/logout', { everywhere: true }],
  ['POST', '/auth/password/change', { currentPassword: 'x', newPassword: 'another good long password' }],
] as const)(
  'S44: %s %s with %j is 403 by the token of another API, and done by one of the audience account',
  async (method, path, body) => {
    const on = await server()
    const { tokens, session, person } = await signedUpByToken(on)
    const account = await accountToken(on, tokens.refresh_token)
    const target = path.replace('<own>', session.id)
    const given = 'currentPassword' in body ? { ...body, currentPassword: person.password } : body
    const send = (token: string) => on.request(target, { ...json(given, bearer(token)), method })

    const refused = await send(tokens.access_token)
    const [row] = await query(on, 'select ended_at, name from sessions, users where sessions.user_id = users.id')
    const granted = await send(account)

    expect(refused.status).toBe(403)
    expect(row).toEqual([null, null])
    expect([200, 204]).toContain(granted.status)
  },
)

test('either audience may read: who am I, and my sessions', async () => {
  const on = await server()
  const { tokens, user } = await signedUpByToken(on)
  const account = await accountToken(on, tokens.refresh_token)

  for (const token of [tokens.access_token, account]) {
    expect(await bodyOf(await on.request('/auth/me', { headers: bearer(token) }))).toMatchObject({ id: user.id })
    expect(on.trips.last).toBe(1)
    expect((await on.request('/auth/sessions', { headers: bearer(token) })).status).toBe(200)
    expect(on.trips.last).toBe(1)
  }
})

test('anonymous, a forged cookie and a dead session get no token', async () => {
  const on = await server()
  const { jar, api } = await signedUp(on)
  const cookie = cookieOf(jar).cookie
  await api.auth.logout.$post({ json: {} })

  for (const headers of [undefined, { cookie: `${cookie.slice(0, -2)}AA` }, { cookie }]) {
    const answer = await on.request('/auth/token', json({}, headers))

    expect(answer.status).toBe(401)
    expect(await bodyOf(answer)).toMatchObject({ code: 'unauthenticated' })
  }
})

test('with an Authorization header the cookie is ignored, and with a refresh token both are', async () => {
  const on = await server()
  const { jar } = await signedUp(on)
  const native = await signedUpByToken(on)

  const mixed = await on.request('/auth/token', json({}, { ...cookieOf(jar), authorization: 'Bearer x' }))
  const { refresh_token } = native.tokens
  const answer = await on.request(
    '/auth/token',
    json({ refresh_token }, { ...cookieOf(jar), authorization: 'Bearer x' }),
  )

  expect(mixed.status).toBe(401)
  expect(partsOf((await bodyOf(answer)).access_token).claims.sub).toBe(native.user.id)
})

test('an exchange tells no refresh token: a page that can read it could outlive its cookie', async () => {
  const on = await server()
  const { api } = await signedUp(on)

  const tokens = await bodyOf(await api.auth.token.$post({ json: { audience: 'account' } }))

  expect(Object.keys(tokens)).toEqual(['access_token', 'token_type', 'expires_in'])
})

test('GHSA-99h5-pjcv-gr6v: no field of the body names the user or the session', async () => {
  const on = await server()
  const { api } = await signedUp(on)
  const { user, session } = await signedUp(on)

  for (const field of ['userId', 'sub', 'sid', 'sessionId', 'user', 'email', 'roles', 'client_id', 'grant_type']) {
    const answer = await api.auth.token.$post({ json: { [field]: field === 'sid' ? session.id : user.id } })

    expect(answer.status, field).toBe(422)
  }
})
