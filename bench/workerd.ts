import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { end, listen } from '../scripts/processes.ts'
import { wrangler } from '../scripts/wrangler.ts'

/** A Worker in a workerd of its own. */
export interface Running {
  /** `http://127.0.0.1:<port>` */
  readonly url: string
  /** Microseconds of CPU that the process has used so far; undefined where the platform does not tell (not Linux). */
  cpu(): number | undefined
  /** MiB that it holds in memory; undefined likewise. */
  memory(): number | undefined
  stop(): Promise<void>
}

export interface Bundle {
  readonly folder: string
  readonly modules: readonly string[]
}

interface Bindings {
  readonly texts: Readonly<Record<string, string>>
  /** `host:port` of the stand-in for KV. */
  readonly kv?: string
}

/** Bundles as `npm run deploy` does, minified, by the same wrangler.toml. @throws Error with what wrangler said */
export const bundle = async (entry: string, folder: string): Promise<Bundle> => {
  mkdirSync(folder, { recursive: true })
  const { code, output } = await wrangler(['deploy', entry, '--dry-run', '--outdir', folder])
  if (code !== 0) throw new Error(`${entry} was not bundled.\n${output}`)
  const modules = readdirSync(folder).filter((name) => /\.(js|wasm)$/.test(name))
  const main = modules.filter((name) => name.endsWith('.js'))
  return { folder, modules: [...main, ...modules.filter((name) => !main.includes(name))] }
}

/**
 * Bare workerd: no inspector, no simulators beside the Worker. What it logs goes to /dev/null.
 * @throws Error with its last words when it does not start
 */
export const serve = async (name: string, { folder, modules }: Bundle, bindings: Bindings): Promise<Running> => {
  const file = join(folder, `${name}.capnp`)
  writeFileSync(file, configuration(modules, bindings))
  const child = spawn(binary(), ['serve', file, '--control-fd=3'], { stdio: ['ignore', 'ignore', 'pipe', 'pipe'] })
  const killNow = () => child.kill()
  process.once('exit', killNow)
  const port = await listeningPort(child)
  return {
    url: `http://127.0.0.1:${port}`,
    cpu: () => cpuOf(child.pid),
    memory: () => memoryOf(child.pid),
    async stop() {
      await end(child)
      process.off('exit', killNow)
    },
  }
}

/** The workerd that wrangler brings. */
const binary = (): string => createRequire(createRequire(import.meta.url).resolve('wrangler'))('workerd').default

const compatibilityDate = (): string => {
  const toml = readFileSync(resolve(import.meta.dirname, '../wrangler.toml'), 'utf8')
  return /^compatibility_date = "(.+)"$/m.exec(toml)?.[1] ?? ''
}

/** @see https://github.com/cloudflare/workerd/blob/main/src/workerd/server/workerd.capnp */
const configuration = (modules: readonly string[], { texts, kv }: Bindings): string => {
  const embedded = modules.map((name) => {
    const kind = name.endsWith('.wasm') ? 'wasm' : 'esModule'
    return `(name = "./${name}", ${kind} = embed "${name}")`
  })
  const bound = Object.entries(texts).map(([name, text]) => `(name = "${name}", text = ${JSON.stringify(text)})`)
  if (kv !== undefined) bound.push('(name = "REVOCATIONS", kvNamespace = "kv")')
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = (
      modules = [${embedded.join(', ')}],
      compatibilityDate = "${compatibilityDate()}",
      bindings = [${bound.join(', ')}],
      globalOutbound = "loopback",
    )),
    (name = "kv", external = (address = "${kv ?? '127.0.0.1:1'}", http = ())),
    (name = "loopback", network = (allow = ["local"])),
  ],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);
`
}

const listeningPort = async (child: ChildProcess): Promise<number> => {
  const { lastWords } = listen(child)
  const control = child.stdio[3] as Readable
  for await (const line of createInterface({ input: control })) {
    const { event, port } = JSON.parse(line)
    if (event === 'listen') return port
  }
  throw new Error(`workerd did not start.\n${lastWords()}`)
}

/** User and system time of every thread. Linux counts in ticks of 10 ms. */
export const cpuOf = (pid: number | undefined): number | undefined => {
  if (process.platform !== 'linux') return undefined
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  // The command's name may hold spaces, and ends with the last parenthesis; utime and stime are fields 14 and 15.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) * 10_000
}

/** The resident set. */
export const memoryOf = (pid: number | undefined): number | undefined => {
  if (process.platform !== 'linux') return undefined
  const [, kilobytes] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
  return Number(kilobytes) / 1024
}
