import type { Visit } from '../../src/base/ports.ts'
import type { Server } from '../harness.ts'
import { expectThat, isAlive, type Model, type Person, personOf, type Session, sessionOf } from './model.ts'
import type { Isolate } from './stage.ts'
import type { Pick } from './steps.ts'
import { type Access, type Cookie, claimsOf, leaseOf, type Wallet } from './wallet.ts'

/** Something that somebody asks for, and how the model takes the answer. */
export interface Deed {
  readonly title: string
  /** Deeds that guess at the same at the same time meet in the throttle. */
  readonly guessesAt?: string
  ask(on: Server, waitUntil: Visit['waitUntil']): Promise<Heard>
  /** @throws Refuted where no service that keeps the contract answers so */
  judge(model: Model, answer: Answer): void
  /** What it did where its answer was lost, if it did it. */
  unseen?(model: Model, answer: Answer): void
  /** What is uncertain where its answer was lost, even if it did nothing. */
  blur?(model: Model, answer: Answer): void
}

export interface Heard {
  readonly status: number
  readonly said: Said
  /** The session cookie that the answer set; empty where it was cleared. */
  readonly cookie: string | undefined
  readonly retryAfter: number
}

export interface Answer extends Heard {
  /** Faults met the request before it was answered, and some trip of it committed. */
  readonly faulted: boolean
  readonly committed: boolean
  /** Nothing else went on at the same time. */
  readonly alone: boolean
  /** How often others at most guessed at the same at the same time. */
  readonly rivals: number
  /** Sessions that the database ended since, for being too many. */
  readonly evicted: ReadonlySet<string>
  readonly isolate: Isolate
}

/** Whatever a body may say. */
export interface Said {
  readonly code?: string
  readonly id?: string
  readonly username?: string | null
  readonly name?: string | null
  readonly user?: { readonly id: string; readonly username: string | null; readonly name: string | null } | null
  readonly session?: SessionSaid | null
  readonly sessions?: readonly SessionSaid[]
  readonly tokens?: { readonly access_token: string; readonly refresh_token?: string }
  readonly access_token?: string
  readonly refresh_token?: string
  readonly sealedByOldSecret?: number | null
  /** Of what is no request: what went wrong in it. */
  readonly failed?: readonly string[]
}

interface SessionSaid {
  readonly id: string
  readonly expiresAt: string
  readonly lastSeenAt: string
  readonly current: boolean
}

/** What a deed may choose from. */
export interface Scene {
  readonly model: Model
  readonly wallet: Wallet
  readonly pick: Pick
}

export const addressOf = ({ who, which }: Pick): string => `192.0.2.${1 + who * 2 + (which % 2)}`

export const emailOf = (who: number): string => `person${who}@example.com`

/** By a server-side caller. */
export const request =
  (path: string, init: RequestInit, pick: Pick): Deed['ask'] =>
  async (on, waitUntil) => {
    const answer = await on.request(path, init, { waitUntil, address: addressOf(pick) })
    const line = answer.headers.getSetCookie().find((one) => one.startsWith('__Host-session='))
    const said: Said = answer.status === 204 ? {} : await answer.json()
    const retryAfter = Number(answer.headers.get('retry-after') ?? 0)
    return { status: answer.status, said, cookie: line?.split(/[=;]/)[1], retryAfter }
  }

/** A credential that somebody shows. */
export interface Shown {
  readonly via: 'cookie' | 'token'
  readonly sid: string
  readonly headers: Record<string, string>
  /** May change the account. */
  readonly manages: boolean
  isGenuine(model: Model): boolean
}

export const byCookie = ({ value, sid, by }: Cookie): Shown => ({
  via: 'cookie',
  sid,
  headers: { cookie: `__Host-session=${value}` },
  manages: true,
  isGenuine: ({ ring }) => ring.includes(by),
})

export const byToken = ({ value, sid, exp, manages }: Access): Shown => ({
  via: 'token',
  sid,
  headers: { authorization: `Bearer ${value}` },
  manages,
  isGenuine: ({ now }) => now < exp,
})

/** A cookie or an access token of this person, whether dead or alive; none that only the skew of clocks keeps alive. */
export const shownBy = ({ model, wallet, pick }: Scene): Shown | undefined => {
  const isTheirs = ({ sid }: { sid: string }) => sessionOf(model, sid)?.who === pick.who
  const cookies = wallet.cookies.filter(isTheirs)
  const tokens = wallet.access.filter((one) => isTheirs(one) && !isSkewed(model, one))
  const [cookie, token] = [newest(cookies, pick), newest(tokens, pick)]
  const prefersToken = pick.how % 3 === 2 || cookie === undefined
  if (token !== undefined && prefersToken) return byToken(token)
  return cookie && byCookie(cookie)
}

/** Seconds that two clocks may differ by. */
const skew = 5

export const isSkewed = ({ now }: Model, { exp }: Access): boolean => now >= exp && now < exp + skew

export const newest = <T>(all: readonly T[], { which }: Pick): T | undefined =>
  all.at(-1 - (which % Math.max(1, all.length)))

/** The live session of a strict route, or undefined where it was rightly refused. */
export const strictly = (
  model: Model,
  { status, said }: Answer,
  shown: Shown,
  manages: boolean,
): Session | undefined => {
  const session = sessionOf(model, shown.sid)
  const stands = shown.isGenuine(model) && isAlive(model, session)
  if (manages && !shown.manages) {
    expectThat(status === 403 || (status === 401 && !stands), `${status} for a token that must not change the account`)
    return undefined
  }
  if (status === 401) {
    expectThat(said.code === 'unauthenticated', `401 ${said.code}`)
    expectThat(!stands, 'nobody ended this session, yet it was refused')
    return undefined
  }
  expectThat(stands, `${status} for a session that is dead`)
  if (session !== undefined) session.maySlide = true
  return session
}

export const ownerOf = (model: Model, { who }: Session): Person => {
  const person = personOf(model, who)
  if (person === undefined) throw new Error(`A session of nobody, ${who}.`)
  return person
}

/** Whatever an answer names and carries belongs to this session, and none of it outlives the session. */
export const checkCarried = (model: Model, { said, cookie }: Answer, session: Session): void => {
  const owner = ownerOf(model, session)
  const named = said.user?.id
  if (named !== undefined) {
    owner.id ??= named
    expectThat(named === owner.id, `user ${named} in an answer to ${owner.id}`)
  }
  if (said.session)
    expectThat(said.session.id === session.id, `session ${said.session.id} in an answer to ${session.id}`)
  const ends: number[] = []
  if (cookie) {
    const lease = leaseOf(cookie)
    expectThat(lease.sid === session.id && lease.uid === owner.id, `a cookie of ${lease.sid} for ${session.id}`)
    expectThat(lease.until <= model.now + model.limits.lease, 'a lease that is too long')
    ends.push(lease.until)
  }
  const token = said.access_token ?? said.tokens?.access_token
  if (token !== undefined) {
    const { sid, sub, exp, iat } = claimsOf(token)
    expectThat(sid === session.id && sub === owner.id, `a token of ${sid} for ${session.id}`)
    expectThat(iat === model.now && exp <= model.now + model.limits.access, 'an access token that lives too long')
    ends.push(exp)
  }
  session.promised = Math.max(session.promised, ...ends)
}
