import { expect } from 'vitest'
import type { Ground } from '../bench/ground.ts'
import type { Call, Reply } from '../bench/http.ts'
import { countedHashes } from './faulty-ports.ts'
import { bodyOf, query, type Server, server } from './harness.ts'

/** A service that counts its hashes, its trips, its messages, and the queries of each; at a hundredth of a hash's cost. */
export const observed = async (settings: Readonly<Record<string, string>> = {}) => {
  const counter = countedHashes()
  const queries: string[][] = []
  const on = await server({
    argon2id: counter.quickly,
    settings,
    database: (real) => ({
      run: (batch, limit) => {
        queries.push(batch.map(({ sql }) => sql))
        return real.run(batch, limit)
      },
    }),
  })
  /**
   * Everything but the time by which a stranger, or whoever sees what it costs, could tell requests apart: also which
   * statements it takes, what they leave but in the tables `apart`, and the lines of the log but where `log` is among these.
   */
  const look = async (call: Call, apart: readonly string[] = []) => {
    const [before, mailed] = [await rowsOf(on), on.mailbox.length]
    counter.hashes = 0
    for (const list of [queries, on.logs]) list.splice(0)
    const started = performance.now()
    const answer = await ask(on, call)
    const milliseconds = performance.now() - started
    await on.settled()
    const { requestId, ...body } = await bodyOf(answer)
    // Of ids and challenges that are new each time it is seen that they are there.
    const said: unknown = JSON.parse(JSON.stringify(body).replace(/[\w-]{22,}/g, '…'))
    if (requestId !== undefined) expect(requestId).toMatch(/^req_/)
    const headers = [...answer.headers].filter(([name]) => name !== 'x-request-id').sort()
    const events = apart.includes('log') ? [] : on.logs.map(({ event, code }) => [event, code])
    const names = [...on.core.tables.keys()]
    const more = (await rowsOf(on)).map((count, i) => count - (before[i] ?? 0))
    const rows = more.filter((_, i) => !apart.includes(names[i] ?? ''))
    const mails = on.mailbox.length - mailed
    const cost = { trips: on.trips.last, queries: [...queries], hashes: counter.hashes, rows, events, mails }
    return { status: answer.status, seen: JSON.stringify([answer.status, said, headers, cost]), milliseconds, cost }
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
