import { expect, test } from 'vitest'
import { listHints } from '../src/adapters/revocations.ts'
import type { Hints } from '../src/base/ports.ts'
import { cookieOf, quickServer, showing } from './credentials.ts'
import { faultyDatabase, replyLost } from './faulty-ports.ts'
import { bodyOf, json, mailTo, query, type Server, signedIn, signedUp, tokenIn } from './harness.ts'

const leave = { method: 'DELETE' }

const userOf = async (on: Server, cookie: string) =>
  (await bodyOf(await on.request('/auth/session', showing(cookie)))).user

const hintOf = (on: Server, sessionId: string) => on.world.hints.get(sessionId, () => undefined)

const factsOf = (on: Server, type: string) => on.logs.filter(({ event }) => event === type)

/** Hints of which the writes fail as long as `down`. */
const failingWrites = () => {
  const state = { down: true }
  const hints = (real: Hints): Hints => ({
    ...real,
    put: (id, hint, ttl) =>
      state.down ? Promise.reject(new TypeError('KV is down')) : (real.put?.(id, hint, ttl) ?? Promise.resolve()),
  })
  return { state, hints }
}

test('S31: without KV, a leased cookie of an erased user reads nothing in another process within 10 s', async () => {
  const on = await quickServer()
  const list = () => listHints(on.world.database, () => on.clock.now, 305)
  const elsewhere = await quickServer({ beside: on, hints: list })
  const tab = await signedUp(on)
  const cookie = cookieOf(tab)
  const before = await userOf(elsewhere, cookie)
  await tab.fetch('/auth/me', leave)

  for (let i = 0; i < 2; i++) {
    on.clock.pass(5)
    await userOf(elsewhere, cookie)
    await elsewhere.settled()
  }
  const after = await userOf(elsewhere, cookie)

  expect([before?.id, after]).toEqual([tab.user.id, null])
  expect(elsewhere.trips.last).toBe(0)
})

test('S31: a session of an erased user whose hint was lost is told by the job, once', async () => {
  const { state, hints } = failingWrites()
  const on = await quickServer({ hints })
  const tab = await signedUp(on)
  await tab.fetch('/auth/me', leave)
  await on.settled()

  const failed = await on.job()
  state.down = false
  const told = await on.job()
  const again = await on.job()

  expect([failed.hinted, told.hinted, again.hinted]).toEqual([1, 1, 0])
  expect(await hintOf(on, tab.session.id)).toEqual({ state: 'ended' })
})

test('a session that ended just before its user was erased is told all the same', async () => {
  const { state, hints } = failingWrites()
  const on = await quickServer({ hints })
  const tab = await signedUp(on)
  const other = await signedIn(on, tab.person)
  await other.api.auth.logout.$post({ json: {} })
  on.clock.pass(300)
  await tab.fetch('/auth/me', leave)
  await on.settled()
  state.down = false

  const { hinted } = await on.job()

  expect(hinted).toBe(2)
  expect(await hintOf(on, other.session.id)).toEqual({ state: 'ended' })
})

test('a session of an erased user that was told is marked, and told by no job', async () => {
  const on = await quickServer()
  const tab = await signedUp(on)

  await tab.fetch('/auth/me', leave)
  await on.settled()
  const { hinted } = await on.job()

  expect(hinted).toBe(0)
  expect(await query(on, 'select id, hinted_at from erased_sessions')).toEqual([[tab.session.id, on.clock.now]])
})

test('S77: where the answer of the database is lost, the job tells of the sessions, and the log of the user', async () => {
  const { next, database } = faultyDatabase()
  const on = await quickServer({ database })
  const tab = await signedUp(on)
  await on.settled()

  next(replyLost)
  await tab.fetch('/auth/me', leave)
  await on.settled()
  await on.job()

  expect(await hintOf(on, tab.session.id)).toEqual({ state: 'ended' })
  expect(factsOf(on, 'user.erased')).toEqual([expect.objectContaining({ userId: tab.user.id })])
})

test('S77: and so where an account is disowned', async () => {
  const { next, database } = faultyDatabase()
  const on = await quickServer({ database })
  const tab = await signedUp(on)
  const [mail] = await mailTo(on, tab.person)

  next(replyLost)
  const answer = await on.request('/auth/email/disown', json({ token: tokenIn(mail, 'email/disown') }))
  await on.settled()
  await on.job()

  expect(answer.status).toBe(204)
  expect(await hintOf(on, tab.session.id)).toEqual({ state: 'ended' })
  expect(factsOf(on, 'user.erased')).toHaveLength(1)
})

test('S31: a late `stale` that comes over the end of an erased session is told again by the job', async () => {
  const held = Promise.withResolvers<void>()
  const hints = (real: Hints): Hints => ({
    ...real,
    async put(id, hint, ttl) {
      if (hint.state === 'stale') await held.promise
      await real.put?.(id, hint, ttl)
    },
  })
  const on = await quickServer({ hints })
  const tab = await signedUp(on)
  const other = await signedIn(on, tab.person)
  const hinted = () => query(on, 'select hinted_at from erased_sessions where id = ?', other.session.id)
  await tab.api.auth.me.$patch({ json: { name: 'Augusta' } })
  await tab.fetch('/auth/me', leave)
  await expect.poll(hinted).toEqual([[on.clock.now]])

  held.resolve()
  await on.settled()
  const overtaken = [await hintOf(on, other.session.id), await hinted()]
  await on.job()

  expect(overtaken).toEqual([{ state: 'stale', at: on.clock.now }, [[null]]])
  expect(await hintOf(on, other.session.id)).toEqual({ state: 'ended' })
})

test('the job forgets the sessions of erased users once no lease and no token of theirs is believed', async () => {
  const on = await quickServer()
  const tab = await signedUp(on)
  await tab.fetch('/auth/me', leave)

  on.clock.pass(364)
  const early = await on.job()
  on.clock.pass(1)
  const due = await on.job()

  expect([early.deleted.erased_sessions, due.deleted.erased_sessions]).toEqual([0, 1])
  expect(await query(on, 'select * from erased_sessions')).toEqual([])
})
