import { stopwatch } from '../base/clock.ts'
import type { Visit } from '../base/ports.ts'
import { nameOf, newContext } from './context.ts'
import type { Core } from './core.ts'
import { eraseDue } from './grace.ts'
import { keysStore } from './keys-store.ts'
import { type Pace, sweepExpired, usualPace } from './sweeps.ts'

/** Nobody waits for an answer; the next run comes in a minute. */
const patience = { database: 45_000, trip: 10_000 }

const nobody = { headers: new Headers(), isSafe: false, address: undefined, country: undefined }

export interface JobReport {
  readonly rotated: number
  readonly resealed: number
  readonly hinted: number
  /** Accounts whose grace was over. */
  readonly erased: number
  /** Messages that were due, whatever became of them. */
  readonly mailed: number
  readonly deleted: Readonly<Record<string, number>>
  /** The steps that failed: the next run tries again. */
  readonly failed: readonly string[]
  readonly milliseconds: number
}

/**
 * What has to happen each minute whoever calls: rotates and re-seals keys, tells the hints that were lost, deletes what
 * expired. Every step is safe to run twice and at once with another; a failed step leaves the others to run.
 */
export const runJob = async (
  core: Core,
  waitUntil: Visit['waitUntil'],
  pace: Partial<Pace> = {},
): Promise<JobReport> => {
  const elapsed = stopwatch()
  const { keys, revocations, outbox, config, ports } = core
  const context = newContext({ ...ports, ...nobody, waitUntil, patience })
  const { now } = context
  const failed: string[] = []
  const attempt = async (name: string, work: () => Promise<number>): Promise<number | undefined> => {
    try {
      return await work()
    } catch (error) {
      failed.push(name)
      context.log({ event: 'job_step_failed', step: name, error: nameOf(error) })
      return undefined
    }
  }
  const step = async (name: string, work: () => Promise<number>): Promise<number> => (await attempt(name, work)) ?? 0

  const resealed =
    (await step('reseal', () => keys.reseal(context))) +
    (await step('reseal_mail', () => outbox.reseal(context))) +
    (await step('reseal_rows', () => core.sealed.reseal(context)))
  const rotated = await step('rotate', () => keys.rotate(context))
  const hinted = await step('hints', () => revocations.repair(context))
  const signing_keys = await step('signing_keys', async () => {
    const [rows] = await context.batch([keysStore.deleteExpired({ now })])
    return rows.length
  })
  const gone = now - config.bound - 60
  const erased = await step('erase', () => eraseDue(core, context))
  const limits = { ...usualPace, ...pace }
  const swept = await sweepExpired(context, { gone, pace: limits, elapsed, attempt, more: core.sweeps })
  // Last: a mail server that hangs takes the rest of the time.
  const mailed = await step('mail', () => outbox.deliverDue(context, () => elapsed() > limits.milliseconds))
  const deleted = { ...swept, signing_keys }

  context.settle()
  const report = { rotated, resealed, hinted, erased, mailed, deleted, failed, milliseconds: elapsed() }
  context.log({ event: 'job', ...report })
  return report
}
