import fc from 'fast-check'
import { expect, inject, test } from 'vitest'
import { times } from '../soak.ts'
import { run } from './run.ts'
import { newTheatre } from './stage.ts'
import { kinds, type Sequence, sequence } from './steps.ts'
import { newTally, type Tally } from './tally.ts'

/** Sequences that wait for the same pauses, so that both cores of a machine are busy with two files. */
const lanes = 4

/** Milliseconds for which a failure is made smaller. */
const smaller = 60_000

/** As a failure prints them. */
const { SIMULATION_SEED: seedText, SIMULATION_PATH: path } = process.env

/** Each soak goes where none has been; `npm test` goes the same way each time, so that what turns it red is a change. */
const firstSeed = Number(seedText ?? times(20_261_120, Math.floor(Math.random() * 2 ** 31)))

/** Half of the simulation: each of two files is one half, for a core each. */
export const simulate = (half: number): void => {
  const isReplay = path !== undefined
  const sequences = isReplay ? 1 : Math.ceil(times(1000, 100_000) / 2 / lanes)
  const tally = newTally()
  const started = performance.now()
  test.concurrent.each(Array.from({ length: isReplay ? 1 : lanes }, (_, lane) => lane))(
    `half ${half}, lane %i`,
    async (lane) => {
      const theatre = await newTheatre()
      let failedAt = Number.POSITIVE_INFINITY
      const seed = isReplay ? firstSeed : firstSeed + half * lanes + lane

      const details = await fc.check(
        fc.asyncProperty(sequence, async (one) => {
          // Whatever passes ends the search for something smaller.
          if (performance.now() - failedAt > smaller) return
          await run(await theatre.stage(one.limits), one, tally).catch((error) => {
            failedAt = Math.min(failedAt, performance.now())
            throw error
          })
          if (inject('isSoak') && tally.sequences % 2000 === 0) progress(tally, started)
        }),
        { numRuns: sequences, seed, ...(isReplay ? { path, endOnFailure: true } : {}) },
      )

      if (details.failed) throw new Error(report(details))
      if (tally.sequences >= sequences * lanes) progress(tally, started)
    },
  )
  if (isReplay) return
  test('in these sequences all comes up that the simulation is about', () => {
    expect(Object.keys(tally.commands).toSorted()).toEqual(Object.keys(kinds).toSorted())
    expect(Object.keys(tally.faults).toSorted()).toEqual(['away', 'lost'])
    expect(Object.keys(tally.answers)).toEqual(expect.arrayContaining(['200', '401', '409', '429', '503']))
  })
}

const report = ({
  seed,
  counterexamplePath,
  errorInstance,
  numRuns,
  numShrinks,
}: fc.RunDetails<[Sequence]>): string => {
  const why = errorInstance instanceof Error ? errorInstance.message : String(errorInstance)
  const replay = `SIMULATION_SEED=${seed} SIMULATION_PATH=${counterexamplePath}`
  return `After ${numRuns} sequences and ${numShrinks} shrinks:\n${why}\n\nAgain: ${replay} npx vitest run --project reliability test/simulation`
}

const progress = ({ sequences, commands, answers, faults, groups, audits }: Tally, started: number): void => {
  const seconds = (performance.now() - started) / 1000
  console.log(
    `simulation: ${sequences} sequences in ${seconds.toFixed(0)} s (${(sequences / seconds).toFixed(1)} a second), ` +
      `${groups} groups at once, ${audits} audits`,
    JSON.stringify({ commands, answers, faults }),
  )
}
