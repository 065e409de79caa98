import { expect, test } from 'vitest'
import type { Database } from '../src/base/ports.ts'
import { cookieOf, showing } from './credentials.ts'
import { json, query, server, signedUp, signedUpByToken } from './harness.ts'
import { countOf, fill } from './rows.ts'

/** The bound on any revocation and the minute beyond, with every setting at its default. */
const kept = 305 + 60

test('S92: a session that expired stays until the bound has passed, then goes with its refresh tokens', async () => {
  const on = await server({ settings: { AUTH_SESSION_IDLE_SECONDS: '1000' } })
  await signedUpByToken(on)
  const rows = async () => [await countOf(on, 'sessions'), await countOf(on, 'refresh_tokens')]

  on.clock.pass(1000 + kept - 1)
  const early = await on.job()
  const before = await rows()
  on.clock.pass(1)
  const late = await on.job()

  expect([early.deleted.sessions, before]).toEqual([0, [1, 1]])
  expect([late.deleted.sessions, await rows()]).toEqual([1, [0, 0]])
})

test('S92: a session that ended keeps its row, and its hint, until the bound has passed', async () => {
  const on = await server()
  const { api } = await signedUp(on)
  await api.auth.logout.$post({ json: {} })
  await on.settled()

  on.clock.pass(kept - 1)
  await on.job()
  const row = await query(on, 'select ended_reason, hinted_at is not null from sessions')
  on.clock.pass(1)
  await on.job()

  expect(row).toEqual([['logout', 1]])
  expect(await countOf(on, 'sessions')).toBe(0)
})

test('S92: the bound follows the settings: longer leases keep ended rows longer', async () => {
  const on = await server({ settings: { AUTH_LEASE_SECONDS: '900' } })
  const { api } = await signedUp(on)
  await api.auth.logout.$post({ json: {} })

  on.clock.pass(905 + 60 - 1)
  const { deleted } = await on.job()
  on.clock.pass(1)
  const late = await on.job()

  expect([deleted.sessions, late.deleted.sessions]).toEqual([0, 1])
})

test('S92: a used refresh token stays for its own life and the bound, then goes while its session lives on', async () => {
  const on = await server({ settings: { AUTH_SESSION_IDLE_SECONDS: '1000' } })
  const { tokens } = await signedUpByToken(on)
  on.clock.pass(900)
  await on.request('/auth/token', json({ refresh_token: tokens.refresh_token }))
  on.clock.pass(100 + kept - 1)

  const early = await on.job()
  on.clock.pass(1)
  const late = await on.job()

  expect([early.deleted.refresh_tokens, late.deleted.refresh_tokens]).toEqual([0, 1])
  expect([await countOf(on, 'refresh_tokens'), await countOf(on, 'sessions')]).toEqual([1, 1])
})

test.each([
  [
    'challenges',
    "insert into challenges (hash, user_id, sign_in, throttle_key, created_at, expires_at) values ('h' || ?1, ?2, '{}', 'k', 1, ?1)",
  ],
  [
    'devices',
    "insert into devices (id, user_id, created_at, last_used_at, expires_at) values ('d' || ?1, ?2, 1, 1, ?1)",
  ],
  ['throttle', "insert into throttle values ('k' || ?1, 1, ?1, ?2)"],
  ['signing_keys', "insert into signing_keys select 'k' || ?1, public_jwk, ?2, 1, 1, 1, ?1 from signing_keys limit 1"],
])('S92: of %s what has expired goes, to the second, and the rest stays', async (table, insert) => {
  const on = await server()
  const { user } = await signedUpByToken(on)
  const { now } = on.clock
  const before = await countOf(on, table)
  for (const endsAt of [1, now - 1, now, now + 1, now + 1000]) await query(on, insert, endsAt, user.id)

  const { deleted } = await on.job()

  expect(deleted[table]).toBe(3)
  expect(await countOf(on, table)).toBe(before + 2)
})

test('a job on what is alive changes nothing, and says so', async () => {
  const on = await server()
  const tab = await signedUp(on)
  const native = await signedUpByToken(on)
  const tables = ['users', 'sessions', 'refresh_tokens', 'devices', 'passwords', 'signing_keys']
  const snapshot = () => Promise.all(tables.map((table) => query(on, `select * from ${table} order by 1`)))
  const before = await snapshot()

  const report = await on.job()

  expect(await snapshot()).toEqual(before)
  expect(report).toEqual({
    rotated: 0,
    resealed: 0,
    hinted: 0,
    erased: 0,
    mailed: 0,
    deleted: {
      refresh_tokens: 0,
      erased_sessions: 0,
      challenges: 0,
      codes: 0,
      devices: 0,
      outbox: 0,
      throttle: 0,
      sessions: 0,
      signing_keys: 0,
      ...Object.fromEntries(on.core.sweeps.map(({ table }) => [table, 0])),
    },
    failed: [],
    milliseconds: expect.any(Number),
  })
  expect((await on.request('/auth/me', showing(cookieOf(tab)))).status).toBe(200)
  expect((await on.request('/auth/me', { headers: native.bearer })).status).toBe(200)
})

test('the job logs its report in one line, with milliseconds', async () => {
  const on = await server()

  const report = await on.job()

  expect(on.logs.filter(({ event }) => event === 'job')).toEqual([
    { event: 'job', requestId: expect.stringMatching(/^req_/), ...report },
  ])
  expect(report.milliseconds).toBeGreaterThanOrEqual(0)
})

/** Writes down how many rows each delete returned. */
const countingDeletes =
  (into: number[]) =>
  (real: Database): Database => ({
    async run(queries, limit) {
      const rows = await real.run(queries, limit)
      for (const [i, { sql }] of queries.entries()) if (sql.startsWith('delete')) into.push(rows[i]?.length ?? 0)
      return rows
    },
  })

test('S92: it deletes in chunks of 500 rows, so that no writer waits long', async () => {
  const chunks: number[] = []
  const on = await server({ database: countingDeletes(chunks) })
  await fill(on, 'throttle', 1200, on.clock.now)

  const { deleted } = await on.job()

  expect(deleted.throttle).toBe(1200)
  expect(chunks.filter((rows) => rows > 0)).toEqual([500, 500, 200])
})

test('S79: two jobs at once, in two isolates, are safe: each row goes once', async () => {
  const on = await server()
  const other = await server({ beside: on })
  const { user } = await signedUp(on)
  await fill(on, 'throttle', 1300, on.clock.now)
  await fill(on, 'devices', 700, on.clock.now, user.id)

  const reports = await Promise.all([on.job(), other.job(), on.job(), other.job()])

  const total = (table: string) => reports.reduce((sum, { deleted }) => sum + (deleted[table] ?? 0), 0)
  expect([total('throttle'), total('devices')]).toEqual([1300, 700])
  expect([...on.logs, ...other.logs].some(({ event }) => event === 'job_step_failed')).toBe(false)
})
