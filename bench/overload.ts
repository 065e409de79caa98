import { setTimeout as sleep } from 'node:timers/promises'
import { newDice } from './dice.ts'
import { median, quantile } from './load.ts'
import { type Mix, type Outcome, type Request, requests } from './mixes.ts'
import { serveNode } from './node.ts'
import type { Stage } from './stage.ts'
import type { Running } from './workerd.ts'

export interface Plan {
  readonly callers: number
  /** Milliseconds: to find the capacity, of the overload, and to watch the recovery at most. */
  readonly closed: number
  readonly open: number
  readonly recovery: number
}

export interface Overload {
  readonly service: string
  readonly mix: Mix
  /** Requests a second: of callers who wait for each answer; as sent; answered as they should be; refused politely. */
  readonly capacity: number
  readonly offered: number
  readonly accepted: number
  readonly refused: number
  /** How many were answered otherwise, or not at all, by what happened. */
  readonly failures: Readonly<Record<string, number>>
  /** Milliseconds of accepted reads. */
  readonly median: number
  readonly p95: number
  /** MiB of the process: before, at most, and after; undefined where the platform does not tell. */
  readonly memory: { readonly before: number; readonly peak: number; readonly after: number } | undefined
  /** Seconds until a caller is answered as fast as before; undefined where that was not seen. */
  readonly recovery: number | undefined
}

/** Twice of what each service can do, whether or not it answers: what becomes of the requests, and of the process. */
export const measureOverload = async (stage: Stage, plan: Plan, tell: (one: Overload) => void): Promise<Overload[]> => {
  const services = {
    Worker: () => stage.serve('postern'),
    Node: () => serveNode(stage.settings),
  }
  const all: Overload[] = []
  for (const [service, start] of Object.entries(services)) {
    for (const mix of ['reads', 'reads and logins'] as const) {
      const running = await start()
      const one = { service, mix, ...(await overload(running, await requests(stage, running, mix), plan)) }
      await running.stop()
      all.push(one)
      tell(one)
    }
  }
  return all
}

const overload = async (running: Running, all: readonly Request[], plan: Plan) => {
  const dice = newDice(1)
  const next = (): Request => all[dice.below(all.length)] as Request
  await closedLoop(next, plan.callers, plan.closed / 2)
  const capacity = await closedLoop(next, plan.callers, plan.closed)
  const calm = await oneCaller(all, 1000)
  const before = running.memory()
  const { outcomes, peak } = await openLoop(running, next, { rate: 2 * capacity, duration: plan.open })
  const recovery = await recovered(all, calm, plan.recovery)
  const after = running.memory()
  const isKnown = before !== undefined && after !== undefined
  return {
    capacity,
    ...summary(outcomes, plan.open / 1000),
    memory: isKnown ? { before, peak, after } : undefined,
    recovery,
  }
}

const closedLoop = async (next: () => Request, callers: number, duration: number): Promise<number> => {
  const until = performance.now() + duration
  const caller = async (): Promise<number> => {
    let count = 0
    for (; performance.now() < until; count++) await next().send()
    return count
  }
  const counts = await Promise.all(Array.from({ length: callers }, caller))
  return counts.reduce((sum, count) => sum + count, 0) / (duration / 1000)
}

/** Requests under way at most: each has a connection of its own, and workerd ends itself when it runs out of files. */
const most = 3000

/** Sends at `rate`, whatever comes back; resolves when every request has been answered or given up. */
const openLoop = async (
  running: Running,
  next: () => Request,
  { rate, duration }: { rate: number; duration: number },
) => {
  const outcomes: Promise<Outcome>[] = []
  let peak = 0
  let underWay = 0
  const send = async () => {
    underWay += 1
    const outcome = await next().send()
    underWay -= 1
    return outcome
  }
  const started = performance.now()
  for (let elapsed = 0; elapsed < duration; elapsed = performance.now() - started) {
    // A late tick sends what is due, but no burst: the driver was slow then, not the crowd.
    const due = Math.min((rate * elapsed) / 1000 - outcomes.length, rate / 10, most - underWay)
    for (let i = 0; i < due; i++) outcomes.push(send())
    peak = Math.max(peak, running.memory() ?? 0)
    await sleep(5)
  }
  return { outcomes: await Promise.all(outcomes), peak }
}

const summary = (outcomes: readonly Outcome[], seconds: number) => {
  const of = (what: Outcome['what']) => outcomes.filter((outcome) => outcome.what === what)
  const reads = of('accepted').flatMap(({ isRead, milliseconds }) => (isRead ? [milliseconds] : []))
  const failures: Record<string, number> = {}
  for (const { reason } of of('failed')) failures[reason] = (failures[reason] ?? 0) + 1
  return {
    offered: outcomes.length / seconds,
    accepted: of('accepted').length / seconds,
    refused: of('refused').length / seconds,
    failures,
    median: median(reads),
    p95: quantile(reads, 0.95),
  }
}

/** Milliseconds of the median read of one caller, within `duration`. */
const oneCaller = async (all: readonly Request[], duration: number): Promise<number> => {
  const reads = all.filter(({ isRead }) => isRead)
  const times: number[] = []
  for (const until = performance.now() + duration; performance.now() < until; ) {
    const outcome = await reads[times.length % reads.length]?.send()
    times.push(outcome?.what === 'accepted' ? outcome.milliseconds : Number.POSITIVE_INFINITY)
  }
  return median(times)
}

/** Seconds until the end of the first second in which the median is at most twice of what it was. */
const recovered = async (all: readonly Request[], calm: number, limit: number): Promise<number | undefined> => {
  for (let second = 1; second <= limit / 1000; second++) {
    if ((await oneCaller(all, 1000)) <= 2 * calm) return second
  }
  return undefined
}
