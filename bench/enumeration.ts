import { libsql } from '../src/adapters/libsql.ts'
import { type Comparison, compare, interleaved } from './comparison.ts'
import type { Ground, Pair } from './ground.ts'
import { type Call, newClient } from './http.ts'
import { pairs } from './pairs.ts'
import type { Stage } from './stage.ts'

/**
 * How long the shipped Worker takes to answer about accounts that there are and accounts that there are not, with
 * hashes at their full cost: one caller, pairs in an order that chance decides.
 */
export const measureEnumeration = async (
  stage: Stage,
  count: number,
  tell: (one: Comparison) => void,
): Promise<Comparison[]> => {
  const comparisons: Comparison[] = []
  for (const pair of pairs) {
    const one = await measure(stage, pair, count)
    comparisons.push(one)
    tell(one)
  }
  return comparisons
}

const measure = async (stage: Stage, { title, status, settings, prepare }: Pair, count: number) => {
  const worker = await stage.serve('postern', settings)
  const send = newClient(worker.url)
  const questions = await prepare({ send, sql: newSql(stage.databaseUrl) })
  const time = async (call: Call): Promise<number> => {
    const started = performance.now()
    const reply = await send(call)
    const milliseconds = performance.now() - started
    if (reply.status !== status) throw new Error(`${title}: ${reply.status} ${reply.body}`)
    return milliseconds
  }
  await interleaved(time, warmUp, questions)
  const { ofKnown, ofUnknown } = await interleaved(time, count, questions)
  await worker.stop()
  return compare(title, ofKnown, ofUnknown)
}

const warmUp = 10

const newSql = (url: string): Ground['sql'] => {
  const database = libsql(url, undefined)
  return (sql, ...params) => database.run([{ sql, params, writes: true }], 5000)
}
