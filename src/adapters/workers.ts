import { systemClock } from '../base/clock.ts'
import type { Config } from '../base/config.ts'
import type { Visit } from '../base/ports.ts'
import { d1 } from './d1.ts'
import { libsql } from './libsql.ts'
import { memoryLimiter, platformLimiter } from './limiter.ts'
import { consoleLog } from './log.ts'
import { chooseMailer } from './mailers/choose-mailer.ts'
import { smtp } from './mailers/smtp-workers.ts'
import { noDatabase } from './no-database.ts'
import { argon2id } from './password-hash/workers.ts'
import { kvHints, listHints } from './revocations.ts'

/** The bindings of a deployment, each of which may be missing; `EMAIL` is for the operator to add. */
type Bindings = Partial<Pick<Env, 'DB' | 'REVOCATIONS' | 'REQUESTS'>> & { readonly EMAIL?: SendEmail }

interface Service {
  fetch(request: Request, visit: Visit): Response | Promise<Response>
  job(waitUntil: Visit['waitUntil']): Promise<unknown>
}

/** A service as Workers call it: each request with the address that Cloudflare saw, and the scheduled job. */
export const workerHandler = (service: Service) =>
  ({
    fetch(request, _, context) {
      const { headers } = request
      const address = headers.get('cf-connecting-ip') ?? undefined
      const country = headers.get('cf-ipcountry') ?? undefined
      return service.fetch(request, { address, country, waitUntil: (task) => context.waitUntil(task) })
    },
    scheduled: async (_, __, context) => void (await service.job((task) => context.waitUntil(task))),
  }) satisfies ExportedHandler

/** The outside world of a Worker, or what is missing. */
export const workersPorts = (config: Config, { DB, REVOCATIONS, REQUESTS, EMAIL }: Bindings) => {
  const { database: at, bound, limits } = config
  const database = at ? libsql(at.url, at.authToken) : DB && d1(DB)
  if (database === undefined || at?.url.startsWith('file:')) return noDatabase('the D1 binding DB')
  const hints = REVOCATIONS ? kvHints(REVOCATIONS) : listHints(database, systemClock, bound)
  const limiter = REQUESTS ? platformLimiter(REQUESTS) : memoryLimiter(limits.requests, systemClock)
  const mailer = chooseMailer(config, smtp, EMAIL)
  return { database, hints, limiter, argon2id, clock: systemClock, log: consoleLog, mailer }
}
