import type { Clock } from './clock.ts'
import { Problem, unavailable } from './errors.ts'

/** Seconds. workerd drops the request of a client that hangs up without a word: what began so long ago is gone. */
const abandonedAfter = 5

/** Does the work. @throws Problem `unavailable` (503) while too much of its kind is under way */
export type Bulkhead = <T>(work: () => Promise<T>) => Promise<T>

/** So much under way at once in this isolate, and no more: what would only wait longer than its caller is told so. */
export const bulkhead = (most: number, clock: Clock, retryAfter: number): Bulkhead => {
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
