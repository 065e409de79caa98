import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { type Client, createClient, type ResultSet } from '@libsql/client/sqlite3'
import type { Database, Query } from '../base/ports.ts'
import { databaseFailure } from './database-failure.ts'

/** A SQLite file on Node: one connection for the process, which waits up to a second for another process's writer. */
export const sqliteFile = (url: string): Database => {
  let opened: Promise<Client> | undefined
  const connect = (): Promise<Client> => {
    opened ??= open(url).catch((error) => {
      // The next trip tries again.
      opened = undefined
      throw error
    })
    return opened
  }
  return {
    async run(queries) {
      try {
        return await send(await connect(), queries)
      } catch (error) {
        throw databaseFailure(error)
      }
    },
  }
}

/** Makes the folder of a `file:` URL, so that a first start needs no preparation. */
export const makeFolder = (url: string): void => {
  mkdirSync(dirname(url.replace(/^file:(\/\/)?/, '').replace(/\?.*$/, '')), { recursive: true })
}

/** A commit is on the disk before it is acknowledged. */
const open = async (url: string): Promise<Client> => {
  makeFolder(url)
  const client = createClient({ url, concurrency: 1, timeout: 1000 })
  await client.executeMultiple('pragma journal_mode = wal; pragma synchronous = full; pragma foreign_keys = on')
  return client
}

/** One statement alone, or all in one transaction: `BEGIN IMMEDIATE` as soon as one writes, so that none meets BUSY. */
const send = async (client: Client, queries: readonly Query[]): Promise<unknown[][][]> => {
  const statements = queries.map(({ sql, params }) => ({ sql, args: [...params] }))
  const [only, ...more] = statements
  if (only === undefined) return []
  const mode = queries.some(({ writes }) => writes) ? 'write' : 'read'
  const results = more.length === 0 ? [await client.execute(only)] : await client.batch(statements, mode)
  return results.map(toArrays)
}

const toArrays = ({ rows, columns }: ResultSet): unknown[][] => rows.map((row) => columns.map((_, i) => row[i]))
