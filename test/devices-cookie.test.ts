import { expect, test } from 'vitest'
import { cookieName, quickServer } from './credentials.ts'
import { faultyDatabase, noFault, openLimiter, replyLost } from './faulty-ports.ts'
import { bodyOf, json, query, type Server, secrets, signedIn, signedUp, signedUpByToken, somebody } from './harness.ts'

const year = 365 * 24 * 60 * 60

/** One wrong guess and a stranger is locked out; a device that the account knows has a try of its own. */
const tight = { settings: { AUTH_LIMIT_PAIR: '1' } }

/** The status of a sign-in with this device, after a stranger has used up the tries of its address. */
const signInStatus = async (on: Server, person: { email: string; password: string }, device: string) => {
  await on.request('/auth/login', json({ ...person, password: 'not this one at all' }))
  const answer = await on.request('/auth/login', json(person, { cookie: `__Host-device=${device}` }))
  return answer.status
}

const deviceOf = ({ jar }: { jar: Map<string, string> }) => jar.get('__Host-device') ?? ''

test('S50: a sign-in remembers the device for a year in a __Host- cookie, remembered session or not', async () => {
  const on = await quickServer()
  const tab = await signedUp(on)
  const forgotten = await signedIn(on, tab.person, { remember: false })

  const lines = [tab, forgotten].map(({ setCookies }) => setCookies[1])

  for (const line of lines) {
    expect(line).toMatch(
      /^__Host-device=dev_[\w-]{22}\.usr_[\w-]{22}\.[\w-]{43}; Path=\/; Max-Age=31536000; HttpOnly; Secure; SameSite=Lax$/,
    )
  }
})

test('on plain http on loopback it is called device and is not Secure', async () => {
  const on = await quickServer({ settings: { AUTH_ORIGIN: 'http://localhost:8787' } })

  const answer = await on.request('/auth/register', json(somebody()))
  const [, line] = answer.headers.getSetCookie()

  expect(line).toMatch(/^device=dev_[\w.-]+; Path=\/; Max-Age=31536000; HttpOnly; SameSite=Lax$/)
})

test('in the transport of tokens it is device_token, in the body both ways', async () => {
  const on = await quickServer(tight)
  const { person, tokens } = await signedUpByToken(on)
  await on.request('/auth/login', json({ ...person, password: 'not this one at all' }))

  const stranger = await on.request('/auth/login', json({ ...person, transport: 'token' }))
  const known = await on.request(
    '/auth/login',
    json({ ...person, transport: 'token', device_token: tokens.device_token }),
  )

  expect([stranger.status, known.status]).toEqual([429, 200])
  expect((await bodyOf(known)).tokens.device_token).toBe(tokens.device_token)
  expect(known.headers.getSetCookie()).toEqual([])
})

test('S12: a device is known for a year, to the second, and each sign-in begins the year anew', async () => {
  const on = await quickServer(tight)
  const { person, jar } = await signedUp(on)
  const device = deviceOf({ jar })

  on.clock.pass(year - 1)
  const within = await signInStatus(on, person, device)
  on.clock.pass(year - 1)
  const renewed = await signInStatus(on, person, device)
  on.clock.pass(year)
  const past = await signInStatus(on, person, device)

  expect([within, renewed, past]).toEqual([200, 200, 429])
})

test('a device that was revoked is unknown', async () => {
  const on = await quickServer(tight)
  const { person, jar, user } = await signedUp(on)
  await query(on, 'delete from devices where user_id = ?', user.id)

  expect(await signInStatus(on, person, deviceOf({ jar }))).toBe(429)
})

test('S12: a revoked device that signs in again is a new one, and its old token stays unknown', async () => {
  const on = await quickServer(tight)
  const tab = await signedUp(on)
  const old = deviceOf(tab)
  await query(on, 'delete from devices')

  await tab.api.auth.login.$post({ json: tab.person })
  const renewed = deviceOf(tab)
  const statuses = [await signInStatus(on, tab.person, old), await signInStatus(on, tab.person, renewed)]

  expect(renewed.split('.')[0]).not.toBe(old.split('.')[0])
  expect(await query(on, 'select id from devices where id = ?', renewed.split('.')[0] ?? '')).toHaveLength(1)
  expect(await query(on, 'select id from devices where id = ?', old.split('.')[0] ?? '')).toEqual([])
  expect(statuses).toEqual([429, 200])
})

test('in the transport of tokens, too, a revoked device is answered by the token of a new one', async () => {
  const on = await quickServer()
  const { person, tokens } = await signedUpByToken(on)
  await query(on, 'delete from devices')

  const answer = await on.request(
    '/auth/login',
    json({ ...person, transport: 'token', device_token: tokens.device_token }),
  )
  const { device_token } = (await bodyOf(answer)).tokens

  expect(device_token.split('.')[0]).not.toBe(tokens.device_token.split('.')[0])
  expect(await query(on, 'select id from devices')).toEqual([[device_token.split('.')[0]]])
})

test('a device signs in again and again as the one it is', async () => {
  const on = await quickServer()
  const tab = await signedUp(on)
  const first = deviceOf(tab)

  for (let i = 0; i < 3; i++) {
    on.clock.pass(60)
    await tab.api.auth.login.$post({ json: tab.person })
  }

  expect(deviceOf(tab)).toBe(first)
  expect(await query(on, 'select id, last_used_at, expires_at from devices')).toEqual([
    [first.split('.')[0], on.clock.now, on.clock.now + year],
  ])
})

test('S74: an account keeps the 20 devices that were used last, the one of this very sign-in always', async () => {
  const on = await quickServer({ limiter: openLimiter })
  const { person, user, jar } = await signedUp(on)
  const bob = await signedUp(on)
  const strangers: string[] = []
  for (let i = 0; i < 30; i++) {
    on.clock.pass(i % 3)
    if (i === 15) await on.request('/auth/login', json(person, { cookie: `__Host-device=${deviceOf({ jar })}` }))
    strangers.push(deviceOf(await signedIn(on, person)).split('.')[0] ?? '')
    const [[count] = []] = await query(on, 'select count(*) from devices where id = ?', strangers.at(-1) ?? '')
    expect(count).toBe(1)
  }

  const kept = (await query(on, 'select id from devices where user_id = ?', user.id)).flat()

  expect(kept).toHaveLength(20)
  expect(kept).toContain(deviceOf({ jar }).split('.')[0])
  expect(kept).toEqual(expect.arrayContaining(strangers.slice(-15)))
  expect(await query(on, 'select count(*) from devices where user_id = ?', bob.user.id)).toEqual([[1]])
})

test('S74: of 30 sign-ins in one second, too, the last is remembered', async () => {
  const on = await quickServer({ limiter: openLimiter })
  const { person } = await signedUp(on)

  for (let i = 0; i < 30; i++) {
    const id = deviceOf(await signedIn(on, person)).split('.')[0] ?? ''
    expect(await query(on, 'select count(*) from devices where id = ?', id)).toEqual([[1]])
  }

  expect(await query(on, 'select count(*) from devices')).toEqual([[20]])
})

test('S74: a known device is kept, too, when 20 others signed in within the same second', async () => {
  const on = await quickServer()
  const tab = await signedUp(on)
  const { now } = on.clock
  for (let i = 0; i < 20; i++) {
    await query(
      on,
      'insert into devices (id, user_id, created_at, last_used_at, expires_at) values (?, ?, ?, ?, ?)',
      `dev_ ${i}`,
      tab.user.id,
      now,
      now,
      now + year,
    )
  }
  const known = deviceOf(tab)

  await tab.api.auth.login.$post({ json: tab.person })

  expect(deviceOf(tab)).toBe(known)
  expect(tab.setCookies.map((line) => line.split('=')[0])).toContain('__Host-device')
  expect(await query(on, 'select id from devices where id = ?', known.split('.')[0] ?? '')).toHaveLength(1)
})

test.each([
  ['a new device', false],
  ['a known one', true],
])('S77: a sign-in by %s whose reply got lost remembers one, and hands out that one', async (_, isKnown) => {
  const { next, database } = faultyDatabase()
  const on = await quickServer({ database })
  const tab = await signedUp(on)
  const first = deviceOf(tab)
  if (!isKnown) {
    await query(on, 'delete from devices')
    tab.jar.clear()
  }
  next(noFault, replyLost, replyLost)

  const answer = await tab.api.auth.login.$post({ json: tab.person })

  expect(answer.status).toBe(200)
  expect(await query(on, 'select id from devices')).toEqual([[deviceOf(tab).split('.')[0]]])
  expect(deviceOf(tab) === first).toBe(isKnown)
})

test('the device of one user is unknown to the account of another, and gives way to a new one', async () => {
  const on = await quickServer(tight)
  const [ada, bob] = [await signedUp(on), await signedUp(on)]

  const foreign = await signInStatus(on, ada.person, deviceOf(bob))
  await bob.api.auth.login.$post({ json: bob.person })
  const same = deviceOf(bob)
  await ada.api.auth.logout.$post({ json: {} })
  on.clock.pass(900)
  await bob.api.auth.login.$post({ json: ada.person })
  const users = await query(on, 'select user_id, count(*) from devices group by user_id order by 2')

  expect(foreign).toBe(429)
  expect(same.split('.')[1]).toBe(bob.user.id)
  expect(deviceOf(bob).split('.')[1]).toBe(ada.user.id)
  expect(users).toEqual([
    [bob.user.id, 1],
    [ada.user.id, 2],
  ])
})

test('S56: a device that is forged at any part is unknown', async () => {
  const on = await quickServer(tight)
  const [ada, bob] = [await signedUp(on), await signedUp(on)]
  const [id, , mac] = deviceOf(ada).split('.')
  const [otherId, userId, otherMac] = deviceOf(bob).split('.')
  const forged = [
    `${id}.${ada.user.id}.${otherMac}`,
    `${otherId}.${ada.user.id}.${otherMac}`,
    `${id}.${userId}.${mac}`,
    `${id}.${ada.user.id}`,
    `${id}.${ada.user.id}.`,
    `${deviceOf(ada)}.`,
    `${deviceOf(ada).slice(0, -1)}${deviceOf(ada).endsWith('A') ? 'B' : 'A'}`,
    'deadbeef',
    '..',
  ]
  await on.request('/auth/login', json({ ...ada.person, password: 'not this one at all' }))

  const statuses = await Promise.all(forged.map((device) => signInStatus(on, ada.person, device)))

  expect(statuses).toEqual(Array(forged.length).fill(429))
})

test('the secret ring verifies devices: a new secret in front keeps them, a dropped one forgets them', async () => {
  const on = await quickServer(tight)
  const rotated = { ...tight.settings, AUTH_SECRET: `${secrets[1]},${secrets[0]}` }
  const dropped = { ...tight.settings, AUTH_SECRET: secrets[1] }
  const both = await quickServer({ beside: on, settings: rotated })
  const without = await quickServer({ beside: on, settings: dropped })
  const { person, jar } = await signedUp(on)

  const statuses = [
    await signInStatus(both, person, deviceOf({ jar })),
    await signInStatus(without, person, deviceOf({ jar })),
  ]

  expect(statuses).toEqual([200, 429])
})

test('S43, S78: a device authenticates nothing', async () => {
  const on = await quickServer()
  const { jar } = await signedUp(on)
  const device = deviceOf({ jar })
  const shown: Record<string, string>[] = [
    { cookie: `__Host-device=${device}` },
    { cookie: `${cookieName}=${device}` },
    { authorization: `Bearer ${device}` },
  ]

  const answers = await Promise.all(shown.map((headers) => on.request('/auth/me', { headers })))

  expect(answers.map(({ status }) => status)).toEqual([401, 401, 401])
})

test('nothing is remembered of a device whose sign-in failed', async () => {
  const on = await quickServer()
  const { person } = await signedUp(on)

  const wrong = await on.request('/auth/login', json({ ...person, password: 'not this one at all' }))

  expect([wrong.status, wrong.headers.getSetCookie()]).toEqual([401, []])
  expect(await query(on, 'select count(*) from devices')).toEqual([[1]])
})
