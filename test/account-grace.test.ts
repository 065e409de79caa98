import { expect, test } from 'vitest'
import { rfc3339 } from '../src/base/clock.ts'
import type { Database } from '../src/base/ports.ts'
import { cookieOf } from './acts.ts'
import { quickServer } from './credentials.ts'
import { faultyDatabase, openLimiter, replyLost } from './faulty-ports.ts'
import {
  bodyOf,
  browser,
  codeIn,
  json,
  mailTo,
  query,
  type Server,
  type ServerOptions,
  signedIn,
  signedUp,
  tokenIn,
} from './harness.ts'

const day = 86_400
const leave = { method: 'DELETE' }
const withGrace = (options: ServerOptions = {}) =>
  quickServer({ settings: { AUTH_DELETE_GRACE_DAYS: '7' }, limiter: openLimiter, ...options })
const subjects = async (on: Server, person: { readonly email: string }) =>
  (await mailTo(on, person)).map(({ subject }) => subject.replace(/^.* (will be|was) deleted$/, '$1 deleted'))

/** Somebody who has just left an account with a grace of seven days. */
const leaver = async (on: Server) => {
  const ada = await signedUp(on)
  await query(on, 'update users set email_verified = 1')
  const answer = await ada.fetch('/auth/me', leave)
  return { ...ada, answer, erasesAt: on.clock.now + 7 * day }
}

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

test('S92: the job erases the account when its day has come, not a second before, and mails a receipt', async () => {
  const on = await withGrace()
  const { person, erasesAt } = await leaver(on)
  const bystander = await signedUp(on)
  on.clock.now = erasesAt - 1
  const early = await on.job()
  const left = await query(on, 'select count(*) from users')
  on.clock.now = erasesAt

  const due = await on.job()

  expect([early.erased, left, due.erased]).toEqual([0, [[2]], 1])
  expect(await query(on, 'select id from users')).toEqual([[bystander.user.id]])
  expect((await subjects(on, person)).slice(-2)).toEqual(['will be deleted', 'was deleted'])
  expect((await on.request('/auth/login', json(person))).status).toBe(401)
  expect((await on.request('/auth/register', json(person))).status).toBe(201)
})

test('S92: a run erases 50 accounts, and what is left is for the next', async () => {
  const on = await withGrace()
  await query(
    on,
    `with recursive n(i) as (select 1 union all select i + 1 from n where i < 60)
     insert into users (id, email, email_canonical, email_verified, created_at, erase_at)
     select 'usr_' || i, 'u' || i || '@example.com', 'u' || i || '@example.com', 1, 1, ? from n`,
    on.clock.now,
  )

  const runs = [await on.job(), await on.job(), await on.job()]

  expect(runs.map(({ erased, failed }) => [erased, failed])).toEqual([
    [50, []],
    [10, []],
    [0, []],
  ])
  expect(await query(on, 'select count(*) from users')).toEqual([[0]])
  expect(await query(on, "select count(distinct recipient) from outbox where kind = 'account_deleted'")).toEqual([[60]])
})

test('of two jobs at once one erases: there is one receipt', async () => {
  const on = await withGrace()
  const { person, erasesAt } = await leaver(on)
  on.clock.now = erasesAt

  await Promise.all([on.job(), on.job(), on.job()])

  expect((await subjects(on, person)).filter((subject) => subject === 'was deleted')).toHaveLength(1)
})

/** A database that does something else between the two trips of the job: it has found the account due. */
const betweenTrips = () => {
  let meanwhile: (() => Promise<unknown>) | undefined
  const database = (real: Database): Database => ({
    async run(queries, limit) {
      const act = queries.some(({ sql }) => sql.startsWith('delete from users')) ? meanwhile : undefined
      if (act) meanwhile = undefined
      await act?.()
      return real.run(queries, limit)
    },
  })
  const then = (act: () => Promise<unknown>) => {
    meanwhile = act
  }
  return { then, database }
}

test('whoever signs in after the job has found the account due, and before it erases that, keeps it', async () => {
  const { then, database } = betweenTrips()
  const on = await withGrace({ database })
  const { person, user, erasesAt } = await leaver(on)
  on.clock.now = erasesAt
  const tab = browser(on)
  then(() => tab.api.auth.login.$post({ json: person }))

  await on.job()

  expect(await query(on, 'select id, erase_at from users')).toEqual([[user.id, null]])
  expect((await tab.api.auth.sessions.$get()).status).toBe(200)
  expect(await subjects(on, person)).not.toContain('was deleted')
})

test('nor does it erase whose change of address can be undone since', async () => {
  const { then, database } = betweenTrips()
  const on = await withGrace({ database })
  const { user, erasesAt } = await leaver(on)
  on.clock.now = erasesAt
  const code = `insert into codes (hash, purpose, user_id, email, email_canonical, created_at, expires_at)
    values ('h', 'undo_email', ?, 'old@example.com', 'old@example.com', 1, 9999999999)`
  then(() => query(on, code, user.id))

  await on.job()

  expect(await query(on, 'select id from users')).toEqual([[user.id]])
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

test('S77: where that of the job is lost, the account goes once, with one receipt', async () => {
  const database = (real: Database): Database => ({
    async run(queries, limit) {
      const rows = await real.run(queries, limit)
      if (!isLost || !queries.some(({ sql }) => sql.startsWith('delete from users'))) return rows
      isLost = false
      return replyLost(async () => rows)
    },
  })
  let isLost = true
  const on = await withGrace({ database })
  const { person, erasesAt } = await leaver(on)
  on.clock.now = erasesAt

  const { failed } = await on.job()

  expect([isLost, failed]).toEqual([false, []])
  expect(await query(on, 'select count(*) from users')).toEqual([[0]])
  expect((await subjects(on, person)).filter((subject) => subject === 'was deleted')).toHaveLength(1)
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

test('the receipt after a grace is in the language in which the account was given up', async () => {
  const on = await withGrace()
  const ada = await signedUp(on)
  await query(on, 'update users set email_verified = 1')
  await ada.fetch('/auth/me', { ...leave, headers: { 'accept-language': 'de' } })
  on.clock.pass(7 * day)

  await on.job()

  expect(await query(on, "select distinct language from outbox where kind = 'account_deleted'")).toEqual([['de']])
})

test('the receipt of the job says when, and of no device: nobody asked', async () => {
  const on = await withGrace()
  const { person, erasesAt } = await leaver(on)
  on.clock.now = erasesAt

  await on.job()

  const receipt = (await mailTo(on, person)).at(-1)
  expect(receipt?.subject).toMatch(/was deleted$/)
  expect(receipt?.text).toMatch(/^Time: /m)
  expect(receipt?.text).not.toMatch(/^(Device|IP address|Country): /m)
})

test('nor does that language take the place of the one that the user chose', async () => {
  const on = await withGrace()
  const ada = await signedUp(on, { locale: 'ar' })

  await ada.fetch('/auth/me', { ...leave, headers: { 'accept-language': 'de' } })

  expect(await query(on, 'select locale from users')).toEqual([['ar']])
})

test('S92: an account with very many refresh tokens is left to the job, which deletes these first', async () => {
  const on = await quickServer()
  const ada = await signedUp(on)
  const tokens = `with recursive n(i) as (select 1 union all select i + 1 from n where i < 10000)
    insert into refresh_tokens (hash, session_id, created_at, expires_at) select 'h' || i, ?, 1, 9999999999 from n`
  await query(on, tokens, ada.session.id)

  const answer = await ada.fetch('/auth/me', leave)
  const early = await on.job()
  on.clock.pass(365)
  const sweeping = await on.job()
  const due = await on.job()

  expect([answer.status, early.erased, sweeping.erased, due.erased]).toEqual([202, 0, 0, 1])
  expect([early.deleted.refresh_tokens, sweeping.deleted.refresh_tokens]).toEqual([0, 10_000])
  expect(await query(on, 'select * from users')).toEqual([])
})
