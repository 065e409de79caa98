import { within } from '../base/deadline.ts'
import { Problem } from '../base/errors.ts'
import type { Database } from '../base/ports.ts'
import { databaseFailure } from './database-failure.ts'

/** Cloudflare D1. A batch is one transaction. Rows come as objects: no statement may name two columns alike. */
export const d1 = (database: D1Database): Database => ({
  async run(queries, limit) {
    if (queries.length === 0) return []
    const statements = queries.map(({ sql, params }) => database.prepare(sql).bind(...params))
    try {
      const results = await within(limit, database.batch<Record<string, unknown>>(statements), 'database')
      return results.map(({ results: rows }) => rows.map((row) => Object.values(row)))
    } catch (error) {
      throw error instanceof Problem ? error : databaseFailure(error)
    }
  },
})
