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

/** workerd: a migrated database of its own on the run's libSQL server, real KV, the platform's limiter, Argon2 in wasm. */
export const newWorld = async (): Promise<World> => {
  const database = libsql(`${inject('libsql')}/${crypto.randomUUID()}/`, undefined)
  // Its first use makes it, which may take longer than a request has patience for.
  await database.run([{ sql: 'select 1', params: [], writes: false }], 15_000)
  return { database, hints: kvHints(env.REVOCATIONS), limiter: platformLimiter(env.REQUESTS), argon2id }
}
