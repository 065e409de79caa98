import { mkdtempSync, rmSync } from 'node:fs'
import { Agent, createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { startDatabase } from '../../scripts/database.ts'
import { migrateDatabase } from '../../scripts/migrate.ts'
import { freePort } from '../../scripts/processes.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** `<libsql>/<any new name>/` is the URL of a migrated database of its own. */
    libsql: string
  }
}

/** More than a run has tests: past its limit (100) the server drops one to load another, and may hang over it. */
const namespaced = ['--enable-namespaces', '--max-active-namespaces', '20000']

/**
 * One embedded server for the whole run, with a namespace for each test, forked off a migrated one when first used. Whoever
 * needs it no longer sends DELETE: the server writes figures of every one it has, every few seconds.
 */
export default async function setup(project: TestProject) {
  const path = mkdtempSync(join(tmpdir(), 'postern-test-'))
  const admin = `127.0.0.1:${await freePort()}`
  const database = await startDatabase({ path, extraFlags: [...namespaced, '--admin-listen-addr', admin] })
  const ask = (method: string, action: string) => tell(method, `http://${admin}/v1/namespaces/${action}`)
  const turns = inTurn()
  await ask('POST', 'template/create')
  const front = await startFront(database.url, {
    fork: (name) =>
      again(3, async (tries) => {
        await turns(() => ask('POST', `template/fork/${name}-${tries}`))
        return `${name}-${tries}`
      }),
    drop: (namespace) => turns(() => ask('DELETE', namespace)),
  })
  await migrateDatabase({ url: `${front.url}/template/` })
  project.provide('libsql', front.url)

  return async () => {
    front.stop()
    await database.stop()
    rmSync(path, { recursive: true })
  }
}

interface Namespaces {
  /** The namespace for this name. */
  fork(name: string): Promise<string>
  drop(namespace: string): Promise<void>
}

/** The server tells namespaces by a header, which a URL cannot carry: this takes the name from the path. */
async function startFront(target: string, { fork, drop }: Namespaces) {
  const ready = new Map([['template', Promise.resolve('template')]])
  // Shorter than the server keeps a connection that nobody uses.
  const agent = new Agent({ keepAlive: true, maxSockets: 256, timeout: 3000 })
  const server = createServer(async (incoming, outgoing) => {
    const [, name = '', path = ''] = /^\/([^/]+)(\/.*)$/.exec(incoming.url ?? '') ?? []
    const known = ready.get(name) ?? fork(name)
    ready.set(name, known)
    const namespace = await known.catch(() => undefined)
    if (namespace === undefined) return void outgoing.destroy()
    if (incoming.method === 'DELETE') {
      outgoing.writeHead(204).end()
      // One that is left costs time alone.
      return void drop(namespace).catch(() => undefined)
    }
    const headers = { ...incoming.headers, 'x-namespace-bin': Buffer.from(namespace).toString('base64url') }
    const body = Buffer.concat(await incoming.toArray())
    const send = (tries: number) => {
      const onward = request(target + path, { method: incoming.method, headers, agent }, (reply) => {
        // A fork may be unknown for a moment, even after it has answered once.
        if (reply.statusCode === 404 && tries < 100) {
          reply.resume()
          setTimeout(send, 10, tries + 1)
          return
        }
        outgoing.writeHead(reply.statusCode ?? 502, reply.headers)
        reply.pipe(outgoing)
      })
      onward.once('error', () => outgoing.destroy())
      onward.end(body)
    }
    send(0)
  })
  // A test may keep its isolate busy for longer than the usual five seconds: it would ask again on a closed connection.
  server.keepAliveTimeout = 0
  const { promise, resolve } = Promise.withResolvers<void>()
  server.listen(0, '127.0.0.1', resolve)
  await promise
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    stop() {
      server.close().closeAllConnections()
      agent.destroy()
    },
  }
}

/** One after another: of forks at once the server at times never answers one. */
function inTurn() {
  let last: Promise<unknown> = Promise.resolve()
  return (act: () => Promise<void>): Promise<void> => {
    const turn = last.then(act)
    last = turn.catch(() => undefined)
    return turn
  }
}

async function again<T>(times: number, act: (tries: number) => Promise<T>, tries = 0): Promise<T> {
  return act(tries).catch((error) => {
    if (tries + 1 >= times) throw error
    return again(times, act, tries + 1)
  })
}

async function tell(method: string, url: string) {
  const headers = { 'content-type': 'application/json', connection: 'close' }
  const reply = await fetch(url, { method, headers, body: '{}', signal: AbortSignal.timeout(4000) })
  if (!reply.ok) throw new Error(`${method} ${url}: ${reply.status} ${await reply.text()}`)
}
