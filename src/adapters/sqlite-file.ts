import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { type Client, createClient } from '@libsql/client/sqlite3'
import type { Database } from '../base/ports.ts'
import { databaseFailure, send } from './sqlite.ts'

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
