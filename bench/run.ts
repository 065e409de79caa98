import { availableParallelism, loadavg } from 'node:os'
import { comparisonLine } from './comparison.ts'
import { measureCosts } from './costs.ts'
import { measureEnumeration } from './enumeration.ts'
import { measureFirstAnswers } from './first-answer.ts'
import { measureLatencies, trip } from './latencies.ts'
import { measureOverload } from './overload.ts'
import { comparisonReport, costReport, firstAnswerReport, latencyReport, overloadReport } from './report.ts'
import { type Stage, setStage } from './stage.ts'

/** Milliseconds; `--quick` is for a look, its figures are coarse. */
const plan = {
  callers: 16,
  recovery: 10_000,
  ...(process.argv.includes('--quick')
    ? { rounds: 3, round: 250, warmUp: 300, samples: 5, starts: 5, pairs: 20, closed: 1500, open: 3000 }
    : { rounds: 5, round: 1500, warmUp: 1500, samples: 30, starts: 20, pairs: 200, closed: 5000, open: 30_000 }),
}

const { callers, rounds, round, samples, starts, pairs, open } = plan

/** What `--only` may name. */
const parts = {
  async costs(stage: Stage) {
    console.log(`\n${callers} callers, the median of ${rounds} rounds of ${round} ms:\n`)
    console.log(costReport(await measureCosts(stage, plan)))
  },
  async latencies(stage: Stage) {
    console.log(`\nOne caller, ${trip.delay} ms added to every trip, ${samples} of each:\n`)
    console.log(latencyReport(await measureLatencies(stage, samples)))
  },
  async starts(stage: Stage) {
    console.log(`\nThe first answer of a new process, the median of ${starts} starts of each:\n`)
    console.log(firstAnswerReport(await measureFirstAnswers(stage, starts)))
  },
  async enumeration(stage: Stage) {
    console.log(`\nAccounts that there are and accounts that there are not, ${pairs} pairs of each, one caller:\n`)
    const tell = (one: Parameters<typeof comparisonLine>[0]) => console.error(comparisonLine(one))
    console.log(comparisonReport(await measureEnumeration(stage, pairs, tell)))
  },
  async overload(stage: Stage) {
    console.log(`\nTwice of what ${callers} callers get answered, for ${open / 1000} s:\n`)
    const tell = (one: Parameters<typeof overloadReport>[0][number]) => console.error(overloadReport([one]))
    console.log(overloadReport(await measureOverload(stage, plan, tell)))
  },
}

// What was started ends with this process, however it ends.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(1))

const at = process.argv.indexOf('--only')
const meant = Object.entries(parts).filter(([name]) => at < 0 || name === process.argv[at + 1])
if (meant.length === 0) throw new Error(`--only takes one of: ${Object.keys(parts).join(', ')}.`)

const load = loadavg()[0]?.toFixed(1)
const stage = await setStage()
try {
  console.log(
    `\nThe shipped Worker in bare workerd, libSQL on loopback; ${availableParallelism()} cores, load ${load}.`,
  )
  for (const [, measure] of meant) await measure(stage)
} finally {
  await stage.stop()
}
