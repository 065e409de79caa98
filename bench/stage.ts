import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { startDatabase } from '../scripts/database.ts'
import { migrateDatabase } from '../scripts/migrate.ts'
import { closeConnections } from './http.ts'
import { startKv } from './kv.ts'
import { newPeople, type People, type Settings } from './people.ts'
import { type Bundle, bundle, type Running, serve } from './workerd.ts'

const entries = {
  postern: 'src/entry/worker.ts',
  floors: 'bench/floors.ts',
  jwt: 'bench/jwt.ts',
  empty: 'bench/empty.ts',
}

export type Entry = keyof typeof entries

/** A database and the people in it, before which Workers come and go. Everything is on loopback. */
export interface Stage {
  readonly databaseUrl: string
  readonly people: People
  readonly settings: Settings
  /** A Worker with the stage's settings, and with these over them. */
  serve(entry: Entry, settings?: Settings): Promise<Running>
  stop(): Promise<void>
}

/** Bundles the Workers, starts and migrates the database. */
export const setStage = async (): Promise<Stage> => {
  const folder = mkdtempSync(join(tmpdir(), 'postern-bench-'))
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  const database = await startDatabase({ path: join(folder, 'database') })
  await migrateDatabase({ url: database.url })
  const kv = await startKv()
  const bundles = await bundleAll(folder)
  const shared = settingsFor(database.url)
  const running: Running[] = []
  let count = 0

  return {
    databaseUrl: database.url,
    people: newPeople(shared),
    settings: shared,
    async serve(entry, settings = {}) {
      const texts = { ...shared, ...settings }
      const worker = await serve(`${count++}`, bundles[entry], { texts, kv: kv.address })
      running.push(worker)
      return worker
    },
    async stop() {
      closeConnections()
      for (const worker of running) await worker.stop()
      kv.stop()
      await database.stop()
    },
  }
}

const bundleAll = async (folder: string): Promise<Record<Entry, Bundle>> => {
  const make = (entry: Entry) => bundle(resolve(import.meta.dirname, '..', entries[entry]), join(folder, entry))
  const [postern, floors, jwt, empty] = await Promise.all([make('postern'), make('floors'), make('jwt'), make('empty')])
  return { postern, floors, jwt, empty }
}

/** As in production: https, the default lease. Only the limits that a single loud client would meet are out of the way. */
const settingsFor = (url: string): Settings => ({
  AUTH_ORIGIN: 'https://app.example.com',
  AUTH_SECRET: randomBytes(32).toString('base64url'),
  AUTH_LIMIT_REQUESTS: '1000000',
  AUTH_LIMIT_ADDRESS: '1000000',
  TURSO_DATABASE_URL: url,
})
