import { type SQL, sql } from 'drizzle-orm'
import type { Config } from '../base/config.ts'
import { randomToken, sha256 } from '../base/crypto.ts'
import type { Statement } from '../base/ports.ts'
import type { Caller } from './callers.ts'
import type { Context } from './context.ts'
import type { Identity } from './core.ts'
import { type Evidence, type Method, type Standing, sessionsStore, sliding, standsFor } from './sessions.ts'
import { statement, taking } from './statement.ts'

/** A session that is about to be made fresh, by what its user has just shown. */
export interface Elevation {
  /** Makes it so, where it stands and `holds` does. */
  readonly statement: Statement
  /** Holds once it was. */
  readonly isDone: SQL
  /** Last in the batch: reads what became of it. */
  readonly read: Statement
  /** Call once the batch has run: puts the new secret into the answer. Undefined where nothing was elevated. */
  deliver(): Promise<Standing | undefined>
}

/**
 * Makes the session of a caller fresh under the same id. A cookie gets a new secret: whoever has the old one has
 * nothing. Tokens that were given out before are as old as they were: no fresh route takes them.
 */
export const elevation = async (
  { config, revocations, sessionCookie }: Identity,
  context: Context,
  { caller, methods, holds }: { caller: Caller; methods: readonly Method[]; holds: SQL },
): Promise<Elevation> => {
  const { sessionId, evidence, via } = caller
  const secret = randomToken()
  const secretHash = via === 'cookie' ? await sha256(secret) : null
  const by = { sid: sessionId, by: context.requestId }
  let standing: Standing | undefined
  return {
    statement: elevateSession(config, { ...by, evidence, secretHash, methods }, holds),
    isDone: isElevated(by),
    read: taking(sessionsStore.elevated({ ...by, now: context.now }), ([row]) => {
      standing = row
    }),
    async deliver() {
      if (standing === undefined) return undefined
      revocations.stale(context, [sessionId])
      if (via === 'cookie') await sessionCookie.write(context, secret, standing)
      return standing
    },
  }
}

interface Elevating {
  readonly sid: Evidence['sid']
  /** Marks who did it, so that a repeat of the batch finds its own mark. */
  readonly by: string
}

interface Elevated extends Elevating {
  readonly evidence: Evidence
  /** SHA-256 of its new secret; null leaves the one that it has. */
  readonly secretHash: string | null
  readonly methods: readonly Method[]
}

/** Makes a session fresh, where it stands and `when` holds. */
const elevateSession = ({ idle, idleShort }: Config, elevated: Elevated, when: SQL): Statement => {
  const { by, evidence, secretHash, methods } = elevated
  const now = sql`${evidence.now}`
  return statement(sql`update sessions set secret_hash = coalesce(${secretHash}, secret_hash), elevated_by = ${by}, methods = ${JSON.stringify(methods)},
      authenticated_at = ${now}, changed_at = max(${now}, last_seen_at), hinted_at = null,
      ${sliding({ now, idle: sql`${idle}`, idleShort: sql`${idleShort}` })}
    where id = ${evidence.sid} and ${standsFor(evidence)} and ${when}`)
}

/** Holds once it was. */
const isElevated = ({ sid, by }: Elevating): SQL =>
  sql`exists (select 1 from sessions where id = ${sid} and elevated_by = ${by})`
