import { argon2id } from '#argon2'
import { libsql } from '../adapters/libsql.ts'
import { memoryLimiter } from '../adapters/limiter.ts'
import { consoleLog } from '../adapters/log.ts'
import { listHints } from '../adapters/revocations.ts'
import { vercelVisit, type WaitUntil } from '../adapters/vercel.ts'
import { createService, noDatabase } from '../app.ts'
import { systemClock } from '../base/clock.ts'

const service = createService(process.env, ({ database: at, bound, limits }) => {
  if (at === undefined || at.url.startsWith('file:')) return noDatabase()
  const database = libsql(at.url, at.authToken)
  const hints = listHints(database, systemClock, bound)
  const limiter = memoryLimiter(limits.requests, systemClock)
  return { database, hints, limiter, argon2id, clock: systemClock, log: consoleLog, mailer: undefined }
})
for (const problem of service.problems) consoleLog({ event: 'misconfigured', ...problem })

export default {
  async fetch(request: Request, context?: { readonly waitUntil?: WaitUntil }): Promise<Response> {
    const { visit, settled } = vercelVisit(request.headers, context)
    const answer = await service.fetch(request, visit)
    await settled()
    return answer
  },
}
