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

/** One embedded server for the whole run, with a namespace for each test, forked off a migrated one when first used. */
export default async function setup(project: TestProject) {
  const path = mkdtempSync(join(tmpdir(), 'postern-test-'))
  const admin = `127.0.0.1:${await freePort()}`
  const database = await startDatabase({ path, extraFlags: ['--enable-namespaces', '--admin-listen-addr', admin] })
  const namespaces = (action: string) => post(`http://${admin}/v1/namespaces/${action}`)
  await namespaces('template/create')
  const front = await startFront(database.url, async (name) => {
    await namespaces(`template/fork/${name}`)
    await answering(database.url, name)
  })
  await migrateDatabase({ url: `${front.url}/template/` })
  project.provide('libsql', front.url)

  return async () => {
    front.stop()
    await database.stop()
    rmSync(path, { recursive: true })
  }
}

/** The server tells namespaces by a header, which a URL cannot carry: this takes the name from the path. */
async function startFront(target: string, fork: (name: string) => Promise<void>) {
  const ready = new Map([['template', Promise.resolve()]])
  // Shorter than the server keeps a connection that nobody uses.
  const agent = new Agent({ keepAlive: true, maxSockets: 256, timeout: 3000 })
  const server = createServer(async (incoming, outgoing) => {
    const [, name = '', path = ''] = /^\/([^/]+)(\/.*)$/.exec(incoming.url ?? '') ?? []
    const known = ready.get(name) ?? fork(name)
    ready.set(name, known)
    await known
    const headers = { ...incoming.headers, ...namespaceHeader(name) }
    const onward = request(target + path, { method: incoming.method, headers, agent }, (reply) => {
      outgoing.writeHead(reply.statusCode ?? 502, reply.headers)
      reply.pipe(outgoing)
    })
    onward.once('error', () => outgoing.destroy())
    incoming.pipe(onward)
  })
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

const namespaceHeader = (name: string) => ({ 'x-namespace-bin': Buffer.from(name).toString('base64url') })

/** A fork is told to be done a little before it is there. */
async function answering(url: string, name: string) {
  const body = JSON.stringify({ requests: [{ type: 'execute', stmt: { sql: 'select 1' } }, { type: 'close' }] })
  const headers = { 'content-type': 'application/json', connection: 'close', ...namespaceHeader(name) }
  for (let tries = 0; tries < 200; tries++) {
    const reply = await fetch(`${url}/v2/pipeline`, { method: 'POST', headers, body })
    await reply.arrayBuffer()
    if (reply.ok) return
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  throw new Error(`The database ${name} does not answer.`)
}

async function post(url: string) {
  const reply = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', connection: 'close' },
    body: '{}',
  })
  if (!reply.ok) throw new Error(`${url}: ${reply.status} ${await reply.text()}`)
}
