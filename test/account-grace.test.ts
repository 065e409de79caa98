import { expect, test } from 'vitest'
import { rfc3339 } from '../src/base/clock.ts'
import { cookieOf } from './act.ts'
import { quickServer } from './credentials.ts'
import { faultyDatabase, openLimiter, replyLost } from './faulty-ports.ts'
import { bodyOf, codeIn, json, mailTo, query, type Server, signedIn, signedUp, tokenIn } from './harness.ts'
import { leaver, subjects, withGrace } from './leavers.ts'

const day = 86_400
const leave = { method: 'DELETE' }

test('with a grace the account stays for now, and every session ends', async () => {
  const on = await withGrace()
  const ada = await signedUp(on)
  const [elsewhere, third] = [await signedIn(on, ada.person), await signedIn(on, ada.person)]
  const [cookie, device] = [cookieOf(ada.jar), ada.jar.get('__Host-device')]

  const answer = await ada.fetch('/auth/me', leave)

  expect([answer.status, on.trips.last]).toEqual([202, 1])
  expect(await bodyOf(answer)).toEqual({ erasesAt: rfc3339(on.clock.now + 7 * day) })
  expect([...ada.jar]).toEqual([['__Host-device', device]])
  for (const tab of [elsewhere, third]) expect((await tab.api.auth.sessions.$get()).status).toBe(401)
  expect((await on.request('/auth/sessions', { headers: cookie })).status).toBe(401)
  expect(await query(on, 'select distinct ended_reason, (select count(*) from users) from sessions')).toEqual([
    ['erased', 1],
  ])
})

test('codes and sign-ins on hold end with them, the link that undoes a change of address does not', async () => {
  const on = await withGrace()
  const ada = await signedUp(on)
  await query(
    on,
    `insert into codes (hash, purpose, user_id, email, email_canonical, created_at, expires_at)
     values ('h', 'undo_email', ?, 'old@example.com', 'old@example.com', 1, 9999999999)`,
    ada.user.id,
  )
  await query(
    on,
    "insert into challenges (hash, user_id, sign_in, throttle_key, created_at, expires_at) values ('h', ?, '{}', 'k', 1, 9999999999)",
    ada.user.id,
  )

  await ada.fetch('/auth/me', leave)

  expect(await query(on, 'select purpose from codes')).toEqual([['undo_email']])
  expect(await query(on, 'select count(*) from challenges')).toEqual([[0]])
})

test('the owner is told when it will be erased, and the address stays taken', async () => {
  const on = await withGrace()
  const { person } = await leaver(on)

  const again = await on.request('/auth/register', json({ ...person, password: 'another good long password' }))

  expect((await mailTo(on, person)).at(-1)?.text).toContain('will be erased on January 22, 2027')
  expect(await bodyOf(again)).toMatchObject({ status: 409, code: 'email_taken' })
})

const waysBack: Record<string, (on: Server, person: { email: string; password: string }) => Promise<Response>> = {
  'by password': (on, person) => on.request('/auth/login', json(person)),
  'by password, for tokens': (on, person) => on.request('/auth/login', json({ ...person, transport: 'token' })),
  'by a link': async (on, { email }) => {
    await on.request('/auth/email/link', json({ email }))
    const mail = (await mailTo(on, { email })).at(-1)
    return on.request('/auth/email/sign-in', json({ token: tokenIn(mail, 'email/sign-in') }))
  },
  'by a code': async (on, { email }) => {
    const { id } = await bodyOf(await on.request('/auth/email/code', json({ email })))
    const code = codeIn((await mailTo(on, { email })).at(-1))
    return on.request('/auth/email/sign-in', json({ id, code }))
  },
}

test.each(Object.entries(waysBack))('signing in %s a second before that keeps the account', async (_, signIn) => {
  const on = await withGrace()
  const { person, user, erasesAt } = await leaver(on)
  on.clock.now = erasesAt - 1

  const answer = await signIn(on, person)
  on.clock.pass(30 * day)
  const { erased } = await on.job()

  expect([answer.status, erased]).toEqual([200, 0])
  expect(await query(on, 'select id, erase_at from users')).toEqual([[user.id, null]])
  expect(on.logs.filter(({ event }) => event === 'user.kept')).toEqual([expect.objectContaining({ userId: user.id })])
})

test.each([
  ['a wrong password', { password: 'not this one at all' }],
  ['the password of another', { email: 'nobody@example.com' }],
])('%s keeps nothing', async (_, wrong) => {
  const on = await withGrace()
  const { person, erasesAt } = await leaver(on)

  await on.request('/auth/login', json({ ...person, ...wrong }))

  expect(await query(on, 'select erase_at from users')).toEqual([[erasesAt]])
})

test('20 at once are told once, and one of them is answered', async () => {
  const on = await withGrace()
  const ada = await signedUp(on)
  const asked = { ...leave, headers: cookieOf(ada.jar) }

  const answers = await Promise.all(Array.from({ length: 20 }, () => on.request('/auth/me', asked)))

  expect(answers.map(({ status }) => status).sort()).toEqual([202, ...new Array(19).fill(401)])
  expect((await subjects(on, ada.person)).filter((subject) => subject === 'will be deleted')).toHaveLength(1)
})

test('S77: where the answer of the database is lost, the repeat answers as the first would have', async () => {
  const { next, database } = faultyDatabase()
  const on = await withGrace({ database })
  const ada = await signedUp(on)
  await on.settled()

  next(replyLost)
  const answer = await ada.fetch('/auth/me', leave)

  expect([answer.status, on.trips.last]).toEqual([202, 2])
  expect(await bodyOf(answer)).toEqual({ erasesAt: rfc3339(on.clock.now + 7 * day) })
  expect((await subjects(on, ada.person)).filter((subject) => subject === 'will be deleted')).toHaveLength(1)
})

test('signing in keeps the account also where there is no grace any more', async () => {
  const on = await withGrace()
  const { person, user } = await leaver(on)
  const restarted = await quickServer({ beside: on, limiter: openLimiter })

  const answer = await restarted.request('/auth/login', json(person))
  on.clock.pass(7 * day)
  const { erased } = await restarted.job()

  expect([answer.status, erased]).toEqual([200, 0])
  expect(await query(on, 'select id, erase_at from users')).toEqual([[user.id, null]])
})
