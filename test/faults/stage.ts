import { type Patience, requestPatience } from '../../src/base/deadline.ts'
import type { Database } from '../../src/base/ports.ts'
import type { Act } from '../act.ts'
import { gated } from '../acts.ts'
import { quick } from '../faulty-ports.ts'
import { bodyOf, endless, type Server, type ServerOptions, server } from '../harness.ts'
import { likeness, type ReadUserRows, type UserRows } from './user-rows.ts'

/** One database under every cell, with the reader of its rows and somebody who has nothing to do with any of them. */
export interface Ground {
  readonly name: string
  readonly database: Database
  readonly world: ServerOptions['world']
  readonly rowsOf: ReadUserRows
  /** Headers of a session that nothing here may end. */
  readonly bystander: Readonly<Record<string, string>>
}

/** How an act is asked, beside what the table of acts says. */
export interface Variant {
  /** On an isolate that has read no signing keys yet. */
  readonly isCold: boolean
  /** For a session that outlives the browser; only sign-ins take it. */
  readonly remember: boolean
}

export interface Scene {
  readonly ground: Ground
  readonly act: Act
  readonly variant: Variant
}

export interface Look {
  readonly rows: UserRows
  /** The rows in a form that is equal for whoever does the same. */
  readonly likeness: string
}

/** One act, arranged on a service of its own. */
export interface Stage {
  readonly on: Server
  readonly before: UserRows
  /** Asks the very same request, each time it is called. */
  ask(): Promise<Response>
  request(path: string, init?: RequestInit): Promise<Response>
  look(): Promise<Look>
}

/** `link` is the way to the database, and `patience` the service's, from when all is arranged. */
export const newStage = async (scene: Scene, link: Database, patience: Patience = requestPatience): Promise<Stage> => {
  const { act, variant } = scene
  const { world, rowsOf } = scene.ground
  let isArranged = false
  const options: ServerOptions = {
    world,
    plug: gated,
    argon2id: quick,
    database: (real) => ({ run: (queries, limit) => (isArranged ? link : real).run(queries, limit) }),
    patience: lasting(() => (isArranged ? patience : endless)),
  }
  const address = newAddress()
  const emails: string[] = []
  const warm = await server(options)
  const { path, init } = await act.prepare({
    ...warm,
    request(to, given, visit) {
      note(emails, given)
      return warm.request(to, given, { address, ...visit })
    },
  })
  const asked = remembering(act, variant, init)
  note(emails, asked)
  if (!variant.isCold) await warm.request('/auth/.well-known/jwks.json')
  await warm.settled()
  const on = variant.isCold ? await server({ ...options, beside: warm }) : warm
  const before = await rowsOf(emails, witness)
  isArranged = true
  return {
    on,
    before,
    ask: () => on.request(path, asked, { address }),
    request: (to, given) => on.request(to, given, { address }),
    async look() {
      await on.settled()
      const rows = await rowsOf(emails)
      return { rows, likeness: likeness(rows, before) }
    },
  }
}

/** Changes when what it is taken from does. */
const lasting = (current: () => Patience): Patience => ({
  ...requestPatience,
  get database() {
    return current().database
  },
  get trip() {
    return current().trip
  },
})

/** Another session of whoever has one, as from another device. */
const witness = `insert into sessions (id, user_id, secret_hash, methods, remember, created_at, authenticated_at,
    last_seen_at, expires_at, ends_at, user_agent)
  select 'ses_' || substr(secret_hash, 1, 22), user_id, secret_hash, methods, remember, created_at, authenticated_at,
    last_seen_at, expires_at, ends_at, 'witness' from sessions
  where user_id in (select id from users where email in (select value from json_each(?))) group by user_id`

const note = (emails: string[], { body }: RequestInit = {}): void => {
  const { email, newEmail } = typeof body === 'string' ? JSON.parse(body) : {}
  emails.push(...[email, newEmail].filter((one) => one !== undefined))
}

const remembering = ({ route }: Act, { remember }: Variant, init: RequestInit): RequestInit => {
  if (remember || !/register|login/.test(route)) return init
  return { ...init, body: JSON.stringify({ ...JSON.parse(String(init.body)), remember }) }
}

let addresses = 0

/** Of a test network, and nobody else's: the throttle counts by address. @see RFC 2544 */
const newAddress = (): string => {
  const at = addresses++
  return `198.${18 + (Math.floor(at / 22_500) % 2)}.${100 + (Math.floor(at / 150) % 150)}.${100 + (at % 150)}`
}

/** What an answer says, in a form that is equal for whoever does the same: no text but codes, lists in no order. */
export const outlineOf = async (answer: Response): Promise<string> => {
  const text = await answer.clone().text()
  return `${answer.status} ${text === '' ? '' : JSON.stringify(outline(JSON.parse(text)))}`
}

const outline = (value: unknown): unknown => {
  if (typeof value === 'string') return 'text'
  if (Array.isArray(value)) return value.map((one) => JSON.stringify(outline(one))).sort()
  if (typeof value !== 'object' || value === null) return value
  return Object.entries(value).map(([name, one]) => [name, name === 'code' ? one : outline(one)])
}

interface Given {
  readonly headers: Readonly<Record<string, string>>
  readonly refreshToken: string | undefined
}

/** The credential that an answer gave, as a client sends it next. */
export const credentialOf = async (answer: Response): Promise<Given | undefined> => {
  const cookies = answer.headers.getSetCookie().filter((line) => !line.includes('Max-Age=0'))
  if (cookies.some((line) => line.startsWith('__Host-session='))) {
    return { headers: { cookie: cookies.map((line) => line.split(';')[0]).join('; ') }, refreshToken: undefined }
  }
  if (answer.status === 204) return undefined
  const body = await bodyOf(answer)
  const { access_token, refresh_token } = body.tokens ?? body
  return access_token && { headers: { authorization: `Bearer ${access_token}` }, refreshToken: refresh_token }
}
