import { expect, test } from 'vitest'
import { accountHolder, cookieName, cookieOf, quickServer, showing } from './credentials.ts'
import { type Fault, faultyDatabase, openLimiter, replyLost, unreachable } from './faulty-ports.ts'
import { bodyOf, browser, json, query, type Server, signedIn, signedUp } from './harness.ts'

const idsOf = async (answer: { clone(): { json(): Promise<unknown> } }): Promise<string[]> =>
  (await bodyOf(answer)).sessions.map(({ id }: { id: string }) => id)

const aliveOf = async (on: Server, userId: string) =>
  (await query(on, 'select id from sessions where user_id = ? and ended_at is null', userId)).flat()

test('S34: a user sees where they are signed in, the most recently seen first, in one trip', async () => {
  const on = await quickServer()
  const first = await signedUp(on)
  on.clock.pass(100)
  const visit = { address: '203.0.113.9', country: 'DE' }
  const second = await signedIn(on, first.person, { remember: false }, visit)
  await signedUp(on)
  on.clock.pass(100)

  const answer = await first.api.auth.sessions.$get()

  expect(on.trips.last).toBe(1)
  expect((await answer.json()).sessions).toEqual([
    { ...first.session, current: true, lastSeenAt: '2027-01-15T08:03:20Z', expiresAt: '2027-02-14T08:03:20Z' },
    { ...second.session, current: false, address: '203.0.113.9', country: 'DE' },
  ])
})

test('a session says how, when and from where it began', async () => {
  const on = await quickServer()
  const tab = browser(on, { address: '2001:db8:1:2:3:4:5:6', country: 'FR' })
  await tab.api.auth.register.$post({ json: { email: 'ada@example.com', password: 'correct horse battery' } })

  const answer = await tab.api.auth.sessions.$get()

  expect((await answer.json()).sessions).toEqual([
    {
      id: expect.stringMatching(/^ses_[\w-]{22}$/),
      createdAt: '2027-01-15T08:00:00Z',
      authenticatedAt: '2027-01-15T08:00:00Z',
      expiresAt: '2027-02-14T08:00:00Z',
      lastSeenAt: '2027-01-15T08:00:00Z',
      methods: ['password'],
      current: true,
      device: { name: 'Firefox on Linux', userAgent: expect.stringContaining('Firefox/140.0') },
      address: '2001:db8:1:2::/64',
      country: 'FR',
    },
  ])
})

test('sessions that ended or expired are not listed', async () => {
  const on = await quickServer()
  const tab = await signedUp(on)
  const short = await signedIn(on, tab.person, { remember: false })
  const out = await signedIn(on, tab.person)
  await out.api.auth.logout.$post({ json: {} })

  const before = await idsOf(await tab.api.auth.sessions.$get())
  on.clock.pass(24 * 60 * 60)
  const after = await idsOf(await tab.api.auth.sessions.$get())

  expect(new Set(before)).toEqual(new Set([tab.session.id, short.session.id]))
  expect(after).toEqual([tab.session.id])
})

test('S35: of 25 sign-ins 20 live, and those least recently seen have ended', async () => {
  const on = await quickServer({ limiter: openLimiter })
  const first = await signedUp(on)
  const tabs = [first]
  for (let i = 1; i < 25; i++) {
    on.clock.pass(60)
    if (i === 10) await first.api.auth.sessions.$get()
    tabs.push(await signedIn(on, first.person))
  }

  const listed = await idsOf(await first.api.auth.sessions.$get())
  const dead = await Promise.all(tabs.map(async ({ fetch }) => (await fetch('/auth/me')).status === 401))

  expect(listed).toHaveLength(20)
  expect(dead.flatMap((isDead, i) => (isDead ? [i] : []))).toEqual([1, 2, 3, 4, 5])
  expect(on.logs.filter(({ reason }) => reason === 'limit')).toHaveLength(5)
})

test('S35: 25 sign-ins at once leave 20', async () => {
  const on = await quickServer({ limiter: openLimiter, settings: { AUTH_LIMIT_PAIR: '100' } })
  const { person, user } = await signedUp(on)

  const answers = await Promise.all(Array.from({ length: 25 }, () => on.request('/auth/login', json(person))))

  expect(answers.map(({ status }) => status)).toEqual(Array(25).fill(200))
  expect(await aliveOf(on, user.id)).toHaveLength(20)
})

test('DELETE /sessions/{id} ends that session in one trip, and no other', async () => {
  const on = await quickServer()
  const tab = await signedUp(on)
  const [lost, kept] = [await signedIn(on, tab.person), await signedIn(on, tab.person)]

  const answer = await tab.api.auth.sessions[':id'].$delete({ param: { id: lost.session.id }, json: {} })

  expect([answer.status, on.trips.last, tab.setCookies]).toEqual([204, 1, []])
  expect(new Set(await aliveOf(on, tab.user.id))).toEqual(new Set([tab.session.id, kept.session.id]))
})

test('DELETE /sessions/{id} of the own session is a logout: the cookie goes', async () => {
  const on = await quickServer()
  const tab = await signedUp(on)

  const answer = await tab.api.auth.sessions[':id'].$delete({ param: { id: tab.session.id }, json: {} })

  expect([answer.status, tab.jar.has(cookieName)]).toEqual([204, false])
  expect(await aliveOf(on, tab.user.id)).toEqual([])
})

test('DELETE /sessions ends every other session in one trip, and no one else’s', async () => {
  const on = await quickServer()
  const people = [await signedUp(on), await signedUp(on)]

  for (const tab of people) {
    const others = [await signedIn(on, tab.person), await signedIn(on, tab.person)]
    const answer = await tab.api.auth.sessions.$delete({ json: {} })
    expect([answer.status, on.trips.last]).toEqual([204, 1])
    const statuses = await Promise.all(
      [...people, ...others].map(async ({ fetch }) => (await fetch('/auth/me')).status),
    )
    expect(statuses).toEqual([200, 200, 401, 401])
  }
})

test('S34, S36, GHSA-4vcf-q4xf-f48m: a session of somebody else is not there: 404, and it lives', async () => {
  const on = await quickServer()
  const [ada, mallory] = [await signedUp(on), await signedUp(on)]
  const param = { id: ada.session.id }

  const theirs = await mallory.api.auth.sessions[':id'].$delete({ param, json: {} })
  const nobodys = await mallory.api.auth.sessions[':id'].$delete({
    param: { id: 'ses_AAAAAAAAAAAAAAAAAAAAAA' },
    json: {},
  })
  const anonymous = await on.request(`/auth/sessions/${ada.session.id}`, { method: 'DELETE' })
  const listed = await idsOf(await mallory.api.auth.sessions.$get())

  expect([theirs.status, nobodys.status, anonymous.status]).toEqual([404, 404, 401])
  expect({ ...(await bodyOf(theirs)), requestId: '' }).toEqual({ ...(await bodyOf(nobodys)), requestId: '' })
  expect(await aliveOf(on, ada.user.id)).toEqual([ada.session.id])
  expect(listed).toEqual([mallory.session.id])
})

test.each(['usr_AAAAAAAAAAAAAAAAAAAAAA', 'ses_short', 'ses_', '*', 'ses_AAAAAAAAAAAAAAAAAAAAA!', '1'])(
  'DELETE /sessions/%s is 404',
  async (id) => {
    const on = await quickServer()
    const tab = await signedUp(on)

    const answer = await tab.fetch(`/auth/sessions/${id}`, { method: 'DELETE' })

    expect(answer.status).toBe(404)
    expect(await aliveOf(on, tab.user.id)).toEqual([tab.session.id])
  },
)

test('a session that has ended already ends again with 204, and a lost answer is told as done', async () => {
  const { next, database } = faultyDatabase()
  const on = await quickServer({ database })
  const tab = await signedUp(on)
  const [one, two] = [await signedIn(on, tab.person), await signedIn(on, tab.person)]
  const end = (id: string) => tab.api.auth.sessions[':id'].$delete({ param: { id }, json: {} })
  await end(one.session.id)

  const again = await end(one.session.id)
  next(replyLost)
  const lost = await end(two.session.id)

  expect([again.status, lost.status]).toEqual([204, 204])
  expect(await aliveOf(on, tab.user.id)).toEqual([tab.session.id])
})

test.each(['cookie', 'token'])(
  'S77: to end the own session by %s is done although the database lost the answer, and a replay is 401',
  async (via) => {
    const { next, database } = faultyDatabase()
    const on = await quickServer({ database })
    const app = await accountHolder(on)
    const tab = await signedIn(on, app.person)
    const id = via === 'cookie' ? tab.session.id : app.session.id
    const shown =
      via === 'cookie' ? showing(cookieOf(tab), { method: 'DELETE' }) : { headers: app.account, method: 'DELETE' }
    next(replyLost)

    const lost = await on.request(`/auth/sessions/${id}`, shown)
    const replay = await on.request(`/auth/sessions/${id}`, shown)

    const cleared = `${cookieName}=; Path=/; Max-Age=0; HttpOnly; Secure; SameSite=Lax`
    expect([lost.status, lost.headers.getSetCookie()]).toEqual([204, via === 'cookie' ? [cleared] : []])
    expect([replay.status, replay.headers.getSetCookie()]).toEqual([401, []])
    expect(await aliveOf(on, app.user.id)).toEqual([via === 'cookie' ? app.session.id : tab.session.id])
  },
)

test.each([
  ['ended otherwise', "update sessions set ended_at = ?1, expires_at = ?1, ended_reason = 'logout' where id = ?2"],
  ['ended before', "update sessions set ended_at = ?1 - 1, expires_at = ?1, ended_reason = 'revoked' where id = ?2"],
  ['expired', 'update sessions set expires_at = ?1 where id = ?2'],
  ['gone', 'delete from sessions where ?1 > 0 and id = ?2'],
])('a session that is %s when the first try comes to nothing is no proof for the second', async (_, change) => {
  const { next, database } = faultyDatabase()
  const on = await quickServer({ database })
  const tab = await signedUp(on)
  const { id } = tab.session
  const overtaken: Fault = async (run) => {
    await query(on, change, on.clock.now, id)
    return unreachable(run)
  }
  next(overtaken)

  const answer = await tab.api.auth.sessions[':id'].$delete({ param: { id }, json: {} })

  expect([answer.status, tab.setCookies]).toEqual([401, []])
})

test('S32: a suspended user cannot end the own session: with the reply lost or not it is 401, and the row lives', async () => {
  const { next, database } = faultyDatabase()
  const on = await quickServer({ database })
  const tab = await signedUp(on)
  const { id } = tab.session
  await query(on, 'update users set suspended_at = 1')
  next(replyLost)

  const answer = await tab.api.auth.sessions[':id'].$delete({ param: { id }, json: {} })

  expect(answer.status).toBe(401)
  expect(await aliveOf(on, tab.user.id)).toEqual([id])
})

test('by token, every audience may list; only a token for the account may end', async () => {
  const on = await quickServer()
  const app = await accountHolder(on)
  const other = await signedIn(on, app.person)
  const ask = (headers: Record<string, string>, path: string, method: string) => on.request(path, { method, headers })
  const one = `/auth/sessions/${other.session.id}`

  const listed = await ask(app.bearer, '/auth/sessions', 'GET')
  const refused = [await ask(app.bearer, one, 'DELETE'), await ask(app.bearer, '/auth/sessions', 'DELETE')]
  const before = await aliveOf(on, app.user.id)
  const ended = [await ask(app.account, one, 'DELETE'), await ask(app.account, '/auth/sessions', 'DELETE')]
  const { sessions } = await bodyOf(listed)

  expect(sessions.map(({ id, current }: { id: string; current: boolean }) => [id, current])).toEqual(
    expect.arrayContaining([
      [app.session.id, true],
      [other.session.id, false],
    ]),
  )
  expect(refused.map(({ status }) => status)).toEqual([403, 403])
  expect(before).toHaveLength(2)
  expect(ended.map(({ status }) => status)).toEqual([204, 204])
  expect(await aliveOf(on, app.user.id)).toEqual([app.session.id])
})

test('S79: of two browsers that end each other at once, one lives', async () => {
  const on = await quickServer()
  const tab = await signedUp(on)
  const tabs = [tab, await signedIn(on, tab.person)]

  const answers = await Promise.all(
    tabs.map((one) => on.request('/auth/sessions', showing(cookieOf(one), { method: 'DELETE' }))),
  )

  expect(answers.map(({ status }) => status).sort()).toEqual([204, 401])
  expect(await aliveOf(on, tab.user.id)).toHaveLength(1)
})

test('S79: of 10 sessions that each end all others at once, one lives and one was told so', async () => {
  const on = await quickServer({ limiter: openLimiter })
  const tab = await signedUp(on)
  const tabs = [tab]
  for (let i = 1; i < 10; i++) tabs.push(await signedIn(on, tab.person))

  const answers = await Promise.all(
    tabs.map((one) => on.request('/auth/sessions', showing(cookieOf(one), { method: 'DELETE' }))),
  )
  const winner = answers.findIndex(({ status }) => status === 204)

  expect(answers.map(({ status }) => status).sort()).toEqual([204, ...Array(9).fill(401)])
  expect(await aliveOf(on, tab.user.id)).toEqual([tabs[winner]?.session.id])
})
