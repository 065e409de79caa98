import { expect, test } from 'vitest'
import { cookieName, quickServer } from './credentials.ts'
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
