import { setTimeout as sleep } from 'node:timers/promises'
import type { Operation } from './operations.ts'
import type { Running } from './workerd.ts'

/** What is measured: operations, and the Worker whose CPU they take. */
export interface Case {
  readonly name: string
  readonly worker: Running
  readonly operations: readonly Operation[]
}

export interface Figures {
  /** Requests per second. */
  readonly rate: number
  /** Microseconds of CPU per request; undefined where the platform does not tell. */
  readonly cpu: number | undefined
}

export interface Plan {
  readonly callers: number
  readonly rounds: number
  /** Milliseconds of a round, and of the one before the first, which is not counted. */
  readonly round: number
  readonly warmUp: number
}

/** Rounds in turn (A B C A B C), so that whatever else the machine does meets all alike; the median of each. */
export const measure = async <C extends Case>(cases: readonly C[], plan: Plan): Promise<(C & Figures)[]> => {
  for (const one of cases) await run(one, plan.warmUp)
  const samples = cases.map((one) => ({ one, rates: [] as number[], cpus: [] as number[] }))
  for (let i = 0; i < plan.rounds; i++) {
    for (const { one, rates, cpus } of samples) {
      const { rate, cpu } = await run(one, plan.round)
      rates.push(rate)
      if (cpu !== undefined) cpus.push(cpu)
    }
  }
  return samples.map(({ one, rates, cpus }) => {
    return { ...one, rate: median(rates), cpu: cpus.length > 0 ? median(cpus) : undefined }
  })
}

/** Milliseconds of each of so many operations, one at a time. */
export const time = async (operation: Operation, count: number): Promise<number[]> => {
  const durations: number[] = []
  for (let i = 0; i < count; i++) {
    const started = performance.now()
    if (!(await operation())) throw new Error('There is nothing left to measure.')
    durations.push(performance.now() - started)
  }
  return durations
}

export const median = (values: readonly number[]): number => quantile(values, 0.5)

export const quantile = (values: readonly number[], q: number): number => {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? Number.NaN
}

const run = async ({ name, worker, operations }: Case, milliseconds: number): Promise<Figures> => {
  const before = worker.cpu()
  const started = performance.now()
  const until = started + milliseconds
  const counts = await Promise.all(operations.map((operation) => repeat(operation, until)))
  const seconds = (performance.now() - started) / 1000
  const count = counts.reduce((sum, one) => sum + one, 0)
  if (count === 0) throw new Error(`${name}: there is nothing left to measure.`)
  await rest(worker)
  const after = worker.cpu()
  return {
    rate: count / seconds,
    cpu: before === undefined || after === undefined ? undefined : (after - before) / count,
  }
}

const repeat = async (operation: Operation, until: number): Promise<number> => {
  let count = 0
  while (performance.now() < until && (await operation())) count += 1
  return count
}

/** What goes on after the answers belongs to them: waits until the Worker uses no more CPU, a second at most. */
const rest = async (worker: Running): Promise<void> => {
  for (let last = worker.cpu(), tries = 0; tries < 20; tries++) {
    await sleep(50)
    const now = worker.cpu()
    if (now === last) return
    last = now
  }
}
