import { Problem, unavailable } from '../base/errors.ts'
import type { Database } from '../base/ports.ts'
import { databaseFailure } from './sqlite.ts'

/** Cloudflare D1. A batch is one transaction. Rows come as objects: no statement may name two columns alike. */
export const d1 = (database: D1Database): Database => ({
  async run(queries, limit) {
    if (queries.length === 0) return []
    const statements = queries.map(({ sql, params }) => database.prepare(sql).bind(...params))
    try {
      const results = await within(limit, database.batch<Record<string, unknown>>(statements))
      return results.map(({ results: rows }) => rows.map((row) => Object.values(row)))
    } catch (error) {
      throw error instanceof Problem ? error : databaseFailure(error)
    }
  },
})

const within = async <T>(limit: number, work: Promise<T>): Promise<T> => {
  let timer: ReturnType<typeof setTimeout> | undefined
  const timeout = new Promise<never>((_, reject) => {
    const late = () => reject(new Problem(unavailable, { retryAfter: 2, cause: 'database: timeout' }))
    timer = setTimeout(late, limit)
  })
  try {
    return await Promise.race([work, timeout])
  } finally {
    clearTimeout(timer)
  }
}
