import { once } from 'node:events'
import { Agent, createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'

/** One statement, as the server says that it ran it. */
export interface Ran {
  readonly sql: string
  readonly rowsRead: number
  readonly rowsWritten: number
  /** Milliseconds in the database: no network, no parsing. */
  readonly time: number
}

/** Stands before a libSQL server and keeps what passes. */
export interface Meter {
  readonly url: string
  /** What ran since the last call, without the begin and the commit of each batch. */
  take(): Ran[]
  stop(): void
}

/** @see https://github.com/tursodatabase/libsql/blob/main/docs/HTTP_V2_SPEC.md */
export const startMeter = async (target: string): Promise<Meter> => {
  const passed: { asked: string; answered: string }[] = []
  const agent = new Agent({ keepAlive: true })
  const server = createServer(async (incoming, outgoing) => {
    const asked = Buffer.concat(await incoming.toArray())
    const headers = { ...incoming.headers, 'accept-encoding': 'identity' }
    const onward = request(target + incoming.url, { method: incoming.method, headers, agent })
    onward.once('error', () => outgoing.destroy())
    onward.once('response', async (reply) => {
      const answered = Buffer.concat(await reply.toArray())
      passed.push({ asked: `${asked}`, answered: `${answered}` })
      outgoing.writeHead(reply.statusCode ?? 502, reply.headers).end(answered)
    })
    onward.end(asked)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    take: () => passed.splice(0).flatMap(({ asked, answered }) => read(JSON.parse(asked), JSON.parse(answered))),
    stop() {
      server.close().closeAllConnections()
      agent.destroy()
    },
  }
}

interface Result {
  readonly rows_read: number
  readonly rows_written: number
  readonly query_duration_ms: number
}

interface Asked {
  readonly requests: readonly {
    readonly stmt?: { readonly sql: string }
    readonly batch?: { readonly steps: readonly { readonly stmt: { readonly sql: string } }[] }
  }[]
}

interface Answered {
  readonly results: readonly {
    readonly response?: { readonly result?: Result & { readonly step_results?: readonly (Result | null)[] } }
  }[]
}

const read = ({ requests: [asked] }: Asked, { results: [answered] }: Answered): Ran[] => {
  const texts = asked?.batch?.steps.map(({ stmt }) => stmt.sql) ?? [asked?.stmt?.sql ?? '']
  const result = answered?.response?.result
  const results = result?.step_results ?? [result]
  return texts.flatMap((sql, at) => {
    const one = results[at]
    if (!one || /^(begin|commit|rollback)\b/.test(sql)) return []
    return [{ sql, rowsRead: one.rows_read, rowsWritten: one.rows_written, time: one.query_duration_ms }]
  })
}
