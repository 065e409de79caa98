import { expect, test } from 'vitest'
import { accountHolder, cookieOf, quickServer, showing, unpacked } from './credentials.ts'
import { bodyOf, json, query, signedIn, signedUp, signedUpByToken } from './harness.ts'

const patch = (body: unknown, headers: Record<string, string> = {}): RequestInit => ({
  ...json(body, headers),
  method: 'PATCH',
})

test('PATCH /me changes the name and the username in one trip, and answers the user and a new cookie', async () => {
  const on = await quickServer()
  const tab = await signedUp(on, { name: 'Ada', username: 'ada' })

  const answer = await tab.api.auth.me.$patch({ json: { name: 'Augusta', username: 'Countess' } })
  const trips = on.trips.last
  const me = await tab.api.auth.me.$get()

  expect([answer.status, trips, tab.setCookies.length]).toEqual([200, 1, 0])
  expect(await answer.json()).toEqual({ ...tab.user, name: 'Augusta', username: 'countess' })
  expect(await me.json()).toEqual({ ...tab.user, name: 'Augusta', username: 'countess' })
  expect(on.trips.last).toBe(0)
})

test('the new cookie carries the new snapshot, and the lease of it', async () => {
  const on = await quickServer()
  const tab = await signedUp(on)
  const before = cookieOf(tab)
  on.clock.pass(10)

  await tab.api.auth.me.$patch({ json: { name: 'Augusta' } })

  expect(tab.setCookies).toHaveLength(1)
  const [sessionId, userId, secret, since, until, user] = unpacked(cookieOf(tab))
  expect([sessionId, userId, secret]).toEqual([tab.session.id, tab.user.id, unpacked(before)[2]])
  expect([since, until]).toEqual([on.clock.now, on.clock.now + 300])
  expect(user).toMatchObject({ name: 'Augusta' })
})

test.each([10, 59, 60])(
  'S31: PATCH /me %i s after the sign-in: the session was last seen when the new cookie was leased',
  async (seconds) => {
    const on = await quickServer()
    const tab = await signedUp(on)
    const app = await signedUpByToken(on)
    on.clock.pass(seconds)

    await tab.api.auth.me.$patch({ json: { name: 'Augusta' } })
    await on.request('/auth/me', patch({ name: 'Grace' }, app.bearer))

    const { now } = on.clock
    const idle = 30 * 86_400
    const seen = async (id: string) => query(on, 'select last_seen_at, expires_at from sessions where user_id = ?', id)
    expect(unpacked(cookieOf(tab))[3]).toBe(now)
    expect(await seen(tab.user.id)).toEqual([[now, now + idle]])
    expect(await seen(app.user.id)).toEqual([[now - seconds, now - seconds + idle]])
  },
)

test.each([
  ['name', { name: 'Augusta' }, { name: 'Augusta', username: 'ada' }],
  ['username', { username: 'countess' }, { name: 'Ada', username: 'countess' }],
  ['null for the name, which clears it', { name: null }, { name: null, username: 'ada' }],
  ['locale', { locale: 'ar' as const }, { name: 'Ada', username: 'ada', locale: 'ar' }],
  ['its own username again', { username: 'ADA' }, { name: 'Ada', username: 'ada' }],
  ['no field', {}, { name: 'Ada', username: 'ada' }],
])('PATCH /me with %s leaves the rest', async (_, json, expected) => {
  const on = await quickServer()
  const tab = await signedUp(on, { name: 'Ada', username: 'ada' })

  const answer = await tab.api.auth.me.$patch({ json })

  expect(await answer.json()).toEqual({ ...tab.user, ...expected })
})

test('a language that was chosen stays until null clears it, and whoever asks is told', async () => {
  const on = await quickServer()
  const tab = await signedUp(on, { locale: 'de' })

  const renamed = await bodyOf(await tab.api.auth.me.$patch({ json: { name: 'Ada' } }))
  const inLease = await bodyOf(await tab.api.auth.me.$get())
  const changed = await bodyOf(await tab.api.auth.me.$patch({ json: { locale: 'ar' } }))
  const cleared = await bodyOf(await tab.api.auth.me.$patch({ json: { locale: null } }))

  expect([tab.user, renamed, inLease, changed, cleared].map(({ locale }) => locale)).toEqual([
    'de',
    'de',
    'de',
    'ar',
    null,
  ])
})

test('a language is refused by a message that names those that there are', async () => {
  const on = await quickServer()
  const tab = await signedUp(on)

  const problem = await bodyOf(await tab.fetch('/auth/me', patch({ locale: 'tlh' })))

  expect(problem.fields).toEqual({ locale: 'Expected: en or de or ar.' })
})

test.each([
  ['a', 'x'],
  ['64 code points', '\u{1F511}'.repeat(64)],
  ['letters of another script', 'Žofie Nováková'],
  ['markup, which is text', '<b>"Ada"</b> & sons'],
])('a name may be %s', async (_, name) => {
  const on = await quickServer()
  const tab = await signedUp(on)

  const answer = await tab.api.auth.me.$patch({ json: { name } })

  expect(await answer.json()).toMatchObject({ name })
})

test.each([
  ['an empty name', { name: '' }, 'name'],
  ['a name of 65 code points', { name: '\u{1F511}'.repeat(65) }, 'name'],
  ['a control in the name', { name: 'Ada\u0000' }, 'name'],
  ['a line feed in the name', { name: 'Ada\r\nBcc: x' }, 'name'],
  ['a number for a name', { name: 7 }, 'name'],
  ['a list for a name', { name: ['Ada'] }, 'name'],
  ['a username of 2', { username: 'ad' }, 'username'],
  ['a username of 33', { username: 'a'.repeat(33) }, 'username'],
  ['a username with a space', { username: 'ada lovelace' }, 'username'],
  ['a Kelvin sign in a username', { username: '\u212Aelvin' }, 'username'],
  ['null for a username', { username: null }, 'username'],
  ['an object for a username', { username: { $ne: '' } }, 'username'],
  ['a language that there are no messages in', { locale: 'tlh' }, 'locale'],
  ['a language with a region', { locale: 'de-CH' }, 'locale'],
  ['a language in capitals', { locale: 'DE' }, 'locale'],
  ['an empty language', { locale: '' }, 'locale'],
  ['what every object has for a language', { locale: 'constructor' }, 'locale'],
  ['a list of languages', { locale: ['de'] }, 'locale'],
])('S68: PATCH /me refuses %s, and names the field', async (_, body, field) => {
  const on = await quickServer()
  const tab = await signedUp(on, { name: 'Ada', username: 'ada' })

  const answer = await tab.fetch('/auth/me', patch(body))
  const problem = await bodyOf(answer)

  expect([answer.status, problem.code, Object.keys(problem.fields)]).toEqual([422, 'invalid_request', [field]])
  expect(await (await tab.api.auth.sessions.$get()).json()).toMatchObject({ sessions: [{ current: true }] })
  expect(await query(on, 'select name, username from users')).toEqual([['Ada', 'ada']])
})

test.each(
  Object.entries({
    id: 'usr_AAAAAAAAAAAAAAAAAAAAAA',
    userId: 'usr_AAAAAAAAAAAAAAAAAAAAAA',
    sub: 'usr_AAAAAAAAAAAAAAAAAAAAAA',
    ownerId: 'usr_AAAAAAAAAAAAAAAAAAAAAA',
    email: 'mallory@example.com',
    emailVerified: true,
    email_verified: 1,
    roles: ['admin'],
    role: 'admin',
    isAdmin: true,
    createdAt: '2000-01-01T00:00:00Z',
    suspendedAt: null,
    suspended_at: null,
    password: 'another good long password',
    session: {},
    constructor: {},
    ['__proto__']: { roles: ['admin'] },
  }),
)('S37, S69, GHSA-99h5-pjcv-gr6v: PATCH /me takes no %s', async (field, value) => {
  const on = await quickServer()
  const tab = await signedUp(on)
  const before = await query(on, 'select * from users')

  const text = `{"name":"Mallory",${JSON.stringify(field)}:${JSON.stringify(value)}}`
  const answer = await tab.fetch('/auth/me', { ...patch({}), body: text })

  expect(answer.status).toBe(422)
  expect(await query(on, 'select * from users')).toEqual(before)
})

test('S37: a header, a query or a second account in the cookie does not choose whose profile changes', async () => {
  const on = await quickServer()
  const [ada, mallory] = [await signedUp(on), await signedUp(on)]
  const headers = {
    'x-user-id': ada.user.id,
    'x-forwarded-user': ada.user.id,
    'x-middleware-subrequest': 'src/middleware',
  }

  const answer = await mallory.fetch(`/auth/me?userId=${ada.user.id}`, patch({ name: 'Mallory' }, headers))
  const anonymous = await on.request('/auth/me', patch({ name: 'Mallory' }, headers))

  expect([answer.status, anonymous.status]).toEqual([200, 401])
  expect(await query(on, 'select name from users where id = ?', ada.user.id)).toEqual([[null]])
})

test('a username that is taken is 409 and changes nothing, the name neither', async () => {
  const on = await quickServer()
  await signedUp(on, { username: 'ada' })
  const tab = await signedUp(on, { name: 'Bob', username: 'bob' })

  const answer = await tab.api.auth.me.$patch({ json: { name: 'Ada', username: 'ADA' } })
  const me = await tab.api.auth.me.$get()

  expect([answer.status, (await bodyOf(answer)).code]).toEqual([409, 'username_taken'])
  expect(await me.json()).toEqual(tab.user)
})

test('S79: of 10 users who take one username at once, exactly one gets it', async () => {
  const on = await quickServer()
  const tabs = await Promise.all(Array.from({ length: 10 }, () => signedUp(on)))

  const answers = await Promise.all(tabs.map(({ api }) => api.auth.me.$patch({ json: { username: 'ada' } })))

  expect(answers.map(({ status }): number => status).sort()).toEqual([200, ...Array(9).fill(409)])
  expect(await query(on, "select count(*) from users where username = 'ada'")).toEqual([[1]])
})

test('by token, only a token for the account may change the profile; and it sets no cookie', async () => {
  const on = await quickServer()
  const app = await accountHolder(on)

  const foreign = await on.request('/auth/me', patch({ name: 'Mallory' }, app.bearer))
  const before = await bodyOf(await on.request('/auth/me', { headers: app.bearer }))
  const own = await on.request('/auth/me', patch({ name: 'Ada' }, app.account))

  expect([foreign.status, before.name]).toEqual([403, null])
  expect([own.status, (await bodyOf(own)).name, own.headers.getSetCookie()]).toEqual([200, 'Ada', []])
})

test('S32, S38: a suspended user cannot change anything, nor be read past the lease', async () => {
  const on = await quickServer()
  const tab = await signedUp(on)
  const app = await accountHolder(on)
  await query(on, 'update users set suspended_at = ?', on.clock.now)

  const answers = [
    await tab.api.auth.me.$patch({ json: { name: 'Mallory' } }),
    await tab.api.auth.sessions.$get(),
    await on.request('/auth/me', patch({ name: 'Mallory' }, app.account)),
    await on.request('/auth/me', { headers: app.bearer }),
  ]
  on.clock.pass(300)
  const past = await tab.api.auth.me.$get()

  expect([...answers, past].map(({ status }) => status)).toEqual([401, 401, 401, 401, 401])
  expect(await query(on, 'select distinct name from users')).toEqual([[null]])
})

test('S38: roles that changed are seen past the lease, and by strict routes and tokens at once', async () => {
  const on = await quickServer()
  const tab = await signedUp(on)
  const app = await accountHolder(on)
  await query(on, `update users set roles = '["admin"]'`)

  const byToken = await bodyOf(await on.request('/auth/me', { headers: app.bearer }))
  const strict = await bodyOf(await tab.api.auth.me.$patch({ json: {} }))
  const other = await signedIn(on, tab.person)
  await query(on, `update users set roles = '[]'`)
  on.clock.pass(300)
  const past = await bodyOf(await other.api.auth.me.$get())

  expect([byToken.roles, strict.roles, past.roles]).toEqual([['admin'], ['admin'], []])
})

test('GHSA-wcgj-f865-c7j7: of many users at once in one isolate, each is answered their own profile', async () => {
  const on = await quickServer()
  const tabs = await Promise.all(Array.from({ length: 10 }, (_, i) => signedUp(on, { name: `Ada ${i}` })))
  on.clock.pass(300)

  const asked = Array.from({ length: 20 }, () => tabs).flat()
  const answers = await Promise.all(asked.map((tab) => on.request('/auth/me', showing(cookieOf(tab)))))
  const ids = await Promise.all(answers.map(async (answer) => (await bodyOf(answer)).id))

  expect(ids).toEqual(asked.map(({ user }) => user.id))
})
