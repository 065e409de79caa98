import { expect, test } from 'vitest'
import type { Hints } from '../src/base/ports.ts'
import { cookieOf, quickServer, showing } from './credentials.ts'
import { bodyOf, endless, query, type Server, signedIn, signedUp } from './harness.ts'
import { fill } from './rows.ts'

const userOf = async (on: Server, cookie: string) =>
  (await bodyOf(await on.request('/auth/session', showing(cookie)))).user

const rowOf = async (on: Server, id: string) =>
  (await query(on, 'select ended_at, hinted_at from sessions where id = ?', id))[0]

/** Hints whose writes fail as long as `down`. */
const failingWrites = () => {
  const state = { down: true }
  const hints = (real: Hints): Hints => ({
    ...real,
    put: (id, hint, ttl) =>
      state.down ? Promise.reject(new TypeError('KV is down')) : (real.put?.(id, hint, ttl) ?? Promise.resolve()),
  })
  return { state, hints }
}

test('done means committed: a session has ended although its hint could not be written', async () => {
  const { hints } = failingWrites()
  const on = await quickServer({ hints })
  const tab = await signedUp(on)

  const logout = await tab.api.auth.logout.$post({ json: {} })
  await on.settled()

  expect(logout.status).toBe(204)
  expect(await rowOf(on, tab.session.id)).toEqual([on.clock.now, null])
  expect(on.logs.filter(({ event }) => event === 'hint_failed')).toHaveLength(1)
})

test('the row notes that its hint was put', async () => {
  const on = await quickServer()
  const tab = await signedUp(on)

  await tab.api.auth.logout.$post({ json: {} })
  await on.settled()

  expect(await rowOf(on, tab.session.id)).toEqual([on.clock.now, on.clock.now])
})

test('the job puts the hints that are missing, both of ends and of changes, and puts none twice', async () => {
  const { state, hints } = failingWrites()
  const on = await quickServer({ hints })
  const elsewhere = await quickServer({ beside: on })
  const tab = await signedUp(on, { name: 'Ada' })
  const [changed, ended] = [await signedIn(on, tab.person), await signedIn(on, tab.person)]
  await ended.api.auth.logout.$post({ json: {} })
  const gone = ended.session.id
  await tab.api.auth.me.$patch({ json: { name: 'Augusta' } })
  await on.settled()

  const failed = await on.job()
  state.down = false
  on.clock.pass(60)
  const first = await on.job()
  const second = await on.job()

  expect([failed.hinted, first.hinted, second.hinted]).toEqual([3, 3, 0])
  expect(await rowOf(on, gone)).toEqual([on.clock.now - 60, on.clock.now])
  expect((await userOf(elsewhere, cookieOf(changed))).name).toBe('Augusta')
  expect(elsewhere.trips.last).toBe(1)
})

test('the job of one isolate tells every other of an end that nobody announced', async () => {
  const { state, hints } = failingWrites()
  const on = await quickServer({ hints })
  const elsewhere = await quickServer({ beside: on })
  const tab = await signedUp(on)
  const cookie = cookieOf(tab)
  await tab.api.auth.logout.$post({ json: {} })
  await on.settled()
  state.down = false

  const before = await userOf(elsewhere, cookie)
  await on.job()
  on.clock.pass(5)
  const after = await userOf(elsewhere, cookie)

  expect(before).not.toBeNull()
  expect(after).toBeNull()
  expect(elsewhere.trips.last).toBe(0)
})

/** Hints of which each put waits for the test to let it through or to break it. */
const heldWrites = () => {
  const held: { state: string; through(): void; broken(): void }[] = []
  const hints = (real: Hints): Hints => ({
    ...real,
    put: async (id, hint, ttl) => {
      const { promise, resolve, reject } = Promise.withResolvers<void>()
      held.push({ state: hint.state, through: resolve, broken: () => reject(new TypeError('KV is down')) })
      await promise
      await real.put?.(id, hint, ttl)
    },
  })
  return { held, hints }
}

test('S31: a session that ends while it is being told to be stale is still to be told, and the job tells it', async () => {
  const { held, hints } = heldWrites()
  const on = await quickServer({ hints })
  const elsewhere = await quickServer({ beside: on })
  const tab = await signedUp(on)
  const other = await signedIn(on, tab.person)
  const cookie = cookieOf(other)

  await tab.api.auth.me.$patch({ json: { name: 'Augusta' } })
  await other.api.auth.logout.$post({ json: {} })
  const order = held.map(({ state }) => state)
  held[1]?.broken()
  held[0]?.through()
  await on.settled()
  const row = await rowOf(on, other.session.id)
  await elsewhere.job()

  expect(order).toEqual(['stale', 'ended'])
  expect(row).toEqual([on.clock.now, null])
  expect(await elsewhere.world.hints.get(other.session.id, () => undefined)).toEqual({ state: 'ended' })
  expect(await userOf(elsewhere, cookie)).toBeNull()
})

test('S31: a session that ends in the second in which it was told to be stale is still to be told, and the job tells it', async () => {
  const { state, hints } = failingWrites()
  state.down = false
  const on = await quickServer({ hints })
  const tab = await signedUp(on)
  const other = await signedIn(on, tab.person)
  await tab.api.auth.me.$patch({ json: { name: 'Augusta' } })
  await on.settled()
  state.down = true

  await other.api.auth.logout.$post({ json: {} })
  await on.settled()
  const untold = await rowOf(on, other.session.id)
  state.down = false
  await on.job()

  expect(untold).toEqual([on.clock.now, null])
  expect(await rowOf(on, other.session.id)).toEqual([on.clock.now, on.clock.now])
})

test('a change of the profile touches no session that has ended', async () => {
  const on = await quickServer()
  const tab = await signedUp(on)
  const other = await signedIn(on, tab.person)
  await other.api.auth.logout.$post({ json: {} })
  await on.settled()
  const row = () => query(on, 'select changed_at, hinted_at from sessions where id = ?', other.session.id)
  const before = await row()
  on.clock.pass(1)

  await tab.api.auth.me.$patch({ json: { name: 'Augusta' } })
  await on.settled()

  expect(await row()).toEqual(before)
})

test('S31: an end that was told and then overtaken by a late `stale` is told again, once, by the job', async () => {
  const { held, hints } = heldWrites()
  const on = await quickServer({ hints })
  const elsewhere = await quickServer({ beside: on })
  const tab = await signedUp(on)
  const other = await signedIn(on, tab.person)
  const hintOf = () => on.world.hints.get(other.session.id, () => undefined)

  await tab.api.auth.me.$patch({ json: { name: 'Augusta' } })
  await other.api.auth.logout.$post({ json: {} })
  held[1]?.through()
  await expect.poll(() => rowOf(on, other.session.id)).toEqual([on.clock.now, on.clock.now])
  held[0]?.through()
  await on.settled()
  const overtaken = [await hintOf(), await rowOf(on, other.session.id)]
  await elsewhere.job()
  const again = await elsewhere.job()

  expect(held.map(({ state }) => state)).toEqual(['stale', 'ended'])
  expect(overtaken).toEqual([{ state: 'stale', at: on.clock.now }, [on.clock.now, null]])
  expect([await hintOf(), again.hinted]).toEqual([{ state: 'ended' }, 0])
})

test('S82: a put that hangs stops neither the job nor the puts beside it; what is missing is told the next time', async () => {
  const { state, hints } = failingWrites()
  const on = await quickServer({ hints })
  const tab = await signedUp(on)
  const other = await signedIn(on, tab.person)
  await tab.api.auth.logout.$post({ json: {} })
  await other.api.auth.logout.$post({ json: {} })
  await on.settled()
  state.down = false
  const hanging = await quickServer({
    beside: on,
    patience: { ...endless, put: 50 },
    hints: (real) => ({
      ...real,
      put: (id) => (id === tab.session.id ? new Promise(() => undefined) : Promise.resolve()),
    }),
  })
  await fill(on, 'throttle', 3, on.clock.now)

  const first = await hanging.job()
  const rows = [await rowOf(on, tab.session.id), await rowOf(on, other.session.id)]
  const second = await on.job()

  expect([first.hinted, first.deleted.throttle, second.hinted]).toEqual([2, 3, 1])
  expect(hanging.logs.filter(({ event }) => event === 'hint_failed')).toEqual([expect.objectContaining({ count: 1 })])
  expect(rows.map((row) => row?.[1])).toEqual([null, on.clock.now])
})

test('S92: the row of an ended session stays until the bound has passed, and is deleted then', async () => {
  const on = await quickServer()
  const tab = await signedUp(on)
  await tab.api.auth.logout.$post({ json: {} })

  on.clock.pass(305)
  await on.job()
  const within = await rowOf(on, tab.session.id)
  on.clock.pass(60)
  await on.job()
  const past = await rowOf(on, tab.session.id)

  expect(within).toBeDefined()
  expect(past).toBeUndefined()
})
