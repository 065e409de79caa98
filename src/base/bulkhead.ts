import type { Clock } from './clock.ts'
import { Problem, unavailable } from './errors.ts'

interface Room {
  /** Under way at once. */
  readonly most: number
  /** Seconds that whoever is refused is told to wait. */
  readonly retryAfter?: number
  /** Seconds. workerd drops the request of a client that hangs up without a word: what began longer ago is gone. */
  readonly abandonedAfter?: number
}

/** Does the work. @throws Problem `unavailable` (503) while too much of its kind is under way */
export type Bulkhead = <T>(work: () => Promise<T>) => Promise<T>

/** So much under way at once in this isolate, and no more: what would only wait longer than its caller is told so. */
export const bulkhead = (clock: Clock, { most, retryAfter = 1, abandonedAfter = 5 }: Room): Bulkhead => {
  const underWay = new Map<symbol, number>()
  return async (work) => {
    const now = clock()
    for (const [ticket, began] of underWay) {
      if (began + abandonedAfter >= now) break
      underWay.delete(ticket)
    }
    if (underWay.size >= most) throw new Problem(unavailable, { retryAfter, cause: 'overload' })
    const ticket = Symbol()
    underWay.set(ticket, now)
    try {
      return await work()
    } finally {
      underWay.delete(ticket)
    }
  }
}
