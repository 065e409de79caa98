import { expect, test } from 'vitest'
import { cookieOf } from './act.ts'
import { faultyDatabase, noFault, openLimiter, quick, replyLost } from './faulty-ports.ts'
import {
  bodyOf,
  codeIn,
  json,
  mailTo,
  query,
  type Server,
  type ServerOptions,
  server,
  signedUp,
  somebody,
} from './harness.ts'
import { rightCode, secondFactor } from './second-factor.ts'

const required = { AUTH_EMAIL_VERIFICATION: 'required' }
const requiring = (options: ServerOptions = {}) =>
  server({ argon2id: quick, limiter: openLimiter, settings: required, ...options })
const login = (on: Server, body: object) => on.request('/auth/login', json(body))
const answer = (on: Server, id: string, code: string) =>
  on.request('/auth/challenge', json({ id, method: 'email', code }))

/** Somebody who has registered and opened no link. */
const unproven = async (on: Server) => {
  const person = somebody()
  await on.request('/auth/register', json(person))
  return person
}

/** A right password for an unproven address: the challenge, and the code that was mailed for it. */
const challenged = async (on: Server, person: { email: string; password: string }) => {
  const { challenge } = await bodyOf(await login(on, person))
  return { id: String(challenge.id), code: codeIn((await mailTo(on, person)).at(-1)) }
}

const liveSessions = (on: Server) => query(on, 'select count(*) from sessions where ended_at is null')

test('a login with an unproven address asks for the code that is mailed to it, and then signs in with a proven one', async () => {
  const on = await requiring()
  const person = await unproven(on)
  const asked = await login(on, person)
  const trips = on.trips.last
  const { challenge } = await bodyOf(asked)
  const mail = (await mailTo(on, person)).at(-1)

  const done = await answer(on, challenge.id, codeIn(mail))

  expect([asked.status, trips, challenge.methods]).toEqual([200, 2, ['email']])
  expect(asked.headers.getSetCookie()).toEqual([])
  expect([done.status, on.trips.last]).toEqual([200, 2])
  expect(await bodyOf(done)).toMatchObject({
    status: 'signed_in',
    user: { emailVerified: true },
    session: { methods: ['password', 'email'] },
  })
  expect(on.logs).toContainEqual(expect.objectContaining({ event: 'email.verified' }))
  expect(await bodyOf(await login(on, person))).toMatchObject({ status: 'signed_in' })
})

test('the code may be typed in small letters, with blanks and hyphens', async () => {
  const on = await requiring()
  const { id, code } = await challenged(on, await unproven(on))

  const done = await answer(on, id, ` ${code.slice(0, 4)}-${code.slice(4)} `.toLowerCase())

  expect(done.status).toBe(200)
})

test('an account from before the setting was switched on meets the same gate; a session from before goes on', async () => {
  const before = await server({ argon2id: quick })
  const { person, jar } = await signedUp(before)
  const on = await requiring({ beside: before })
  const cookie = `__Host-session=${jar.get('__Host-session')}`

  const { id, code } = await challenged(on, person)

  expect((await on.request('/auth/sessions', { headers: { cookie } })).status).toBe(200)
  expect((await answer(on, id, code)).status).toBe(200)
})

test.each(['optional', 'off'])('with %s nobody is asked for a code', async (setting) => {
  const on = await server({ argon2id: quick, settings: { AUTH_EMAIL_VERIFICATION: setting } })
  const { person } = await signedUp(on)

  expect(await bodyOf(await login(on, person))).toMatchObject({ status: 'signed_in', user: { emailVerified: false } })
})

test('S24: a code answers the challenge that asked for it, no other of theirs or of somebody else, and a new one ends it', async () => {
  const on = await requiring()
  const person = await unproven(on)
  const first = await challenged(on, person)
  const second = await challenged(on, person)
  const eve = await challenged(on, await unproven(on))

  const crossed: Response[] = []
  for (const { code } of [first, eve]) crossed.push(await answer(on, second.id, code))
  crossed.push(await answer(on, first.id, second.code))
  const old = await answer(on, first.id, first.code)
  const right = await answer(on, second.id, second.code)

  for (const one of [...crossed, old])
    expect(await bodyOf(one)).toMatchObject({ status: 401, code: 'wrong_credentials' })
  expect(right.status).toBe(200)
})

test('S22: the code signs in once, in the same request as its challenge', async () => {
  const on = await requiring()
  const { id, code } = await challenged(on, await unproven(on))

  const answers = [await answer(on, id, code), await answer(on, id, code)]

  expect(answers.map(({ status }) => status)).toEqual([200, 410])
  expect(await liveSessions(on)).toEqual([[1]])
})

test.each([2, 20])('S79: of %i answers at once over two isolates exactly one signs in', async (many) => {
  const on = await requiring()
  const other = await requiring({ beside: on })
  const { id, code } = await challenged(on, await unproven(on))

  const answers = await Promise.all(Array.from({ length: many }, (_, i) => answer(i % 2 ? other : on, id, code)))

  expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
  expect(await liveSessions(on)).toEqual([[1]])
})

test('S24: five wrong codes end the challenge, the right one too', async () => {
  const on = await requiring()
  const { id, code } = await challenged(on, await unproven(on))
  const wrong = code.replace(/./g, (letter) => (letter === 'Z' ? 'Y' : 'Z'))

  const statuses = []
  for (let i = 0; i < 5; i++) statuses.push((await answer(on, id, wrong)).status)

  expect(statuses).toEqual([401, 401, 401, 401, 401])
  expect((await answer(on, id, code)).status).toBe(410)
  expect(await query(on, 'select email_verified from users')).toEqual([[0]])
})

test('S22: code and challenge are good for ten minutes', async () => {
  const on = await requiring()
  const [late, right] = [await challenged(on, await unproven(on)), await challenged(on, await unproven(on))]
  on.clock.pass(599)
  const inTime = await answer(on, right.id, right.code)
  on.clock.pass(1)

  const answered = await answer(on, late.id, late.code)

  expect([inTime.status, answered.status]).toEqual([200, 410])
})

test('a code that was mailed to an address that the account no longer has proves nothing', async () => {
  const on = await requiring()
  const { id, code } = await challenged(on, await unproven(on))
  await query(on, "update users set email = 'new@example.com', email_canonical = 'new@example.com'")

  const answered = await answer(on, id, code)

  expect(answered.status).toBe(401)
  expect(await query(on, 'select email_verified from users')).toEqual([[0]])
  expect(await liveSessions(on)).toEqual([[0]])
})

test('a wrong password asks for nothing and mails nothing', async () => {
  const on = await requiring()
  const person = await unproven(on)
  const before = (await mailTo(on, person)).length

  const refused = await login(on, { ...person, password: 'not this one at all' })

  expect(refused.status).toBe(401)
  expect((await mailTo(on, person)).length).toBe(before)
})

test('S12: past 5 codes an hour a login is 429, and there is no challenge; what strangers ask for takes none of them', async () => {
  const on = await requiring()
  const person = await unproven(on)
  const statuses = []
  for (let i = 0; i < 4; i++) await on.request('/auth/password/forgot', json({ email: person.email }))
  for (let i = 0; i < 5; i++) statuses.push((await login(on, person)).status)
  const before = await query(on, 'select hash from challenges')

  const refused = await login(on, person)

  expect(statuses).toEqual([200, 200, 200, 200, 200])
  expect(await bodyOf(refused)).toMatchObject({ status: 429, code: 'too_many_attempts' })
  expect(await query(on, 'select hash from challenges')).toEqual(before)
  expect((await mailTo(on, person)).length).toBe(10)
  on.clock.pass(3600)
  expect((await login(on, person)).status).toBe(200)
})

test('S78: the challenge opens no route, and the pending registration has nothing to show', async () => {
  const on = await requiring()
  const { id } = await challenged(on, await unproven(on))

  const shown: Record<string, string>[] = [{ cookie: `__Host-session=${id}` }, { authorization: `Bearer ${id}` }]
  const answers = await Promise.all(
    shown.flatMap((headers) => ['/auth/me', '/auth/sessions'].map((path) => on.request(path, { headers }))),
  )
  const refreshed = await on.request('/auth/token', json({ refresh_token: id }))

  expect(answers.map(({ status }) => status)).toEqual([401, 401, 401, 401])
  expect(refreshed.status).toBe(401)
})

test('S78: another method than the one that is asked for is no answer', async () => {
  const on = await requiring()
  const { id, code } = await challenged(on, await unproven(on))

  const answered = await on.request('/auth/challenge', json({ id, method: 'totp', code }))

  expect(answered.status).toBe(401)
})

test('S15: a second factor is asked for beside the code, and the address is proven in between', async () => {
  const gate = secondFactor()
  const on = await requiring({ plug: gate.plug })
  const person = await unproven(on)
  gate.isOn = true
  const first = await bodyOf(await login(on, person))

  const second = await bodyOf(
    await on.request('/auth/challenge', json({ id: first.challenge.id, method: 'totp', code: rightCode })),
  )
  const code = codeIn((await mailTo(on, person)).at(-1))
  const done = await answer(on, second.challenge.id, code)

  expect([first.challenge.methods, second.challenge.methods]).toEqual([['totp'], ['email']])
  expect(await bodyOf(done)).toMatchObject({
    status: 'signed_in',
    user: { emailVerified: true },
    session: { methods: ['password', 'totp', 'email'] },
  })
})

test('an answer whose reply got lost is asked again, signs in once and proves the address once', async () => {
  const faults = faultyDatabase()
  const on = await requiring({ database: faults.database })
  const { id, code } = await challenged(on, await unproven(on))
  faults.next(replyLost, noFault, replyLost)

  const done = await answer(on, id, code)

  expect(await bodyOf(done)).toMatchObject({ status: 'signed_in', user: { emailVerified: true } })
  expect(await liveSessions(on)).toEqual([[1]])
})

test('a login whose reply got lost is mailed one code, which answers it', async () => {
  const faults = faultyDatabase()
  const on = await requiring({ database: faults.database })
  const person = await unproven(on)
  await on.settled()
  faults.next(replyLost, noFault, replyLost)

  const { id, code } = await challenged(on, person)

  expect((await mailTo(on, person)).length).toBe(2)
  expect((await answer(on, id, code)).status).toBe(200)
})

test('S16: the database holds neither the code nor a plain hash of it', async () => {
  const on = await requiring({ mailer: { name: 'mailbox', send: () => Promise.reject(new Error('down')) } })
  await login(on, await unproven(on))
  await on.settled()

  const [[hash, mac, sealed] = []] = await query(
    on,
    `select hash, code_mac, (select sealed from outbox where kind = 'confirm_code') from codes
     where purpose = 'confirm_code'`,
  )

  for (const one of [hash, mac]) expect(one).toMatch(/^[\w-]{43}$/)
  expect(sealed).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+$/)
})

test('S31: a code that proves the address tells the other sessions of it, also those of another isolate', async () => {
  const before = await server({ argon2id: quick, limiter: openLimiter })
  const ada = await signedUp(before)
  const on = await requiring({ beside: before })
  const cookie = cookieOf(ada.jar)
  const isVerified = async () => (await bodyOf(await before.request('/auth/me', { headers: cookie }))).emailVerified
  const leased = await isVerified()
  const { id, code } = await challenged(on, ada.person)

  const done = await answer(on, id, code)
  await on.settled()
  before.clock.pass(5)

  expect([leased, await isVerified()]).toEqual([false, true])
  const begun = (await bodyOf(done)).session.id
  expect(await query(on, 'select id from sessions where changed_at is not null')).toEqual([[ada.session.id]])
  expect(begun).not.toBe(ada.session.id)
})
