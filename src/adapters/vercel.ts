import { systemClock } from '../base/clock.ts'
import type { Config, SettingProblem } from '../base/config.ts'
import type { Argon2id, Visit } from '../base/ports.ts'
import { libsql } from './libsql.ts'
import { memoryLimiter } from './limiter.ts'
import { consoleLog } from './log.ts'
import { chooseMailer } from './mailers/choose-mailer.ts'
import { noDatabase } from './no-database.ts'
import { listHints } from './revocations.ts'

/** What differs between Vercel's runtimes. */
interface Runtime {
  readonly argon2id: Argon2id
  /** Undefined on the edge, which has no sockets. */
  readonly smtp: Parameters<typeof chooseMailer>[1]
}

/** The outside world of a function, or what is missing. */
export const vercelPorts = (config: Config, { argon2id, smtp }: Runtime) => {
  const { database: at, bound, limits, mail } = config
  if (at === undefined || at.url.startsWith('file:')) return noDatabase()
  if (mail.smtp && smtp === undefined) return noSockets
  const database = libsql(at.url, at.authToken)
  const hints = listHints(database, systemClock, bound)
  const limiter = memoryLimiter(limits.requests, systemClock)
  return { database, hints, limiter, argon2id, clock: systemClock, log: consoleLog, mailer: chooseMailer(config, smtp) }
}

const noSockets: SettingProblem = {
  setting: 'SMTP_URL',
  problem: 'The edge has no sockets.',
  fix: 'Set RESEND_API_KEY instead, or deploy with VERCEL_RUNTIME=nodejs.',
}

export type WaitUntil = Visit['waitUntil']

/** What a function may ask of Vercel: its second argument on the edge, a global on Node. */
interface Platform {
  readonly waitUntil?: WaitUntil
}

/**
 * The address is `X-Vercel-Forwarded-For`, which Vercel writes itself and no proxy in front of it can. Where Vercel
 * offers no `waitUntil`, the answer waits: `settled` resolves when all that was to follow it is done.
 * @see https://vercel.com/docs/headers/request-headers
 */
export const vercelVisit = (
  headers: Headers,
  context: Platform = {},
): { visit: Visit; settled(): Promise<unknown> } => {
  const platform = context.waitUntil ? context : currentRequest()
  const pending: Promise<unknown>[] = []
  return {
    visit: {
      address: headers.get('x-vercel-forwarded-for') ?? undefined,
      country: headers.get('x-vercel-ip-country') ?? undefined,
      waitUntil: (task) => (platform.waitUntil ? platform.waitUntil(task) : void pending.push(task)),
    },
    settled: () => Promise.allSettled(pending),
  }
}

/** What the package `@vercel/functions` reads. */
const currentRequest = (): Platform => {
  const reader: { get?(): Platform | undefined } | undefined = Reflect.get(globalThis, requestContext)
  return reader?.get?.() ?? {}
}

const requestContext = Symbol.for('@vercel/request-context')
