import { expect, test } from 'vitest'
import { listHints } from '../src/adapters/revocations.ts'
import { cookieOf, quickServer, showing } from './credentials.ts'
import { faultyDatabase, unreachable } from './faulty-ports.ts'
import { bodyOf, type Server, signedIn, signedUp } from './harness.ts'

const userOf = async (on: Server, cookie: string) =>
  (await bodyOf(await on.request('/auth/session', showing(cookie)))).user

/** Two processes without KV: each reads off the database what ended. */
const processes = async () => {
  const { next, database } = faultyDatabase()
  const on = await quickServer()
  const fetched = { count: 0 }
  const counted = () => {
    const real = database(on.world.database)
    return listHints(
      {
        run(queries, limit) {
          fetched.count += 1
          return real.run(queries, limit)
        },
      },
      () => on.clock.now,
      305,
    )
  }
  const options = { beside: on, hints: counted }
  return { on, next, fetched, options }
}

test('without KV, a process learns from the list within 10 s, outside of every request but the very first', async () => {
  const { on, options, fetched } = await processes()
  const elsewhere = await quickServer(options)
  const tab = await signedUp(on, { name: 'Ada' })
  await userOf(elsewhere, cookieOf(tab))
  const [ended, changed] = [await signedIn(on, tab.person), await signedIn(on, tab.person)]
  const cookies = [cookieOf(ended), cookieOf(changed)] as const
  await ended.api.auth.logout.$post({ json: {} })
  await tab.api.auth.me.$patch({ json: { name: 'Augusta' } })

  on.clock.pass(5)
  const first = await userOf(elsewhere, cookies[0])
  const trips = elsewhere.trips.last
  await elsewhere.settled()
  on.clock.pass(5)
  const second = await userOf(elsewhere, cookies[0])
  const renewed = await userOf(elsewhere, cookies[1])

  expect([first.name, second, renewed.name]).toEqual(['Ada', null, 'Augusta'])
  expect([trips, elsewhere.trips.last]).toEqual([0, 1])
  expect(fetched.count).toBe(3)
})

test('without KV, the list is fetched at most every 5 s, however many ask', async () => {
  const { on, options, fetched } = await processes()
  const elsewhere = await quickServer(options)
  const tabs = [await signedUp(on), await signedUp(on), await signedUp(on)]
  const ask = () => Promise.all(tabs.map((tab) => userOf(elsewhere, cookieOf(tab))))

  const counts: number[] = []
  for (const seconds of [0, 4, 1, 4, 1]) {
    on.clock.pass(seconds)
    await ask()
    await elsewhere.settled()
    counts.push(fetched.count)
  }

  expect(counts).toEqual([1, 1, 2, 2, 3])
})

test('S80: without KV, a list that cannot be fetched counts as hints that cannot be read', async () => {
  const { on, options, next } = await processes()
  const open = await quickServer(options)
  const closed = await quickServer({ ...options, settings: { AUTH_REVOCATION_FAIL: 'closed' } })
  const tab = await signedUp(on)
  const statusOf = async (one: Server) => (await one.request('/auth/me', showing(cookieOf(tab)))).status
  next(unreachable, unreachable)
  for (const one of [open, closed]) {
    await statusOf(one)
    await one.settled()
  }

  on.clock.pass(5)
  const failing = [await statusOf(open), await statusOf(closed)]
  await Promise.all([open.settled(), closed.settled()])
  on.clock.pass(5)
  const back = [await statusOf(open), await statusOf(closed)]

  expect(failing).toEqual([200, 503])
  expect(back).toEqual([200, 200])
  expect(open.logs.filter(({ event }) => event === 'revocation_check_unavailable')).toHaveLength(2)
})

test('S80: without KV, the first look-up of a process waits for the list: an end is not missed at its start', async () => {
  const { on, options } = await processes()
  const tab = await signedUp(on)
  const cookie = cookieOf(tab)
  await tab.api.auth.logout.$post({ json: {} })

  const fresh = await quickServer({ ...options, settings: { AUTH_REVOCATION_FAIL: 'closed' } })

  expect(await userOf(fresh, cookie)).toBeNull()
})
