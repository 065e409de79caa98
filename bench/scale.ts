import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, loadavg, tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { parseArgs } from 'node:util'
import { type Database, startDatabase } from '../scripts/database.ts'
import { migrateDatabase } from '../scripts/migrate.ts'
import { libsql } from '../src/adapters/libsql.ts'
import { type Explain, flawsOf } from '../test/plan-flaws.ts'
import { fillBacklog, measureBacklog } from './backlog.ts'
import { fill, rowsFor } from './fill.ts'
import { startMeter } from './meter.ts'
import { count, newProgress } from './progress.ts'
import { compare, planReport } from './scale-report.ts'
import { type Sample, walk } from './walk.ts'

const { values: asked } = parseArgs({
  options: {
    /** For a look: 10,000 users instead of a million. */
    quick: { type: 'boolean', default: false },
    /** A folder in which the filled databases stay for the next time. */
    keep: { type: 'string' },
    /** Shows the plan of each statement. */
    plans: { type: 'boolean', default: false },
  },
})
const sizes = { small: 1000, large: asked.quick ? 10_000 : 1_000_000 }
const times = asked.quick ? 10 : 30

// What was started ends with this process, however it ends.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(1))

const folder = asked.keep === undefined ? mkdtempSync(join(tmpdir(), 'postern-scale-')) : resolve(asked.keep)
if (asked.keep === undefined) process.once('exit', () => rmSync(folder, { recursive: true, force: true }))

/** Only the limits that a single loud client would meet are out of the way. */
const settingsFor = (url: string) => ({
  AUTH_ORIGIN: 'https://app.example.com',
  AUTH_SECRET: randomBytes(32).toString('base64url'),
  AUTH_LIMIT_REQUESTS: '1000000',
  AUTH_LIMIT_ADDRESS: '1000000',
  TURSO_DATABASE_URL: url,
})

/** The server on a database of so many users, which is filled unless it was kept. */
const open = async (users: number): Promise<Database> => {
  const path = join(folder, `${users}`)
  const mark = join(path, 'filled')
  if (existsSync(mark)) return startDatabase({ path })
  rmSync(path, { recursive: true, force: true })
  mkdirSync(path, { recursive: true })
  const database = await startDatabase({ path })
  await migrateDatabase({ url: database.url })
  await fill(libsql(database.url, undefined), users, newProgress(`rows of ${count(users)} users`, rowsFor(users)))
  const again = await checkpointed(database, path)
  writeFileSync(mark, '')
  return again
}

/** Between two runs of the server, which leaves all that was filled in the log: every read would search there. */
const checkpointed = async (database: Database, path: string): Promise<Database> => {
  await database.stop()
  const file = new DatabaseSync(join(path, 'dbs/default/data'))
  file.exec('pragma wal_checkpoint(truncate)')
  file.close()
  return startDatabase({ path })
}

const explainOn =
  (url: string): Explain =>
  async ({ sql }) => {
    const [plan = []] = await libsql(url, undefined).run(
      [{ sql: `explain query plan ${sql}`, params: [], writes: false }],
      5000,
    )
    return plan.map((columns) => String(columns[3]))
  }

/** Users from all over the table. */
const peopleOf = (users: number): number[] =>
  Array.from({ length: times }, (_, nth) => 1 + (((nth * 7919 + 17) * 31) % users))

const measure = async (users: number, url: string): Promise<Sample[]> => {
  const meter = await startMeter(url)
  try {
    return await walk(meter, settingsFor(meter.url), peopleOf(users))
  } finally {
    meter.stop()
  }
}

const load = loadavg()[0]?.toFixed(1)
console.log(`\nThe service in Node, libSQL on loopback; ${availableParallelism()} cores, load ${load}. In ${folder}\n`)
const small = await open(sizes.small)
const before = await measure(sizes.small, small.url)
await small.stop()
let large = await open(sizes.large)
try {
  const after = await measure(sizes.large, large.url)
  const explain = explainOn(large.url)
  const { text, grown } = compare(before, after)
  console.log(
    `\n${count(sizes.small)} users > ${count(sizes.large)} users, five sessions each; the median of ${times}:\n`,
  )
  console.log(text)
  console.log(`\n${await planReport(after, explain, asked.plans)}`)
  const texts = new Set(after.flatMap(({ ran }) => ran.map(({ sql }) => sql)))
  const flaws = await flawsOf(
    explain,
    [...texts].map((sql) => ({ sql, params: [], writes: false })),
  )
  console.log(
    `\n${texts.size} statements, ${flaws.length} with a step that grows; ${grown.length} operations that grew.`,
  )
  for (const flaw of flaws) console.log(`  ${flaw}`)

  console.log('\nThe job deletes a backlog while people sign in:\n')
  await fillBacklog(libsql(large.url, undefined), sizes.large, newProgress('expired rows', sizes.large))
  large = await checkpointed(large, join(folder, `${sizes.large}`))
  const isFair = await measureBacklog(settingsFor(large.url), sizes.large)
  if (flaws.length + grown.length > 0 || !isFair) process.exitCode = 1
} finally {
  await large.stop()
}
