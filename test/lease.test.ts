import { expect, test } from 'vitest'
import type { Hints } from '../src/base/ports.ts'
import { cookieOf, quickServer, showing } from './credentials.ts'
import { faultyDatabase, unreachable } from './faulty-ports.ts'
import { bodyOf, firefox, query, signedUp } from './harness.ts'

const lastSeen = async (on: Awaited<ReturnType<typeof quickServer>>, id: string) =>
  (await query(on, 'select last_seen_at, expires_at from sessions where id = ?', id))[0]

test.each(['/auth/session', '/auth/me'])(
  'within the lease %s takes no trip and one look-up of a hint, past it one trip',
  async (path) => {
    const looked: string[] = []
    const hints = (real: Hints): Hints => ({
      ...real,
      get(id, later) {
        looked.push(id)
        return real.get(id, later)
      },
    })
    const on = await quickServer({ hints })
    const tab = await signedUp(on)

    on.clock.pass(299)
    const within = await tab.fetch(path)
    const tripsWithin = on.trips.last
    const renewedWithin = tab.setCookies.length
    on.clock.pass(1)
    const past = await tab.fetch(path)

    expect([within.status, tripsWithin, renewedWithin]).toEqual([200, 0, 0])
    expect([past.status, on.trips.last, tab.setCookies.length]).toEqual([200, 1, 1])
    expect(looked).toEqual([tab.session.id])
  },
)

test('the check past the lease slides the idle limit and answers a cookie with a new lease', async () => {
  const on = await quickServer()
  const tab = await signedUp(on)
  on.clock.pass(300)

  await tab.api.auth.session.$get()
  on.clock.pass(299)
  await tab.api.auth.session.$get()
  const within = on.trips.last
  on.clock.pass(1)
  await tab.api.auth.session.$get()

  expect([within, on.trips.last]).toEqual([0, 1])
  expect(await lastSeen(on, tab.session.id)).toEqual([on.clock.now, on.clock.now + 2_592_000])
})

test.each([30, 60, 900])('AUTH_LEASE_SECONDS=%i is the length of the lease, and of the next', async (seconds) => {
  const on = await quickServer({ settings: { AUTH_LEASE_SECONDS: String(seconds) } })
  const tab = await signedUp(on)
  const trips: number[] = []

  for (const wait of [seconds - 1, 1, seconds - 1, 1]) {
    on.clock.pass(wait)
    await tab.api.auth.session.$get()
    trips.push(on.trips.last)
  }

  expect(trips).toEqual([0, 1, 0, 1])
})

test('AUTH_LEASE_SECONDS=0 asks the database always, and slides at most once a minute', async () => {
  const on = await quickServer({ settings: { AUTH_LEASE_SECONDS: '0' } })
  const tab = await signedUp(on)
  const began = on.clock.now

  const trips: number[] = []
  const cookies: number[] = []
  for (const seconds of [0, 30, 29, 1, 59, 1]) {
    on.clock.pass(seconds)
    expect((await tab.api.auth.me.$get()).status).toBe(200)
    trips.push(on.trips.last)
    cookies.push(tab.setCookies.length)
  }

  expect(trips).toEqual([1, 1, 1, 1, 1, 1])
  expect(cookies).toEqual([0, 0, 0, 1, 0, 1])
  expect(await lastSeen(on, tab.session.id)).toEqual([began + 120, began + 120 + 2_592_000])
})

test('AUTH_LEASE_SECONDS=0 refuses a session in the very second in which it ended elsewhere', async () => {
  const on = await quickServer({ settings: { AUTH_LEASE_SECONDS: '0' } })
  const tab = await signedUp(on)
  await query(on, 'update sessions set ended_at = ? where id = ?', on.clock.now, tab.session.id)

  const answer = await tab.api.auth.session.$get()

  expect(await answer.json()).toEqual({ user: null, session: null })
})

test('a lease that an older, longer setting gave is not believed once the setting is shorter', async () => {
  const on = await quickServer({ settings: { AUTH_LEASE_SECONDS: '900' } })
  const shorter = await quickServer({ beside: on, settings: { AUTH_LEASE_SECONDS: '60' } })
  const { jar } = await signedUp(on)

  const answer = await shorter.request('/auth/me', showing(cookieOf({ jar })))

  expect(answer.status).toBe(200)
  expect(shorter.trips.last).toBe(1)
})

test('a lease counts from before the database was asked, however long the answer took', async () => {
  const on = await quickServer({
    database: (real) => ({
      async run(queries, limit) {
        const rows = await real.run(queries, limit)
        on.clock.pass(20)
        return rows
      },
    }),
  })
  const began = on.clock.now
  const tab = await signedUp(on)

  on.clock.now = began + 299
  await tab.api.auth.session.$get()
  const within = on.trips.last
  on.clock.now = began + 300
  await tab.api.auth.session.$get()

  expect([within, on.trips.last]).toEqual([0, 1])
})

test('a lease never passes the end of its session', async () => {
  const limits = { AUTH_SESSION_MAX_SECONDS: '400', AUTH_SESSION_IDLE_SECONDS: '400' }
  const on = await quickServer({ settings: limits })
  const tab = await signedUp(on)
  on.clock.pass(200)
  await tab.api.auth.sessions.$get()

  on.clock.pass(199)
  const within = await tab.api.auth.session.$get()
  const tripsWithin = on.trips.last
  on.clock.pass(1)
  const past = await tab.api.auth.session.$get()

  expect([(await bodyOf(within)).session.id, tripsWithin]).toEqual([tab.session.id, 0])
  expect([(await bodyOf(past)).session, on.trips.last]).toEqual([null, 1])
})

test('a strict route renews a lease that is a minute old, and leaves a younger one', async () => {
  const on = await quickServer()
  const tab = await signedUp(on)

  on.clock.pass(59)
  await tab.api.auth.sessions.$get()
  const young = tab.setCookies.length
  on.clock.pass(1)
  await tab.api.auth.sessions.$get()

  expect([young, tab.setCookies.length]).toEqual([0, 1])
  expect(await lastSeen(on, tab.session.id)).toEqual([on.clock.now, on.clock.now + 2_592_000])
})

test('in lease, device, address and country are those of the request, and lastSeenAt is the start of the lease', async () => {
  const on = await quickServer()
  const { jar, session } = await signedUp(on)
  on.clock.pass(200)
  const headers = { 'user-agent': 'curl/8.5.0' }

  const visit = { address: '203.0.113.9', country: 'DE' }
  const answer = await on.request('/auth/session', showing(cookieOf({ jar }), { headers }), visit)

  expect((await bodyOf(answer)).session).toEqual({
    ...session,
    device: { name: 'curl', userAgent: 'curl/8.5.0' },
    address: '203.0.113.9',
    country: 'DE',
  })
  expect(on.trips.last).toBe(0)
})

test('past the lease they are those of the sign-in, and lastSeenAt is now', async () => {
  const on = await quickServer()
  const { jar, session } = await signedUp(on)
  on.clock.pass(300)
  const headers = { 'user-agent': 'curl/8.5.0' }

  const visit = { address: '203.0.113.9', country: 'DE' }
  const answer = await on.request('/auth/session', showing(cookieOf({ jar }), { headers }), visit)

  expect((await bodyOf(answer)).session).toEqual({
    ...session,
    device: { name: 'Firefox on Linux', userAgent: firefox },
    lastSeenAt: '2027-01-15T08:05:00Z',
    expiresAt: '2027-02-14T08:05:00Z',
  })
})

test('S80, GHSA-8fpg-xm3f-6cx3: with the database down a leased session lives, and past it the answer is 503, never nobody', async () => {
  const { next, database } = faultyDatabase()
  const on = await quickServer({ database })
  const tab = await signedUp(on)

  next(unreachable, unreachable, unreachable)
  const within = await tab.api.auth.session.$get()
  on.clock.pass(300)
  const past = await tab.api.auth.session.$get()
  const again = await tab.api.auth.session.$get()

  expect((await bodyOf(within)).session.id).toBe(tab.session.id)
  expect([past.status, (await bodyOf(past)).code]).toEqual([503, 'unavailable'])
  expect((await bodyOf(again)).session.id).toBe(tab.session.id)
})

test('S79: of 50 checks past the lease at once, each answers the session and a cookie that counts', async () => {
  const on = await quickServer()
  const tab = await signedUp(on)
  on.clock.pass(300)
  const old = cookieOf(tab)

  const answers = await Promise.all(Array.from({ length: 50 }, () => on.request('/auth/session', showing(old))))
  const renewed = answers.map((answer) => answer.headers.getSetCookie()[0]?.split(/[=;]/)[1] ?? '')
  on.clock.pass(300)
  const later = await Promise.all(renewed.map((cookie) => on.request('/auth/me', showing(cookie))))

  expect(answers.map(({ status }) => status)).toEqual(Array(50).fill(200))
  expect(new Set(await Promise.all(answers.map(async (answer) => (await bodyOf(answer)).session.id)))).toEqual(
    new Set([tab.session.id]),
  )
  expect(later.map(({ status }) => status)).toEqual(Array(50).fill(200))
})
