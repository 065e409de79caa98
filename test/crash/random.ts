/** Choices that one seed decides. @see https://gist.github.com/tommyettinger/46a874533244883189143505d203312c (mulberry32) */
export const newRandom = (seed: number) => {
  let state = seed >>> 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
  /** From 0 to `end - 1`. */
  const below = (end: number): number => Math.floor(next() * end)
  return {
    below,
    pick: <T>(all: readonly [T, ...T[]]): T => all[below(all.length)] ?? all[0],
    shuffle: <T>(all: readonly T[]): T[] =>
      all
        .map((one) => ({ one, at: next() }))
        .sort((a, b) => a.at - b.at)
        .map(({ one }) => one),
    /** Choices of its own for one of many who act at once. */
    fork: () => newRandom(below(2 ** 32)),
  }
}

export type Random = ReturnType<typeof newRandom>
