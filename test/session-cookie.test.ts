import { expect, test } from 'vitest'
import { newId } from '../src/base/ids.ts'
import {
  cookieName,
  cookieOf,
  quickServer,
  secretOf,
  showing,
  signed,
  underName,
  unpacked,
  userBy,
} from './credentials.ts'
import { bodyOf, browser, json, query, signedIn, signedUp, somebody } from './harness.ts'

const month = 30 * 24 * 60 * 60

test('S50, S51: the session cookie is __Host-, Secure, HttpOnly, Path=/, SameSite=Lax and has no Domain', async () => {
  const on = await quickServer()

  const { setCookies } = await signedUp(on)

  const line = setCookies.find((cookie) => cookie.startsWith(`${cookieName}=`))
  expect(line).toMatch(/^__Host-session=[\w-]+\.[\w-]{43}; Path=\/; Max-Age=2592000; HttpOnly; Secure; SameSite=Lax$/)
})

test.each(['http://localhost:5173', 'http://127.0.0.1:8787', 'http://[::1]:8787'])(
  'where AUTH_ORIGIN is %s the cookie is called session and is not Secure, for Safari',
  async (AUTH_ORIGIN) => {
    const on = await quickServer({ settings: { AUTH_ORIGIN } })

    const answer = await on.request('/auth/register', json(somebody()))
    const lines = answer.headers.getSetCookie()
    const cookie = lines[0]?.split(';')[0] ?? ''

    expect(lines[0]).toMatch(/^session=[\w-]+\.[\w-]{43}; Path=\/; Max-Age=2592000; HttpOnly; SameSite=Lax$/)
    expect(await userBy(on, cookie)).not.toBeNull()
    expect(await userBy(on, `__Host-${cookie}`)).toBeNull()
  },
)

test('the setting decides the name of the cookie, never the URL of the request', async () => {
  const on = await quickServer()

  const answer = await on.request('http://localhost/auth/register', json(somebody()))

  expect(answer.headers.getSetCookie()[0]).toMatch(/^__Host-session=.*; Secure;/)
})

test('the cookie outlives the browser only when the session is remembered', async () => {
  const on = await quickServer()
  const { person, setCookies } = await signedUp(on)

  const forgotten = await signedIn(on, person, { remember: false })

  expect(setCookies[0]).toContain(`; Max-Age=${month};`)
  expect(forgotten.setCookies[0]).toMatch(/^__Host-session=/)
  expect(forgotten.setCookies[0]).not.toMatch(/max-age|expires/i)
})

test('a renewed cookie lives as long as its session', async () => {
  const on = await quickServer({ settings: { AUTH_SESSION_MAX_SECONDS: String(month) } })
  const { api, setCookies } = await signedUp(on)
  on.clock.pass(1000)

  await api.auth.session.$get()

  expect(setCookies).toHaveLength(1)
  expect(setCookies[0]).toContain(`; Max-Age=${month - 1000};`)
})

test('S55: with the longest profile that there may be, the cookie holds it and stays within 1.5 KB', async () => {
  const on = await quickServer()
  const person = { ...somebody(), email: `${'a'.repeat(64)}@${`${'b'.repeat(62)}.`.repeat(3)}example.com`.slice(-254) }
  const tab = browser(on)
  const profile = { name: '\u{1F511}'.repeat(64), username: 'u'.repeat(32) }

  const answer = await tab.api.auth.register.$post({ json: { ...person, ...profile } })
  await tab.api.auth.session.$get()

  expect(answer.status).toBe(201)
  expect(cookieOf(tab).length).toBeLessThanOrEqual(1536)
  expect(on.trips.last).toBe(0)
})

test('S55: a snapshot that does not fit is left out, and such a cookie is always checked', async () => {
  const on = await quickServer()
  const { person, user } = await signedUp(on)
  const roles = Array.from({ length: 200 }, (_, i) => `role-${i}`)
  await query(on, 'update users set roles = ? where id = ?', JSON.stringify(roles), user.id)

  const tab = await signedIn(on, person)
  const answer = await tab.api.auth.session.$get()

  expect(cookieOf(tab).length).toBeLessThan(300)
  expect(await answer.json()).toMatchObject({ user: { roles } })
  expect(on.trips.last).toBe(1)
})

test('S55: the largest snapshot makes a cookie of 1,536 bytes, and none makes a larger one', async () => {
  const on = await quickServer()
  const tab = await signedUp(on)
  const room = Math.floor(((1536 - cookieOf(tab).length) * 3) / 4)
  const lengths: number[] = []

  for (let size = room - 8; size < room + 40; size++) {
    await query(on, 'update users set roles = ? where id = ?', JSON.stringify(['r'.repeat(size)]), tab.user.id)
    on.clock.pass(300)
    await tab.api.auth.session.$get()
    lengths.push(cookieOf(tab).length)
  }

  expect(Math.max(...lengths)).toBe(1536)
  expect(Math.min(...lengths)).toBeLessThan(300)
})

test('blanks around the value of the cookie are none of it', async () => {
  const on = await quickServer()
  const { user, ...ada } = await signedUp(on)

  expect(await userBy(on, `theme=dark; ${cookieName}= \t${cookieOf(ada)} \t; x=1`)).toMatchObject({ id: user.id })
})

test('S53: of two cookies of one name neither counts, whichever stands first', async () => {
  const on = await quickServer()
  const ada = cookieOf(await signedUp(on))
  const bob = cookieOf(await signedUp(on))

  const users = await Promise.all(
    [
      `${cookieName}=${ada}; ${cookieName}=${bob}`,
      `${cookieName}=${bob}; ${cookieName}=${ada}`,
      `${cookieName}=${ada}; ${cookieName}=`,
      `${cookieName}=${ada};${cookieName}=${ada}`,
    ].map((cookie) => userBy(on, cookie)),
  )

  expect(users).toEqual([null, null, null, null])
})

test.each([
  ['in lower case', '__host-session'],
  ['in upper case', '__HOST-SESSION'],
  ['without its prefix', 'session'],
  ['with the other prefix', '__Secure-session'],
  ['quoted', '"__Host-session"'],
  ['encoded', '__Host%2Dsession'],
  ['after a vertical tab', '\u000b__Host-session'],
  ['after a form feed', '\u000c__Host-session'],
  ['with a blank inside', '__Host- session'],
  ['with more behind it', '__Host-session2'],
  ['with more before it', 'x__Host-session'],
])('GHSA-r5rp-j6wh-rvv4, S53: the name %s is another cookie and shadows nothing', async (_, name) => {
  const { alone, beside, ada } = await underName(name)

  expect(alone).toBeNull()
  expect(beside?.id).toBe(ada.user.id)
})

test('S53: a cookie without a name, or smuggled into the value of another, is not read', async () => {
  const on = await quickServer()
  const cookie = `${cookieName}=${cookieOf(await signedUp(on))}`

  const users = await Promise.all([`=${cookie}`, `theme=${cookie}`, `theme="x, ${cookie}"`].map((c) => userBy(on, c)))

  expect(users).toEqual([null, null, null])
})

test('better-auth#9806: of __Host-session and session together only __Host-session counts', async () => {
  const on = await quickServer()
  const [ada, mallory] = [await signedUp(on), await signedUp(on)]
  const [host, plain] = [`${cookieName}=${cookieOf(ada)}`, `session=${cookieOf(mallory)}`]

  const users = await Promise.all([`${host}; ${plain}`, `${plain}; ${host}`, plain].map((c) => userBy(on, c)))

  expect(users.map((user) => user?.id)).toEqual([ada.user.id, ada.user.id, undefined])
})

test('S56: a cookie that differs at any one position is no session', async () => {
  const on = await quickServer()
  const value = cookieOf(await signedUp(on))
  const flipped = [...value].map((char, i) => `${value.slice(0, i)}${char === 'A' ? 'B' : 'A'}${value.slice(i + 1)}`)

  const before = await userBy(on, `${cookieName}=${value}`)
  const users = await Promise.all(flipped.map((forged) => userBy(on, `${cookieName}=${forged}`)))

  expect(before).not.toBeNull()
  expect(users.filter((user) => user !== null)).toEqual([])
})

test('S56: a cookie that is cut, padded, repeated or signed by nobody is no session and costs no trip', async () => {
  const on = await quickServer()
  const value = cookieOf(await signedUp(on))
  const [payload = '', mac = ''] = value.split('.')
  const forged = [
    payload,
    `${payload}.`,
    `.${mac}`,
    '.',
    `${value}.`,
    `${value}.${mac}`,
    `${value}=`,
    `"${value}"`,
    value.slice(0, -1),
    `${payload}.${payload}`,
    `${payload}.${mac.toLowerCase()}`,
    `${payload}.${mac.slice(0, 22)}`,
    'deadbeef',
    'x'.repeat(100_000),
    `${payload}.${mac}${'x'.repeat(8000)}`,
  ]
  const trips = on.trips.total

  const users = await Promise.all(forged.map((cookie) => userBy(on, `${cookieName}=${cookie}`)))

  expect(users.filter((user) => user !== null)).toEqual([])
  expect(on.trips.total).toBe(trips)
})

test('S56: a forged cookie leaves a line in the log and no row, and its text stands in neither', async () => {
  const on = await quickServer()
  const value = `${cookieOf(await signedUp(on)).slice(0, -4)}AAAA`
  const sessions = await query(on, 'select * from sessions')

  const me = await on.request('/auth/me', showing(value))

  expect(me.status).toBe(401)
  expect(on.logs.filter(({ event }) => event === 'cookie.forged')).toHaveLength(1)
  expect(JSON.stringify(on.logs)).not.toContain(value.slice(0, 40))
  expect(await query(on, 'select * from sessions')).toEqual(sessions)
})

test('past the lease a good signature is not enough: the database compares the secret', async () => {
  const on = await quickServer()
  const tab = await signedUp(on)
  const said = unpacked(cookieOf(tab))
  const guessed = await signed(on, said.with(2, secretOf(cookieOf(await signedUp(on)))))
  on.clock.pass(300)

  expect(await userBy(on, `${cookieName}=${guessed}`)).toBeNull()
  expect(await userBy(on, `${cookieName}=${cookieOf(tab)}`)).not.toBeNull()
})

test('past the lease a cookie that names another user than its session is nobody', async () => {
  const on = await quickServer()
  const [ada, bob] = [await signedUp(on), await signedUp(on)]
  const mixed = await signed(on, unpacked(cookieOf(ada)).with(1, bob.user.id))
  on.clock.pass(300)

  expect(await userBy(on, `${cookieName}=${mixed}`)).toBeNull()
})

test.each([
  ['no JSON', 'hello'],
  ['an object', { v: 2, id: newId('ses') }],
  ['null', null],
  ['a number', 7],
  ['an empty list', []],
  ['a list of other types', [1, 2, 3, '4', {}]],
  ['a list that is too short', [newId('ses')]],
  ['an id that is a list', [[newId('ses')], newId('usr'), 'x', 0, 0]],
])('a cookie of another format under our own signature, %s, is nobody and no 500', async (_, said) => {
  const on = await quickServer()
  const value = await signed(on, said)

  const [session, me] = [
    await on.request('/auth/session', showing(value)),
    await on.request('/auth/me', showing(value)),
  ]

  expect(await bodyOf(session)).toEqual({ user: null, session: null })
  expect(me.status).toBe(401)
})

test('GHSA-j6c9-x7qj-28xf: a sign-in sets two cookies, each in a line of its own', async () => {
  const on = await quickServer()

  const { setCookies } = await signedUp(on)

  expect(setCookies.map((line) => line.split('=')[0])).toEqual([cookieName, '__Host-device'])
})

test('GHSA-5pq2-9x2x-5p6w: no text of a user reaches the attributes of a cookie', async () => {
  const on = await quickServer()
  const name = 'Ada; Domain=evil.example; Path=/x, __Host-session=1'

  const { api, setCookies } = await signedUp(on, { name })
  const patched = await api.auth.me.$patch({ json: { name: `${name}=` } })

  expect(patched.status).toBe(200)
  expect(setCookies).toHaveLength(1)
  expect(setCookies[0]).toMatch(/^__Host-session=[\w.-]+; Path=\/; Max-Age=\d+; HttpOnly; Secure; SameSite=Lax$/)
})
