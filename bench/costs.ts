import { createHmac, randomBytes } from 'node:crypto'
import { type Call, newSend } from './http.ts'
import { type Case, type Figures, measure, type Plan } from './load.ts'
import * as operations from './operations.ts'
import type { People, SignedIn } from './people.ts'
import type { Stage } from './stage.ts'
import type { Running } from './workerd.ts'

/** The names of the floors: what anybody pays, done with nothing around it. */
export const floors = {
  text: 'hono, plain text',
  log: 'the same and a line of log',
  cookie: "hono's signed cookie",
  jwt: 'ES256 check',
  select: 'one SELECT',
  update: 'one UPDATE',
} as const

/** Microseconds of hono's plain text where the goals were set: on another machine they are scaled by its own. */
export const reference = 60

type Floor = (typeof floors)[keyof typeof floors]

interface Measured extends Case {
  /** What it stands beside; absent for a floor. */
  readonly floor?: Floor
  /** Microseconds of CPU at most, on a machine on which the first floor takes `reference`. */
  readonly goal?: number
}

export type Cost = Measured & Figures

/** CPU and rate of what has no hash, and of its floors. */
export const measureCosts = async (stage: Stage, plan: Plan): Promise<Cost[]> =>
  measure([...(await floorCases(stage, plan)), ...(await serviceCases(stage, plan))], plan)

const floorCases = async (stage: Stage, { callers }: Plan): Promise<Measured[]> => {
  const { people } = stage
  const secret = randomBytes(32).toString('base64url')
  const worker = await stage.serve('floors', { ...(await checkedBy(people)), SECRET: secret })
  const floor = async (name: Floor, toCall: ToCall): Promise<Measured> => {
    const calls = await callsOf(people, callers, toCall)
    return { name, worker, operations: repeating(worker, calls) }
  }
  return [
    await floor(floors.text, () => ({ path: '/text' })),
    await floor(floors.log, () => ({ path: '/log' })),
    await floor(floors.cookie, ({ cookie }) => ({ path: '/cookie', headers: { cookie: signed(cookie, secret) } })),
    await floor(floors.jwt, bearer(people)),
    await floor(floors.select, ({ sessionId }) => ({ path: `/select/${sessionId}` })),
    await floor(floors.update, ({ sessionId }) => ({ path: `/update/${sessionId}` })),
  ]
}

const serviceCases = async (stage: Stage, plan: Plan): Promise<Measured[]> => {
  const { people } = stage
  const leased = await stage.serve('postern')
  const strict = await stage.serve('postern', { AUTH_LEASE_SECONDS: '0' })
  const jwt = await stage.serve('jwt')
  const target = { people, leased: newSend(leased.url), strict: newSend(strict.url) }
  const service = async (name: string, make: operations.MakeOperations, floor: Floor, goal?: number) => ({
    name,
    worker: make === operations.strictSession ? strict : leased,
    operations: await make(target, plan.callers, eachOf(plan)),
    floor,
    ...(goal === undefined ? {} : { goal }),
  })
  const checks = repeating(jwt, await callsOf(people, plan.callers, bearer(people)))
  return [
    await service('session in lease', operations.sessionInLease, floors.cookie, 90),
    await service('session, strict', operations.strictSession, floors.select, 300),
    { name: 'JWT check', worker: jwt, operations: checks, floor: floors.jwt, goal: 120 },
    await service('token', operations.token, floors.select),
    await service('refresh', operations.refresh, floors.update, 600),
    await service('logout', operations.logout, floors.update),
  ]
}

/** How often one caller can act within the plan, at 2,000 requests a second in all. */
const eachOf = ({ callers, rounds, round, warmUp }: Plan): number =>
  Math.ceil((2000 / callers) * ((warmUp + rounds * round) / 1000))

type ToCall = (signedIn: SignedIn) => Call | Promise<Call>

const callsOf = async (people: People, callers: number, toCall: ToCall): Promise<Call[]> =>
  Promise.all((await people.signIn(callers)).map(toCall))

const repeating = (worker: Running, calls: readonly Call[]): operations.Operation[] => {
  const send = newSend(worker.url)
  return calls.map((call) => async () => (await send(call)).status === 200)
}

const bearer =
  (people: People): ToCall =>
  async (signedIn) => ({
    path: '/jwt',
    headers: { authorization: `Bearer ${await people.accessToken(signedIn)}` },
  })

/** What the floor needs to check the service's tokens. */
const checkedBy = async ({ core, context }: People) => {
  const { keys } = await core.keys.jwks(context())
  return { PUBLIC_JWK: JSON.stringify(keys[0]), ISSUER: core.config.issuer, AUDIENCE: core.config.audiences[0] }
}

/** The same payload as the service's cookie, as hono's `setSignedCookie` writes it. */
const signed = (payload: string, secret: string): string => {
  const mac = createHmac('sha256', secret).update(payload).digest('base64')
  return `session=${encodeURIComponent(`${payload}.${mac}`)}`
}
