import { availableParallelism, loadavg } from 'node:os'
import { measureCosts } from './costs.ts'
import { measureFirstAnswers } from './first-answer.ts'
import { measureLatencies, trip } from './latencies.ts'
import { costReport, firstAnswerReport, latencyReport } from './report.ts'
import { setStage } from './stage.ts'

/** Milliseconds; `--quick` is for a look, its figures are coarse. */
const plan = process.argv.includes('--quick')
  ? { callers: 16, rounds: 3, round: 250, warmUp: 300, samples: 5, starts: 5 }
  : { callers: 16, rounds: 5, round: 1500, warmUp: 1500, samples: 30, starts: 20 }

// What was started ends with this process, however it ends.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(1))

const { callers, rounds, round, samples, starts } = plan
const load = loadavg()[0]?.toFixed(1)
const stage = await setStage()
try {
  console.log(
    `\nThe shipped Worker in bare workerd, libSQL on loopback; ${availableParallelism()} cores, load ${load}.`,
  )
  console.log(`\n${callers} callers, the median of ${rounds} rounds of ${round} ms:\n`)
  console.log(costReport(await measureCosts(stage, plan)))
  console.log(`\nOne caller, ${trip.delay} ms added to every trip, ${samples} of each:\n`)
  console.log(latencyReport(await measureLatencies(stage, samples)))
  console.log(`\nThe first answer of a new process, the median of ${starts} starts of each:\n`)
  console.log(firstAnswerReport(await measureFirstAnswers(stage, starts)))
} finally {
  await stage.stop()
}
