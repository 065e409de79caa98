export interface Dice {
  /** At least 0 and below 1. */
  next(): number
  /** At least 0 and below `end`. */
  below(end: number): number
}

/** Chance that a seed replays: mulberry32. Not for secrets. */
export const newDice = (seed: number): Dice => {
  let state = seed | 0
  const next = () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
  return { next, below: (end) => Math.floor(next() * end) }
}
