import { once } from 'node:events'
import { Agent, createServer, type IncomingMessage, type RequestOptions, request, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** What the database said. */
export interface Reply {
  readonly status: number
  /** Of the body: its type, and that it is compressed. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
}

/** One request of the service on its way to the database. */
export interface Exchange {
  /** Lets the database have it, whether or not the service still waits. */
  readonly forward: () => Promise<Reply>
  /** Towards the service. */
  readonly response: ServerResponse
  /** From 0 to 1. */
  readonly random: () => number
}

/** What becomes of one request. */
export type Fault = (exchange: Exchange) => Promise<void>

/** Says of each request of a cell, as it comes, what becomes of it. */
export interface Plan {
  next(): Fault
  readonly random: () => number
}

export interface Cell {
  /** Of the database, as the service of this cell sees it. */
  readonly url: string
  /** Until the database has answered whatever it got from this cell, also what nobody waits for, and no fault goes on. */
  settled(): Promise<void>
  /** No request comes any more. */
  leave(): void
}

interface Guest {
  readonly database: string
  readonly plan: Plan
  readonly forwarded: Set<Promise<unknown>>
}

export interface FaultProxy {
  cell(database: string, plan: Plan): Cell
  stop(): void
}

/** Stands before the database for any number of cells at once: a URL names the cell, whose plan decides. */
export const startProxy = async (target: string): Promise<FaultProxy> => {
  const guests = new Map<string, Guest>()
  // Shorter than the front of the database keeps a connection that nobody uses.
  const agent = new Agent({ keepAlive: true, maxSockets: 256, timeout: 3000 })
  const server = createServer(async (incoming, response) => {
    const [, name = '', path = ''] = /^\/([^/]+)(\/.*)$/.exec(incoming.url ?? '') ?? []
    const guest = guests.get(name)
    if (guest === undefined) return void response.destroy()
    const { plan, forwarded } = guest
    const { method, headers } = incoming
    const fault = plan.next()
    const body = Buffer.concat(await incoming.toArray())
    const forward = () => {
      const reply = send(agent, `${target}/${guest.database}${path}`, { method, headers, body })
      const done = reply.catch(() => undefined).finally(() => forwarded.delete(done))
      forwarded.add(done)
      return reply
    }
    const act = fault({ forward, response, random: plan.random })
    const done = act.catch(() => response.destroy()).finally(() => forwarded.delete(done))
    forwarded.add(done)
    await done
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  let cells = 0
  return {
    cell(database, plan) {
      const name = String(cells++)
      const forwarded = new Set<Promise<unknown>>()
      guests.set(name, { database, plan, forwarded })
      return {
        url: `http://127.0.0.1:${port}/${name}/`,
        async settled() {
          while (forwarded.size > 0) await Promise.all(forwarded)
        },
        leave: () => void guests.delete(name),
      }
    },
    stop() {
      server.close().closeAllConnections()
      agent.destroy()
    },
  }
}

const send = async (agent: Agent, url: string, asked: RequestOptions & { body: Buffer }): Promise<Reply> => {
  const onward = request(url, { method: asked.method, headers: asked.headers, agent }).end(asked.body)
  const [reply]: IncomingMessage[] = await once(onward, 'response')
  if (reply === undefined) throw new Error('No reply.')
  const about = Object.entries(reply.headers).filter(([name]) => /^content-(type|encoding)$/.test(name))
  const headers = Object.fromEntries(about.map(([name, value]) => [name, String(value)]))
  return { status: reply.statusCode ?? 0, headers, body: Buffer.concat(await reply.toArray()) }
}
