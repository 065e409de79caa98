import { type SQL, sql } from 'drizzle-orm'
import { stopwatch } from '../base/clock.ts'
import type { Context } from './context.ts'
import type { Core } from './core.ts'
import { keysStore } from './keys-store.ts'
import { statement } from './statement.ts'

/** Rows a statement deletes at most, so that no writer waits long, and such statements for each table in one run. */
const chunk = { rows: 500, count: 40 }

export interface JobReport {
  readonly rotated: number
  readonly resealed: number
  readonly hinted: number
  readonly deleted: Readonly<Record<string, number>>
  readonly milliseconds: number
}

/**
 * What has to happen each minute whoever calls: rotates and re-seals keys, tells the hints that were lost, deletes what
 * expired. Every step is safe to run twice and at once with another; a failed step leaves the others to run.
 */
export const runJob = async (core: Core, context: Context): Promise<JobReport> => {
  const elapsed = stopwatch()
  const { keys, revocations, config } = core
  const { now } = context
  const step = async (name: string, work: () => Promise<number>): Promise<number> => {
    try {
      return await work()
    } catch (error) {
      context.log({ event: 'job_step_failed', step: name, error: error instanceof Error ? error.name : 'unknown' })
      return 0
    }
  }

  const resealed = await step('reseal', () => keys.reseal(context))
  const rotated = await step('rotate', () => keys.rotate(context))
  const hinted = await step('hints', () => revocations.repair(context))
  const deleted: Record<string, number> = {}
  const gone = now - config.bound - 60
  const sweeps: [table: string, expired: SQL][] = [
    ['refresh_tokens', sql`expires_at <= ${gone}`],
    ['challenges', sql`expires_at <= ${now}`],
    ['devices', sql`expires_at <= ${now}`],
    ['throttle', sql`ends_at <= ${now}`],
    ['sessions', sql`expires_at <= ${gone}`],
  ]
  for (const [table, expired] of sweeps) {
    deleted[table] = await step(table, () => sweep(context, table, expired))
  }
  deleted['signing_keys'] = await step('signing_keys', async () => {
    const [rows] = await context.batch([keysStore.deleteExpired({ now })])
    return rows.length
  })

  const report = { rotated, resealed, hinted, deleted, milliseconds: elapsed() }
  context.log({ event: 'job', ...report })
  return report
}

const sweep = async (context: Context, table: string, expired: SQL): Promise<number> => {
  const rows = sql`select rowid from ${sql.identifier(table)} where ${expired} limit ${chunk.rows}`
  const one = statement(sql`delete from ${sql.identifier(table)} where rowid in (${rows}) returning 1`, () => 1)
  let total = 0
  for (let i = 0; i < chunk.count; i++) {
    const [deleted] = await context.batch([one])
    total += deleted.length
    if (deleted.length < chunk.rows) break
  }
  return total
}
