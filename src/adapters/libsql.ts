import { createClient } from '@libsql/client/http'
import type { Database } from '../base/ports.ts'
import { databaseFailure, send } from './sqlite.ts'

/**
 * Turso, or any libSQL server, over HTTP. A client costs 15 microseconds and is made for each trip: one that requests
 * share queues their calls behind each other, which workerd takes for a hang.
 */
export const libsql = (url: string, authToken: string | undefined): Database => ({
  async run(queries, limit) {
    const signal = AbortSignal.timeout(limit)
    const client = createClient({
      url,
      ...(authToken === undefined ? {} : { authToken }),
      concurrency: Number.POSITIVE_INFINITY,
      fetch: (request: Request) => fetch(request, { signal, redirect: 'manual' }),
    })
    try {
      return await send(client, queries)
    } catch (error) {
      throw databaseFailure(error)
    } finally {
      client.close()
    }
  },
})
