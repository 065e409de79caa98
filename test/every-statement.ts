import { sql } from 'drizzle-orm'
import { listHints } from '../src/adapters/revocations.ts'
import { sha256 } from '../src/base/crypto.ts'
import { passwordHasher } from '../src/base/phc.ts'
import type { Database, Query } from '../src/base/ports.ts'
import { newContext } from '../src/identity/context.ts'
import { statement } from '../src/identity/statement.ts'
import { byAccountToken, cookieOf } from './act.ts'
import { acts, gated } from './acts.ts'
import { openLimiter, quick } from './faulty-ports.ts'
import { rowsOf } from './feature-tables.ts'
import {
  bodyOf,
  codeIn,
  json,
  mailTo,
  query,
  type Server,
  type ServerOptions,
  secrets,
  server,
  signedUp,
  somebody,
} from './harness.ts'
import { heldUpToEnrol, recoveryCodesFor } from './planted-factor.ts'

/**
 * Walks the service through every act, the scheduled job and whatever else makes it send another statement. Answers
 * where it went, and each text that reached the database, with parameters that it was sent with.
 */
export const everyStatement = async (): Promise<{ on: Server; statements: readonly Query[] }> => {
  const sent = new Map<string, Query>()
  const database = (real: Database): Database => ({
    run(queries, limit) {
      for (const one of queries) sent.set(one.sql, one)
      return real.run(queries, limit)
    },
  })
  const watched = { database, limiter: openLimiter, argon2id: quick, plug: gated }
  const on = await server(watched)
  for (const { route, how, status, prepare } of acts) {
    const { path, init } = await prepare(on)
    await expectStatus(status, await on.request(path, init), `${route} ${how}`)
  }
  for (const walk of oddPaths) await walk(on, (options = {}) => server({ ...watched, beside: on, ...options }))
  await on.settled()
  return { on, statements: [...sent.values()] }
}

/** A way that no act goes; `beside` makes another isolate over the same database. */
export type OddPath = (on: Server, beside: (options?: ServerOptions) => Promise<Server>) => Promise<void>

const expectStatus = async (status: number, answer: Response, what: string): Promise<Response> => {
  if (answer.status !== status) throw new Error(`${what}: ${answer.status} ${await answer.text()}`)
  return answer
}

const post = async (on: Server, path: string, body: object, headers: Record<string, string>, status: number) =>
  expectStatus(status, await on.request(path, json(body, headers)), `POST ${path}`)

/** Whoever signs in again in the same browser shows a device, and a session whose place the new one takes. */
const againInTheSameBrowser: OddPath = async (on) => {
  const username = `u${crypto.randomUUID().slice(0, 8)}`
  const { person, jar } = await signedUp(on, { username })
  const { password } = person
  await post(on, '/auth/login', person, cookieOf(jar), 200)
  await post(on, '/auth/login', { username, password }, cookieOf(jar), 200)
  for (const path of ['password/forgot', 'email/link', 'email/code']) {
    await post(on, `/auth/${path}`, { email: person.email }, cookieOf(jar), 202)
  }
  const change = { currentPassword: password, newPassword: 'another good long password', transport: 'token' }
  await post(on, '/auth/password/change', change, cookieOf((await signedUp(on)).jar), 200)
}

const aRefusal: OddPath = async (on) => {
  const { person, jar } = await signedUp(on)
  await post(on, '/auth/login', { ...person, password: 'not this one at all' }, {}, 401)
  await post(on, '/auth/register', { ...person, password: 'not this one at all' }, {}, 409)
  const guess = { currentPassword: 'not this one at all', newPassword: 'another good long password' }
  await post(on, '/auth/password/change', guess, cookieOf(jar), 403)
  await post(on, '/auth/challenge', { id: 'A'.repeat(43), method: 'totp', code: '1' }, cookieOf(jar), 410)
}

const aRepeatedRegistration: OddPath = async (on) => {
  const person = { ...somebody(), username: `u${crypto.randomUUID().slice(0, 8)}` }
  await post(on, '/auth/register', person, {}, 201)
  await post(on, '/auth/register', person, {}, 201)
}

const aChallengeByAKnownDevice: OddPath = async (on) => {
  const { challenge } = await bodyOf(await post(on, '/auth/register', somebody('gated'), {}, 201))
  const { jar } = await signedUp(on)
  await post(on, '/auth/challenge', { id: challenge.id, method: 'totp', code: '654321' }, cookieOf(jar), 401)
}

/** Set up by nobody yet, and a set of recovery codes in the place of another. */
const factors: OddPath = async (on) => {
  const { person, user, jar } = await signedUp(on)
  const id = await heldUpToEnrol(on, person)
  await post(on, '/auth/challenge', { id, method: 'enrol' }, cookieOf(jar), 401)
  await recoveryCodesFor(on, user.id)
  await recoveryCodesFor(on, user.id)
}

/** What any feature does that sets up a factor for a sign-in on hold. */
const anEnrolment: OddPath = async (on) => {
  const { person } = await signedUp(on)
  const id = await heldUpToEnrol(on, person)
  const nobody = { headers: new Headers(), isSafe: false, address: undefined, country: undefined }
  const context = newContext({ ...on.core.ports, ...nobody, waitUntil: () => undefined })
  const enroller = await on.core.enrolment.admit(context, id)
  await context.batch([])
  const { statements } = await enroller.enrolled({ method: 'passkey', id: 'none', name: null }, sql`${0}`)
  await context.batch([...statements])
}

const endingOneself: OddPath = async (on) => {
  const { jar, session } = await signedUp(on)
  const init = { method: 'DELETE', headers: cookieOf(jar) }
  await expectStatus(204, await on.request(`/auth/sessions/${session.id}`, init), 'DELETE')
}

const theft: OddPath = async (on) => {
  const { tokens } = await byAccountToken(on)
  on.clock.pass(61)
  await post(on, '/auth/token', { refresh_token: tokens.refresh_token }, {}, 401)
}

const aWeakHash: OddPath = async (on) => {
  const { person, user } = await signedUp(on)
  const weak = passwordHasher(on.world.argon2id, { cost: { memory: 64, passes: 1, lanes: 1 } })
  await query(on, 'update passwords set hash = ? where user_id = ?', await weak.hash(person.password), user.id)
  await post(on, '/auth/login', person, {}, 200)
}

const aSuspendedUser: OddPath = async (on) => {
  const { person, user, jar } = await signedUp(on)
  await query(on, 'update users set suspended_at = 1 where id = ?', user.id)
  await post(on, '/auth/login', person, {}, 403)
  await post(on, '/auth/logout', {}, cookieOf(jar), 204)
}

/** With a grace the account is deleted, kept, and deleted again; the job erases it. */
const leavingSlowly: OddPath = async (_, beside) => {
  const on = await beside({ settings: { AUTH_DELETE_GRACE_DAYS: '1' } })
  const { person, jar } = await signedUp(on)
  const leave = (headers: Record<string, string>) => on.request('/auth/me', { method: 'DELETE', headers })
  await expectStatus(202, await leave(cookieOf(jar)), 'DELETE')
  const { tokens } = await bodyOf(await post(on, '/auth/login', { ...person, transport: 'token' }, {}, 200))
  const account = { refresh_token: tokens.refresh_token, audience: 'account' }
  const { access_token } = await bodyOf(await post(on, '/auth/token', account, {}, 200))
  await expectStatus(202, await leave({ authorization: `Bearer ${access_token}` }), 'DELETE')
  on.clock.pass(86_400)
  await on.job()
}

/** Where there is no KV, what ended is read off the database. */
const aListOfHints: OddPath = async (on, beside) => {
  const { jar } = await signedUp(on)
  const reading = await beside({ hints: () => listHints(on.core.ports.database, () => on.clock.now, 305) })
  await expectStatus(200, await reading.request('/auth/session', { headers: cookieOf(jar) }), 'GET')
}

/** Where addresses have to be proven: a registration, another for the same address, a login and its answer. */
const aProvenAddress: OddPath = async (_, beside) => {
  const on = await beside({ settings: { AUTH_EMAIL_VERIFICATION: 'required' } })
  const person = somebody()
  await post(on, '/auth/register', person, {}, 202)
  await post(on, '/auth/register', { ...person, username: `u${crypto.randomUUID().slice(0, 8)}` }, {}, 202)
  const { challenge } = await bodyOf(await post(on, '/auth/login', person, {}, 200))
  const code = codeIn((await mailTo(on, person)).at(-1))
  await post(on, '/auth/challenge', { id: challenge.id, method: 'email', code }, {}, 200)
}

/** A message that nobody takes at first waits for the job, and is sealed anew meanwhile. */
const aMailServerThatIsDown: OddPath = async (_, beside) => {
  const down = await beside({ mailer: { name: 'smtp', send: () => Promise.reject(new Error('down')) } })
  await post(down, '/auth/email/link', { email: somebody().email }, {}, 202)
  await down.settled()
  await (await beside({ settings: { AUTH_SECRET: [secrets[1], secrets[0]].join(',') } })).job()
}

/** What the socket hands out, though nobody asks for it yet. */
const credentials: OddPath = async (on) => {
  const { user } = await signedUp(on)
  const { waysIn, wipes } = on.core.credentials
  const ways = statement(sql`select ${waysIn(user.id)}`)
  await on.core.ports.database.run([ways, ...wipes({ userId: user.id, since: 0, when: sql`true` })], 5000)
}

/** A hint that was lost, a key that is old, one that another secret sealed, one that nobody can open, a sweep. */
const theJob: OddPath = async (on, beside) => {
  const { jar } = await signedUp(on)
  await post(on, '/auth/logout', {}, cookieOf(jar), 204)
  await on.settled()
  await query(on, 'update sessions set hinted_at = null')
  await on.job()
  on.clock.pass(31 * 86_400)
  await on.job()
  const resealing = await beside({ settings: { AUTH_SECRET: [secrets[1], secrets[0]].join(',') } })
  await resealing.job()
  await post(
    await beside({ settings: { AUTH_SECRET: await sha256('a third secret') } }),
    '/auth/register',
    tokenPerson(),
    {},
    201,
  )
}

const tokenPerson = () => ({ ...somebody(), transport: 'token' })

const oddPaths: readonly OddPath[] = [
  againInTheSameBrowser,
  aRefusal,
  aRepeatedRegistration,
  aChallengeByAKnownDevice,
  factors,
  anEnrolment,
  endingOneself,
  theft,
  aWeakHash,
  aSuspendedUser,
  leavingSlowly,
  aListOfHints,
  aProvenAddress,
  aMailServerThatIsDown,
  credentials,
  ...rowsOf((feature) => feature.oddPaths),
  // It lets all that was begun expire.
  theJob,
]
