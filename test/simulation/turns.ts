/** Turns that go to others at most: who waits for the database waits for a limited time. */
const longest = 6

/**
 * Lets one of several actors go on at a time. Each waits for a turn before every trip to the database, and `choices`
 * says whose is the next: so an interleaving is data, and the same data is the same interleaving.
 */
export const newTurns = (choices: readonly number[]) => {
  const waiting: { readonly actor: number; readonly since: number; go(): void }[] = []
  const running = new Set<number>()
  let taken = 0

  const next = () => {
    if (running.size > 0 || waiting.length === 0) return
    waiting.sort((a, b) => a.actor - b.actor)
    const overdue = waiting.findIndex(({ since }) => taken - since >= longest)
    const choice = (choices[taken++ % choices.length] ?? 0) % waiting.length
    const [chosen] = waiting.splice(overdue < 0 ? choice : overdue, 1)
    if (chosen === undefined) return
    // Of two trips of one actor at once, nobody hears when the first is over.
    if (waiting.every(({ actor }) => actor !== chosen.actor)) running.add(chosen.actor)
    chosen.go()
    next()
  }

  const wait = (actor: number): Promise<void> => {
    const { promise, resolve } = Promise.withResolvers<void>()
    waiting.push({ actor, since: taken, go: resolve })
    running.delete(actor)
    return promise
  }

  return {
    /** All at once, each at its first trip when its turn comes. */
    async all<T>(actors: readonly ((turn: () => Promise<void>) => Promise<T>)[]): Promise<T[]> {
      const results = actors.map(async (act, actor) => {
        await wait(actor)
        try {
          return await act(() => {
            const turn = wait(actor)
            next()
            return turn
          })
        } finally {
          running.delete(actor)
          next()
        }
      })
      next()
      return Promise.all(results)
    },
  }
}
