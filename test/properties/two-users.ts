import { cookieOf } from '../act.ts'
import { entriesOf, rowsOf } from '../feature-tables.ts'
import { bodyOf, browser, json, query, type Server, signedIn, signedUp, somebody } from '../harness.ts'
import { goodRequest, type Operation, operationsOf, takesText } from './operations.ts'
import { tablesOf } from './secrets.ts'

/** Names by which one service or another was told who acts, or on whose behalf. */
const identityNames = [
  ...['id', 'user', 'userId', 'user_id', 'uid', 'sub', 'sid', 'session', 'sessionId', 'account', 'accountId'],
  ...['owner', 'ownerId', 'subject', 'email', 'username', 'as', 'actAs', 'impersonate', 'on_behalf_of', 'tenant'],
]

const identityHeaders = [
  ...['x-user-id', 'x-user', 'x-auth-user', 'x-forwarded-user', 'x-remote-user', 'remote-user', 'x-session-id'],
  ...['x-impersonate-user', 'x-on-behalf-of', 'x-authenticated-userid', 'x-client-id', 'from'],
]

type Headers = Readonly<Record<string, string>>

/** Whoever is not the user: by name, how they show who they are. */
const strangers: Readonly<Record<string, (on: Server) => Promise<Headers>>> = {
  nobody: async () => ({}),
  'another by cookie': async (on) => cookieOf((await signedUp(on)).jar),
  'another by token': async (on) => tokenOf(on, (await signedUp(on)).jar),
  'an admin by cookie': async (on) => cookieOf((await admin(on)).jar),
  'an admin by token': async (on) => tokenOf(on, (await admin(on)).jar),
}

const tokenOf = async (on: Server, jar: ReadonlyMap<string, string>): Promise<Headers> => {
  const { access_token } = await bodyOf(await on.request('/auth/token', json({ audience: 'account' }, cookieOf(jar))))
  return { authorization: `Bearer ${access_token}` }
}

/** Whom nothing makes an admin yet but a role, to which no policy gives anything. */
const admin = async (on: Server) => {
  const { person, user } = await signedUp(on)
  await query(on, 'update users set roles = ? where id = ?', '["admin","root","owner"]', user.id)
  return signedIn(on, person)
}

/** Somebody whose password nobody else has, signed in twice, with all that the service keeps of them. */
const newVictim = async (on: Server) => {
  const person = { ...somebody('victoria'), password: 'known to Victoria alone', name: 'Victoria Evilfree' }
  const tab = browser(on)
  await tab.fetch('/auth/register', json({ ...person, username: `v${crypto.randomUUID().slice(0, 8)}` }))
  await on.request('/auth/login', json({ ...person, name: undefined, transport: 'token' }))
  const { user } = await bodyOf(await tab.fetch('/auth/session'))
  for (const give of rowsOf((feature) => feature.everything)) await give(on, { ...tab, user })
  return tab
}

/** Every row of any table that hangs on the user, by table. */
const rowsOfUser = async (on: Server, userId: string): Promise<unknown[][]> => {
  const tables = tablesOf(on)
  const all = await Promise.all(tables.map((name) => query(on, `select '${name}', * from "${name}" order by 2`)))
  const sessions = await query(on, 'select id from sessions where user_id = ?', userId)
  const ids = [userId, ...sessions.flat()]
  return all.flat().filter((row) => row.some((value) => ids.includes(value)))
}

/**
 * Lets strangers try every route with everything that is known of a user, in the path, the query, headers and the body;
 * tells of each answer that says more of the user than was sent, and of each route after which the user's rows differ.
 */
export const trespasses = async (on: Server, only?: string): Promise<string[]> => {
  const found: string[] = []
  for (const operation of await operationsOf(on)) {
    if (only !== undefined && operation.path !== only) continue
    const good = operation.fields && (await bodyTaken(on, operation))
    const statuses: Record<string, string> = {}
    for (const [who, showing] of Object.entries(strangers)) {
      const { told, answered } = await trying(on, { ...operation, good }, await showing(on))
      found.push(...told.map((what) => `${operation.name} by ${who}: ${what}`))
      statuses[who] = [...new Set(answered)].sort().join()
      if (who === 'nobody' && operation.isGuarded && answered.some((status) => !refusals(operation).includes(status))) {
        found.push(`${operation.name} by nobody: ${answered}`)
      }
    }
    for (const how of ['cookie', 'token']) {
      if (statuses[`an admin by ${how}`] === statuses[`another by ${how}`]) continue
      found.push(`${operation.name} by an admin by ${how}: ${statuses[`an admin by ${how}`]}`)
    }
  }
  return found
}

/** What nobody is told: to show who they are; where an id of a sign-in on hold would do that no such is there; or no such path. */
const refusals = ({ fields = {}, parameters }: Operation): number[] => [
  401,
  ...('challenge' in fields ? [410, 422] : []),
  ...(parameters.length > 0 ? [404] : []),
]

interface Attempted extends Operation {
  /** A body that the route takes. */
  readonly good: Record<string, unknown> | undefined
}

const trying = async (on: Server, operation: Attempted, headers: Headers) => {
  const victim = await newVictim(on)
  const { user } = await bodyOf(await victim.fetch('/auth/session'))
  await on.settled()
  const before = await rowsOfUser(on, user.id)
  const known = [...new Set(before.flatMap(([, ...row]) => row.filter(isTelling)))]
  const open = await query(on, tells[operation.name] ?? 'select null where ?', user.id)
  const secret = known.filter((value) => !open.flat().includes(value))
  const told: string[] = []
  const answered: number[] = []
  for (const value of known) {
    // Nobody is to be saved by the throttle.
    await query(on, 'delete from throttle')
    for (const [path, init] of requestsWith(operation, value)) {
      const shown = { ...Object.fromEntries(new Headers(init.headers)), ...headers }
      const answer = await on.request(path, { ...init, headers: shown })
      const text = await answer.text()
      answered.push(answer.status)
      const more = secret.filter((one) => one !== value && !value.includes(one) && text.includes(one))
      if (more.length > 0) told.push(`${answer.status} tells ${more}`)
    }
  }
  await on.settled()
  const isKept = ([table]: unknown[]) => !causes[operation.name]?.includes(String(table))
  const after = JSON.stringify((await rowsOfUser(on, user.id)).filter(isKept))
  if (after !== JSON.stringify(before.filter(isKept))) told.push(`changes ${after}`)
  if ((await victim.fetch('/auth/sessions')).status !== 200) told.push('signs the user out')
  return { told, answered }
}

/** Whoever knows an address may have a message sent there: what they ask for is a code and a message, and no more. */
const mailing = ['codes', 'outbox']

/** Tables in which a stranger may leave rows of a user's, by route. */
const causes: Readonly<Record<string, readonly string[]>> = {
  'POST /auth/password/forgot': mailing,
  'POST /auth/email/link': mailing,
  'POST /auth/email/code': mailing,
  'POST /auth/email/change': mailing,
  ...entriesOf((feature) => feature.causes),
}

/** What a route tells of a user to whoever knows their name, as a query. */
const tells: Readonly<Record<string, string>> = entriesOf((feature) => feature.tells)

/** Ids, hashes, addresses and names: what is one user's alone, and no word of the service's own. */
const isTelling = (value: unknown): value is string =>
  typeof value === 'string' && value.length > 7 && !/^[[{]|^198\.|Mozilla|^[a-z_]+$/.test(value)

/** The same value in every place but the members of the body, and then in one of these after another. */
const requestsWith = ({ method, fields = {}, path, good }: Attempted, value: string): [string, RequestInit][] => {
  const query = new URLSearchParams(identityNames.map((name) => [name, value]))
  // A path with another character is nobody's: it has one spelling.
  const segment = /^[\w.@-]+$/.test(value) ? value : 'x'
  const target = `${path.replace(/\{\w+\}/g, segment)}?${query}`
  const headers = Object.fromEntries(identityHeaders.map((name) => [name, encodeURIComponent(value)]))
  const texts = Object.keys(fields).filter((name) => fields[name] && takesText(fields[name]))
  if (good === undefined) return [[target, { method, headers }]]
  const bodies = [good, ...texts.map((name) => ({ ...good, [name]: value }))]
  return bodies.map((body) => [target, { ...json(body, headers), method }])
}

const bodyTaken = async (on: Server, operation: Operation): Promise<Record<string, unknown>> => {
  const { init } = await goodRequest(on, operation)
  return init.body ? JSON.parse(String(init.body)) : {}
}
