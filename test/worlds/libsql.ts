import { env } from 'cloudflare:workers'
import { inject } from 'vitest'
import { libsql } from '../../src/adapters/libsql.ts'
import { platformLimiter } from '../../src/adapters/limiter.ts'
import { argon2id } from '../../src/adapters/password-hash/workers.ts'
import { kvHints } from '../../src/adapters/revocations.ts'
import type { World } from './world.ts'

export { smtp } from '../../src/adapters/mailers/smtp-workers.ts'

export const name = 'libsql'

/** Not in `wrangler.toml`, since not every account may send. */
export const { EMAIL: emailBinding }: Partial<Env> & { EMAIL?: SendEmail } = env

/** Counts by the clock of the machine, for all who ask it with one key. */
const limiter = platformLimiter(env.REQUESTS)

/** Of the databases that the tests of this file have made. */
const urls: string[] = []

/** Gives back what the tests of this file have made. */
export const leave = async (): Promise<void> => {
  await Promise.all(urls.splice(0).map((url) => fetch(url, { method: 'DELETE' })))
}

/** workerd: a migrated database of its own on the run's libSQL server, real KV, the platform's limiter, Argon2 in wasm. */
export const newWorld = async (): Promise<World> => {
  const id = crypto.randomUUID()
  const url = `${inject('libsql')}/${id}/`
  const database = libsql(url, undefined)
  urls.push(url)
  // Its first use makes it, which may take longer than a request has patience for.
  await database.run([{ sql: 'select 1', params: [], writes: false }], 15_000)
  return { database, hints: kvHints(env.REVOCATIONS), limiter: { take: (key) => limiter.take(id + key) }, argon2id }
}
