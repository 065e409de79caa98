import { expect, test } from 'vitest'
import { requestPatience } from '../src/base/deadline.ts'
import { Problem, unavailable } from '../src/base/errors.ts'
import type { Database, Query } from '../src/base/ports.ts'
import { query, server, signedUp } from './harness.ts'
import { fill } from './rows.ts'

/** The bound on any revocation and the minute beyond, with every setting at its default. */
const kept = 305 + 60

/** A database that refuses every call in which a statement matches. */
const refusing =
  (pattern: RegExp, error: () => Error) =>
  (real: Database): Database => ({
    run: (queries: readonly Query[], limit) =>
      queries.some(({ sql }) => pattern.test(sql)) ? Promise.reject(error()) : real.run(queries, limit),
  })

test.each([
  ['reseal', /substr\(private_jwk/],
  ['reseal_mail', /substr\(sealed/],
  ['rotate', /order by signs_from, id/],
  ['hints', /hinted_at is null or/],
  ['mail', /^update outbox set next_at/],
  ['refresh_tokens', /^delete from "refresh_tokens"/],
  ['erased_sessions', /^delete from "erased_sessions"/],
  ['challenges', /^delete from "challenges"/],
  ['codes', /^delete from "codes"/],
  ['outbox', /^delete from "outbox"/],
  ['devices', /^delete from "devices"/],
  ['throttle', /^delete from "throttle"/],
  ['sessions', /^delete from "sessions"/],
  ['signing_keys', /^delete from signing_keys/],
] as const)('S80: a failing step (%s) stops no other, and is logged by its name alone', async (step, pattern) => {
  const healthy = await server()
  const on = await server({ beside: healthy, database: refusing(pattern, () => new TypeError('secret parameter')) })
  const { user } = await signedUp(healthy)
  const { now } = healthy.clock
  await fill(healthy, 'throttle', 3, now)
  await fill(healthy, 'devices', 3, now, user.id)
  await query(
    healthy,
    "insert into challenges (hash, user_id, sign_in, throttle_key, created_at, expires_at) values ('h', ?, '{}', 'k', 1, 1)",
    user.id,
  )
  const code =
    "insert into codes (hash, purpose, email, email_canonical, created_at, expires_at) values ('h', 'disown', '', '', 1, 1)"
  await query(healthy, code)
  const message = `insert into outbox (id, kind, request_id, recipient, language, limited, created_at, expires_at, done_at)
    values ('m', 'no_account', 'r', '', 'en', 1, 1, 1, 1)`
  await query(healthy, message)
  await query(healthy, "insert into erased_sessions (id, erased_at) values ('s', 1)")
  await query(healthy, "insert into signing_keys values ('k', '{}', 'a.b.c', 1, 1, 1, 1)")

  const { deleted, failed } = await on.job()

  const swept = { erased_sessions: 1, challenges: 1, codes: 1, outbox: 1, devices: 3, throttle: 3, signing_keys: 1 }
  const expected = { ...swept, refresh_tokens: 0, sessions: 0 }
  expect(deleted).toMatchObject(step in expected ? { ...expected, [step]: 0 } : expected)
  expect(failed).toEqual([step])
  expect(on.logs.filter(({ event }) => event === 'job_step_failed')).toEqual([
    expect.objectContaining({ step, error: 'TypeError' }),
  ])
  expect(JSON.stringify(on.logs)).not.toContain('secret parameter')
})

test('S80: with the database down the job reports nothing done, and the next one does it', async () => {
  const faults = { down: true }
  const on = await server({
    database: (real) => ({
      run: (queries, limit) => (faults.down ? Promise.reject(new Problem(unavailable)) : real.run(queries, limit)),
    }),
  })
  await fill(on, 'throttle', 3, on.clock.now)

  const down = await on.job()
  faults.down = false
  const up = await on.job()

  expect([down.deleted.throttle, up.deleted.throttle]).toEqual([0, 3])
})

test('a hint that was lost is told by the next job, once', async () => {
  const told: string[] = []
  const faults = { broken: true }
  const on = await server({
    hints: (real) => ({
      ...real,
      put: async (id, hint, ttl) => {
        if (faults.broken) throw new Error('KV is down')
        told.push(`${id} ${hint.state} ${ttl}`)
        await real.put?.(id, hint, ttl)
      },
    }),
  })
  const { api, session } = await signedUp(on)
  await api.auth.logout.$post({ json: {} })
  await on.settled()

  const failed = await on.job()
  faults.broken = false
  const [repaired, again] = [await on.job(), await on.job()]

  expect([failed.hinted, repaired.hinted, again.hinted]).toEqual([1, 1, 0])
  expect(told).toEqual([`${session.id} ended ${kept}`])
})

test('S92: nobody waits for the job: with 120 ms for each trip it sweeps 14,000 rows in one run', async () => {
  const on = await server({
    patience: requestPatience,
    database: (real) => ({
      async run(queries, limit) {
        await new Promise((resolve) => setTimeout(resolve, 120))
        return real.run(queries, limit)
      },
    }),
  })
  await fill(on, 'throttle', 14_000, on.clock.now)

  const { deleted } = await on.job()

  expect(deleted.throttle).toBe(14_000)
  expect(on.logs.map(({ event }) => event)).not.toContain('job_step_failed')
})

test('S80, S92: a sweep that breaks off reports what it deleted before, and the next run does the rest', async () => {
  const faults = { after: 2 }
  const on = await server({
    database: (real) => ({
      async run(queries, limit) {
        const isSweep = queries.some(({ sql }) => sql.startsWith('delete from "throttle"'))
        if (isSweep && faults.after-- === 0) throw new TypeError('broken off')
        return real.run(queries, limit)
      },
    }),
  })
  await fill(on, 'throttle', 1700, on.clock.now)

  const [first, second] = [await on.job(), await on.job()]

  expect([first.deleted.throttle, second.deleted.throttle]).toEqual([1000, 700])
  expect(on.logs.filter(({ event }) => event === 'job_step_failed')).toHaveLength(1)
  expect(on.logs.find(({ event }) => event === 'job')).toMatchObject({ deleted: { throttle: 1000 } })
})

test('whoever listens to facts is told of those of the job, too, and may fail without harm to it', async () => {
  const told: string[] = []
  const on = await server({
    plug: ({ facts }) => {
      // biome-ignore-start lint/suspicious/noThenProperty: the socket's own word for what runs after the answer
      facts.on({ then: async ({ type }) => void told.push(type) })
      facts.on({ then: () => Promise.reject(new Error('marker-listener')) })
      // biome-ignore-end lint/suspicious/noThenProperty: the same
    },
  })

  const report = await on.job()

  expect([report.rotated, told]).toEqual([1, ['key.created']])
  expect(on.logs.filter(({ event }) => event === 'after_failed')).toHaveLength(1)
})
