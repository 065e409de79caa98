/**
 * What the contract promises, as plain data. Written from its text alone: it shares nothing with the service. Times and
 * durations in seconds.
 */
export interface Model {
  now: number
  readonly limits: Limits
  /** Names of the secrets of the ring, the signing one first. */
  ring: string[]
  people: Person[]
  sessions: Session[]
  /** Refresh tokens of a session, each the successor of the one before: a family that forks does not fit in here. */
  families: Record<string, RefreshToken[]>
  counters: Record<string, Counter>
  /** Sessions begun so far by requests whose answer was lost. */
  ghosts: number
}

export interface Limits {
  readonly lease: number
  readonly access: number
  readonly grace: number
  readonly idle: number
  readonly max: number
  /** Failed attempts for an identifier: from one address in 15 minutes, and from anywhere in a day. */
  readonly pair: number
  readonly identifier: number
}

export interface Person {
  readonly who: number
  readonly email: string
  /** Unknown where the answer of the registration was lost. */
  id: string | undefined
  password: string
  readonly createdAt: number
  suspended: boolean
  /** What the profile said, the newest last. */
  profiles: Profile[]
}

export interface Profile {
  readonly since: number
  readonly username: string | null
  readonly name: string | null
}

export interface Session {
  id: string
  readonly who: number
  readonly idle: number
  seen: number
  /** Whether it was seen now, for all that the contract says, and whether it must have been. */
  maySlide: boolean
  mustSlide: boolean
  /** The absolute limit. */
  readonly until: number
  /** The latest end of whatever was given out now: none outlives the session. */
  promised: number
  endedAt: number | undefined
  /** When every isolate that listens had been told of its end. */
  toldAt: number | undefined
}

export interface RefreshToken {
  /** Unknown where the answer that carried it was lost. */
  token: string | undefined
  readonly end: number
  /** The secret that it was derived under from its parent. */
  readonly by: string | undefined
  usedAt: number | undefined
}

export interface Counter {
  count: number
  until: number
  /** Until then the count is not known: a fault may have counted, or two attempts met. */
  vagueUntil: number
}

/** What the model cannot explain. */
export class Refuted extends Error {}

const refute = (why: string): never => {
  throw new Refuted(why)
}

export const expectThat = (holds: boolean, why: string): void => {
  if (!holds) refute(why)
}

export const newModel = (now: number, limits: Limits, secret: string): Model => ({
  now,
  limits,
  ring: [secret],
  people: [],
  sessions: [],
  families: {},
  counters: {},
  ghosts: 0,
})

export const personOf = ({ people }: Model, who: number): Person | undefined => people.find((one) => one.who === who)

export const sessionOf = ({ sessions }: Model, id: string): Session | undefined => sessions.find((one) => one.id === id)

export const profileOf = (person: Person): Profile => person.profiles.at(-1) ?? { since: 0, username: null, name: null }

/** When it ends by itself. */
export const endOf = ({ until, seen, idle }: Session): number => Math.min(until, seen + idle)

export const isUnended = ({ now }: Model, session: Session): boolean =>
  session.endedAt === undefined && now < endOf(session)

export const isAlive = (model: Model, session: Session | undefined): session is Session =>
  session !== undefined && isUnended(model, session) && !personOf(model, session.who)?.suspended

export const liveOf = (model: Model, who: number): Session[] =>
  model.sessions.filter((session) => session.who === who && isAlive(model, session))

export const end = (model: Model, session: Session | undefined): void => {
  if (session !== undefined && isUnended(model, session)) session.endedAt = model.now
}

/** Sessions that one user may have at once. */
const most = 20

export interface Beginning {
  readonly who: number
  readonly remember: boolean
  /** Unknown where the answer was lost. */
  readonly id: string | undefined
  /** Undefined for a session by cookie. */
  readonly refreshToken: string | undefined
  readonly byToken: boolean
  /** Sessions that, of those seen equally long ago, the database chose to end. */
  readonly evicted: ReadonlySet<string>
}

export const begin = (model: Model, { who, remember, id, refreshToken, byToken, evicted }: Beginning): Session => {
  const { now, limits } = model
  expectThat(id === undefined || sessionOf(model, id) === undefined, `session ${id} began twice`)
  const session: Session = {
    id: id ?? `ghost ${model.ghosts++}`,
    who,
    idle: remember ? limits.idle : Math.min(86_400, limits.idle),
    seen: now,
    maySlide: false,
    mustSlide: false,
    until: now + limits.max,
    promised: 0,
    endedAt: undefined,
    toldAt: undefined,
  }
  const older = model.sessions.filter((one) => one.who === who && isUnended(model, one))
  const order = older.sort((a, b) => a.seen - b.seen || Number(evicted.has(b.id)) - Number(evicted.has(a.id)))
  for (const one of order.slice(0, Math.max(0, order.length + 1 - most))) end(model, one)
  model.sessions.push(session)
  if (byToken) model.families[session.id] = [firstToken(session, refreshToken)]
  return session
}

const firstToken = (session: Session, token: string | undefined): RefreshToken => ({
  token,
  end: endOf(session),
  by: undefined,
  usedAt: undefined,
})
