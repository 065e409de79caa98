import { expect, test } from 'vitest'
import { accountHolder, cookieName, cookieOf, quickServer, showing } from './credentials.ts'
import { faultyDatabase, replyLost, unreachable } from './faulty-ports.ts'
import { bodyOf, json, query, type Server, signedIn, signedUp, signedUpByToken } from './harness.ts'
import { rightCode, secondFactor } from './second-factor.ts'

const cleared = `${cookieName}=; Path=/; Max-Age=0; HttpOnly; Secure; SameSite=Lax`

test('S31: logout ends the session in the database in one trip and clears the cookie', async () => {
  const on = await quickServer()
  const tab = await signedUp(on)

  const answer = await tab.api.auth.logout.$post({ json: {} })
  const trips = on.trips.last
  const [row] = await query(on, 'select ended_at, ended_reason from sessions where id = ?', tab.session.id)

  expect([answer.status, trips, await answer.text()]).toEqual([204, 1, ''])
  expect(tab.setCookies).toEqual([cleared])
  expect(row).toEqual([on.clock.now, 'logout'])
})

test('S31: after logout the cookie that was kept is refused by every route', async () => {
  const on = await quickServer()
  const tab = await signedUp(on)
  const kept = cookieOf(tab)
  await tab.api.auth.logout.$post({ json: {} })

  const replays: [string, RequestInit, number][] = [
    ['/auth/session', {}, 200],
    ['/auth/me', {}, 401],
    ['/auth/me', { ...json({ name: 'M' }), method: 'PATCH' }, 401],
    ['/auth/sessions', {}, 401],
    ['/auth/sessions', { method: 'DELETE' }, 401],
    [`/auth/sessions/${tab.session.id}`, { method: 'DELETE' }, 401],
    ['/auth/token', json({}), 401],
  ]
  const answers = await Promise.all(replays.map(([path, init]) => on.request(path, showing(kept, init))))

  expect(answers.map(({ status }) => status)).toEqual(replays.map(([, , status]) => status))
  expect(await bodyOf(answers[0] ?? Response.error())).toEqual({ user: null, session: null })
})

test.each([
  ['nothing', {}],
  ['a forged cookie', { cookie: `${cookieName}=deadbeef` }],
])('logout with %s is done already: 204 without a trip', async (_, headers) => {
  const on = await quickServer()

  const answer = await on.request('/auth/logout', { method: 'POST', headers })

  expect([answer.status, on.trips.last]).toEqual([204, 0])
})

test('logout twice is 204 twice, and the second changes nothing', async () => {
  const on = await quickServer()
  const tab = await signedUp(on)
  const cookie = cookieOf(tab)
  await tab.api.auth.logout.$post({ json: {} })
  const rows = await query(on, 'select ended_at, changed_at from sessions')
  on.clock.pass(10)

  const again = await on.request('/auth/logout', showing(cookie, json({})))

  expect([again.status, on.trips.last]).toEqual([204, 1])
  expect(await query(on, 'select ended_at, changed_at from sessions')).toEqual(rows)
})

test('S31: a session that has ended ends no other: its cookie cannot sign out everywhere', async () => {
  const on = await quickServer()
  const here = await signedUp(on)
  const there = await signedIn(on, here.person)
  const kept = cookieOf(here)
  await here.api.auth.logout.$post({ json: {} })

  await on.request('/auth/logout', showing(kept, json({ everywhere: true })))
  const alive = await there.api.auth.sessions.$get()

  expect(alive.status).toBe(200)
})

test('logout here leaves the other sessions, logout everywhere ends them all and nobody else’s', async () => {
  const on = await quickServer()
  const here = await signedUp(on)
  const [there, elsewhere] = [await signedIn(on, here.person), await signedIn(on, here.person)]
  const stranger = await signedUp(on)

  await here.api.auth.logout.$post({ json: {} })
  const left = [await there.api.auth.sessions.$get(), await elsewhere.api.auth.sessions.$get()]
  const everywhere = await there.api.auth.logout.$post({ json: { everywhere: true } })
  const trips = on.trips.last
  const gone = [await there.api.auth.sessions.$get(), await elsewhere.api.auth.sessions.$get()]
  const untouched = await stranger.api.auth.sessions.$get()

  expect(left.map(({ status }) => status)).toEqual([200, 200])
  expect([everywhere.status, trips]).toEqual([204, 1])
  expect(gone.map(({ status }) => status)).toEqual([401, 401])
  expect(untouched.status).toBe(200)
})

test('logout by a token for the account ends its session; by a token for other APIs it is 403 and ends nothing', async () => {
  const on = await quickServer()
  const app = await accountHolder(on)

  const foreign = await on.request('/auth/logout', json({}, app.bearer))
  const everywhere = await on.request('/auth/logout', json({ everywhere: true }, app.bearer))
  const alive = await on.request('/auth/me', { headers: app.bearer })
  const own = await on.request('/auth/logout', json({}, app.account))
  const trips = on.trips.last
  const dead = await on.request('/auth/me', { headers: app.account })

  expect([foreign.status, everywhere.status, alive.status]).toEqual([403, 403, 200])
  expect([own.status, trips, own.headers.getSetCookie()]).toEqual([204, 1, []])
  expect(dead.status).toBe(401)
})

test('logout with a token that is worth nothing is 401: its session may well live', async () => {
  const on = await quickServer()
  const { tokens } = await signedUpByToken(on)
  const late = { authorization: `Bearer ${tokens.access_token}` }
  on.clock.pass(400)

  const none = await on.request('/auth/logout', { method: 'POST', headers: { authorization: 'Bearer deadbeef' } })
  const expired = await on.request('/auth/logout', json({ everywhere: true }, late))
  const refreshed = await on.request('/auth/token', json({ refresh_token: tokens.refresh_token }))

  expect([none.status, expired.status, refreshed.status]).toEqual([401, 401, 200])
})

test('with an Authorization header logout ignores the cookie: it neither ends its session nor clears it', async () => {
  const on = await quickServer()
  const tab = await signedUp(on)
  const app = await accountHolder(on)
  const both = (headers: Record<string, string>) => showing(cookieOf(tab), json({ everywhere: true }, headers))

  const answers = [
    await on.request('/auth/logout', both({ authorization: 'Bearer deadbeef' })),
    await on.request('/auth/logout', both({ authorization: 'Basic YWRhOmFkYQ==' })),
    await on.request('/auth/logout', both(app.account)),
  ]
  const alive = await tab.api.auth.sessions.$get()

  expect(answers.map((answer) => [answer.status, answer.headers.getSetCookie()])).toEqual([
    [401, []],
    [401, []],
    [204, []],
  ])
  expect(alive.status).toBe(200)
})

/** Somebody with a cookie and a token for the account, and a sign-in of theirs that waits for a second factor. */
const withOneOnHold = async () => {
  const gate = secondFactor()
  const on = await quickServer({ plug: gate.plug })
  const app = await accountHolder(on)
  const tab = await signedIn(on, app.person)
  gate.isOn = true
  return { on, app, tab, id: await onHold(on, app.person) }
}

const onHold = async (on: Server, person: object): Promise<string> =>
  (await bodyOf(await on.request('/auth/login', json(person)))).challenge.id

const answered = async (on: Server, id: string) =>
  (await on.request('/auth/challenge', json({ id, method: 'totp', code: rightCode }))).status

test.each(['cookie', 'token'])('S31: logout everywhere by %s also drops every sign-in on hold', async (via) => {
  const { on, app, tab, id } = await withOneOnHold()
  const another = await onHold(on, app.person)
  const shown =
    via === 'cookie' ? showing(cookieOf(tab), json({ everywhere: true })) : json({ everywhere: true }, app.account)

  const logout = await on.request('/auth/logout', shown)
  const trips = on.trips.last
  const statuses = [await answered(on, id), await answered(on, another)]

  expect([logout.status, trips]).toEqual([204, 1])
  expect(statuses).toEqual([410, 410])
  expect(await query(on, 'select * from sessions where ended_at is null')).toEqual([])
})

test('a sign-in on hold outlives a logout here, one by a session that is over, and one of somebody else', async () => {
  const { on, app, tab, id } = await withOneOnHold()
  const everywhere = json({ everywhere: true })
  const stranger = await on.request('/auth/register', json({ ...app.person, email: 'bob@example.com' }))
  const bob = (await bodyOf(stranger)).challenge.id
  const begun = await on.request('/auth/challenge', json({ id: bob, method: 'totp', code: rightCode }))
  const cookie = begun.headers.getSetCookie()[0]?.split(/[=;]/)[1] ?? ''

  const logouts = [
    await on.request('/auth/logout', showing(cookieOf(tab), json({}))),
    await on.request('/auth/logout', showing(cookieOf(tab), everywhere)),
    await on.request('/auth/logout', showing(cookie, everywhere)),
    await on.request('/auth/logout', json({ everywhere: true }, app.bearer)),
  ]

  expect(logouts.map(({ status }) => status)).toEqual([204, 204, 204, 403])
  expect(await answered(on, id)).toBe(200)
})

test('a logout that the database did not take is 503 and keeps the cookie, so that it can be repeated', async () => {
  const { next, database } = faultyDatabase()
  const on = await quickServer({ database })
  const tab = await signedUp(on)
  next(unreachable, unreachable, unreachable)

  const failed = await tab.api.auth.logout.$post({ json: {} })
  const kept = [...tab.setCookies]
  const repeated = await tab.api.auth.logout.$post({ json: {} })

  expect([failed.status, kept]).toEqual([503, []])
  expect([repeated.status, tab.setCookies]).toEqual([204, [cleared]])
})

test('a logout whose answer the database lost is done, and says so', async () => {
  const { next, database } = faultyDatabase()
  const on = await quickServer({ database })
  const tab = await signedUp(on)
  const cookie = cookieOf(tab)
  next(replyLost)

  const answer = await tab.api.auth.logout.$post({ json: {} })
  const replay = await on.request('/auth/sessions', showing(cookie))

  expect([answer.status, tab.setCookies, replay.status]).toEqual([204, [cleared], 401])
})

test('S68: logout takes a boolean and nothing else', async () => {
  const on = await quickServer()
  const tab = await signedUp(on)
  const bodies = [
    { everywhere: 'yes' },
    { everywhere: 1 },
    { everywhere: null },
    { userId: tab.user.id },
    [],
    'now',
    null,
  ]

  const answers = await Promise.all(bodies.map((body) => tab.fetch('/auth/logout', json(body))))

  expect(answers.map(({ status }) => status)).toEqual(Array(7).fill(422))
  expect((await tab.api.auth.sessions.$get()).status).toBe(200)
})

test('S79: of a logout and 20 checks past the lease at once, no cookie is left that counts', async () => {
  const on = await quickServer()
  const tab = await signedUp(on)
  const cookie = cookieOf(tab)
  on.clock.pass(300)

  const [logout, ...checks] = await Promise.all([
    on.request('/auth/logout', showing(cookie, json({}))),
    ...Array.from({ length: 20 }, () => on.request('/auth/session', showing(cookie))),
  ])
  const given = checks.flatMap((check) => check.headers.getSetCookie()).map((line) => line.split(/[=;]/)[1] ?? '')
  const leased = await Promise.all([cookie, ...given].map((one) => on.request('/auth/me', showing(one))))
  const strict = await Promise.all([cookie, ...given].map((one) => on.request('/auth/sessions', showing(one))))

  expect(logout.status).toBe(204)
  expect(checks.map(({ status }) => status)).toEqual(Array(20).fill(200))
  expect([...leased, ...strict].filter(({ status }) => status !== 401)).toEqual([])
})

test('S79: of 20 logouts at once every one is done and one ends the session', async () => {
  const on = await quickServer()
  const { tokens, session } = await signedUpByToken(on)
  const tab = await signedUp(on)

  const answers = await Promise.all(
    Array.from({ length: 20 }, () => on.request('/auth/logout', showing(cookieOf(tab), json({})))),
  )

  expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(204))
  expect(on.logs.filter(({ event }) => event === 'session.ended')).toHaveLength(1)
  expect(await query(on, 'select ended_at from sessions where id = ?', session.id)).toEqual([[null]])
  expect(tokens.access_token).toMatch(/^ey/)
})
