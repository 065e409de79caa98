import type { Limiter } from '../base/ports.ts'

/** The platform's limiter; `limit` and `period` stand in wrangler.toml. */
export const platformLimiter = (binding: RateLimit): Limiter => ({
  take: async (key) => (await binding.limit({ key })).success,
})

/** A fixed window of 60 seconds a key, in this process. `now` in Unix seconds. */
export const memoryLimiter = (limit: number, now: () => number): Limiter => {
  let window = 0
  let counts = new Map<string, number>()
  return {
    async take(key) {
      const current = Math.floor(now() / 60)
      if (current !== window) {
        window = current
        counts = new Map()
      }
      const count = (counts.get(key) ?? 0) + 1
      counts.set(key, count)
      return count <= limit
    },
  }
}
