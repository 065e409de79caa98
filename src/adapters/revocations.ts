import { Problem, unavailable } from '../base/errors.ts'
import type { Database, Hint, Hints } from '../base/ports.ts'

const keyOf = (sessionId: string): string => `sr:${sessionId}`

interface StaleMetadata {
  readonly at: number
}

/** What a `KVNamespace` does for hints. */
export interface HintNamespace {
  getWithMetadata<Metadata>(
    key: string,
    type: 'text',
  ): Promise<{ readonly value: string | null; readonly metadata: Metadata | null }>
  put(key: string, value: string, options: { expirationTtl: number; metadata?: StaleMetadata }): Promise<void>
}

/** Workers KV: `sr:<session id>` holds `ended` or `stale`; the metadata of `stale` says since when. */
export const kvHints = (namespace: HintNamespace): Hints => ({
  async get(sessionId) {
    const { value, metadata } = await namespace.getWithMetadata<StaleMetadata>(keyOf(sessionId), 'text')
    if (value === 'ended') return { state: 'ended' }
    return value === 'stale' ? { state: 'stale', at: metadata?.at ?? Number.MAX_SAFE_INTEGER } : undefined
  },
  async put(sessionId, hint, ttl) {
    const metadata = hint.state === 'stale' ? { metadata: { at: hint.at } } : {}
    await namespace.put(keyOf(sessionId), hint.state, { expirationTtl: ttl, ...metadata })
  },
})

/** One process that serves everybody remembers by itself. `now` in Unix seconds. */
export const memoryHints = (now: () => number): Hints => {
  const known = new Map<string, { hint: Hint; until: number }>()
  return {
    async get(sessionId) {
      const entry = known.get(sessionId)
      return entry && entry.until > now() ? entry.hint : undefined
    },
    async put(sessionId, hint, ttl) {
      for (const [id, { until }] of known) {
        if (until > now()) break
        known.delete(id)
      }
      known.delete(sessionId)
      known.set(sessionId, { hint, until: now() + ttl })
    },
  }
}

/**
 * Without KV and with many processes: what changed within the last bound, read off the database at most every five
 * seconds, outside the request that finds the list old. Only the very first look-up waits for it. `bound` in seconds.
 */
export const listHints = (database: Database, now: () => number, bound: number): Hints => {
  let list: ReadonlyMap<string, Hint> | undefined
  let askedAt = 0
  const fetchList = async () => {
    const since = now() - bound
    try {
      const [rows = []] = await database.run([{ sql: changes, params: [since, since], writes: false }], 2000)
      list = new Map(rows.map(([id, endedAt, at]) => [String(id), hintOf(endedAt, Number(at))]))
    } catch (error) {
      list = undefined
      throw error
    }
  }
  return {
    /** @throws Problem `unavailable` where the list could not be fetched the last time */
    async get(sessionId, later) {
      const before = list
      if (Math.abs(now() - askedAt) >= 5) {
        const isFirst = askedAt === 0
        askedAt = now()
        const fetching = fetchList()
        later(fetching)
        if (isFirst) await fetching
      }
      const known = before ?? list
      if (known === undefined) throw new Problem(unavailable, { cause: 'list of what ended' })
      return known.get(sessionId)
    },
  }
}

/** Of sessions that there are, and of those of users who are no more. */
const changes = `select id, ended_at, changed_at from sessions where changed_at > ?
  union all select id, erased_at, erased_at from erased_sessions where erased_at > ?`

const hintOf = (endedAt: unknown, at: number): Hint => (endedAt === null ? { state: 'stale', at } : { state: 'ended' })
