import { expect, test } from 'vitest'
import { sha256 } from '../src/base/crypto.ts'
import { secretOf } from './credentials.ts'
import { answer, challenged, codes, enrolled, gatedServer } from './gate.ts'
import { bodyOf, json, query, signedUp } from './harness.ts'

const sessionsOf = async (on: Awaited<ReturnType<typeof gatedServer>>, userId: string) =>
  query(on, 'select methods from sessions where user_id = ? and ended_at is null', userId)

test('a sign-in that a gate holds up answers a challenge in two trips, and no session', async () => {
  const on = await gatedServer()
  const { person, user } = await enrolled(on)

  const login = await on.request('/auth/login', json(person))
  const trips = on.trips.last
  const body = await bodyOf(login)

  expect([login.status, trips]).toEqual([200, 2])
  expect(body).toEqual({
    status: 'challenge',
    challenge: { id: expect.stringMatching(/^[\w-]{43}$/), methods: ['totp'], expiresAt: '2027-01-15T08:10:00Z' },
  })
  expect(await sessionsOf(on, user.id)).toEqual([])
})

test('whoever has nothing to show for the gate passes it', async () => {
  const on = await gatedServer()
  const { person } = await signedUp(on)

  const login = await on.request('/auth/login', json(person))

  expect(await bodyOf(login)).toMatchObject({ status: 'signed_in' })
})

test('the right answer begins the session in two trips, with both methods, and burns the code', async () => {
  const on = await gatedServer()
  const { person, user } = await enrolled(on)
  const id = await challenged(on, person)

  const right = await answer(on, id)
  const trips = on.trips.last
  const body = await bodyOf(right)

  expect([right.status, trips]).toEqual([200, 2])
  expect(body).toMatchObject({ status: 'signed_in', user: { id: user.id } })
  expect(body.session.methods).toEqual(['password', 'totp'])
  expect(right.headers.getSetCookie().map((line) => line.split('=')[0])).toEqual(['__Host-session', '__Host-device'])
  expect(await query(on, 'select code, used_at from gate_codes order by used_at desc')).toEqual([
    [codes[0], 1],
    [codes[1], null],
  ])
})

test('the database keeps the SHA-256 of the id and no code, password or address', async () => {
  const on = await gatedServer()
  const { person } = await enrolled(on)

  const id = await challenged(on, person)

  const rows = await query(on, 'select * from challenges')
  expect(rows).toHaveLength(1)
  expect(JSON.stringify(rows)).toContain(await sha256(id))
  expect(JSON.stringify(rows)).not.toContain(id)
  expect(JSON.stringify(rows)).not.toContain(person.password)
  expect(JSON.stringify(on.logs)).not.toContain(id)
})

test('a wrong code is 401, begins nothing, and the right one is still taken', async () => {
  const on = await gatedServer()
  const { person, user } = await enrolled(on)
  const id = await challenged(on, person)

  const wrong = await answer(on, id, '000000')
  const before = await sessionsOf(on, user.id)
  const right = await answer(on, id)

  expect([wrong.status, (await bodyOf(wrong)).code, wrong.headers.getSetCookie()]).toEqual([
    401,
    'wrong_credentials',
    [],
  ])
  expect(before).toEqual([])
  expect(right.status).toBe(200)
})

test.each([
  ['a code that was used', { method: 'totp', code: 'used' }, 401],
  ['no code', { method: 'totp' }, 401],
  ['a method that was not asked for', { method: 'passkey', code: '123456' }, 401],
  ['the method that is passed already', { method: 'password', code: '123456' }, 401],
  ['an assertion for a code', { method: 'totp', assertion: { code: '123456' } }, 401],
  ['a method that does not exist', { method: 'otp', code: '123456' }, 422],
  ['a list of codes', { method: 'totp', code: ['123456', '000000'] }, 422],
  ['a number', { method: 'totp', code: 123456 }, 422],
  ['another field', { method: 'totp', code: '123456', transport: 'token' }, 422],
  ['another user', { method: 'totp', code: '123456', userId: 'usr_AAAAAAAAAAAAAAAAAAAAAA' }, 422],
])('S68, S15: %s does not answer a challenge', async (_, given, status) => {
  const on = await gatedServer()
  const { person, user } = await enrolled(on)
  await query(on, "insert into gate_codes values (?, 'totp', 'used', 1)", user.id)
  const id = await challenged(on, person)

  const refused = await on.request('/auth/challenge', json({ id, ...given }))

  expect(refused.status).toBe(status)
  expect(await sessionsOf(on, user.id)).toEqual([])
})

test('the code of somebody else does not answer a challenge', async () => {
  const on = await gatedServer()
  const [ada, mallory] = [await enrolled(on), await enrolled(on)]
  await query(on, "update gate_codes set code = '777777' where user_id = ?", mallory.user.id)

  const refused = await answer(on, await challenged(on, ada.person), '777777')

  expect(refused.status).toBe(401)
  expect(await query(on, "select used_at from gate_codes where code = '777777'")).toEqual([[null], [null]])
})

test.each([
  ['unknown', 'A'.repeat(43)],
  ['empty', ''],
  ['no secret at all', 'null'],
])('a challenge that is %s is 410 and counts against nobody', async (_, id) => {
  const on = await gatedServer()
  await enrolled(on)

  const gone = await answer(on, id)

  expect([gone.status, (await bodyOf(gone)).code]).toEqual([410, 'code_used_or_expired'])
  expect(await query(on, 'select count(*) from throttle where count > 0')).toEqual([[0]])
})

test('S22: a challenge takes five tries, and then the right code no more', async () => {
  const on = await gatedServer()
  const { person, user } = await enrolled(on)
  const id = await challenged(on, person)

  const wrong: number[] = []
  for (let i = 0; i < 5; i++) wrong.push((await answer(on, id, '000000')).status)
  const right = await answer(on, id)
  const anew = await answer(on, await challenged(on, person))

  expect(wrong).toEqual([401, 401, 401, 401, 401])
  expect([right.status, anew.status]).toEqual([410, 200])
  expect(await sessionsOf(on, user.id)).toHaveLength(1)
})

test('the fifth try may be the right one', async () => {
  const on = await gatedServer()
  const { person } = await enrolled(on)
  const id = await challenged(on, person)
  for (let i = 0; i < 4; i++) await answer(on, id, '000000')

  const right = await answer(on, id)

  expect(right.status).toBe(200)
})

test('S24: a challenge is open for 10 minutes', async () => {
  const on = await gatedServer()
  const { person } = await enrolled(on)
  const [first, second] = [await challenged(on, person), await challenged(on, person)]

  on.clock.pass(599)
  const within = await answer(on, first)
  on.clock.pass(1)
  const past = await answer(on, second, codes[1])

  expect([within.status, past.status]).toEqual([200, 410])
})

test('the transport and the manner are those of the sign-in that began it: a session that is not remembered', async () => {
  const on = await gatedServer()
  const { person } = await enrolled(on)

  const right = await answer(on, await challenged(on, { ...person, remember: false }))
  const [session = ''] = right.headers.getSetCookie()

  expect(session).toMatch(/^__Host-session=/)
  expect(session).not.toContain('Max-Age')
  expect((await bodyOf(right)).session.expiresAt).toBe('2027-01-16T08:00:00Z')
})

test('the transport and the manner are those of the sign-in that began it: tokens, and no cookie', async () => {
  const on = await gatedServer()
  const { person } = await enrolled(on)

  const right = await answer(on, await challenged(on, { ...person, transport: 'token' }))
  const { tokens } = await bodyOf(right)
  const me = await on.request('/auth/me', { headers: { authorization: `Bearer ${tokens.access_token}` } })

  expect(right.headers.getSetCookie()).toEqual([])
  expect(tokens).toMatchObject({ refresh_token: expect.stringMatching(/^pst_rt_/), expires_in: 300 })
  expect(me.status).toBe(200)
})

test('S29: the session that the browser had ends when the challenge is answered, not before', async () => {
  const on = await gatedServer()
  const { person } = await enrolled(on)
  const other = await signedUp(on)
  const old = other.jar.get('__Host-session') ?? ''

  const login = await other.api.auth.login.$post({ json: person })
  const before = (await other.api.auth.sessions.$get()).status
  const { challenge } = await bodyOf(login)
  const right = await other.api.auth.challenge.$post({ json: { id: challenge.id, method: 'totp', code: codes[0] } })
  const replay = await on.request('/auth/sessions', { headers: { cookie: `__Host-session=${old}` } })

  expect([login.status, before, right.status, replay.status]).toEqual([200, 200, 200, 401])
  expect(secretOf(other.jar.get('__Host-session') ?? '')).not.toBe(secretOf(old))
})
