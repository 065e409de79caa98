import { expect, test } from 'vitest'
import type { Database, Query } from '../src/base/ports.ts'
import { query, type Server, server, signedUpByToken } from './harness.ts'
import { countOf } from './rows.ts'

const cronSecret = 'a-secret-of-the-scheduler-alone'

/** Writes down the sweeps of the job, and how many rows each deleted. */
const watched = () => {
  const sweeps: { query: Query; rows: number }[] = []
  const database = (real: Database): Database => ({
    async run(queries, limit) {
      const results = await real.run(queries, limit)
      for (const [i, query] of queries.entries())
        if (query.sql.startsWith('delete from "')) sweeps.push({ query, rows: results[i]?.length ?? 0 })
      return results
    },
  })
  const chunksOf = (table: string) =>
    sweeps.filter(({ query, rows }) => rows > 0 && query.sql.includes(`from "${table}"`)).map(({ rows }) => rows)
  return { sweeps, database, chunksOf }
}

/** Refresh tokens of a session that live longer than any session, as after a change of the settings. */
const fillTokens = (on: Server, sessionId: string, count: number) =>
  query(
    on,
    `with recursive n(i) as (select 1 union all select i + 1 from n where i < ${count})
     insert into refresh_tokens (hash, session_id, created_at, expires_at) select ?1 || i, ?1, 1, 9999999999 from n`,
    sessionId,
  )

/** Past the idle limit, the bound on any revocation and the minute beyond. */
const pastEverything = 1000 + 305 + 60

test('S92: no session takes its refresh tokens along: they go before it, in chunks of 500', async () => {
  const { database, chunksOf } = watched()
  const on = await server({ database, settings: { AUTH_SESSION_IDLE_SECONDS: '1000' } })
  const { session } = await signedUpByToken(on)
  await fillTokens(on, session.id, 1199)
  on.clock.pass(pastEverything)

  const { deleted } = await on.job()

  expect([deleted.refresh_tokens, deleted.sessions]).toEqual([1200, 1])
  expect([chunksOf('refresh_tokens').reduce((sum, rows) => sum + rows), chunksOf('sessions')]).toEqual([1200, [1]])
  expect(Math.max(...chunksOf('refresh_tokens'))).toBe(500)
  expect([await countOf(on, 'refresh_tokens'), await countOf(on, 'sessions')]).toEqual([0, 0])
})

test('S92: a session with more refresh tokens than one run deletes stays for the next run', async () => {
  const on = await server({ settings: { AUTH_SESSION_IDLE_SECONDS: '1000' } })
  const { session } = await signedUpByToken(on)
  await fillTokens(on, session.id, 2100)
  on.clock.pass(pastEverything)

  const [first, second] = [await on.job({ statements: 7 }), await on.job()]

  expect([first.deleted.sessions, second.deleted.sessions]).toEqual([0, 1])
  expect([await countOf(on, 'refresh_tokens'), await countOf(on, 'sessions')]).toEqual([0, 0])
})

test('S92: no sweep of the job reads a table from end to end', async () => {
  const { sweeps, database } = watched()
  const on = await server({ database })

  await on.job()
  const plans: string[] = []
  for (const { query: sweep } of sweeps)
    for (const [, , , step] of await query(on, `explain query plan ${sweep.sql}`, ...sweep.params))
      plans.push(String(step))

  expect(sweeps).toHaveLength(9 + on.core.sweeps.length)
  expect(plans.filter((step) => /^SCAN (?!\w+ USING INDEX \w+_pending$)/.test(step))).toEqual([])
  expect(plans.join('\n')).toMatch(/sessions_expires/)
  expect(plans.join('\n')).toMatch(/refresh_tokens_session/)
})

test('S80: GET /auth/cron answers 503 when a step of the job failed, and its line in the log says which', async () => {
  const faults = { broken: true }
  const on = await server({
    settings: { CRON_SECRET: cronSecret },
    database: (real) => ({
      run: (queries, limit) =>
        faults.broken && queries.some(({ sql }) => sql.startsWith('delete from "devices"'))
          ? Promise.reject(new TypeError('secret parameter'))
          : real.run(queries, limit),
    }),
  })
  const ask = () => on.request('/auth/cron', { headers: { authorization: `Bearer ${cronSecret}` } })

  const failed = await ask()
  faults.broken = false
  const repeated = await ask()

  expect([failed.status, repeated.status]).toEqual([503, 200])
  expect(await failed.json()).toMatchObject({ code: 'unavailable' })
  expect(on.logs.filter(({ event }) => event === 'job')).toEqual([
    expect.objectContaining({ failed: ['devices'] }),
    expect.objectContaining({ failed: [] }),
  ])
})
