import { spawn } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { readSettings } from '../src/base/config.ts'
import { isLoopback } from '../src/base/origins.ts'
import { settings as knownSettings } from '../src/base/settings.ts'
import { databaseBinary, startDatabase } from './database.ts'
import { databaseTarget, ensureSecret, readDevVars, toEnvFile, type Variables } from './dev-vars.ts'
import { migrateDatabase, nameOf } from './migrate.ts'
import { end, isAlive, isPortFree, listen, processInfo } from './processes.ts'
import { quietly, wrangler, wranglerCli } from './wrangler.ts'

process.chdir(resolve(import.meta.dirname, '..'))

const data = '.data'
const envFile = `${data}/dev.env`
const persist = ['--persist-to', `${data}/wrangler`]
const entry = 'src/entry/dev.ts'
const trusted = [3000, 4200, 5173, 8080].map((port) => `http://localhost:${port}`).join(',')

/** Should this process be killed, the Worker's own group ends itself: it holds the other end of the channel. */
const endWithParent = 'data:text/javascript,process.on("disconnect", () => process.kill(0, "SIGTERM"))'

/** What must be stopped, in the order of starting; stopped in reverse. */
const running: (() => Promise<void> | void)[] = []

/** Resolves when somebody wants the end, rejects when a part broke. */
const over = Promise.withResolvers<void>()

watchForTheEnd()
try {
  await Promise.race([over.promise, start()])
  await over.promise
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}
for (const stop of running.reverse()) await stop()
process.exit()

async function start() {
  const port = readPort()
  if (!(await isPortFree(port))) throw new Error(`Port ${port} is busy. Choose another: PORT=${port + 1} npm run dev`)
  mkdirSync(data, { recursive: true })
  const secret = ensureSecret()
  const database = await prepareDatabase()
  const origin = `http://localhost:${port}`
  const settings = { AUTH_ORIGIN: origin, AUTH_TRUSTED_ORIGINS: trusted, ...given(), ...database.settings }
  check(settings)
  await startWorker(port, settings)
  console.log(
    table({
      'Auth API': `${origin}/auth`,
      ...(isLoopback(settings.AUTH_ORIGIN ?? '') ? { Mailbox: `${origin}/dev/mailbox` } : {}),
      Database: database.name,
      'Trusted apps': settings.AUTH_TRUSTED_ORIGINS.replaceAll(',', ' '),
      Secrets: `.dev.vars (${secret}, never committed)`,
      Stop: 'Ctrl-C',
    }),
  )
}

function readPort(): number {
  const port = Number(process.env.PORT || 8787)
  if (Number.isInteger(port) && port > 0 && port < 65_536) return port
  throw new Error(`PORT must be a number from 1 to 65535, not "${process.env.PORT}".`)
}

/** `.dev.vars`, and over it what the shell says. The database is chosen apart. */
function given(): Variables {
  const known = knownSettings.map(({ name }) => name)
  const fromShell = Object.entries(process.env).filter(([name]) => name.startsWith('AUTH_') || known.includes(name))
  const { TURSO_DATABASE_URL, TURSO_AUTH_TOKEN, ...rest } = { ...readDevVars(), ...Object.fromEntries(fromShell) }
  return rest
}

function check(settings: Variables) {
  const { problems, warnings } = readSettings(settings)
  for (const warning of warnings) console.warn(`Warning: ${warning}`)
  const lines = problems.map(({ setting, problem, fix }) => `${setting}: ${problem} ${fix}`)
  if (lines.length) throw new Error(lines.join('\n'))
}

async function prepareDatabase(): Promise<{ name: string; settings: Variables }> {
  const target = databaseTarget()
  if (target) {
    if (target.url.startsWith('file:')) throw new Error('A Worker cannot open a file: database. npm start can.')
    await migrateDatabase(target)
    return {
      name: nameOf(target.url),
      settings: { TURSO_DATABASE_URL: target.url, TURSO_AUTH_TOKEN: target.authToken },
    }
  }
  if (databaseBinary()) {
    const path = `${data}/libsql`
    const database = await startDatabase({ path })
    running.push(database.stop)
    void database.ended.then((reason) => over.reject(new Error(reason)))
    await migrateDatabase(database)
    return { name: `libSQL in ${path}, at ${database.url}`, settings: { TURSO_DATABASE_URL: database.url } }
  }
  const { code, output } = await wrangler(['d1', 'migrations', 'apply', 'DB', '--local', ...persist])
  if (code) throw new Error(`The local D1 database cannot be migrated.\n${output}`)
  return {
    name: `local D1 in ${data}/wrangler (no libSQL server for ${process.platform}-${process.arch})`,
    settings: {},
  }
}

async function startWorker(port: number, settings: Variables) {
  writeFileSync(envFile, toEnvFile(settings), { mode: 0o600 })
  running.push(() => rmSync(envFile, { force: true }))
  const flags = `--ip localhost --port ${port} --inspector-port 0 --show-interactive-dev-session=false --log-level log`
  const args = ['dev', entry, '--env-file', envFile, ...persist, ...flags.split(' ')]
  const child = spawn(process.execPath, ['--no-warnings', '--import', endWithParent, wranglerCli, ...args], {
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    env: quietly,
  })
  const { lastWords, passOn } = listen(child)
  child.once('exit', (code, signal) => over.reject(new Error(`${lastWords()}\nThe Worker ended (${signal ?? code}).`)))
  running.push(() => end(child, { group: true }))
  await answering(`http://localhost:${port}/auth/healthz`, lastWords)
  // The Worker logs its requests itself.
  passOn(/^\[wrangler:info\] [A-Z]+ \//)
  const cron = () => fetch(`http://localhost:${port}/cdn-cgi/handler/scheduled`).catch(() => undefined)
  setInterval(cron, 60_000)
}

async function answering(url: string, lastWords: () => string) {
  for (const deadline = Date.now() + 60_000; Date.now() < deadline; await sleep(100)) {
    const reply = await fetch(url, { signal: AbortSignal.timeout(5_000) }).catch(() => undefined)
    if (reply?.ok) return
    // A Worker that does not build keeps wrangler waiting for a change.
    if (lastWords().includes('[ERROR]')) break
  }
  throw new Error(`${lastWords()}\n${url} does not answer.`)
}

function watchForTheEnd() {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => {
      process.once(signal, () => process.exit(1))
      over.resolve()
    })
  }
  // A closed terminal, or an npm that was killed and passed nothing on.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => over.resolve())
  const { ppid } = process
  // npm runs a script in a shell, which outlives it.
  const parent = processInfo(ppid)
  const starter = parent && /^\S*sh -c /.test(parent.command) ? parent.parent : ppid
  setInterval(() => (process.ppid === ppid && isAlive(starter)) || over.resolve(), 1_000)
}

function table(rows: Record<string, string>): string {
  const width = Math.max(...Object.keys(rows).map((name) => name.length))
  const lines = Object.entries(rows).map(([name, value]) => `  ${name.padEnd(width)}  ${value}`)
  return `\n  Postern is ready.\n\n${lines.join('\n')}\n`
}
