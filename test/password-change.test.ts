import { expect, test } from 'vitest'
import { accountHolder, refreshed } from './credentials.ts'
import { countedHashes, quick } from './faulty-ports.ts'
import { bodyOf, browser, json, query, type Server, server, signedIn, signedUp, signedUpByToken } from './harness.ts'
import { rightCode, secondFactor } from './second-factor.ts'

const newPassword = 'a new one, much better'
const login = (on: Server, email: string, password: string) => on.request('/auth/login', json({ email, password }))
const change = (on: Server, body: object, headers: Record<string, string> = {}) =>
  on.request('/auth/password/change', json(body, headers))

test('a change answers a new session and its cookie, in two trips; the new password is the way in, the old is not', async () => {
  const on = await server({ argon2id: quick })
  const { api, person, user, session, jar } = await signedUp(on)
  const old = jar.get('__Host-session') ?? ''
  on.clock.pass(60)

  const answer = await api.auth.password.change.$post({ json: { currentPassword: person.password, newPassword } })
  const trips = on.trips.last
  await on.settled()

  const body = await bodyOf(answer)
  expect([answer.status, trips]).toEqual([200, 2])
  expect(body).toMatchObject({ status: 'signed_in', user, session: { methods: ['password'], current: true } })
  expect(body.session.id).not.toBe(session.id)
  expect(body.session.authenticatedAt).toBe('2027-01-15T08:01:00Z')
  expect(jar.get('__Host-session')).not.toBe(old)
  expect((await bodyOf(await api.auth.sessions.$get())).sessions).toEqual([expect.objectContaining(body.session)])
  expect((await on.request('/auth/me', { headers: { cookie: `__Host-session=${old}` } })).status).toBe(401)
  expect((await login(on, person.email, person.password)).status).toBe(401)
  expect((await login(on, person.email, newPassword)).status).toBe(200)
})

test('S33: a change ends every other session at once, and every token that hangs on it', async () => {
  const on = await server({ argon2id: quick })
  const native = await signedUpByToken(on)
  const tabs = [await signedIn(on, native.person), await signedIn(on, native.person), await signedIn(on, native.person)]
  const [mine = tabs[0]] = tabs
  const stranger = await signedUp(on)

  await mine?.api.auth.password.change.$post({ json: { currentPassword: native.person.password, newPassword } })
  await on.settled()

  for (const other of tabs.slice(1)) {
    expect((await other.api.auth.sessions.$get()).status).toBe(401)
    expect((await other.api.auth.me.$get()).status).toBe(401)
  }
  const refresh = await on.request('/auth/token', json({ refresh_token: native.tokens.refresh_token }))
  expect(await bodyOf(refresh)).toMatchObject({ status: 401, code: 'invalid_token' })
  expect((await on.request('/auth/sessions', { headers: native.bearer })).status).toBe(401)
  expect((await mine?.api.auth.sessions.$get())?.status).toBe(200)
  expect((await stranger.api.auth.sessions.$get()).status).toBe(200)
  const ended = await query(on, "select count(*) from sessions where ended_reason = 'password_changed'")
  expect(ended).toEqual([[3]])
})

test('S33: a sign-in that waits for its second factor ends with the password that began it', async () => {
  const gate = secondFactor()
  const on = await server({ argon2id: quick, plug: gate.plug })
  const { api, person } = await signedUp(on)
  gate.isOn = true
  const { challenge } = await bodyOf(await login(on, person.email, person.password))
  gate.isOn = false

  await api.auth.password.change.$post({ json: { currentPassword: person.password, newPassword } })
  gate.isOn = true

  const answer = await on.request('/auth/challenge', json({ id: challenge.id, method: 'totp', code: rightCode }))
  expect(await bodyOf(answer)).toMatchObject({ status: 410, code: 'code_used_or_expired' })
  expect(await query(on, 'select * from challenges')).toEqual([])
})

test.each(['cookie', 'token'] as const)(
  'S33: no gate stands between a change by %s and its end, though it asks everybody: every other session is over',
  async (transport) => {
    const gate = secondFactor()
    const on = await server({ argon2id: quick, plug: gate.plug })
    const { person, account } = await accountHolder(on)
    const tabs = [await signedIn(on, person), await signedIn(on, person)]
    const cookie = `__Host-session=${tabs[0]?.jar.get('__Host-session')}`
    gate.isOn = true

    const body = { currentPassword: person.password, newPassword }
    const answer = await change(on, body, transport === 'cookie' ? { cookie } : account)

    const changed = await bodyOf(answer)
    expect([answer.status, changed.status, changed.challenge]).toEqual([200, 'signed_in', undefined])
    expect(await query(on, 'select id from sessions where ended_at is null')).toEqual([[changed.session.id]])
    expect(await query(on, 'select * from challenges')).toEqual([])
    expect(await bodyOf(await login(on, person.email, newPassword))).toMatchObject({ status: 'challenge' })
    expect((await login(on, person.email, person.password)).status).toBe(401)
  },
)

test('a sign-in of somebody else that waits for a second factor outlives the change', async () => {
  const gate = secondFactor()
  const on = await server({ argon2id: quick, plug: gate.plug })
  const { api, person } = await signedUp(on)
  const other = await signedUp(on)
  gate.isOn = true
  const { challenge } = await bodyOf(await login(on, other.person.email, other.person.password))
  gate.isOn = false

  await api.auth.password.change.$post({ json: { currentPassword: person.password, newPassword } })

  const answer = await on.request('/auth/challenge', json({ id: challenge.id, method: 'totp', code: rightCode }))
  expect(answer.status).toBe(200)
})

test.each([true, false])('a change keeps how the session was asked for: remembered %s', async (remember) => {
  const on = await server({ argon2id: quick })
  const { api, person, setCookies } = await signedUp(on, { remember })

  await api.auth.password.change.$post({ json: { currentPassword: person.password, newPassword } })

  const line = setCookies.find((cookie) => cookie.startsWith('__Host-session=')) ?? ''
  expect(line.includes('Max-Age=2592000')).toBe(remember)
})

test('a change tells of a password alone, whatever the session showed once, where the account has nothing more', async () => {
  const on = await server({ argon2id: quick })
  const { api, person } = await signedUp(on)
  await query(on, 'update sessions set methods = ?', '["passkey","totp"]')

  const answer = await api.auth.password.change.$post({ json: { currentPassword: person.password, newPassword } })

  expect((await bodyOf(answer)).session.methods).toEqual(['password'])
})

test('the time of the last change stands beside the hash', async () => {
  const on = await server({ argon2id: quick })
  const { api, person } = await signedUp(on)
  on.clock.pass(60)

  await api.auth.password.change.$post({ json: { currentPassword: person.password, newPassword } })

  expect(await query(on, 'select changed_at from passwords')).toEqual([[on.clock.now]])
})

test('S6: a change needs the current password: a wrong one is 403 and changes nothing', async () => {
  const on = await server({ argon2id: quick })
  const { api, person, user } = await signedUp(on)
  const other = await signedIn(on, person)
  const stored = await query(on, 'select * from passwords')

  for (const currentPassword of ['not this one at all', '', `${person.password} `, newPassword]) {
    const answer = await api.auth.password.change.$post({ json: { currentPassword, newPassword } })

    expect(await bodyOf(answer)).toMatchObject({ status: 403, code: 'wrong_credentials' })
    expect(answer.headers.get('set-cookie')).toBeNull()
  }
  const refused = { event: 'sign_in.refused', reason: 'password_change', userId: user.id }
  expect(on.logs).toContainEqual(expect.objectContaining(refused))
  expect(await query(on, 'select * from passwords')).toEqual(stored)
  expect((await other.api.auth.sessions.$get()).status).toBe(200)
})

test.each([
  ['the current password is missing', { newPassword }, 'currentPassword'],
  ['the new password is missing', { currentPassword: 'correct horse battery staple' }, 'newPassword'],
  ['the new password is a number', { currentPassword: 'x', newPassword: 123_456_789_012 }, 'newPassword'],
  ['a user is named', { currentPassword: 'x', newPassword, userId: 'usr_AAAAAAAAAAAAAAAAAAAAAA' }, 'userId'],
])('S6: a change is refused before it is tried when %s', async (_, body, field) => {
  const counter = countedHashes()
  const on = await server({ argon2id: counter.quickly })
  const tab = await signedUp(on)
  counter.hashes = 0

  const answer = await tab.fetch('/auth/password/change', json(body))

  expect(await bodyOf(answer)).toMatchObject({ status: 422, fields: { [field]: expect.any(String) } })
  expect(counter.hashes).toBe(0)
})

test('S6: a change needs a session that lives: nobody, an ended one and a forged one are 401, unhashed', async () => {
  const counter = countedHashes()
  const on = await server({ argon2id: counter.quickly })
  const { person, jar } = await signedUp(on)
  const cookie = jar.get('__Host-session') ?? ''
  await query(on, 'update sessions set ended_at = ?, expires_at = ?', on.clock.now, on.clock.now)
  const body = { currentPassword: person.password, newPassword }
  counter.hashes = 0

  const answers = [
    await change(on, body),
    await change(on, body, { cookie: `__Host-session=${cookie}` }),
    await change(on, body, { cookie: `__Host-session=${cookie.slice(0, -2)}AA` }),
    await change(on, body, { authorization: 'Bearer nonsense' }),
  ]

  for (const answer of answers) expect(await bodyOf(answer)).toMatchObject({ status: 401, code: 'unauthenticated' })
  expect(counter.hashes).toBe(0)
  expect(await query(on, 'select * from throttle where count > 0')).toEqual([])
})

test('a token for the account may change the password and answers tokens; one for an app may not', async () => {
  const on = await server({ argon2id: quick })
  const { person, bearer, account, refreshToken } = await accountHolder(on)
  const body = { currentPassword: person.password, newPassword }
  const forApp = await change(on, body, bearer)

  const answer = await change(on, body, account)
  await on.settled()

  expect(await bodyOf(forApp)).toMatchObject({ status: 403, code: 'forbidden' })
  const changed = await bodyOf(answer)
  expect(answer.status).toBe(200)
  expect(answer.headers.getSetCookie()).toEqual([])
  expect(changed.tokens).toMatchObject({ token_type: 'Bearer', refresh_token: expect.stringMatching(/^pst_rt_/) })
  expect((await refreshed(on, changed.tokens.refresh_token)).refreshToken).toMatch(/^pst_rt_/)
  const old = await on.request('/auth/token', json({ refresh_token: refreshToken }))
  expect(old.status).toBe(401)
  expect((await login(on, person.email, newPassword)).status).toBe(200)
})

test('a refused change by the token of an app compares nothing', async () => {
  const counter = countedHashes()
  const on = await server({ argon2id: counter.quickly })
  const { bearer } = await signedUpByToken(on)
  counter.hashes = 0

  const answer = await change(on, { currentPassword: 'not this one at all', newPassword }, bearer)

  expect(answer.status).toBe(403)
  expect(counter.hashes).toBe(0)
})

test('a change by cookie answers tokens where it asks for them, and clears the cookie of the session that ended', async () => {
  const on = await server({ argon2id: quick })
  const { api, person, setCookies } = await signedUp(on)

  const answer = await api.auth.password.change.$post({
    json: { currentPassword: person.password, newPassword, transport: 'token' },
  })

  expect((await bodyOf(answer)).tokens.refresh_token).toMatch(/^pst_rt_/)
  expect(setCookies).toEqual(['__Host-session=; Path=/; Max-Age=0; HttpOnly; Secure; SameSite=Lax'])
})

test('a user without a password has none to change', async () => {
  const on = await server({ argon2id: quick })
  const { api, person } = await signedUp(on)
  await query(on, 'delete from passwords')

  const answer = await api.auth.password.change.$post({ json: { currentPassword: person.password, newPassword } })

  expect(await bodyOf(answer)).toMatchObject({ status: 403, code: 'wrong_credentials' })
  expect(await query(on, 'select * from passwords')).toEqual([])
})

test('S10: guesses at the current password are throttled, the right one too, unhashed; login is not', async () => {
  const counter = countedHashes()
  const on = await server({ argon2id: counter.quickly })
  const { api, person } = await signedUp(on)
  const guess = (currentPassword: string) => api.auth.password.change.$post({ json: { currentPassword, newPassword } })
  for (let i = 0; i < 10; i++) expect((await guess('not this one at all')).status).toBe(403)
  counter.hashes = 0

  const [wrong, right] = [await guess('not this one at all'), await guess(person.password)]

  for (const answer of [wrong, right]) {
    expect(await bodyOf(answer)).toMatchObject({ status: 429, code: 'too_many_attempts' })
    expect(answer.headers.get('retry-after')).toBe('900')
  }
  expect(counter.hashes).toBe(0)
  expect((await signedIn(on, person)).session.current).toBe(true)
  on.clock.pass(900)
  expect((await guess(person.password)).status).toBe(200)
})

test('the same password may be set again: the session is new all the same', async () => {
  const on = await server({ argon2id: quick })
  const { api, person, session } = await signedUp(on)
  const tab = browser(on)

  const answer = await api.auth.password.change.$post({
    json: { currentPassword: person.password, newPassword: person.password },
  })

  expect((await bodyOf(answer)).session.id).not.toBe(session.id)
  expect((await tab.api.auth.login.$post({ json: person })).status).toBe(200)
})
