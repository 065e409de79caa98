import { Problem, unavailable } from './errors.ts'

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
