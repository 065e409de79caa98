import { expect, test } from 'vitest'
import { cookieName } from './credentials.ts'
import { faultyDatabase, replyLost } from './faulty-ports.ts'
import { answer, challenged, codes, enrolled, gatedServer } from './gate.ts'
import { bodyOf, browser, json, query, type Server } from './harness.ts'

const sessionsOf = async (on: Server, userId: string) =>
  (await query(on, 'select id from sessions where user_id = ? and ended_at is null', userId)).flat()

test('S79: of two right answers at once one begins a session and the other is 410', async () => {
  const on = await gatedServer()
  const { person, user } = await enrolled(on)
  const id = await challenged(on, person)

  const answers = await Promise.all([answer(on, id, codes[0]), answer(on, id, codes[1])])

  expect(answers.map(({ status }) => status).sort()).toEqual([200, 410])
  expect(await sessionsOf(on, user.id)).toHaveLength(1)
})

test('S79, CVE-2025-46815: of 20 answers at once with one code to 4 challenges, one begins a session', async () => {
  const on = await gatedServer()
  const { person, user } = await enrolled(on)
  const ids = [1, 2, 3, 4].map(() => challenged(on, person))

  const answers = await Promise.all((await Promise.all(ids)).flatMap((id) => [1, 2].map(() => answer(on, id))))

  expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
  expect(await sessionsOf(on, user.id)).toHaveLength(1)
})

test('a challenge that was answered is 410, also with another right code', async () => {
  const on = await gatedServer()
  const { person, user } = await enrolled(on)
  const id = await challenged(on, person)
  await answer(on, id)

  const again = [await answer(on, id), await answer(on, id, codes[1])]

  expect(again.map(({ status }) => status)).toEqual([410, 410])
  expect(await sessionsOf(on, user.id)).toHaveLength(1)
})

test('S77: when the database loses the answer to the last trip, the session has begun once and is handed out', async () => {
  const { next, database } = faultyDatabase()
  const on = await gatedServer(['totp'], { database })
  const { person, user } = await enrolled(on)
  const id = await challenged(on, person)
  next((run) => run(), replyLost)

  const right = await answer(on, id)
  const cookie = right.headers.getSetCookie()[0]?.split(';')[0] ?? ''
  const alive = await on.request('/auth/sessions', { headers: { cookie } })

  expect([right.status, alive.status]).toEqual([200, 200])
  expect(await sessionsOf(on, user.id)).toHaveLength(1)
})

test('GHSA-xg6x-h9c9-2m83, S78, S15: after the first factor nothing at all is signed in', async () => {
  const on = await gatedServer()
  const { person } = await enrolled(on, ['totp'], 'ada')
  const tab = browser(on)
  const logins = [person, { username: 'ada', password: person.password }, { ...person, transport: 'token' }]

  for (const login of logins) {
    const held = await tab.fetch('/auth/login', json(login))
    expect([(await bodyOf(held)).status, held.headers.getSetCookie()]).toEqual(['challenge', []])
  }
  const repeated = await tab.fetch('/auth/register', json(person))

  expect([(await bodyOf(repeated)).status ?? (await bodyOf(repeated)).code]).not.toContain('signed_in')
  expect(tab.jar.size).toBe(0)
  expect(await (await tab.api.auth.session.$get()).json()).toEqual({ user: null, session: null })
  expect((await tab.api.auth.me.$get()).status).toBe(401)
})

test('S78, S43: a challenge opens nothing but its own route', async () => {
  const on = await gatedServer()
  const { person } = await enrolled(on)
  const id = await challenged(on, person)
  const bearer = { authorization: `Bearer ${id}` }
  const cookie = { cookie: `${cookieName}=${id}` }
  const paths: [string, string][] = [
    ['GET', '/auth/me'],
    ['PATCH', '/auth/me'],
    ['GET', '/auth/sessions'],
    ['DELETE', '/auth/sessions'],
    ['POST', '/auth/token'],
  ]

  const shown = await Promise.all(
    paths.flatMap(([method, path]) => [bearer, cookie].map((headers) => on.request(path, { method, headers }))),
  )
  const sessions = await Promise.all([bearer, cookie].map((headers) => on.request('/auth/session', { headers })))
  const refreshes = [id, `pst_rt_${id}`].map((refresh_token) => on.request('/auth/token', json({ refresh_token })))
  const revoked = await on.request('/auth/token/revoke', json({ token: id }))
  const right = await answer(on, id)

  expect(shown.map(({ status }) => status)).toEqual(Array(10).fill(401))
  expect(await Promise.all(sessions.map(bodyOf))).toEqual(Array(2).fill({ user: null, session: null }))
  expect((await Promise.all(refreshes)).map(({ status }) => status)).toEqual([401, 401])
  expect([revoked.status, right.status]).toEqual([200, 200])
})

test('S33: a password that changes meanwhile takes the challenges with it that the old one opened', async () => {
  const on = await gatedServer()
  const { person, user } = await enrolled(on)
  const owner = browser(on)
  const { challenge } = await bodyOf(await owner.api.auth.login.$post({ json: person }))
  await owner.api.auth.challenge.$post({ json: { id: challenge.id, method: 'totp', code: codes[0] } })
  const stolen = await challenged(on, person)

  const change = await owner.api.auth.password.change.$post({
    json: { currentPassword: person.password, newPassword: 'another good long password' },
  })
  const late = await answer(on, stolen, codes[1])

  expect([change.status, late.status]).toEqual([200, 410])
  expect(await sessionsOf(on, user.id)).toHaveLength(1)
})

test('S32: a user who is suspended meanwhile is told so after the right answer, and gets no session', async () => {
  const on = await gatedServer()
  const { person, user } = await enrolled(on)
  const id = await challenged(on, person)
  await query(on, 'update users set suspended_at = ? where id = ?', on.clock.now, user.id)

  const wrong = await answer(on, id, '000000')
  const right = await answer(on, id)

  expect([wrong.status, right.status, (await bodyOf(right)).code]).toEqual([401, 403, 'account_suspended'])
  expect(await sessionsOf(on, user.id)).toEqual([])
})

test('S15, CVE-2024-45042: two gates ask one after the other, and only past the second there is a session', async () => {
  const methods = ['totp', 'email'] as const
  const on = await gatedServer(methods)
  const { person, user } = await enrolled(on, methods)
  const first = await challenged(on, { ...person, remember: false })

  const early = await answer(on, first, codes[0], 'email')
  const held = await answer(on, first)
  const trips = on.trips.last
  const { status, challenge } = await bodyOf(held)
  const between = await sessionsOf(on, user.id)
  const reused = [await answer(on, first, codes[1]), await answer(on, challenge.id, codes[1])]
  const right = await answer(on, challenge.id, codes[0], 'email')

  expect(early.status).toBe(401)
  expect([held.status, trips, status, challenge.methods, held.headers.getSetCookie()]).toEqual([
    200,
    2,
    'challenge',
    ['email'],
    [],
  ])
  expect(between).toEqual([])
  expect(reused.map((one) => one.status)).toEqual([410, 401])
  expect((await bodyOf(right)).session.methods).toEqual(['password', 'totp', 'email'])
  expect(right.headers.getSetCookie()[0]).not.toContain('Max-Age')
})

test('S10, S24: ten wrong answers in 15 minutes, over any number of challenges, and then the right one is 429', async () => {
  const on = await gatedServer()
  const { person, user } = await enrolled(on)
  const wrong: number[] = []
  for (let i = 0; i < 2; i++) {
    const id = await challenged(on, person)
    for (let tries = 0; tries < 5; tries++) wrong.push((await answer(on, id, '000000')).status)
  }

  const refused = await answer(on, await challenged(on, person))
  on.clock.pass(900)
  const later = await answer(on, await challenged(on, person))

  expect(wrong).toEqual(Array(10).fill(401))
  expect([refused.status, (await bodyOf(refused)).code]).toEqual([429, 'too_many_attempts'])
  expect(refused.headers.get('retry-after')).toBe('900')
  expect(later.status).toBe(200)
  expect(await sessionsOf(on, user.id)).toHaveLength(1)
})

test('an answer that was refused with 429 did not count as a try of its challenge', async () => {
  const on = await gatedServer()
  const { person } = await enrolled(on)
  for (let i = 0; i < 2; i++) {
    const id = await challenged(on, person)
    for (let tries = 0; tries < 5; tries++) await answer(on, id, '000000')
  }
  on.clock.pass(890)
  const id = await challenged(on, person)

  const refused: number[] = []
  for (let i = 0; i < 6; i++) refused.push((await answer(on, id)).status)
  on.clock.pass(10)
  const right = await answer(on, id)

  expect(refused).toEqual(Array(6).fill(429))
  expect(right.status).toBe(200)
})

test('right answers are refunded: whoever signs in often is not throttled', async () => {
  const on = await gatedServer()
  const { person, user } = await enrolled(on)
  for (let i = 0; i < 12; i++) await query(on, "insert into gate_codes values (?, 'totp', ?, null)", user.id, `c${i}`)

  const statuses: number[] = []
  for (let i = 0; i < 12; i++) statuses.push((await answer(on, await challenged(on, person), `c${i}`)).status)

  expect(statuses).toEqual(Array(12).fill(200))
})

test('S10, CVE-2023-47111: of 30 wrong answers at once to one challenge, five are judged', async () => {
  const on = await gatedServer()
  const { person } = await enrolled(on)
  const id = await challenged(on, person)

  const answers = await Promise.all(Array.from({ length: 30 }, () => answer(on, id, '000000')))

  expect(answers.filter(({ status }) => status === 401)).toHaveLength(5)
})
