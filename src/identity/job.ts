import { type SQL, sql } from 'drizzle-orm'
import { stopwatch } from '../base/clock.ts'
import type { Visit } from '../base/ports.ts'
import { type Context, nameOf, newContext } from './context.ts'
import type { Core } from './core.ts'
import { keysStore } from './keys-store.ts'
import { statement } from './statement.ts'

/** Rows a statement deletes at most, so that no writer waits long, and such statements for each table in one run. */
const chunk = { rows: 500, count: 40 }

/** Nobody waits for an answer; the next run comes in a minute. */
const patience = { database: 45_000, trip: 10_000 }

const nobody = { headers: new Headers(), isSafe: false, address: undefined, country: undefined }

export interface JobReport {
  readonly rotated: number
  readonly resealed: number
  readonly hinted: number
  readonly deleted: Readonly<Record<string, number>>
  /** The steps that failed: the next run tries again. */
  readonly failed: readonly string[]
  readonly milliseconds: number
}

/**
 * What has to happen each minute whoever calls: rotates and re-seals keys, tells the hints that were lost, deletes what
 * expired. Every step is safe to run twice and at once with another; a failed step leaves the others to run.
 */
export const runJob = async (core: Core, waitUntil: Visit['waitUntil']): Promise<JobReport> => {
  const elapsed = stopwatch()
  const { keys, revocations, config, ports } = core
  const context = newContext({ ...ports, ...nobody, waitUntil, patience })
  const { now } = context
  const failed: string[] = []
  const step = async (name: string, work: () => Promise<number>): Promise<number> => {
    try {
      return await work()
    } catch (error) {
      failed.push(name)
      context.log({ event: 'job_step_failed', step: name, error: nameOf(error) })
      return 0
    }
  }

  const resealed = await step('reseal', () => keys.reseal(context))
  const rotated = await step('rotate', () => keys.rotate(context))
  const hinted = await step('hints', () => revocations.repair(context))
  const deleted: Record<string, number> = {}
  const gone = now - config.bound - 60
  // As many as one run may delete.
  const oldest = sql`select id from sessions where expires_at <= ${gone}
    order by expires_at limit ${chunk.rows * chunk.count}`
  const sweeps: [table: string, ...expired: SQL[]][] = [
    ['refresh_tokens', sql`expires_at <= ${gone}`, sql`session_id in (${oldest})`],
    ['challenges', sql`expires_at <= ${now}`],
    ['devices', sql`expires_at <= ${now}`],
    ['throttle', sql`ends_at <= ${now}`],
    // None takes its refresh tokens along: there may be thousands, under one lock.
    [
      'sessions',
      sql`expires_at <= ${gone} and not exists (select 1 from refresh_tokens where session_id = sessions.id)`,
    ],
  ]
  for (const [table, ...conditions] of sweeps) {
    deleted[table] = 0
    const count = (rows: number) => {
      deleted[table] = (deleted[table] ?? 0) + rows
    }
    await step(table, async () => {
      for (const expired of conditions) await sweep(context, table, expired, count)
      return 0
    })
  }
  deleted.signing_keys = await step('signing_keys', async () => {
    const [rows] = await context.batch([keysStore.deleteExpired({ now })])
    return rows.length
  })

  context.settle()
  const report = { rotated, resealed, hinted, deleted, failed, milliseconds: elapsed() }
  context.log({ event: 'job', ...report })
  return report
}

/** Counts as it goes: what a later failure leaves undone, the next run does. */
const sweep = async (context: Context, table: string, expired: SQL, count: (rows: number) => void): Promise<void> => {
  const rows = sql`select rowid from ${sql.identifier(table)} where ${expired} limit ${chunk.rows}`
  const one = statement(sql`delete from ${sql.identifier(table)} where rowid in (${rows}) returning 1`, () => 1)
  for (let i = 0; i < chunk.count; i++) {
    const [deleted] = await context.batch([one])
    count(deleted.length)
    if (deleted.length < chunk.rows) break
  }
}
