import { env } from 'cloudflare:workers'
import { d1 } from '../adapters/d1.ts'
import { libsql } from '../adapters/libsql.ts'
import { memoryLimiter, platformLimiter } from '../adapters/limiter.ts'
import { consoleLog } from '../adapters/log.ts'
import { argon2id } from '../adapters/password-hash/workers.ts'
import { kvHints, listHints } from '../adapters/revocations.ts'
import { noDatabase } from '../app.ts'
import { systemClock } from '../base/clock.ts'
import { createServiceWithMailbox } from '../dev/with-mailbox.ts'

const { DB, REVOCATIONS, REQUESTS }: Partial<Env> = env
const service = createServiceWithMailbox({ ...env }, ({ database: at, bound, limits }) => {
  const database = at ? libsql(at.url, at.authToken) : DB && d1(DB)
  if (database === undefined || at?.url.startsWith('file:')) return noDatabase('the D1 binding DB')
  const hints = REVOCATIONS ? kvHints(REVOCATIONS) : listHints(database, systemClock, bound)
  const limiter = REQUESTS ? platformLimiter(REQUESTS) : memoryLimiter(limits.requests, systemClock)
  return { database, hints, limiter, argon2id, clock: systemClock, log: consoleLog, mailer: undefined }
})
for (const problem of service.problems) consoleLog({ event: 'misconfigured', ...problem })

export default {
  fetch(request, _, context) {
    const waitUntil = (task: Promise<unknown>) => context.waitUntil(task)
    const address = request.headers.get('cf-connecting-ip') ?? undefined
    return service.fetch(request, { address, country: request.headers.get('cf-ipcountry') ?? undefined, waitUntil })
  },
  scheduled: async (_, __, context) => void (await service.job((task) => context.waitUntil(task))),
} satisfies ExportedHandler
