export interface Dice {
  /** At least 0 and below 1. */
  next(): number
  /** At least 0 and below `end`. */
  below(end: number): number
  pick<T>(all: readonly [T, ...T[]]): T
  shuffle<T>(all: readonly T[]): T[]
  /** Dice of its own for one of many who act at once. */
  fork(): Dice
}

/** Chance that a seed replays: mulberry32. Not for secrets. @see https://github.com/bryc/code/blob/master/jshash/PRNGs.md */
export const newDice = (seed: number | string): Dice => {
  let state = typeof seed === 'string' ? hashOf(seed) : seed | 0
  const next = () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
  const below = (end: number) => Math.floor(next() * end)
  return {
    next,
    below,
    pick: (all) => all[below(all.length)] ?? all[0],
    shuffle: (all) =>
      all
        .map((one) => ({ one, at: next() }))
        .sort((a, b) => a.at - b.at)
        .map(({ one }) => one),
    fork: () => newDice(below(4_294_967_296)),
  }
}

/** FNV-1a, over UTF-16. */
const hashOf = (text: string): number => {
  let hash = 0x811c9dc5
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193)
  return hash
}
