import { copyFileSync } from 'node:fs'
import { join } from 'node:path'
import { inject } from 'vitest'
import { memoryLimiter } from '../../src/adapters/limiter.ts'
import { argon2idNode } from '../../src/adapters/password-hash/native.ts'
import { memoryHints } from '../../src/adapters/revocations.ts'
import { sqliteFile } from '../../src/adapters/sqlite-file.ts'
import type { Clock } from '../../src/base/clock.ts'
import type { World } from './world.ts'

export { smtp } from '../../src/adapters/mailers/smtp-node.ts'

export const name = 'file'

/** Cloudflare's alone. */
export const emailBinding: SendEmail | undefined = undefined

/** A connection that nobody has any longer is closed when it is collected, which nothing here makes urgent. */
const collectAfter = 200
let made = 0

/** Node: a migrated `file:` database of its own, hints and limits in the process, Node's Argon2. */
export const newWorld = async (clock: Clock): Promise<World> => {
  if (++made % collectAfter === 0) globalThis.gc?.()
  const path = join(inject('files'), `${crypto.randomUUID()}.db`)
  copyFileSync(join(inject('files'), 'template.db'), path)
  const database = sqliteFile(`file:${path}`)
  // Nothing here loses its power: what was committed need not wait for the disk.
  await database.run([{ sql: 'pragma synchronous = off', params: [], writes: false }], 15_000)
  return {
    database,
    hints: memoryHints(clock),
    limiter: memoryLimiter(30, clock),
    argon2id: await argon2idNode(),
  }
}
