import { type SQL, sql } from 'drizzle-orm'
import { ending, live, readEnded, readStanding, sliding, standingJson, unended } from '../../identity/sessions.ts'
import { type Params, prepare } from '../../identity/statement.ts'

/** The session that a refresh token hangs on. */
const sessionOf = (p: Params<'hash' | 'now'>): SQL =>
  sql`(select session_id from refresh_tokens where hash = ${p.hash} and expires_at > ${p.now})`

/** Used by another request, and either too long ago or with a successor that was used since. */
const isReused = (p: Params<'hash' | 'now' | 'attempt' | 'grace'>): SQL => sql`exists (
  select 1 from refresh_tokens t left join refresh_tokens next on next.hash = t.successor_hash
  where t.hash = ${p.hash} and t.used_by <> ${p.attempt}
    and (t.used_at + ${p.grace} <= ${p.now} or next.used_at is not null))`

export const tokenStore = {
  /** The conditional update that decides: of any number of requests one uses the token. */
  use: prepare(
    ['hash', 'now', 'attempt', 'successor'],
    (p) => sql`update refresh_tokens set used_at = ${p.now}, used_by = ${p.attempt}, successor_hash = ${p.successor}
      where hash = ${p.hash} and used_at is null and expires_at > ${p.now}
        and exists (select 1 from sessions where sessions.id = session_id and ${live(p.now)})`,
  ),

  /** The successor, where this very request used the token. It ends with the session at the latest. */
  succeed: prepare(
    ['hash', 'now', 'attempt', 'successor', 'idle', 'idleShort'],
    (p) => sql`insert into refresh_tokens (hash, session_id, created_at, expires_at)
      select ${p.successor}, t.session_id, ${p.now}, min(s.ends_at, ${p.now} + iif(s.remember, ${p.idle}, ${p.idleShort}))
      from refresh_tokens t join sessions s on s.id = t.session_id
      where t.hash = ${p.hash} and t.used_by = ${p.attempt} and t.successor_hash = ${p.successor}
      on conflict do nothing`,
  ),

  /** Ends the session of a token that came back when it could only have been stolen. */
  endReused: prepare(
    ['hash', 'now', 'attempt', 'grace', 'reason'],
    (p) => sql`update sessions set ${ending(p.now, p.reason)}
      where sessions.id = ${sessionOf(p)} and ${unended(p.now)} and ${isReused(p)} returning id, user_id`,
    readEnded,
  ),

  /** Slides the idle limit and reads what the new tokens say. No row where the token is worth nothing. */
  settle: prepare(
    ['hash', 'now', 'idle', 'idleShort'],
    (p) => sql`update sessions set ${sliding(p)}
      where sessions.id = ${sessionOf(p)} and ${live(p.now)}
      returning ${standingJson}, (select successor_hash from refresh_tokens where hash = ${p.hash})`,
    (columns) => ({ standing: readStanding(columns), successorHash: String(columns[1]) }),
  ),

  endByRefreshToken: prepare(
    ['hash', 'now', 'reason'],
    (p) => sql`update sessions set ${ending(p.now, p.reason)}
      where sessions.id = ${sessionOf(p)} and ${unended(p.now)} returning id, user_id`,
    readEnded,
  ),

  endById: prepare(
    ['id', 'now', 'reason'],
    (p) => sql`update sessions set ${ending(p.now, p.reason)}
      where sessions.id = ${p.id} and ${unended(p.now)} returning id, user_id`,
    readEnded,
  ),
}
