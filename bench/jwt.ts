import { env } from 'cloudflare:workers'
import { Hono } from 'hono'
import { libsql } from '../src/adapters/libsql.ts'
import { memoryLimiter } from '../src/adapters/limiter.ts'
import { memoryHints } from '../src/adapters/revocations.ts'
import { systemClock } from '../src/base/clock.ts'
import { readSettings } from '../src/base/config.ts'
import { newContext } from '../src/identity/context.ts'
import { newCore } from '../src/identity/core.ts'

const { config, problems } = readSettings({ ...env })
if (config === undefined) throw new Error(JSON.stringify(problems))

const ports = {
  database: libsql(config.database?.url ?? '', undefined),
  hints: memoryHints(systemClock),
  limiter: memoryLimiter(1, systemClock),
  argon2id: async () => new Uint8Array(),
  clock: systemClock,
  log: () => {},
  mailer: undefined,
}
const { tokens } = newCore(config, ports)

/** The check of an access token alone: strict reading, signature, claims. The database is asked for the keys, once. */
export default new Hono().get('/jwt', async (c) => {
  const context = newContext({
    ...ports,
    waitUntil: () => {},
    headers: c.req.raw.headers,
    isSafe: true,
    address: undefined,
    country: undefined,
  })
  const token = c.req.header('authorization')?.slice('Bearer '.length) ?? ''
  const claims = await tokens.read(token)?.verify(context)
  return claims ? c.text(claims.sub) : c.text('none', 401)
})
