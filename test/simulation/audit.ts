import { createHash } from 'node:crypto'
import { messagesKept } from '../../src/identity/sweeps.ts'
import {
  endOf,
  expectThat,
  isUnended,
  type Model,
  personOf,
  profileOf,
  type RefreshToken,
  Refuted,
  type Session,
} from './model.ts'
import type { Stage } from './stage.ts'

export interface Rows {
  readonly users: readonly UserRow[]
  readonly sessions: ReadonlyMap<string, SessionRow>
  /** By session. */
  readonly refreshTokens: ReadonlyMap<string, readonly RefreshRow[]>
}

interface UserRow {
  readonly id: string
  readonly email: string
  readonly username: string | null
  readonly name: string | null
  /** Messages that ask for a proof of the address. */
  readonly invitations: number
}

interface SessionRow {
  readonly id: string
  readonly userId: string
  readonly seen: number
  readonly expiresAt: number
  readonly endsAt: number
  readonly endedAt: number | undefined
  readonly reason: string
}

interface RefreshRow {
  readonly hash: string
  readonly sid: string
  readonly usedAt: number | undefined
}

const timeOf = (value: unknown): number | undefined => (value === null ? undefined : Number(value))

/** What stands in the database, past the service. */
export const readRows = async (stage: Stage): Promise<Rows> => {
  const users = await stage.query(
    `select id, email, username, name,
      (select count(*) from outbox where user_id = users.id and kind = 'verify_email') from users`,
  )
  const sessions = await stage.query(
    'select id, user_id, last_seen_at, expires_at, ends_at, ended_at, ended_reason from sessions',
  )
  const tokens = await stage.query('select hash, session_id, used_at from refresh_tokens')
  const rows = sessions.map(
    ([id, userId, seen, expiresAt, endsAt, endedAt, reason]): SessionRow => ({
      id: String(id),
      userId: String(userId),
      seen: Number(seen),
      expiresAt: Number(expiresAt),
      endsAt: Number(endsAt),
      endedAt: timeOf(endedAt),
      reason: String(reason),
    }),
  )
  const refreshRows = tokens.map(([hash, sid, usedAt]) => ({
    hash: String(hash),
    sid: String(sid),
    usedAt: timeOf(usedAt),
  }))
  return {
    users: users.map(([id, email, username, name, invitations]) => ({
      id: String(id),
      email: String(email),
      username: username === null ? null : String(username),
      name: name === null ? null : String(name),
      invitations: Number(invitations),
    })),
    sessions: new Map(rows.map((row) => [row.id, row])),
    refreshTokens: Map.groupBy(refreshRows, ({ sid }) => sid),
  }
}

/** Sessions that ended just now for being too many. */
export const evictedIn = ({ sessions }: Rows, now: number): ReadonlySet<string> =>
  new Set(
    [...sessions.values()].filter(({ endedAt, reason }) => endedAt === now && reason === 'limit').map(({ id }) => id),
  )

/**
 * Holds what stands in the database against the model, and takes from it what no answer told: ids that got lost, and
 * when a session was seen.
 * @throws Refuted
 */
export const audit = (model: Model, rows: Rows): void => {
  adopt(model, rows)
  for (const session of model.sessions) auditSession(model, session, rows.sessions.get(session.id))
  for (const session of model.sessions) {
    if (isUnended(model, session)) auditFamily(model, session, rows.refreshTokens.get(session.id) ?? [])
  }
  for (const { who } of model.people) {
    const unended = model.sessions.filter((session) => session.who === who && isUnended(model, session))
    expectThat(unended.length <= 20, `${unended.length} live sessions of person ${who}`)
  }
}

const adopt = (model: Model, { users, sessions, refreshTokens }: Rows): void => {
  expectThat(users.length === model.people.length, `${users.length} accounts of ${model.people.length}`)
  for (const person of model.people) {
    const row = users.find(({ email }) => email === person.email)
    person.id ??= row?.id
    expectThat(row !== undefined && row.id === person.id, `no account of person ${person.who}`)
    const isKept = model.now - person.createdAt < messagesKept
    expectThat(row?.invitations === 1 || !isKept, `${row?.invitations} invitations of person ${person.who}`)
    const { username, name } = profileOf(person)
    expectThat(
      row?.username === username && row?.name === name,
      `${row?.username}, ${row?.name} is no profile of theirs`,
    )
  }
  const known = new Set(model.sessions.map(({ id }) => id))
  for (const row of sessions.values()) {
    if (known.has(row.id)) continue
    const ghost = model.sessions.find(
      (session) =>
        session.id.startsWith('ghost') &&
        personOf(model, session.who)?.id === row.userId &&
        isUnended(model, session) === (row.endedAt === undefined) &&
        session.id in model.families === refreshTokens.has(row.id),
    )
    if (ghost === undefined) throw new Refuted(`session ${row.id} that nobody began`)
    const family = model.families[ghost.id]
    delete model.families[ghost.id]
    if (family) model.families[row.id] = family
    ghost.id = row.id
  }
}

const auditSession = (model: Model, session: Session, row: SessionRow | undefined): void => {
  const { id, endedAt } = session
  const { now, limits } = model
  const end = Math.min(endedAt ?? Number.POSITIVE_INFINITY, endOf(session))
  if (row === undefined) {
    const kept = Math.max(limits.lease, limits.access) + 5
    expectThat(end + kept <= now, `session ${id} is gone before its time`)
    return
  }
  expectThat(row.userId === personOf(model, session.who)?.id, `session ${id} has another owner`)
  expectThat(row.endedAt === endedAt, `session ${id} ended at ${row.endedAt} (${row.reason}), not at ${endedAt}`)
  expectThat(row.endsAt === session.until, `the absolute limit of ${id} moved`)
  if (endedAt === undefined) narrow(model, session, row)
  session.maySlide = false
  session.mustSlide = false
  session.promised = 0
}

/** When it was seen, which decides when it ends. */
const narrow = (model: Model, session: Session, row: SessionRow): void => {
  const { id, maySlide, mustSlide, seen } = session
  const { now } = model
  const isSeenNow = row.seen === now && (maySlide || mustSlide)
  expectThat(isSeenNow || (row.seen === seen && !mustSlide), `session ${id} was seen at ${row.seen}`)
  session.seen = row.seen
  expectThat(row.expiresAt === endOf(session), `session ${id} ends at ${row.expiresAt}, not at ${endOf(session)}`)
  expectThat(
    session.promised <= endOf(session),
    `what session ${id} gave out lives until ${session.promised}, beyond it`,
  )
}

const auditFamily = (model: Model, { id }: Session, rows: readonly RefreshRow[]): void => {
  const family = model.families[id] ?? []
  const kept = family.filter((token) => model.now < token.end)
  expectThat(
    rows.length >= kept.length && rows.length <= family.length,
    `${rows.length} refresh tokens of ${family.length} in the family of ${id}`,
  )
  const unused = rows.filter(({ usedAt }) => usedAt === undefined)
  expectThat(unused.length <= 1, `${unused.length} live successors in the family of ${id}`)
  for (const token of kept) auditToken(token, rows)
}

const auditToken = ({ token, usedAt }: RefreshToken, rows: readonly RefreshRow[]): void => {
  if (token === undefined) return
  const hash = createHash('sha256').update(token).digest('base64url')
  const row = rows.find((one) => one.hash === hash)
  expectThat(row !== undefined && row.usedAt === usedAt, `a refresh token used at ${row?.usedAt}, not at ${usedAt}`)
}
