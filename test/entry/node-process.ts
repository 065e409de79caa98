import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { freePort } from '../../scripts/processes.ts'

const entry = resolve(import.meta.dirname, '../../src/entry/node.ts')

export type Settings = Readonly<Record<string, string>>
type LogLine = Readonly<Record<string, unknown>>

/** A process of Node that runs the service. */
export interface Launched {
  readonly port: number
  readonly base: string
  readonly logs: LogLine[]
  readonly child: ChildProcess
  /** Resolves to how it ended. */
  readonly ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>
  /** Resolves when it listens, rejects when it ends before, or does not begin. */
  readonly listening: Promise<void>
  /** Ends it with SIGKILL. */
  readonly stop: () => Promise<void>
}

/** A folder of the test's own, removed by `remove`. */
export const newFolder = () => {
  const path = mkdtempSync(join(tmpdir(), 'postern-entry-'))
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) }
}

/** Settings under which the service starts, on a free port, with its file in the folder `data`. */
export const freshSettings = async (data: string): Promise<Settings & { readonly PORT: string }> => {
  const port = await freePort()
  return {
    PORT: String(port),
    AUTH_ORIGIN: `http://localhost:${port}`,
    AUTH_SECRET: Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('base64url'),
    TURSO_DATABASE_URL: `file:${join(data, 'postern.db')}`,
  }
}

/** Kills the child with SIGKILL where this process exits before it. */
export const endWithUs = (child: ChildProcess): void => {
  const kill = () => void child.kill('SIGKILL')
  process.once('exit', kill)
  child.once('close', () => process.off('exit', kill))
}

/**
 * Starts the entry of Node as `npm start` does, with these settings and nothing else of the environment; `prefix` is a
 * command that runs it.
 */
export const launch = (settings: Settings, prefix: readonly string[] = []): Launched => {
  const { PATH = '' } = process.env
  const env = { PATH, ...settings }
  const [command = '', ...args] = [...prefix, process.execPath, '--no-warnings', entry]
  const child = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'inherit'] })
  endWithUs(child)
  const closed = Promise.withResolvers<Awaited<Launched['ended']>>()
  const ended = closed.promise
  const logs: LogLine[] = []
  const listening = Promise.withResolvers<void>()
  child.once('error', listening.reject).once('close', (code, signal) => closed.resolve({ code, signal }))
  createInterface({ input: child.stdout }).on('line', (line) => {
    // The mail of development is printed too.
    if (!line.startsWith('{')) return
    const said: LogLine = JSON.parse(line)
    logs.push(said)
    if (said.event === 'listening') listening.resolve()
  })
  void ended.then(() => listening.reject(new Error(`The service ended: ${JSON.stringify(logs)}`)))
  listening.promise.catch(() => undefined)
  const port = Number(settings.PORT)
  const stop = async () => {
    child.kill('SIGKILL')
    await ended
  }
  return { port, base: `http://localhost:${port}`, logs, child, ended, listening: listening.promise, stop }
}

/** Sends bytes as they are; answers what comes back until the server closes, or drops what it does not care to read. */
export const raw = (port: number, text: string): Promise<string> => {
  const { promise, resolve } = Promise.withResolvers<string>()
  const chunks: Buffer[] = []
  const socket = connect(port, 'localhost')
  socket
    .on('data', (chunk: Buffer) => chunks.push(chunk))
    .on('error', () => undefined)
    .on('close', () => resolve(Buffer.concat(chunks).toString()))
  socket.end(text, 'latin1')
  return promise
}
