/** Lets `width` pieces of work go on at once; the others wait for their turn. */
export const newLanes = (width: number) => {
  let free = width
  const waiting: (() => void)[] = []
  return async <T>(work: () => Promise<T>): Promise<T> => {
    if (free === 0) await new Promise<void>((resolve) => waiting.push(resolve))
    else free -= 1
    try {
      return await work()
    } finally {
      const next = waiting.shift()
      if (next) next()
      else free += 1
    }
  }
}

export type Lanes = ReturnType<typeof newLanes>

/** Milliseconds between two beats: about as often as a request that waits for its time limit needs the processor. */
const beat = 75

/**
 * Tells the time that something takes without the time for which this process had other work to do: a beat that comes
 * late says for how long. That also subtracts work of its own that keeps the process busy for longer than a beat, which
 * is why what was held up for little is judged by the time in all.
 */
export const newStopwatches = () => {
  let last = performance.now()
  let late = 0
  const timer = setInterval(() => {
    const now = performance.now()
    late += Math.max(0, now - last - beat)
    last = now
  }, beat)
  return {
    /** The value of `work`, and the milliseconds it took: without waiting for this process, and in all. */
    async time<T>(work: () => Promise<T>): Promise<{ value: T; own: number; wall: number }> {
      const [started, lateBefore] = [performance.now(), late]
      const value = await work()
      const wall = performance.now() - started
      return { value, own: Math.max(0, wall - (late - lateBefore)), wall }
    },
    stop: () => clearInterval(timer),
  }
}

export type Stopwatches = ReturnType<typeof newStopwatches>

/** `work` on each, `width` at a time. */
export const inParallel = async <Item, Result>(
  items: readonly Item[],
  width: number,
  work: (item: Item) => Promise<Result>,
): Promise<Result[]> => {
  const lanes = newLanes(width)
  return Promise.all(items.map((item) => lanes(() => work(item))))
}
