import { expect, test } from 'vitest'
import type { Database } from '../src/base/ports.ts'
import { quickServer, refreshed } from './credentials.ts'
import { openLimiter } from './faulty-ports.ts'
import { json, query, type Server, signedUp, signedUpByToken } from './harness.ts'
import { countOf, fill } from './rows.ts'

/** Writes down, for each statement that sweeps, its table and its rows, and lets something happen just before it. */
const watched = (before: () => Promise<unknown> = async () => undefined) => {
  const sweeps: { table: string; rows: number }[] = []
  const database = (real: Database): Database => ({
    async run(queries, limit) {
      const [, table] = /^delete from "(\w+)"/.exec(queries[0]?.sql ?? '') ?? []
      if (table === undefined) return real.run(queries, limit)
      await before()
      const results = await real.run(queries, limit)
      sweeps.push({ table, rows: results[0]?.length ?? 0 })
      return results
    },
  })
  return { sweeps, database }
}

/** Sessions that expired long ago, with three refresh tokens each. */
const fillSessions = async (on: Server, count: number, userId: string) => {
  const numbers = `with recursive n(i) as (select 1 union all select i + 1 from n where i < ${count})`
  await query(
    on,
    `${numbers} insert into sessions (id, user_id, secret_hash, methods, remember, created_at, authenticated_at,
       last_seen_at, expires_at, ends_at, user_agent) select 's' || i, ?, 'h', '[]', 1, 1, 1, 1, i % 7, 9, '' from n`,
    userId,
  )
  await query(
    on,
    `insert into refresh_tokens (hash, session_id, created_at, expires_at)
       select s.id || '.' || t.value, s.id, 1, 9999999999 from sessions s, json_each('[1,2,3]') t where s.expires_at < 9`,
  )
}

/** 5,000 rows that expired, of four tables. */
const fillBacklog = async (on: Server) => {
  const { user } = await signedUp(on)
  await fill(on, 'throttle', 2000, on.clock.now)
  await fill(on, 'devices', 1000, on.clock.now, user.id)
  await fillSessions(on, 500, user.id)
}

test('S92: a backlog goes in statements of so many rows, and no session takes its refresh tokens along', async () => {
  const { sweeps, database } = watched()
  const on = await quickServer({ database })
  await fillBacklog(on)

  const { deleted } = await on.job({ rows: 50 })

  expect(deleted).toMatchObject({ throttle: 2000, devices: 1000, sessions: 500, refresh_tokens: 1500 })
  expect(Math.max(...sweeps.map(({ rows }) => rows))).toBe(50)
  expect(sweeps.length).toBeLessThan(1.5 * (5000 / 50))
})

test('S92: no table waits for the backlog of another: each has its turn', async () => {
  const { sweeps, database } = watched()
  const on = await quickServer({ database })
  await fillBacklog(on)

  await on.job({ rows: 50 })
  const turns = sweeps.flatMap(({ table }, at) => (table === 'throttle' ? [at] : []))
  const between = turns.slice(1).map((turn, nth) => sweeps.slice(turns[nth], turn).map(({ table }) => table))

  expect(Math.max(...between.map((tables) => tables.length))).toBeLessThan(7)
  for (const tables of between.slice(0, 15)) expect(tables).toEqual(expect.arrayContaining(['devices', 'sessions']))
})

test('S92: people sign in and refresh between any two statements of a sweep', async () => {
  let people: (() => Promise<number[]>) | undefined
  const statuses: number[] = []
  const { sweeps, database } = watched(async () => statuses.push(...((await people?.()) ?? [])))
  const on = await quickServer({ database, limiter: openLimiter })
  await fillBacklog(on)
  const { person } = await signedUp(on)
  let { refresh_token } = (await signedUpByToken(on)).tokens
  people = async () => {
    refresh_token = (await refreshed(on, refresh_token)).refreshToken
    return [(await on.request('/auth/login', json(person))).status]
  }

  await on.job({ rows: 200 })

  expect(statuses).toEqual(sweeps.map(() => 200))
  expect(statuses.length).toBeGreaterThan(25)
  expect((await on.request('/auth/token', json({ refresh_token }))).status).toBe(200)
})

test('S92: a run ends after so many statements, and the next ones do the rest', async () => {
  const { sweeps, database } = watched()
  const on = await quickServer({ database })
  await fillBacklog(on)

  const pace = { rows: 50, statements: 50 }
  const first = await on.job(pace)
  const statements = sweeps.length
  const runs = [first, await on.job(pace), await on.job(pace)]

  const total = (table: string) => runs.reduce((sum, { deleted }) => sum + (deleted[table] ?? 0), 0)
  expect(statements).toBe(50)
  expect(['throttle', 'devices', 'sessions', 'refresh_tokens'].map(total)).toEqual([2000, 1000, 500, 1500])
  expect(await countOf(on, 'throttle')).toBe(0)
})

test('S92: a run whose time is over begins no other statement', async () => {
  const on = await quickServer()
  await fillBacklog(on)

  const { deleted } = await on.job({ milliseconds: -1 })

  expect(Object.values(deleted).every((rows) => rows === 0)).toBe(true)
  expect((await on.job()).deleted).toMatchObject({ throttle: 2000, sessions: 500 })
})

test('S92: at its usual pace a run deletes 500 rows a statement, and more than 20,000 of a table', async () => {
  const { sweeps, database } = watched()
  const on = await quickServer({ database })
  await fill(on, 'throttle', 21_000, on.clock.now)

  const { deleted } = await on.job()

  expect(deleted.throttle).toBe(21_000)
  expect(Math.max(...sweeps.map(({ rows }) => rows))).toBe(500)
})
