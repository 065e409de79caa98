import { type SQL, sql } from 'drizzle-orm'
import type { Statement } from '../base/ports.ts'
import { type Params, prepare, statement, type Values } from './statement.ts'
import { type UserRow, userJson } from './users.ts'

/** How a user proved who they are: values of `amr` and of `Session.methods`. */
export type Method = 'password' | 'email' | 'totp' | 'passkey' | 'social' | 'recovery'

/** Methods that are second factors. A passkey signs in by itself only where its user was verified, which makes two. */
const factors: readonly Method[] = ['totp', 'passkey', 'recovery']

/** True where what was shown makes two factors: then a session is of the level `aal2`. */
export const isTwoFactors = (methods: readonly Method[]): boolean => methods.some((method) => factors.includes(method))

/** A live session as the database holds it; times in Unix seconds. */
export interface SessionRow {
  readonly id: string
  readonly methods: readonly Method[]
  readonly remember: boolean
  readonly createdAt: number
  readonly authenticatedAt: number
  readonly lastSeenAt: number
  readonly expiresAt: number
  readonly userAgent: string
  readonly address: string | null
  readonly country: string | null
}

/** A session with its user: what every credential stands for. */
export interface Standing {
  readonly user: UserRow
  readonly session: SessionRow
}

export type EndReason =
  | 'logout'
  | 'revoked'
  | 'replaced'
  | 'limit'
  | 'password_changed'
  | 'refresh_reuse'
  | 'suspended'
  | 'password_reset'
  | 'claimed'
  | 'email_change_undone'
  | 'factors_changed'
  | 'erased'

/** Nobody stands behind a credential any more. */
export const gone = 'gone' as const

/** What a caller must show for its session to count: `secret` null where a token's signature showed it already. */
export type Evidence = Values<EvidenceName>

type EvidenceName = (typeof evidenceNames)[number]

export const evidenceNames = ['sid', 'secret', 'now', 'freshAfter', 'authTime'] as const

/** Sessions that one user may have at once. */
const sessionsPerUser = 20

/** Wants `sessions` in scope. */
const sessionJson = sql.raw(`json_object('id', sessions.id, 'methods', json(sessions.methods),
  'remember', json(iif(sessions.remember, 'true', 'false')), 'createdAt', sessions.created_at,
  'authenticatedAt', sessions.authenticated_at, 'lastSeenAt', sessions.last_seen_at, 'expiresAt', sessions.expires_at,
  'userAgent', sessions.user_agent, 'address', sessions.address, 'country', sessions.country)`)

export const standingJson = sql`json_object('session', ${sessionJson},
  'user', (select ${userJson} from users where users.id = sessions.user_id))`

export const readStanding = ([json]: readonly unknown[]): Standing => JSON.parse(String(json))

/** Holds until a row of `sessions` ends. Enough to end it: also for a user who is suspended. Wants `sessions` in scope. */
export const unended = (now: SQL): SQL => sql`sessions.ended_at is null and sessions.expires_at > ${now}`

/** Holds while a row of `sessions` lives and its user is active. Wants `sessions` in scope. */
export const live = (now: SQL): SQL => sql`${unended(now)}
  and exists (select 1 from users where users.id = sessions.user_id and users.suspended_at is null)`

const named = (p: Params<'sid' | 'secret'>): SQL => sql`sessions.id = ${p.sid}
  and sessions.secret_hash = coalesce(${p.secret}, sessions.secret_hash)`

/** A token is only as fresh as the sign-in that it tells of: it may be older than what its session has shown since. */
const isFresh = (p: Params<'freshAfter' | 'authTime'>): SQL => sql`(${p.freshAfter} < 0
  or (sessions.authenticated_at > ${p.freshAfter}
    and sessions.authenticated_at = coalesce(${p.authTime}, sessions.authenticated_at)))`

const shown = (p: Params<EvidenceName>): SQL => sql`${named(p)} and ${isFresh(p)} and ${live(p.now)}`

/** The condition on which whatever a strict route does depends: in SQL, so that asking and acting are one trip. */
export const stands = (p: Params<EvidenceName>): SQL => sql`exists (select 1 from sessions where ${shown(p)})`

/**
 * Where a clock fell back, cookies may hold leases that are yet to begin, none of them after the session was last seen,
 * since whatever gives a lease slides that in the same batch: until then the row stays, and the job tells its end again.
 */
export const ending = (now: SQL, reason: SQL): SQL => sql`ended_at = ${now}, ended_reason = ${reason},
  expires_at = max(min(expires_at, ${now}), last_seen_at), changed_at = max(${now}, last_seen_at), hinted_at = null`

/** Was seen now: the idle limit moves, the absolute one stays. */
export const sliding = (p: Params<'now' | 'idle' | 'idleShort'>): SQL => sql`last_seen_at = max(last_seen_at, ${p.now}),
  expires_at = max(expires_at, min(ends_at, ${p.now} + iif(remember, ${p.idle}, ${p.idleShort})))`

const id = ([value]: readonly unknown[]): string => String(value)

/** A session that has just ended. */
export interface Ended {
  readonly sessionId: string
  readonly userId: string
}

/** Wants `id, user_id`. */
export const readEnded = ([sessionId, userId]: readonly unknown[]): Ended => ({
  sessionId: String(sessionId),
  userId: String(userId),
})

export const sessionsStore = {
  /** The row behind a credential. `freshAfter` is -1 where any age will do. */
  proof: prepare(evidenceNames, (p) => sql`select ${standingJson} from sessions where ${shown(p)}`, readStanding),

  /** The same, and slides the idle limit. */
  renewal: prepare(
    [...evidenceNames, 'idle', 'idleShort'],
    (p) => sql`update sessions set ${sliding(p)} where ${shown(p)} returning ${standingJson}`,
    readStanding,
  ),

  /** The row behind a credential, also where it ended at `now` for this reason. */
  proofOrEnd: prepare(
    [...evidenceNames, 'reason'],
    (p) => sql`select ${standingJson}, sessions.ended_at is not null from sessions
      where (${shown(p)}) or (${named(p)} and sessions.ended_at = ${p.now} and sessions.ended_reason = ${p.reason})`,
    (columns) => ({ standing: readStanding(columns), hasEnded: columns[1] === 1 }),
  ),

  /** The same for whoever leaves: also where that ended it at `now`. `gone` where the user is no more. */
  proofOrErased: prepare(
    [...evidenceNames, 'userId'],
    (p) => sql`select ${standingJson}, sessions.ended_at is not null from sessions where (${shown(p)})
        or (${named(p)} and sessions.ended_at = ${p.now} and sessions.ended_reason = 'erased')
      union all select null, 1 where not exists (select 1 from users where users.id = ${p.userId})`,
    (columns) => ({ standing: columns[0] === null ? gone : readStanding(columns), hasEnded: columns[1] === 1 }),
  ),

  /** A session by id alone, for whoever has just begun it. */
  byId: prepare(
    ['id', 'now'],
    (p) => sql`select ${standingJson} from sessions where sessions.id = ${p.id} and ${live(p.now)}`,
    readStanding,
  ),

  /** The same for whoever has just made it fresh. */
  elevated: prepare(
    ['sid', 'by', 'now'],
    (p) => sql`select ${standingJson} from sessions
      where sessions.id = ${p.sid} and sessions.elevated_by = ${p.by} and ${live(p.now)}`,
    readStanding,
  ),

  ofUser: prepare(
    [...evidenceNames, 'userId'],
    (p) => sql`select ${standingJson} from sessions
      where sessions.user_id = ${p.userId} and ${live(p.now)} and ${stands(p)} order by last_seen_at desc, id`,
    readStanding,
  ),

  /** Ends the session that is shown; a bad secret ends nothing. */
  endOwn: prepare(
    [...evidenceNames, 'reason'],
    (p) =>
      sql`update sessions set ${ending(p.now, p.reason)} where ${named(p)} and ${unended(p.now)} returning id, user_id`,
    readEnded,
  ),

  /** Ends every session of the user whose session is shown. */
  endEvery: prepare(
    [...evidenceNames, 'reason'],
    (p) => sql`update sessions set ${ending(p.now, p.reason)}
      where user_id = (select sessions.user_id from sessions where ${named(p)} and ${unended(p.now)})
        and ${unended(p.now)} returning id, user_id`,
    readEnded,
  ),

  /** Ends the other sessions of the user whose session is shown. */
  endOthers: prepare(
    [...evidenceNames, 'reason'],
    (p) => sql`update sessions set ${ending(p.now, p.reason)}
      where user_id = (select s.user_id from sessions s where s.id = ${p.sid}) and id <> ${p.sid}
        and ended_at is null and expires_at > ${p.now} and ${stands(p)} returning id, user_id`,
    readEnded,
  ),

  endOne: prepare(
    [...evidenceNames, 'userId', 'id', 'reason'],
    (p) => sql`update sessions set ${ending(p.now, p.reason)} where id = ${p.id} and user_id = ${p.userId}
      and ended_at is null and expires_at > ${p.now} and ${stands(p)} returning id, user_id`,
    readEnded,
  ),

  /** Whose row `id` is, ended or not, while it stays. */
  ownedBy: prepare(
    ['userId', 'id'],
    (p) => sql`select id from sessions where id = ${p.id} and user_id = ${p.userId}`,
    id,
  ),

  /**
   * Sends the leased cookies of a user's other sessions to the database, which knows the new snapshot: also those whose
   * lease is yet to begin, because a clock fell back.
   */
  markStale: prepare(
    [...evidenceNames, 'userId'],
    (p) => sql`update sessions set changed_at = max(${p.now}, last_seen_at), hinted_at = null
      where user_id = ${p.userId} and ended_at is null and expires_at > ${p.now} and ${stands(p)} returning id`,
    id,
  ),

  /** The least recently seen sessions past the limit end. `keep` is the one that has just begun. */
  endBeyondLimit: prepare(
    ['userId', 'keep', 'now', 'reason'],
    (p) => sql`update sessions set ${ending(p.now, p.reason)} where id in (
      select id from sessions where user_id = ${p.userId} and ended_at is null and expires_at > ${p.now}
      order by id = ${p.keep} desc, last_seen_at desc, created_at desc, id
      limit -1 offset ${sql.raw(String(sessionsPerUser))}
    ) returning id, user_id`,
    readEnded,
  ),
}

/** `stands` for a statement that is made anew each time. */
export const standsFor = ({ sid, secret, now, freshAfter, authTime }: Evidence): SQL =>
  stands({
    sid: sql`${sid}`,
    secret: sql`${secret}`,
    now: sql`${now}`,
    freshAfter: sql`${freshAfter}`,
    authTime: sql`${authTime}`,
  })

/** Holds while the session that is shown has not ended: also for a user who is suspended. */
export const isUnended = ({ sid, secret, now }: Evidence): SQL =>
  sql`exists (select 1 from sessions where ${named({ sid: sql`${sid}`, secret: sql`${secret}` })}
    and ${unended(sql`${now}`)})`

/** Sessions that end because the session `keep` begins, and why. */
export interface Ending {
  readonly statement: Statement<Ended>
  readonly reason: EndReason
}

const endFor = (keep: string, now: number, reason: EndReason, which: SQL): Ending => ({
  reason,
  statement: statement(
    sql`update sessions set ${ending(sql`${now}`, sql`${reason}`)} where ${which} and id <> ${keep}
      and ${unended(sql`${now}`)} and exists (select 1 from sessions where id = ${keep}) returning id, user_id`,
    readEnded,
  ),
})

/** The session of a cookie that the new one takes the place of (ASVS 7.2.4). */
export const endReplaced = (sessionId: string, secretHash: string, now: number, keep: string): Ending =>
  endFor(keep, now, 'replaced', sql`id = ${sessionId} and secret_hash = ${secretHash}`)

/** Every session of a user, where `when` holds: whatever hangs on them is dead with them. */
export const endEverySession = (userId: SQL | string, now: number, { reason, when }: EndWhen): Statement<Ended> =>
  statement(
    sql`update sessions set ${ending(sql`${now}`, sql`${reason}`)} where user_id = ${userId}
      and ${unended(sql`${now}`)} and ${when} returning id, user_id`,
    readEnded,
  )

/** Those of a user that ended at `now` for this reason. */
export const endedSessions = (userId: SQL | string, now: number, reason: EndReason): Statement<Ended> =>
  statement(
    sql`select id, user_id from sessions where user_id = ${userId} and ended_at = ${now} and ended_reason = ${reason}`,
    readEnded,
  )

interface EndWhen {
  readonly reason: EndReason
  readonly when: SQL
}

/** Sends every leased cookie of a user to the database, which knows what of the user has changed. */
export const markEverySessionStale = (userId: SQL | string, now: number, when: SQL): Statement<string> =>
  statement(
    sql`update sessions set changed_at = max(${now}, last_seen_at), hinted_at = null where user_id = ${userId}
      and ${unended(sql`${now}`)} and ${when} returning id`,
    id,
  )

/** Every other session of the user: whatever hangs on them is dead with them. */
export const endOthersFor = (userId: string, keep: string, now: number, reason: EndReason): Ending =>
  endFor(keep, now, reason, sql`user_id = ${userId}`)
