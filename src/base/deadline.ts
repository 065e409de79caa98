import { Problem, unavailable } from './errors.ts'

/** How many milliseconds to wait for what is outside. */
export interface Patience {
  /** The database: in all, and for one answer. */
  readonly database: number
  readonly trip: number
  /** KV: to read a hint while somebody waits for the answer, and to put one after it. */
  readonly hint: number
  readonly put: number
  readonly limiter: number
}

/** Of a request: it is answered within three seconds. */
export const requestPatience: Patience = { database: 2600, trip: 1500, hint: 100, put: 5000, limiter: 1000 }

/**
 * The value of `work` if it comes within `limit` milliseconds; whatever it asked for may still happen.
 * @param cause Names who was late, for the log.
 * @throws Problem `unavailable` (503)
 */
export const within = async <T>(limit: number, work: Promise<T>, cause: string): Promise<T> => {
  let timer: ReturnType<typeof setTimeout> | undefined
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Problem(unavailable, { retryAfter: 2, cause: `${cause}: timeout` })), limit)
  })
  try {
    return await Promise.race([work, timeout])
  } finally {
    clearTimeout(timer)
  }
}
