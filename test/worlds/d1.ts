import { applyD1Migrations, reset } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { inject } from 'vitest'
import { d1 } from '../../src/adapters/d1.ts'
import { platformLimiter } from '../../src/adapters/limiter.ts'
import { argon2id } from '../../src/adapters/password-hash/workers.ts'
import { kvHints } from '../../src/adapters/revocations.ts'
import type { World } from './world.ts'

export { smtp } from '../../src/adapters/mailers/smtp-workers.ts'

export const name = 'd1'

/** workerd: the one D1 database of this file, emptied and migrated; it empties KV too. */
export const newWorld = async (): Promise<World> => {
  await reset()
  await applyD1Migrations(env.DB, inject('migrations'))
  return {
    database: d1(env.DB),
    hints: kvHints(env.REVOCATIONS),
    limiter: platformLimiter(env.REQUESTS),
    argon2id,
  }
}
