import { expect, test } from 'vitest'
import { rfc3339 } from '../src/base/clock.ts'
import type { Database } from '../src/base/ports.ts'
import { quickServer } from './credentials.ts'
import { replyLost } from './faulty-ports.ts'
import { bodyOf, browser, json, mailTo, query, signedUp } from './harness.ts'
import { leaver, subjects, withGrace } from './leavers.ts'

const hour = 3600
const day = 24 * hour
const leave = { method: 'DELETE' }

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

test('of two jobs at once, of two isolates, one erases: there is one receipt', async () => {
  const on = await withGrace()
  const beside = await withGrace({ beside: on })
  const { person, erasesAt } = await leaver(on)
  on.clock.now = erasesAt

  await Promise.all([on.job(), beside.job()])

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

test('the receipt after a grace is in the language in which the account was given up', async () => {
  const on = await withGrace()
  const ada = await signedUp(on)
  await query(on, 'update users set email_verified = 1')
  await ada.fetch('/auth/me', { ...leave, headers: { 'accept-language': 'de' } })
  on.clock.pass(7 * day)

  await on.job()

  expect(await query(on, "select distinct language from outbox where kind = 'account_deleted'")).toEqual([['de']])
})

test('nor does that language take the place of the one that the user chose', async () => {
  const on = await withGrace()
  const ada = await signedUp(on, { locale: 'ar' })

  await ada.fetch('/auth/me', { ...leave, headers: { 'accept-language': 'de' } })

  expect(await query(on, 'select locale from users')).toEqual([['ar']])
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

/** Somebody whose account may not go at once, though there is no grace. */
const somebodyWithManyTokens = async () => {
  const on = await quickServer()
  const ada = await signedUp(on)
  const tokens = `with recursive n(i) as (select 1 union all select i + 1 from n where i < 10000)
    insert into refresh_tokens (hash, session_id, created_at, expires_at) select 'h' || i, ?, 1, 9999999999 from n`
  await query(on, tokens, ada.session.id)
  return { on, ada }
}

test('S92: an account with very many refresh tokens is left to the job, which deletes these first', async () => {
  const { on, ada } = await somebodyWithManyTokens()
  await ada.fetch('/auth/me', leave)
  const early = await on.job()
  on.clock.pass(hour)

  const [sweeping, due] = [await on.job(), await on.job()]

  expect([early.erased, sweeping.erased, due.erased]).toEqual([0, 0, 1])
  expect([early.deleted.refresh_tokens, sweeping.deleted.refresh_tokens]).toEqual([0, 10_000])
  expect(await query(on, 'select * from users')).toEqual([])
})

test('whoever has so many, and no grace, still has an hour to sign in, and is told until when', async () => {
  const { on, ada } = await somebodyWithManyTokens()

  const answer = await ada.fetch('/auth/me', leave)
  await query(on, 'delete from refresh_tokens')
  on.clock.pass(hour - 1)
  const { erased } = await on.job()

  expect([answer.status, await bodyOf(answer)]).toEqual([202, { erasesAt: rfc3339(on.clock.now + 1) }])
  expect((await mailTo(on, ada.person)).at(-1)?.text).toMatch(/erased on January 15, 2027/)
  expect(erased).toBe(0)
  expect((await on.request('/auth/login', json(ada.person))).status).toBe(200)
  on.clock.pass(hour)
  await on.job()
  expect(await query(on, 'select id, erase_at from users')).toEqual([[ada.user.id, null]])
})
