import { hc } from 'hono/client'
import { expect } from 'vitest'
import { newWorld } from '#world'
import { type App, createApp } from '../src/app.ts'
import type { Clock } from '../src/base/clock.ts'
import { readSettings } from '../src/base/config.ts'
import type { Patience } from '../src/base/deadline.ts'
import type { Argon2id, Database, Hints, Limiter, Mail, Mailer, Value, Visit } from '../src/base/ports.ts'
import { type Core, newCore, type Ports } from '../src/identity/core.ts'
import { runJob } from '../src/identity/job.ts'
import type { Session } from '../src/identity/session-views.ts'
import type { User } from '../src/identity/users.ts'
import type { LanguageTag } from '../src/messages/languages.ts'
import { checkAnswer } from './contract.ts'
import { quick } from './faulty-ports.ts'
import type { World } from './worlds/world.ts'

export const origin = 'https://app.example.com'

/** Two secrets of 32 random bytes, made for the tests. */
export const secrets = [
  'q0p7cG1xG1m9f0cQ3uQmTq1cW7oPz8u5sY2nR4vKx6E',
  'Zk3hV9sYb2LwX8nD4rTq7uJc1mPf6gEa5oRi0yWt2Qs',
] as const

export type LogLine = Readonly<Record<string, unknown>> & { readonly event?: unknown }

export interface ServerOptions {
  /** `AUTH_*` settings beside the origin and the secret. */
  readonly settings?: Readonly<Record<string, string>>
  /** A second isolate over the database, the clock and the hints of the first. */
  readonly beside?: Server
  /** Another outside than a new one of the runtime's own. */
  readonly world?: (clock: Clock) => Promise<World>
  /** Puts something between the service and a port. */
  readonly database?: (real: Database) => Database
  readonly hints?: (real: Hints) => Hints
  /** Without it every hash is the real one at a hundredth of its cost. */
  readonly argon2id?: (real: Argon2id) => Argon2id
  readonly limiter?: Limiter
  /** Another mailer than one that fills `mailbox`; null for none. */
  readonly mailer?: Mailer | null
  /** For tests of time limits: without it the service waits as long as a busy machine may need. */
  readonly patience?: Patience
  /** Plugs into the sockets before the features are mounted. */
  readonly plug?: (core: Core) => void
  /** Adds routes to those of the service, as a feature to come would. */
  readonly mount?: (app: App, core: Core) => unknown
}

export interface TestClock {
  now: number
  /** Moves the clock by `seconds`. */
  pass(seconds: number): void
}

export interface Server {
  readonly core: Core
  readonly app: App
  readonly clock: TestClock
  readonly logs: LogLine[]
  /** What was mailed, the oldest first. */
  readonly mailbox: Mail[]
  readonly world: World
  /** Driver calls of the last request before its answer, and in all since the server began. */
  readonly trips: { readonly last: number; total: number }
  /** One request as a server-side caller makes it: no cookie jar, `X-Auth-Client` sent. Every answer is checked. */
  request(path: string, init?: RequestInit, visit?: Partial<Visit>): Promise<Response>
  /** Until everything that went on after an answer is done. */
  settled(): Promise<void>
  /** One run of the scheduled job, at another pace where one is given. */
  job(pace?: Parameters<typeof runJob>[2]): ReturnType<typeof runJob>
}

/** The whole service over a real database of its own, with a clock that only the test moves. */
export const server = async (options: ServerOptions = {}): Promise<Server> => {
  const clock = options.beside?.clock ?? newClock()
  const world = options.beside?.world ?? (await (options.world ?? newWorld)(() => clock.now))
  const logs: LogLine[] = []
  const mailbox = options.beside?.mailbox ?? []
  const trips = { last: 0, total: 0 }
  const ports: Ports = {
    ...world,
    database: counted((options.database ?? same)(world.database), trips),
    hints: (options.hints ?? same)(world.hints),
    argon2id: (options.argon2id ?? quick)(world.argon2id),
    ...(options.limiter ? { limiter: options.limiter } : {}),
    patience: options.patience ?? endless,
    clock: () => clock.now,
    mailer: options.mailer === undefined ? mailboxMailer(mailbox) : (options.mailer ?? undefined),
    log: (line) => {
      if (line.event === 'request') trips.last = Number(line.trips)
      logs.push(line)
    },
  }
  const core = newCore(settingsOf(options.settings), ports)
  options.plug?.(core)
  const app = createApp(core)
  options.mount?.(app, core)
  const pending = new Set<Promise<unknown>>()
  const waitUntil = (task: Promise<unknown>) => {
    pending.add(task)
    void task.finally(() => pending.delete(task))
  }
  const address = options.beside ? undefined : newAddress()
  const settled = async () => {
    while (pending.size > 0) await Promise.all(pending)
  }
  return {
    core,
    app,
    clock,
    logs,
    mailbox,
    world,
    trips,
    settled,
    async request(path, init = {}, visit = {}) {
      const headers = new Headers(init.headers)
      if (!headers.has('x-auth-client') && !headers.has('origin')) headers.set('x-auth-client', 'test')
      const request = new Request(new URL(path, origin), { redirect: 'manual', ...init, headers })
      const answer = await app.fetch(request, { address, country: 'FR', waitUntil, ...visit })
      await checkAnswer(app, request, answer)
      return answer
    },
    job: async (pace) => {
      const report = await runJob(core, waitUntil, pace)
      await settled()
      return report
    },
  }
}

export interface Browser {
  /** The typed client; it keeps cookies as a browser does, and sends `Origin`. */
  readonly api: ReturnType<typeof hc<App>>
  /** Cookies by name. */
  readonly jar: Map<string, string>
  /** `Set-Cookie` lines of the last answer. */
  readonly setCookies: string[]
  fetch(path: string, init?: RequestInit): Promise<Response>
}

/** One browser profile on the app's own origin. */
export const browser = (on: Server, visit: Partial<Visit> = {}): Browser => {
  const jar = new Map<string, string>()
  const setCookies: string[] = []
  const send = async (path: string, init: RequestInit = {}): Promise<Response> => {
    const headers = new Headers(init.headers)
    if (!headers.has('origin')) headers.set('origin', origin)
    if (!headers.has('user-agent')) headers.set('user-agent', firefox)
    if (jar.size > 0) headers.set('cookie', [...jar].map(([name, value]) => `${name}=${value}`).join('; '))
    const answer = await on.request(path, { ...init, headers }, visit)
    setCookies.splice(0, setCookies.length, ...answer.headers.getSetCookie())
    for (const line of setCookies) keep(jar, line)
    return answer
  }
  const api = hc<App>(origin, {
    fetch: (input: RequestInfo | URL, init?: RequestInit) => send(String(input), init),
  })
  return { api, jar, setCookies, fetch: send }
}

export const firefox = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0'

export const password = 'correct horse battery staple'

let people = 0

/** Somebody new: nobody else in this run has the address. */
export const somebody = (name = 'ada') => ({ email: `${name}.${people++}@example.com`, password })

interface SignUp {
  readonly name?: string
  readonly username?: string
  readonly locale?: LanguageTag
  readonly remember?: boolean
}

/** A browser in which somebody has just registered. */
export const signedUp = async (on: Server, extra: SignUp = {}) => {
  const person = somebody()
  const tab = browser(on)
  const answer = await tab.api.auth.register.$post({ json: { ...person, ...extra } })
  expect(answer.status).toBe(201)
  await on.settled()
  const body = await answer.json()
  if (!('user' in body)) throw new Error('A registration without gates signs in.')
  return { ...tab, person, user: body.user, session: body.session }
}

/** Another browser in which somebody signs in. */
export const signedIn = async (
  on: Server,
  person: { readonly email: string; readonly password: string },
  extra: { remember?: boolean } = {},
  visit: Partial<Visit> = {},
) => {
  const tab = browser(on, visit)
  const answer = await tab.api.auth.login.$post({ json: { ...person, ...extra } })
  expect(answer.status).toBe(200)
  const body = await answer.json()
  if (!('user' in body)) throw new Error('A gate asks for more.')
  return { ...tab, person, user: body.user, session: body.session }
}

interface NativeApp {
  readonly person: { readonly email: string; readonly password: string }
  readonly user: User
  readonly session: Session
  readonly tokens: { readonly access_token: string; readonly refresh_token: string; readonly device_token: string }
  readonly bearer: { readonly authorization: string }
}

/** A native app that has just registered: an access token and a refresh token. */
export const signedUpByToken = async (on: Server): Promise<NativeApp> => {
  const person = somebody()
  const answer = await on.request('/auth/register', json({ ...person, transport: 'token' }))
  expect(answer.status).toBe(201)
  await on.settled()
  const { user, session, tokens }: Omit<NativeApp, 'person' | 'bearer'> = await answer.json()
  return { person, user, session, tokens, bearer: { authorization: `Bearer ${tokens.access_token}` } }
}

/** A POST of JSON. */
export const json = (body: unknown, headers: Record<string, string> = {}): RequestInit => ({
  method: 'POST',
  headers: { 'content-type': 'application/json', ...headers },
  body: JSON.stringify(body),
})

/** Rows of the server's database as they stand, past the service and its count of trips. */
export const query = async (on: Server, text: string, ...params: Value[]): Promise<unknown[][]> => {
  const [rows = []] = await on.world.database.run([{ sql: text, params, writes: !/^select\b/i.test(text) }], 5000)
  return rows
}

export const newClock = (): TestClock => ({
  now: 1_800_000_000,
  pass(seconds) {
    this.now += seconds
  },
})

const settingsOf = (settings: Readonly<Record<string, string>> = {}) => {
  const { config, problems } = readSettings({ AUTH_ORIGIN: origin, AUTH_SECRET: secrets[0], ...settings })
  if (config === undefined) throw new Error(JSON.stringify(problems))
  return config
}

/** Longer than anything takes, shorter than a test may. */
export const endless: Patience = { database: 60_000, trip: 20_000, hint: 20_000, put: 20_000, limiter: 20_000 }

/** Takes whatever it is given, as a mail server does. */
const mailboxMailer = (mailbox: Mail[]): Mailer => ({
  name: 'mailbox',
  async send(mail) {
    mailbox.push(mail)
    return { status: 'taken' }
  },
})

/** The messages for one address, the oldest first, once all that followed the answers is done. */
export const mailTo = async (on: Server, { email }: { readonly email: string }): Promise<Mail[]> => {
  await on.settled()
  return on.mailbox.filter(({ to }) => to === email)
}

/** The token of the link in a message that leads to `path` under `/auth`. */
export const tokenIn = (mail: Mail | undefined, path: string): string => {
  const [, token] = new RegExp(`/auth/${path}#token=([\\w-]{43})`).exec(mail?.text ?? '') ?? []
  if (token === undefined) throw new Error(`No link to ${path} in: ${mail?.subject}`)
  return token
}

/** The code that a message has to type. */
export const codeIn = (mail: Mail | undefined): string => {
  const [code] = /\b[2-9B-DF-HJ-NP-TV-Z]{8}\b/.exec(mail?.text ?? '') ?? []
  if (code === undefined) throw new Error(`No code in: ${mail?.subject}`)
  return code
}

const same = <T>(port: T): T => port

const counted = (real: Database, trips: { total: number }): Database => ({
  run(queries, limit) {
    trips.total += 1
    return real.run(queries, limit)
  },
})

/** Of a test network, so that no two servers share a limiter's window. @see RFC 2544 */
const newAddress = (): string => {
  const [a = 0, b = 0] = crypto.getRandomValues(new Uint8Array(2))
  return `198.${18 + (a % 2)}.${a}.${b}`
}

const keep = (jar: Map<string, string>, line: string): void => {
  const [pair = '', ...attributes] = line.split('; ')
  const at = pair.indexOf('=')
  const name = pair.slice(0, at)
  if (attributes.includes('Max-Age=0')) jar.delete(name)
  else jar.set(name, pair.slice(at + 1))
}

/** The JSON of an answer, for tests to look into. */
// biome-ignore lint/suspicious/noExplicitAny: the harness has checked the shape already
export const bodyOf = (answer: { clone(): { json(): Promise<unknown> } }): Promise<any> => answer.clone().json()
