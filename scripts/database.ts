import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { end, freePort, isAlive, listen, processInfo } from './processes.ts'

/** Milliseconds between two probes and until one counts as missed; so many in a row restart the server. */
const probe = { every: 5_000, timeout: 5_000, patience: 3 }

/** What every embedded server runs with. */
export const databaseFlags = [
  '--no-welcome',
  ['--max-concurrent-requests', '1024'],
  ['--max-concurrent-connections', '1024'],
  // A checkpoint that meets many writers can block all later writes: leave it to the clean stop.
  ['--checkpoint-interval-s', '3600'],
  // The probe keeps a live session's server up; an orphan has none and ends itself.
  ['--idle-shutdown-timeout-s', '20'],
].flat()

export interface Database {
  url: string
  /** Resolves to the reason when the server ends without being asked to. */
  ended: Promise<string>
  stop(): Promise<void>
}

interface Options {
  /** A folder, made when missing; one server at a time may use it. */
  path: string
  extraFlags?: string[]
}

/** The embedded libSQL server's binary, or undefined where there is none (Windows). */
export function databaseBinary(): string | undefined {
  try {
    const manifest = `sqld-${process.platform}-${process.arch}/package.json`
    return join(createRequire(import.meta.url).resolve(manifest), '../sqld')
  } catch {
    return undefined
  }
}

/**
 * Start the embedded libSQL server on a free port of 127.0.0.1, and restart it there when a write probe hangs.
 * @throws when it has no binary, when another session uses the folder, or when it is not up within ten seconds
 */
export async function startDatabase({ path, extraFlags = [] }: Options): Promise<Database> {
  const lock = join(path, 'server.pid')
  await claim(path, lock)
  const address = `127.0.0.1:${await freePort()}`
  const url = `http://${address}`
  const args = [...databaseFlags, '--db-path', path, '--http-listen-addr', address, ...extraFlags]
  const { promise: ended, resolve: onEnd } = Promise.withResolvers<string>()
  const server = newServer({ args, url, lock, onEnd })
  await server.launch()

  const watching = new AbortController()
  watchWrites(url, watching.signal, async () => {
    console.error('The embedded database takes no writes: restarting it.')
    await server.retire()
    if (!watching.signal.aborted) await server.launch()
  }).catch((cause: unknown) => watching.signal.aborted || onEnd(String(cause)))

  return {
    url,
    ended,
    async stop() {
      watching.abort()
      await server.retire()
      rmSync(lock, { force: true })
    },
  }
}

interface ServerOptions {
  args: string[]
  url: string
  lock: string
  onEnd: (reason: string) => void
}

function newServer({ args, url, lock, onEnd }: ServerOptions) {
  const binary = databaseBinary()
  if (!binary) throw new Error(`There is no embedded libSQL server for ${process.platform}-${process.arch}.`)
  let server: ChildProcess | undefined
  process.once('exit', () => server?.kill())

  const retire = async () => {
    const old = server
    server = undefined
    if (old) await end(old)
  }

  const launch = async () => {
    // Its own process group: Ctrl-C reaches the supervisor alone, which stops things in order.
    const child = spawn(binary, args, { detached: true, stdio: 'pipe', env: { ...process.env, RUST_LOG: 'warn' } })
    const { lastWords } = listen(child)
    child.once('exit', (code, signal) => {
      if (child === server) onEnd(`The database ended (${signal ?? code}).\n${lastWords()}`.trim())
    })
    server = child
    writeFileSync(lock, `${process.pid} ${child.pid}\n`)
    if (await answers(url, child)) return
    await retire()
    throw new Error(`The embedded database did not start.\n${lastWords()}`)
  }

  return { launch, retire }
}

/** The server itself does not lock its folder, and two on one folder would corrupt it. */
async function claim(path: string, lock: string) {
  mkdirSync(path, { recursive: true })
  const [supervisor, server] = readPids(lock)
  if (!server || !processInfo(server)?.command.includes(path)) return
  if (supervisor && isAlive(supervisor)) throw new Error(`Process ${supervisor} is already using ${path}.`)
  process.kill(server, 'SIGTERM')
  while (isAlive(server)) await sleep(100)
}

function readPids(lock: string): number[] {
  try {
    return readFileSync(lock, 'utf8').split(' ').map(Number)
  } catch {
    return []
  }
}

async function answers(url: string, server: ChildProcess): Promise<boolean> {
  const deadline = Date.now() + 10_000
  while (server.exitCode === null && Date.now() < deadline) {
    if (await takesWrites(url)) return true
    await sleep(20)
  }
  return false
}

async function watchWrites(url: string, signal: AbortSignal, restart: () => Promise<void>) {
  for (let missed = 0; ; ) {
    await sleep(probe.every, undefined, { signal, ref: false })
    missed = (await takesWrites(url)) ? 0 : missed + 1
    if (missed < probe.patience) continue
    await restart()
    missed = 0
  }
}

/** Takes the write lock and gives it back: where writes hang, reads and `/health` still answer. */
async function takesWrites(url: string): Promise<boolean> {
  const execute = (sql: string) => ({ type: 'execute', stmt: { sql } })
  const body = JSON.stringify({ requests: [execute('BEGIN IMMEDIATE'), execute('ROLLBACK'), { type: 'close' }] })
  // Heeded where there are namespaces, as in the tests: base64 without padding.
  const headers = { 'x-namespace-bin': Buffer.from('default').toString('base64url') }
  const signal = AbortSignal.timeout(probe.timeout)
  try {
    const reply = await fetch(`${url}/v2/pipeline`, { method: 'POST', headers, body, signal })
    return reply.ok && !(await reply.text()).includes('"type":"error"')
  } catch {
    return false
  }
}
