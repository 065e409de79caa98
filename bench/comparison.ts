import { newDice } from './dice.ts'
import { rankTest } from './rank-test.ts'

/** Asks about what is known and what is unknown in turn, one at a time, in an order that chance decides for each pair. */
export const interleaved = async <Call, Look>(
  look: (call: Call) => Promise<Look>,
  count: number,
  { known, unknown }: { known: (i: number) => Call; unknown: (i: number) => Call },
) => {
  const dice = newDice(count)
  const [ofKnown, ofUnknown]: [Look[], Look[]] = [[], []]
  for (let i = 0; i < count; i++) {
    const isKnownFirst = dice.next() < 0.5
    if (isKnownFirst) ofKnown.push(await look(known(i)))
    ofUnknown.push(await look(unknown(i)))
    if (!isKnownFirst) ofKnown.push(await look(known(i)))
  }
  return { ofKnown, ofUnknown }
}

export interface Comparison {
  readonly title: string
  readonly pairs: number
  /** Medians, and the one less the other; milliseconds. */
  readonly known: number
  readonly unknown: number
  readonly difference: number
  /** Of the rank test, two-sided. */
  readonly p: number
}

/** Two samples of milliseconds. */
export const compare = (title: string, ofKnown: readonly number[], ofUnknown: readonly number[]): Comparison => {
  const [known, unknown] = [middle(ofKnown), middle(ofUnknown)]
  const { p } = rankTest(ofKnown, ofUnknown)
  return { title, pairs: ofKnown.length, known, unknown, difference: known - unknown, p }
}

export const comparisonLine = ({ title, pairs, known, unknown, difference, p }: Comparison): string =>
  `${title}: ${pairs} pairs, ${known.toFixed(3)} and ${unknown.toFixed(3)} ms, difference ${difference.toFixed(3)} ms, p = ${p.toFixed(3)}`

const middle = (values: readonly number[]): number => {
  const sorted = values.toSorted((a, b) => a - b)
  const half = sorted.length / 2
  return ((sorted[Math.ceil(half) - 1] ?? Number.NaN) + (sorted[Math.floor(half)] ?? Number.NaN)) / 2
}
