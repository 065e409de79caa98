import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { type Client, createClient, LibsqlError, type ResultSet } from '@libsql/client/sqlite3'
import { stopwatch } from '../base/clock.ts'
import type { Database, Query } from '../base/ports.ts'
import { databaseFailure } from './database-failure.ts'

/** Milliseconds between two looks at another process's lock, and before the limit at which waiting for it ends. */
const wait = { every: 10, margin: 50 }

/**
 * A SQLite file on Node: one connection for the process. It waits for another process's writer by asking again: SQLite's
 * own way of waiting would hold up every request of the process, also those that need no database.
 */
export const sqliteFile = (url: string): Database => {
  let opened: Promise<Client> | undefined
  /** Somebody met another's lock: whoever writes asks first whether it is gone. */
  let isLocked = false
  const open = opener(url)
  const connect = (): Promise<Client> => {
    opened ??= open().catch((error) => {
      // The next trip tries again.
      opened = undefined
      throw error
    })
    return opened
  }

  const attempt = async (connection: Promise<Client>, queries: readonly Query[]) => {
    const client = await connection
    if (isLocked && queries.some(({ writes }) => writes)) {
      // Unlike a statement of a batch, what fails here leaves nothing behind.
      await client.executeMultiple('begin immediate; rollback')
      isLocked = false
    }
    try {
      return await send(client, queries)
    } catch (error) {
      if (isBusy(error)) {
        isLocked = true
        // A statement that met a lock stays half run on its connection, where nothing would commit until it is collected.
        client.close()
        if (opened === connection) opened = undefined
      }
      throw error
    }
  }

  const persist = async (queries: readonly Query[], limit: number) => {
    const elapsed = stopwatch()
    for (;;) {
      try {
        return await attempt(connect(), queries)
      } catch (error) {
        if (!isBusy(error) || elapsed() + wait.margin >= limit) throw error
        await pause(wait.every)
      }
    }
  }

  return {
    async run(queries, limit) {
      try {
        return await persist(queries, limit)
      } catch (error) {
        throw databaseFailure(error)
      }
    },
  }
}

/** Nothing was done: another process holds a lock, or another request has closed the connection over one. */
const isBusy = (error: unknown): boolean =>
  error instanceof LibsqlError && /^(?:SQLITE_BUSY|CLIENT_CLOSED)/.test(error.code)

/** Makes the folder of a `file:` URL, so that a first start needs no preparation. */
export const makeFolder = (url: string): void => {
  mkdirSync(dirname(url.replace(/^file:(\/\/)?/, '').replace(/\?.*$/, '')), { recursive: true })
}

/**
 * A commit is on the disk before it is acknowledged. Whoever meets another's lock tries again with the same client: one
 * that is dropped keeps its descriptors until it is collected, and a waiting trip would make a hundred a second.
 */
const opener = (url: string) => {
  let unready: Client | undefined
  return async (): Promise<Client> => {
    makeFolder(url)
    const client = unready ?? createClient({ url, concurrency: 1, timeout: 0 })
    unready = undefined
    try {
      await client.executeMultiple('pragma journal_mode = wal; pragma synchronous = full; pragma foreign_keys = on')
      return client
    } catch (error) {
      if (isBusy(error)) unready = client
      else client.close()
      throw error
    }
  }
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
