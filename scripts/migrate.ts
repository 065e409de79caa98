import { resolve } from 'node:path'
import { migrate } from '../src/adapters/migrate.ts'
import { parseDatabaseUrl } from '../src/base/database-url.ts'
import { databaseTarget } from './dev-vars.ts'

const folder = resolve(import.meta.dirname, '../drizzle')

export interface Target {
  /** `libsql:`, `https:`, `file:` or, on loopback, `http:`. */
  url: string
  authToken?: string | undefined
}

/**
 * Apply the files of `drizzle/` that the database has not seen.
 * @throws Error with one line that names the database, never its token
 */
export async function migrateDatabase({ url, authToken }: Target): Promise<void> {
  if (!parseDatabaseUrl(url)) throw new Error(`${nameOf(url)} is no database URL: write ${forms}.`)
  try {
    await migrate(url, authToken, folder)
  } catch (cause) {
    throw new Error(`The database ${nameOf(url)} cannot be migrated: ${rootMessage(cause)}`, { cause })
  }
}

const forms = 'libsql://..., https://..., file:... or, on loopback, http://...'

/** Without what may be secret. */
export const nameOf = (url: string) => url.replace(/[?#].*$/s, '').replace(/\/\/[^/]*@/, '//')

function rootMessage(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause ? rootMessage(error.cause) : error.message || error.name
}

if (import.meta.main) {
  try {
    const target = databaseTarget()
    if (!target) throw new Error(`Set TURSO_DATABASE_URL: ${forms}.`)
    await migrateDatabase(target)
    console.log(`${nameOf(target.url)} is up to date.`)
  } catch (error) {
    console.error(error instanceof Error ? error.message : error)
    process.exitCode = 1
  }
}
