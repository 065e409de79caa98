import { Hono } from 'hono'
import { type Config, readSettings, type SettingProblem } from './base/config.ts'
import type { Visit } from './base/ports.ts'
import { account } from './features/account/routes.ts'
import { emailChange } from './features/email-change/routes.ts'
import { emailSignIn } from './features/email-sign-in/routes.ts'
import { notices } from './features/notices/service.ts'
import { passkeys } from './features/passkey/routes.ts'
import { passwords } from './features/password/routes.ts'
import { recovery } from './features/recovery/routes.ts'
import { session } from './features/session/routes.ts'
import { token } from './features/token/routes.ts'
import { totp } from './features/totp/routes.ts'
import { verification } from './features/verification/routes.ts'
import { cron } from './http/cron.ts'
import type { Env } from './http/env.ts'
import { newGuard } from './http/guard.ts'
import { misconfigured } from './http/misconfigured.ts'
import { newNotFound } from './http/not-found.ts'
import { problemResponse } from './http/problem.ts'
import { protect } from './http/protect.ts'
import { shedLoad } from './http/shed-load.ts'
import { status } from './http/status.ts'
import { type Core, newCore, type Ports } from './identity/core.ts'
import { type JobReport, runJob } from './identity/job.ts'

/** The whole API: each feature is one line. The chain is static, so that `hc<App>` knows every route. */
export const createApp = (core: Core) => {
  const app = new Hono<Env>()
  const guard = newGuard(core)
  const nowhere = newNotFound(app)
  app.onError((error, c) => problemResponse(c.var.context, error))
  app.notFound((c) => problemResponse(c.var.context, nowhere(c.req.path)))
  notices(core)
  const api = app
    .use(protect(core.config, core.ports))
    .route('/auth', status(core, app))
    .use(shedLoad(core.ports))
    .route('/auth', session(core, guard))
    .route('/auth', token(core))
    .route('/auth', passwords(core, guard))
    .route('/auth', verification(core, guard))
    .route('/auth', emailSignIn(core, guard))
    .route('/auth', emailChange(core, guard))
    .route('/auth', account(core, guard))
    .route('/auth', recovery(core, guard))
    .route('/auth', totp(core, guard))
    .route('/', passkeys(core, guard))
  core.signIn.addGate(core.factorGate())
  if (core.config.cronSecret !== undefined) api.route('/auth', cron(core, core.config.cronSecret))
  return api
}

export type App = ReturnType<typeof createApp>

/** Where nobody could ever prove an address, nobody could sign in. */
const withMailer = (config: Config, ports: Ports | SettingProblem): Ports | SettingProblem => {
  if ('setting' in ports || ports.mailer !== undefined || config.emailVerification !== 'required') return ports
  const fix = 'Set SMTP_URL or RESEND_API_KEY or give the binding EMAIL, or write optional.'
  return { setting: 'AUTH_EMAIL_VERIFICATION', problem: 'Required, but no mail can be sent.', fix }
}

/** What an entry serves. */
export interface Service {
  fetch(request: Request, visit: Visit): Response | Promise<Response>
  /** The scheduled job; undefined while a setting is wrong. */
  job(waitUntil: Visit['waitUntil']): Promise<JobReport | undefined>
  /** Empty, or the service answers nothing but these. */
  readonly problems: readonly SettingProblem[]
}

/**
 * The service for these settings. `outside` chooses the adapters of the runtime, or says what is missing; holds nothing
 * of any request, so an entry makes one and keeps it.
 */
export const createService = (
  env: Readonly<Record<string, unknown>>,
  outside: (config: Config) => Ports | SettingProblem,
): Service => {
  const { config, problems, warnings } = readSettings(env)
  const ports = config && withMailer(config, outside(config))
  if (config === undefined || ports === undefined || 'setting' in ports) {
    const all = ports === undefined ? problems : [...problems, ports as SettingProblem]
    return { problems: all, fetch: misconfigured(all), job: async () => undefined }
  }
  for (const warning of warnings) ports.log({ event: 'setting_ignored', warning })
  const core = newCore(config, ports)
  const app = createApp(core)
  return {
    problems,
    fetch: (request, visit) => app.fetch(request, visit),
    job: (waitUntil) => runJob(core, waitUntil),
  }
}
