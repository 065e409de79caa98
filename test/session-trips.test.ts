import { expect, test } from 'vitest'
import { accountHolder, cookieOf, quickServer, refreshed, showing } from './credentials.ts'
import { json, type Server, signedIn, signedUp } from './harness.ts'

/** What the contract's table says: trips by cookie in lease, by cookie past it, and by token. */
const table: [method: string, path: string, body: object | undefined, inLease: number, past: number, token: number][] =
  [
    ['GET', '/auth/session', undefined, 0, 1, 1],
    ['GET', '/auth/me', undefined, 0, 1, 1],
    ['PATCH', '/auth/me', { name: 'Augusta', username: 'countess' }, 1, 1, 1],
    ['GET', '/auth/sessions', undefined, 1, 1, 1],
    ['DELETE', '/auth/sessions', undefined, 1, 1, 1],
    ['DELETE', '/auth/sessions/<other>', undefined, 1, 1, 1],
    ['POST', '/auth/logout', {}, 1, 1, 1],
    ['POST', '/auth/logout', { everywhere: true }, 1, 1, 1],
  ]

/** Sends it, and answers trips before the answer and after it. */
const measured = async (on: Server, path: string, init: RequestInit) => {
  await on.settled()
  const before = on.trips.total
  const { status } = await on.request(path, init)
  await on.settled()
  return { ok: status < 300, trips: on.trips.last, after: on.trips.total - before - on.trips.last }
}

test.each(table)('%s %s %j takes the trips of the table, and at most one after the answer', async (...row) => {
  const [method, path, body, ...trips] = row
  const on = await quickServer()
  const target = (other: { session: { id: string } }) => path.replace('<other>', other.session.id)
  const init = (username: string, headers: Record<string, string> = {}): RequestInit => {
    const named = body && 'username' in body ? { ...body, username } : body
    return named === undefined ? { method, headers } : { ...json(named, headers), method }
  }
  const [young, old] = [await signedUp(on), await signedUp(on)]
  const others = { young: await signedIn(on, young.person), old: await signedIn(on, old.person) }
  const app = await accountHolder(on)
  const beside = await signedIn(on, app.person)

  const inLease = await measured(on, target(others.young), showing(cookieOf(young), init('countess')))
  const byToken = await measured(on, target(beside), init('ada', app.account))
  on.clock.pass(300)
  const past = await measured(on, target(others.old), showing(cookieOf(old), init('bob')))

  expect([inLease.trips, past.trips, byToken.trips]).toEqual(trips)
  expect([inLease.ok, past.ok, byToken.ok]).toEqual([true, true, true])
  for (const { after } of [inLease, past, byToken]) expect(after).toBeLessThanOrEqual(1)
})

test('without a credential nothing takes a trip', async () => {
  const on = await quickServer()

  const answers = await Promise.all(
    table.map(([method, path]) => on.request(path.replace('<other>', 'ses_AAAAAAAAAAAAAAAAAAAAAA'), { method })),
  )

  expect(answers.map(({ status }) => status)).toEqual([200, 401, 401, 401, 401, 401, 204, 204])
  expect(on.trips.total).toBe(0)
})

test('a cold isolate reads the keys in the very trip that proves a token', async () => {
  const on = await quickServer()
  const app = await accountHolder(on)
  const cold = await quickServer({ beside: on })

  const first = await measured(cold, '/auth/me', { headers: app.bearer })
  const second = await measured(cold, '/auth/me', { headers: app.bearer })

  expect([first, second]).toEqual(Array(2).fill({ ok: true, trips: 1, after: 0 }))
})

test('GHSA-w6p7-2fxx-4f44: a token is checked against the session row each time, and an ended one is nobody', async () => {
  const on = await quickServer()
  const app = await accountHolder(on)
  const { bearer } = await refreshed(on, app.tokens.refresh_token)
  await on.request('/auth/logout', json({}, app.account))

  const me = await measured(on, '/auth/me', { headers: bearer })

  expect(me).toEqual({ ok: false, trips: 1, after: 0 })
})
