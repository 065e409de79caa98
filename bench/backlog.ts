import { sql } from 'drizzle-orm'
import type { Database } from '../src/base/ports.ts'
import { statement } from '../src/identity/statement.ts'
import { bodyOf } from '../test/http.ts'
import { newDice } from './dice.ts'
import { emailOf, password } from './fill.ts'
import { type InProcess, inProcess } from './in-process.ts'
import { median, quantile } from './load.ts'
import { type Meter, startMeter } from './meter.ts'
import type { Settings } from './people.ts'
import { count, type Progress } from './progress.ts'
import { table } from './report.ts'

const day = 86_400

/** Milliseconds of traffic before the job begins. */
const quiet = 10_000

/** Sessions of one statement that makes them. */
const chunk = 10_000

/** In ten: 4 sessions, 4 refresh tokens that hang on them, 1 device, 1 counter. Their ids stand in no order. */
export const fillBacklog = async (database: Database, users: number, progress: Progress): Promise<void> => {
  const rows = progress.whole
  const gone = Math.floor(Date.now() / 1000) - 30 * day
  const id = (prefix: string) => sql`${prefix} || substr(hex(randomblob(11)), 1, 22)`
  const hash = sql.raw('substr(hex(randomblob(22)), 1, 43)')
  for (let from = 0; from < rows / 10; from += chunk / 4) {
    const to = Math.min(rows / 10, from + chunk / 4)
    const numbers = (times: number) =>
      sql`with recursive n(i) as (select ${from * times} union all select i + 1 from n where i < ${to * times - 1})`
    const user = sql`from n join users on users.rowid = 1 + (i * 7919) % ${users}`
    const statements = [
      sql`${numbers(4)} insert into sessions (id, user_id, secret_hash, methods, remember, created_at, authenticated_at,
            last_seen_at, expires_at, ends_at, user_agent)
          select ${id('ses_')}, users.id, ${hash}, '["password"]', 1, 1, 1, 1, ${gone} + i % 86400, ${gone} + ${day},
            'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0' ${user}`,
      sql`insert into refresh_tokens (hash, session_id, created_at, expires_at)
          select ${hash}, id, 1, expires_at + ${60 * day}
          from (select id, expires_at from sessions order by rowid desc limit ${to - from})
            cross join (values (1), (2), (3), (4))`,
      sql`${numbers(1)} insert into devices (id, user_id, created_at, last_used_at, expires_at)
          select ${id('dev_')}, users.id, 1, 1, ${gone} ${user}`,
      sql`${numbers(1)} insert into throttle (key, count, ends_at, attempt) select ${hash}, 1, ${gone}, 'r' from n`,
    ]
    // One by one: past five seconds the server takes the lock from a transaction.
    for (const one of statements) await database.run([statement(one)], 60_000)
    progress.advance((to - from) * 10)
  }
}

interface Traffic {
  readonly logins: number[]
  readonly refreshes: number[]
  failed: number
}

/** Two clients that sign in, refresh four times, and begin again, until `isOver`. Answers their milliseconds. */
const traffic = async (on: InProcess, users: number, isOver: () => boolean): Promise<Traffic> => {
  const dice = newDice(users)
  const seen: Traffic = { logins: [], refreshes: [], failed: 0 }
  const post = async (path: string, json: object, into: number[]) => {
    const started = performance.now()
    const answer = await on.send({ method: 'POST', path, json })
    into.push(performance.now() - started)
    if (answer.status !== 200) seen.failed += 1
    return bodyOf(answer)
  }
  const client = async () => {
    while (!isOver()) {
      const email = emailOf(1 + dice.below(users))
      const { tokens } = await post('/auth/login', { email, password, transport: 'token' }, seen.logins)
      let refresh_token = tokens?.refresh_token
      for (let nth = 0; nth < 4; nth++) {
        ;({ refresh_token } = await post('/auth/token', { refresh_token }, seen.refreshes))
      }
    }
  }
  await Promise.all([client(), client()])
  return seen
}

interface Run {
  readonly rows: number
  readonly statements: number
  readonly milliseconds: number
  /** Milliseconds for which the longest statement had the write lock, as the server tells. */
  readonly longest: number
  readonly failed: readonly string[]
}

/** Until a run finds nothing more. One begins as soon as the one before it has ended: worse than one a minute. */
const runJobs = async (meter: Meter, job: InProcess): Promise<Run[]> => {
  const runs: Run[] = []
  for (;;) {
    meter.take()
    const { deleted, milliseconds, failed } = await job.job()
    const sweeps = meter.take().filter(({ sql: text }) => text.startsWith('delete from "'))
    const rows = Object.values(deleted).reduce((all, some) => all + some, 0)
    if (rows === 0) return runs
    runs.push({
      rows,
      statements: sweeps.length,
      milliseconds,
      longest: Math.max(...sweeps.map(({ time }) => time)),
      failed,
    })
    console.log(`  run ${runs.length}: ${count(rows)} rows, ${sweeps.length} statements, ${count(milliseconds)} ms`)
  }
}

/** Has the job delete a backlog while people sign in. Answers whether nobody was refused and no step failed. */
export const measureBacklog = async (settings: Settings, users: number): Promise<boolean> => {
  const meter = await startMeter(settings.TURSO_DATABASE_URL ?? '')
  const people = inProcess(settings)
  const job = inProcess({ ...settings, TURSO_DATABASE_URL: meter.url })
  const until = performance.now() + quiet
  const before = await traffic(people, users, () => performance.now() > until)
  let isDone = false
  const during = traffic(people, users, () => isDone)
  const runs = await runJobs(meter, job).finally(() => {
    isDone = true
  })
  const meanwhile = await during
  meter.stop()
  console.log(`\n${runReport(runs)}\n\n${trafficReport(before, meanwhile)}`)
  return before.failed + meanwhile.failed === 0 && runs.every(({ failed }) => failed.length === 0)
}

const runReport = (runs: readonly Run[]): string => {
  const all = (pick: (run: Run) => number) => runs.map(pick)
  const total = all(({ rows }) => rows).reduce((sum, some) => sum + some, 0)
  return table([
    ['expired rows deleted', count(total)],
    ['runs', `${runs.length}`],
    ['rows a run, at most', count(Math.max(...all(({ rows }) => rows)))],
    ['statements a run, at most', count(Math.max(...all(({ statements }) => statements)))],
    ['a run, at most', `${count(Math.max(...all(({ milliseconds }) => milliseconds)))} ms`],
    ['the longest statement', `${Math.max(...all(({ longest }) => longest)).toFixed(1)} ms`],
  ])
}

const trafficReport = (before: Traffic, during: Traffic): string => {
  const figures = (times: readonly number[]) => [median(times), quantile(times, 0.95), quantile(times, 0.99)]
  const row = (name: string, times: readonly number[]) => [
    name,
    count(times.length),
    ...figures(times).map((time) => `${time.toFixed(1)} ms`),
  ]
  return table([
    ['', 'requests', 'median', 'p95', 'p99'],
    row('login, before', before.logins),
    row('login, during', during.logins),
    row('refresh, before', before.refreshes),
    row('refresh, during', during.refreshes),
    ['refused', `${before.failed + during.failed}`, '', '', ''],
  ])
}
