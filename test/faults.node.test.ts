import { expect, test } from 'vitest'
import { requestPatience } from '../src/base/deadline.ts'
import type { Database } from '../src/base/ports.ts'
import type { Act } from './act.ts'
import { acts, dump, gated, titled } from './acts.ts'
import { type Fault, faultyDatabase, noFault, quick, replyLost, unreachable } from './faulty-ports.ts'
import { bodyOf, type Server, server } from './harness.ts'

const marker = 'marker-5b1e'
const bug: Fault = () => Promise.reject(new Error(`near "${marker}"\n    at ${marker} (${marker}.js:1:1)`))
const asking = titled(acts.filter(({ trips, route }) => trips > 0 && route !== 'GET /auth/readyz'))

/** What no failed request may have touched. An attempt that was counted stays counted. */
const lasting = ['users', 'passwords', 'sessions', 'devices', 'refresh_tokens', 'signing_keys']

const faulty = async () => {
  const { next, database } = faultyDatabase()
  const on = await server({ plug: gated, argon2id: quick, database })
  return { on, next }
}

/** Does the act with each of its trips broken in turn, and then as it is. */
const breakEach = async (act: Act, faults: readonly Fault[]) => {
  const { on, next } = await faulty()
  const seen = []
  for (let trip = 0; trip < act.trips; trip++) {
    const { path, init } = await act.prepare(on)
    await on.settled()
    const before = await dump(on, ...lasting)
    next(...new Array<Fault>(trip).fill(noFault), ...faults)
    const broken = await on.request(path, init)
    const after = await dump(on, ...lasting)
    const again = await on.request(path, init)
    await on.settled()
    seen.push({ broken, before, after, again })
  }
  return { on, seen }
}

test.each(asking)(
  'S80, S81, CVE-2026-73421: %s is 503 while the database is away, leaves nothing half done, and then works',
  async (_, act) => {
    const { seen } = await breakEach(act, [unreachable, unreachable, unreachable])

    for (const { broken, before, after, again } of seen) {
      expect(broken.status).toBe(503)
      expect(await bodyOf(broken)).toMatchObject({ code: 'unavailable' })
      expect(Number(broken.headers.get('retry-after'))).toBeGreaterThan(0)
      expect(broken.headers.getSetCookie()).toEqual([])
      expect(after).toEqual(before)
      expect(again.status).toBe(act.status)
    }
  },
)

test.each(asking)(
  'S81: %s is a bare 500 where a statement fails, is not tried again, and tells nobody why',
  async (_, act) => {
    const { on, seen } = await breakEach(act, [bug])

    for (const { broken, before, after, again } of seen) {
      expect(broken.status).toBe(500)
      expect(Object.keys(await bodyOf(broken)).sort()).toEqual(['code', 'requestId', 'status', 'title', 'type'])
      expect(await broken.text()).not.toContain(marker)
      expect(broken.headers.getSetCookie()).toEqual([])
      expect(after).toEqual(before)
      expect(again.status).toBe(act.status)
    }
    expect(JSON.stringify(on.logs)).not.toContain(marker)
    expect(on.logs.filter(({ event }) => event === 'bug')).toHaveLength(act.trips)
  },
)

test.each(asking)(
  'S77, S80: %s is tried again after one failure, or one lost reply, and answers as ever',
  async (_, act) => {
    const away = await breakEach(act, [unreachable])
    const lost = act.route.startsWith('GET') ? away : await breakOnce(act, replyLost)

    for (const { broken } of [...away.seen, ...lost.seen]) expect(broken.status).toBe(act.status)
    expect(away.on.logs.filter(({ event }) => event === 'bug')).toEqual([])
  },
)

/** The same, without doing it again: what it did is done. */
const breakOnce = async (act: Act, fault: Fault) => {
  const { on, next } = await faulty()
  const seen = []
  for (let trip = 0; trip < act.trips; trip++) {
    const { path, init } = await act.prepare(on)
    await on.settled()
    next(...new Array<Fault>(trip).fill(noFault), fault)
    seen.push({ broken: await on.request(path, init) })
    await on.settled()
  }
  return { on, seen }
}

test('S82: every operation gives up a database that never answers, by a budget of its own of 2.6 s', async () => {
  const arranged = []
  for (const [title, act] of asking) {
    const limits: number[] = []
    const database = hangingAtWill(limits)
    const on = await server({ plug: gated, argon2id: quick, database: database.port, patience: requestPatience })
    const { path, init } = await act.prepare(on)
    await on.settled()
    database.hangs = true
    arranged.push({ title, limits, ask: () => on.request(path, init) })
  }

  const answers = await Promise.all(arranged.map(({ ask }) => ask()))

  for (const [at, { title, limits }] of arranged.entries()) {
    expect.soft(answers[at]?.status, title).toBe(503)
    expect.soft(limits.length, title).toBeLessThanOrEqual(3)
    // A timer may come a millisecond early.
    expect.soft(sum(limits), title).toBeLessThanOrEqual(2610)
  }
}, 20_000)

const hangingAtWill = (limits: number[]) => {
  const database = {
    hangs: false,
    port: (real: Database): Database => ({
      run(queries, limit) {
        if (!database.hangs) return real.run(queries, limit)
        limits.push(limit)
        return new Promise(() => undefined)
      },
    }),
  }
  return database
}

const sum = (all: readonly number[]): number => all.reduce((total, one) => total + one, 0)

test.each(titled(acts.filter(({ trips }) => trips === 0)))(
  'S80: %s needs no database, and answers while there is none',
  async (_, act) => {
    const { on, next } = await faulty()
    const { path, init } = await act.prepare(on)
    await on.settled()
    next(unreachable, unreachable, unreachable)

    const answer = await on.request(path, init)

    expect(answer.status).toBe(act.status)
  },
)

const ready = (on: Server) => on.request('/auth/readyz')

test('S80: readyz is 503 while the database is away or not migrated, and 200 again after', async () => {
  const { on, next } = await faulty()

  next(unreachable, unreachable, unreachable)
  const away = await ready(on)
  next(bug)
  const strange = await ready(on)
  const good = await ready(on)

  expect(away.status).toBe(503)
  expect(await bodyOf(away)).toMatchObject({ status: 'unready', database: 'unavailable' })
  expect(strange.status).toBe(503)
  expect(await bodyOf(strange)).toMatchObject({ status: 'unready', migrations: 'missing' })
  expect(good.status).toBe(200)
})

test('S80, CVE-2026-73421: a session past its lease is 503, not nobody, while the database is away', async () => {
  const { on, next } = await faulty()
  const past = acts.find(({ route, how }) => route === 'GET /auth/session' && how === 'past the lease')
  const { path, init } = (await past?.prepare(on)) ?? { path: '', init: {} }

  next(unreachable, unreachable, unreachable)
  const answer = await on.request(path, init)

  expect(answer.status).toBe(503)
  expect(await bodyOf(answer)).not.toHaveProperty('user')
})
