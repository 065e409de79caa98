import { expect, test } from 'vitest'
import type { Hint, Hints } from '../src/base/ports.ts'
import { accountHolder, cookieOf, quickServer, refreshed, showing } from './credentials.ts'
import { openLimiter } from './faulty-ports.ts'
import { bodyOf, json, type Server, signedIn, signedUp } from './harness.ts'

type Tab = Awaited<ReturnType<typeof signedUp>>

const seesSomebody = async (on: Server, cookie: string) => {
  const { user } = await bodyOf(await on.request('/auth/session', showing(cookie)))
  return user !== null
}

/** Each way in which the session of `victim` ends; `other` is another session of the same user. */
const ways: [string, (on: Server, victim: Tab, other: Tab) => Promise<unknown>][] = [
  ['its own logout', (_, victim) => victim.api.auth.logout.$post({ json: {} })],
  ['logout everywhere', (_, __, other) => other.api.auth.logout.$post({ json: { everywhere: true } })],
  [
    'DELETE /sessions/{id}',
    (_, victim, other) => other.api.auth.sessions[':id'].$delete({ param: { id: victim.session.id }, json: {} }),
  ],
  ['DELETE /sessions', (_, __, other) => other.api.auth.sessions.$delete({ json: {} })],
  [
    'a password change',
    (_, { person }, other) =>
      other.api.auth.password.change.$post({
        json: { currentPassword: person.password, newPassword: 'another good long password' },
      }),
  ],
  ['a sign-in in its place', (_, victim) => victim.api.auth.login.$post({ json: victim.person })],
  [
    'POST /token/revoke',
    async (on, victim) => {
      const { access_token } = await bodyOf(await victim.api.auth.token.$post({ json: {} }))
      return on.request('/auth/token/revoke', json({ token: access_token }))
    },
  ],
]

test.each(ways)(
  'S31, S33: after %s, here at once and in another isolate in seconds, the leased cookie is nobody',
  async (_, end) => {
    const on = await quickServer({ limiter: openLimiter })
    const elsewhere = await quickServer({ beside: on })
    const victim = await signedUp(on)
    const other = await signedIn(on, victim.person)
    const cookie = cookieOf(victim)
    const before = [await seesSomebody(on, cookie), await seesSomebody(elsewhere, cookie)]

    await end(on, victim, other)
    await on.settled()
    const here = await seesSomebody(on, cookie)
    on.clock.pass(5)
    const there = await seesSomebody(elsewhere, cookie)

    expect(before).toEqual([true, true])
    expect([here, there]).toEqual([false, false])
    expect([on.trips.last, elsewhere.trips.last]).toEqual([0, 0])
  },
)

test.each(ways)(
  'S31: after %s the strict routes of every isolate refuse it at once, whatever hints say',
  async (_, end) => {
    const on = await quickServer({ limiter: openLimiter })
    const elsewhere = await quickServer({ beside: on, limiter: openLimiter, hints: lost })
    const victim = await signedUp(on)
    const other = await signedIn(on, victim.person)
    const cookie = cookieOf(victim)

    await end(on, victim, other)
    const strict: [string, RequestInit][] = [
      ['/auth/sessions', {}],
      ['/auth/me', { ...json({ name: 'Mallory' }), method: 'PATCH' }],
      ['/auth/sessions', { method: 'DELETE' }],
      [`/auth/sessions/${other.session.id}`, { method: 'DELETE' }],
      ['/auth/token', json({})],
      ['/auth/password/change', json({ currentPassword: victim.person.password, newPassword: 'my own good password' })],
    ]
    const statuses: number[] = []
    for (const [path, init] of strict) statuses.push((await elsewhere.request(path, showing(cookie, init))).status)

    expect(statuses).toEqual([401, 401, 401, 401, 401, 401])
  },
)

test('better-auth#9991: a session that was revoked but is leased cannot sign out, rename or see the others', async () => {
  const on = await quickServer()
  const elsewhere = await quickServer({ beside: on, hints: lost })
  const victim = await signedUp(on, { name: 'Ada' })
  const other = await signedIn(on, victim.person)
  const leased = showing(cookieOf(victim))
  await other.api.auth.sessions.$delete({ json: {} })

  const believed = await elsewhere.request('/auth/me', leased)
  const everywhere = await elsewhere.request('/auth/logout', showing(cookieOf(victim), json({ everywhere: true })))
  const renamed = await elsewhere.request(
    '/auth/me',
    showing(cookieOf(victim), { ...json({ name: 'M' }), method: 'PATCH' }),
  )

  expect([believed.status, everywhere.status, renamed.status]).toEqual([200, 204, 401])
  expect(await (await other.api.auth.sessions.$get()).json()).toMatchObject({ sessions: [{ id: other.session.id }] })
  expect(await (await other.api.auth.me.$get()).json()).toMatchObject({ name: 'Ada' })
})

test('a change of the profile sends the leased cookies of the other sessions to the database, once', async () => {
  const on = await quickServer()
  const elsewhere = await quickServer({ beside: on })
  const tab = await signedUp(on, { name: 'Ada' })
  const other = cookieOf(await signedIn(on, tab.person))
  on.clock.pass(10)

  await tab.api.auth.me.$patch({ json: { name: 'Countess of Lovelace' } })
  await on.settled()
  on.clock.pass(5)
  const told = await elsewhere.request('/auth/session', showing(other))
  const renewed = told.headers.getSetCookie()[0]?.split(/[=;]/)[1] ?? ''
  const trips = elsewhere.trips.last
  const again = await elsewhere.request('/auth/session', showing(renewed))

  expect((await bodyOf(told)).user.name).toBe('Countess of Lovelace')
  expect((await bodyOf(again)).user.name).toBe('Countess of Lovelace')
  expect([trips, elsewhere.trips.last]).toEqual([1, 0])
})

test('a change of the profile by a token reaches the cookie of the very session that the token stands for', async () => {
  const on = await quickServer()
  const tab = await signedUp(on, { name: 'Ada' })
  const { access_token } = await bodyOf(await tab.api.auth.token.$post({ json: { audience: 'account' } }))
  const headers = { authorization: `Bearer ${access_token}` }

  const patched = await on.request('/auth/me', { ...json({ name: 'Augusta' }, headers), method: 'PATCH' })
  const me = await tab.api.auth.me.$get()

  expect([patched.status, (await bodyOf(me)).name]).toEqual([200, 'Augusta'])
})

test('a session whose snapshot was stale and which then ended is nobody in another isolate within seconds', async () => {
  const on = await quickServer()
  const elsewhere = await quickServer({ beside: on })
  const tab = await signedUp(on)
  const other = await signedIn(on, tab.person)
  await tab.api.auth.me.$patch({ json: { name: 'Ada' } })
  await on.settled()
  on.clock.pass(5)
  const stale = await elsewhere.request('/auth/session', showing(cookieOf(other)))
  const renewed = stale.headers.getSetCookie()[0]?.split(/[=;]/)[1] ?? ''

  await other.api.auth.logout.$post({ json: {} })
  await on.settled()
  on.clock.pass(5)

  expect(await seesSomebody(elsewhere, renewed)).toBe(false)
})

test('a revoked session ends its refresh token and its tokens at once', async () => {
  const on = await quickServer()
  const app = await accountHolder(on)
  const { bearer, refreshToken } = await refreshed(on, app.tokens.refresh_token)

  const logout = await on.request('/auth/logout', json({}, app.account))
  const me = await on.request('/auth/me', { headers: bearer })
  const session = await on.request('/auth/session', { headers: bearer })
  const refresh = await on.request('/auth/token', json({ refresh_token: refreshToken }))

  expect([logout.status, me.status, refresh.status]).toEqual([204, 401, 401])
  expect(await bodyOf(session)).toEqual({ user: null, session: null })
})

test('hints live as long as the bound and a minute more', async () => {
  const put: [string, Hint, number][] = []
  const hints = (real: Hints): Hints => ({
    ...real,
    async put(id, hint, ttl) {
      put.push([id, hint, ttl])
    },
  })
  const on = await quickServer({ hints, settings: { AUTH_LEASE_SECONDS: '60', AUTH_ACCESS_SECONDS: '900' } })
  const tab = await signedUp(on)
  const other = await signedIn(on, tab.person)

  await other.api.auth.me.$patch({ json: { name: 'Ada' } })
  await tab.api.auth.logout.$post({ json: {} })
  await on.settled()

  expect(put).toEqual([
    [tab.session.id, { state: 'stale', at: on.clock.now }, 965],
    [tab.session.id, { state: 'ended' }, 965],
  ])
})

/** What KV answers before a change has arrived. */
function lost(): Hints {
  return { get: async () => undefined, put: async () => undefined }
}
