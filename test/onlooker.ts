import { expect } from 'vitest'
import { name } from '#world'
import type { Call, Reply } from '../bench/http.ts'
import type { Ground } from '../bench/pairs.ts'
import { countedHashes } from './faulty-ports.ts'
import { bodyOf, query, type Server, server } from './harness.ts'

/** A service that counts its hashes, its trips, and the queries of each; at a hundredth of a hash's cost. */
export const observed = async (settings: Readonly<Record<string, string>> = {}) => {
  const counter = countedHashes()
  const queries: number[] = []
  const on = await server({
    argon2id: counter.quickly,
    settings,
    database: (real) => ({
      run: (batch, limit) => {
        queries.push(batch.length)
        return real.run(batch, limit)
      },
    }),
  })
  // Thousands of attempts are not about the disk.
  if (name === 'file') await query(on, 'pragma synchronous = off')
  /** Everything but the time by which a stranger, or whoever sees what it costs, could tell requests apart. */
  const look = async (call: Call) => {
    const before = await rowsOf(on)
    counter.hashes = 0
    for (const list of [queries, on.logs]) list.splice(0)
    const started = performance.now()
    const answer = await ask(on, call)
    const milliseconds = performance.now() - started
    await on.settled()
    const { requestId, ...body } = await bodyOf(answer)
    if (requestId !== undefined) expect(requestId).toMatch(/^req_/)
    const headers = [...answer.headers].filter(([name]) => name !== 'x-request-id').sort()
    const events = on.logs.map(({ event, code }) => [event, code])
    const rows = (await rowsOf(on)).map((count, i) => count - (before[i] ?? 0))
    const cost = { trips: on.trips.last, queries: [...queries], hashes: counter.hashes, rows, events }
    return { status: answer.status, seen: JSON.stringify([answer.status, body, headers, cost]), milliseconds, cost }
  }
  return { on, look, ground: groundOf(on) }
}

const ask = (on: Server, { path, method, headers, json }: Call): Promise<Response> => {
  const { 'cf-connecting-ip': address, ...others } = headers ?? {}
  const sent = new Headers(others)
  if (json !== undefined) sent.set('content-type', 'application/json')
  const body = json === undefined ? null : JSON.stringify(json)
  return on.request(path, { method: method ?? 'GET', headers: sent, body }, { address })
}

const groundOf = (on: Server): Ground => ({
  async send(call): Promise<Reply> {
    const answer = await ask(on, call)
    const headers = { ...Object.fromEntries(answer.headers), 'set-cookie': answer.headers.getSetCookie() }
    return { status: answer.status, headers, body: await answer.text() }
  },
  sql: (text, ...params) => query(on, text, ...params),
})

/** How many rows each table has. */
const rowsOf = async (on: Server): Promise<number[]> => {
  const reads = [...on.core.tables.keys()].map((name) => `(select count(*) from ${name})`)
  const [row = []] = await query(on, `select ${reads.join(', ')}`)
  return row.map(Number)
}
