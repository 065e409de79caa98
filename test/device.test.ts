import { expect, test } from 'vitest'
import { countedHashes } from './faulty-ports.ts'
import { bodyOf, browser, json, query, type Server, server, signedIn, signedUp, signedUpByToken } from './harness.ts'

const wrong = 'not this one at all'
const year = 31_536_000

/** A user whose daily limit strangers have used up, and the device that the account knows. */
const lockedOut = async () => {
  const counter = countedHashes()
  const on = await server({ argon2id: counter.quickly, settings: { AUTH_LIMIT_IDENTIFIER: '12' } })
  const owner = await signedUp(on, { username: 'ada' })
  const cookie = deviceOf(owner.jar)
  for (let i = 0; i < 12; i++) await login(on, { email: owner.person.email, password: wrong }, '', `192.0.2.${i}`)
  for (let i = 0; i < 12; i++) await login(on, { username: 'ada', password: wrong }, '', `192.0.2.${i}`)
  expect((await login(on, owner.person)).status).toBe(429)
  counter.hashes = 0
  return { on, counter, ...owner, cookie }
}

const deviceOf = (jar: ReadonlyMap<string, string>) => `__Host-device=${jar.get('__Host-device')}`

const login = (on: Server, body: object, cookie = '', address = '203.0.113.1') =>
  on.request('/auth/login', json(body, cookie === '' ? {} : { cookie }), { address })

test('S12: strangers cannot lock the owner out of a device that the account knows', async () => {
  const { on, person, cookie } = await lockedOut()

  const byEmail = await login(on, person, cookie)
  const byUsername = await login(on, { username: 'ada', password: person.password }, cookie)

  expect([byEmail.status, byUsername.status]).toEqual([200, 200])
  expect(on.trips.last).toBe(2)
})

test('S12: nor by guessing from the owner’s own address', async () => {
  const on = await server({ argon2id: countedHashes().quickly })
  const { person, jar } = await signedUp(on)
  for (let i = 0; i < 100; i++) await login(on, { username: `nobody-${i}`, password: wrong })
  for (let i = 0; i < 10; i++) await login(on, { ...person, password: wrong })

  expect((await login(on, person)).status).toBe(429)
  expect((await login(on, person, deviceOf(jar))).status).toBe(200)
})

test('S12: without a known device the owner is let in after the day', async () => {
  const { on, person } = await lockedOut()
  on.clock.pass(86_400)

  expect((await login(on, person)).status).toBe(200)
})

test('a known device has ten attempts of its own in 15 minutes; the right password too is then refused', async () => {
  const { on, counter, person, cookie } = await lockedOut()

  for (let i = 0; i < 10; i++) expect((await login(on, { ...person, password: wrong }, cookie)).status).toBe(401)
  const refused = [await login(on, { ...person, password: wrong }, cookie), await login(on, person, cookie)]

  for (const answer of refused) {
    expect(await bodyOf(answer)).toMatchObject({ status: 429, code: 'too_many_attempts' })
    expect(answer.headers.get('retry-after')).toBe('900')
  }
  expect(counter.hashes).toBe(10)
  on.clock.pass(899)
  expect((await login(on, person, cookie)).status).toBe(429)
  on.clock.pass(1)
  expect((await login(on, person, cookie)).status).toBe(200)
})

test('guesses on one known device leave another its own attempts', async () => {
  const { on, person, cookie } = await lockedOut()
  on.clock.pass(86_400)
  const other = await signedIn(on, person, {}, { address: '203.0.113.2' })
  for (let i = 0; i < 10; i++) await login(on, { ...person, password: wrong }, cookie)

  const statuses = [await login(on, person, cookie), await login(on, person, deviceOf(other.jar))]

  expect(statuses.map(({ status }) => status)).toEqual([429, 200])
})

test('attempts from a known device count for it from every address, and for no stranger', async () => {
  const counter = countedHashes()
  const on = await server({ argon2id: counter.quickly })
  const { person, jar } = await signedUp(on)
  counter.hashes = 0

  for (let i = 0; i < 14; i++) await login(on, { ...person, password: wrong }, deviceOf(jar), `192.0.2.${i}`)
  const stranger = await login(on, person, '', '192.0.2.1')

  expect(counter.hashes).toBe(11)
  expect(stranger.status).toBe(200)
})

test('a success gives a known device its attempt back', async () => {
  const on = await server({ argon2id: countedHashes().quickly })
  const { person, jar } = await signedUp(on)

  for (let i = 0; i < 30; i++) expect((await login(on, person, deviceOf(jar))).status).toBe(200)

  expect(await query(on, 'select * from throttle where count <> 0')).toEqual([])
})

test('S12: a device that was revoked is a stranger', async () => {
  const { on, counter, person, cookie } = await lockedOut()
  await query(on, 'delete from devices')

  const answer = await login(on, person, cookie)

  expect(answer.status).toBe(429)
  expect(counter.hashes).toBe(0)
})

test('a sign-in with a device that was revoked is refunded like a stranger’s', async () => {
  const on = await server({ argon2id: countedHashes().quickly })
  const { person, jar } = await signedUp(on)
  await query(on, 'delete from devices')

  expect((await login(on, person, deviceOf(jar))).status).toBe(200)

  expect(await query(on, 'select * from throttle where count <> 0')).toEqual([])
})

test('S12: the device of another user is a stranger, and its guesses count as a stranger’s', async () => {
  const { on, counter, person } = await lockedOut()
  const eve = await signedUp(on)
  counter.hashes = 0

  const answers = [
    await login(on, person, deviceOf(eve.jar)),
    await login(on, { username: 'ada', password: 'x' }, deviceOf(eve.jar)),
  ]

  expect(answers.map(({ status }) => status)).toEqual([429, 429])
  expect(counter.hashes).toBe(0)
})

test('S12: an identifier that nobody has gains nothing by a device', async () => {
  const counter = countedHashes()
  const on = await server({ argon2id: counter.quickly })
  const { jar } = await signedUp(on)
  counter.hashes = 0

  for (let i = 0; i < 14; i++) await login(on, { username: 'nobody', password: wrong }, deviceOf(jar))

  expect(counter.hashes).toBe(10)
  expect(await query(on, 'select count(*) from throttle')).toEqual([[3]])
})

const forgeries: [string, (genuine: string, user: string) => string][] = [
  ['another signature', (genuine) => `${genuine.slice(0, -1)}${genuine.endsWith('A') ? 'B' : 'A'}`],
  ['no signature', (genuine) => genuine.split('.').slice(0, 2).join('.')],
  ['an empty signature', (genuine) => `${genuine.split('.').slice(0, 2).join('.')}.`],
  ['another device', (genuine) => genuine.replace(/^dev_../, 'dev_AA')],
  ['a part too many', (genuine) => `${genuine}.x`],
  ['a session cookie’s shape', () => 'eyJ.AAAA'],
  ['nothing', () => ''],
  ['the user alone', (_, user) => user],
]

test.each(forgeries)('S12: a device cookie with %s is a stranger', async (_, forge) => {
  const { on, person, user, jar } = await lockedOut()
  const forged = forge(jar.get('__Host-device') ?? '', user.id)

  expect((await login(on, person, `__Host-device=${forged}`)).status).toBe(429)
  expect((await login(on, person, `device=${jar.get('__Host-device')}`)).status).toBe(429)
  expect((await login(on, { ...person, device_token: forged })).status).toBe(429)
})

test('of two device cookies neither counts', async () => {
  const { on, person, cookie } = await lockedOut()

  expect((await login(on, person, `${cookie}; ${cookie}`)).status).toBe(429)
})

test('in token transport the device comes as device_token and goes in the body', async () => {
  const on = await server({ argon2id: countedHashes().quickly, settings: { AUTH_LIMIT_IDENTIFIER: '3' } })
  const { person, tokens } = await signedUpByToken(on)
  for (let i = 0; i < 3; i++) await login(on, { ...person, password: wrong }, '', `192.0.2.${i}`)

  const stranger = await login(on, { ...person, transport: 'token' })
  const known = await login(on, { ...person, transport: 'token', device_token: tokens.device_token })

  expect([stranger.status, known.status]).toEqual([429, 200])
  expect((await bodyOf(known)).tokens.device_token).toBe(tokens.device_token)
  expect(await query(on, 'select count(*) from devices')).toEqual([[1]])
})

test.each([7, null, ['dev'], 'x'.repeat(257)])(
  'a device_token of another form (%j) is refused',
  async (device_token) => {
    const on = await server()

    const answer = await login(on, { email: 'ada@example.com', password: wrong, device_token })

    expect(await bodyOf(answer)).toMatchObject({ status: 422, fields: { device_token: expect.any(String) } })
  },
)

test.each([
  ['https', {}, '__Host-device', 'HttpOnly; Secure; SameSite=Lax'],
  ['loopback', { AUTH_ORIGIN: 'http://localhost:8787' }, 'device', 'HttpOnly; SameSite=Lax'],
])('on %s the cookie lasts a year, for the whole path, out of reach of scripts', async (_, settings, name, rest) => {
  const on = await server({ settings })

  const answer = await on.request('/auth/register', json({ email: 'ada@example.com', password: 'f7 Qz!x 9Kp, m' }))

  const lines = answer.headers.getSetCookie().filter((line) => line.startsWith(`${name}=`))
  expect(lines).toEqual([
    expect.stringMatching(/^[^=]+=dev_[\w-]{22}\.usr_[\w-]{22}\.[\w-]{43}; Path=\/; Max-Age=31536000; /),
  ])
  expect(lines[0]?.endsWith(`; ${rest}`)).toBe(true)
})

test('a device goes on from sign-in to sign-in, and is known for a year after the last', async () => {
  const { on, person, cookie } = await lockedOut()
  const [[first] = []] = await query(on, 'select id from devices')
  on.clock.pass(year - 1)
  for (let i = 0; i < 12; i++) await login(on, { ...person, password: wrong }, '', `192.0.2.${i}`)

  const again = await login(on, person, cookie)
  on.clock.pass(year)
  for (let i = 0; i < 12; i++) await login(on, { ...person, password: wrong }, '', `192.0.2.${i}`)
  const late = await login(on, person, cookie)

  expect([again.status, late.status]).toEqual([200, 429])
  expect(again.headers.getSetCookie().join()).toContain(`=${first}.`)
})

test('two people at one browser are two devices', async () => {
  const on = await server({ argon2id: countedHashes().quickly })
  const ada = await signedUp(on)
  const bob = await signedUp(on)
  const tab = browser(on)
  tab.jar.set('__Host-device', ada.jar.get('__Host-device') ?? '')

  await tab.api.auth.login.$post({ json: bob.person })

  expect(tab.jar.get('__Host-device')).toContain(bob.user.id)
  expect(await query(on, 'select count(distinct user_id), count(*) from devices')).toEqual([[2, 3]])
})

test('a wrong password makes no device', async () => {
  const on = await server()
  const { person } = await signedUp(on)

  const answer = await login(on, { ...person, password: wrong })

  expect(answer.headers.getSetCookie()).toEqual([])
  expect(await query(on, 'select count(*) from devices')).toEqual([[1]])
})

test('a device outlives its sessions and authenticates nothing', async () => {
  const on = await server()
  const { api, jar, person } = await signedUp(on)
  await api.auth.logout.$post({ json: { everywhere: true } })
  const value = jar.get('__Host-device') ?? ''

  const session = await on.request('/auth/session', { headers: { cookie: `__Host-device=${value}` } })
  const asSession = await on.request('/auth/me', { headers: { cookie: `__Host-session=${value}` } })
  const asBearer = await on.request('/auth/me', { headers: { authorization: `Bearer ${value}` } })
  const asRefresh = await on.request('/auth/token', json({ refresh_token: value }))
  const asPassword = await login(on, { email: person.email, password: value }, `__Host-device=${value}`)

  expect(await bodyOf(session)).toEqual({ user: null, session: null })
  expect([asSession, asBearer, asRefresh, asPassword].map(({ status }) => status)).toEqual([401, 401, 401, 401])
})

test('a device that signed in under an older secret of the ring is still known', async () => {
  const [old, fresh] = ['q0p7cG1xG1m9f0cQ3uQmTq1cW7oPz8u5sY2nR4vKx6E', 'Zk3hV9sYb2LwX8nD4rTq7uJc1mPf6gEa5oRi0yWt2Qs']
  const before = await server({ argon2id: countedHashes().quickly, settings: { AUTH_SECRET: old } })
  const { person, jar } = await signedUp(before)
  const settings = { AUTH_SECRET: `${fresh},${old}`, AUTH_LIMIT_PAIR: '1' }
  const on = await server({ beside: before, argon2id: countedHashes().quickly, settings })
  await login(on, { ...person, password: wrong })

  expect((await login(on, person)).status).toBe(429)
  expect((await login(on, person, deviceOf(jar))).status).toBe(200)
  expect((await signedIn(on, person, {}, { address: '192.0.2.9' })).user.email).toBe(person.email)
})
