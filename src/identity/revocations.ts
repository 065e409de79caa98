import { type SQL, sql } from 'drizzle-orm'
import type { Config } from '../base/config.ts'
import { type Patience, requestPatience, within } from '../base/deadline.ts'
import { Problem, unavailable } from '../base/errors.ts'
import type { Hint, Hints, Statement } from '../base/ports.ts'
import { type Context, nameOf } from './context.ts'
import type { Facts } from './facts.ts'
import { type Ended, type EndReason, unended } from './sessions.ts'
import { type Params, prepare, statement } from './statement.ts'

interface Change {
  readonly id: string
  readonly hint: Hint
}

interface Remembered {
  readonly hint: Hint | undefined
  /** Unix seconds. */
  readonly until: number
}

/** How many answers an isolate remembers, and for how many seconds it believes that a session has not ended. */
const memo = { size: 10_000, negative: 5 }

/** Seconds before a hint is forgotten in which the job tells it anew: two of its runs. */
const renewal = 120

interface Needs {
  readonly hints: Hints
  readonly patience?: Patience
}

/**
 * Tells isolates, within a minute or so, of sessions that ended or whose user changed. The database decides; a hint
 * only denies. Whatever KV does, a lease or an access token ends by itself within `config.bound` seconds.
 */
export const newRevocations = (config: Config, { hints, patience = requestPatience }: Needs, facts: Facts) => {
  /** Seconds for which a hint is held; KV holds none for less than 60. */
  const ttl = config.bound + 60
  const known = new Map<string, Remembered>()
  const remember = (id: string, hint: Hint | undefined, now: number) => {
    const before = known.get(id)
    // An answer that was under way may be older than what this isolate did meanwhile.
    if (before?.hint?.state === 'ended' && before.until > now) return
    known.delete(id)
    if (known.size >= memo.size) known.delete(known.keys().next().value ?? '')
    // Only the end is final: what is stale may end the next moment.
    known.set(id, { hint, until: now + (hint?.state === 'ended' ? config.bound : memo.negative) })
  }

  const lookUp = async (context: Context, id: string): Promise<Hint | undefined> => {
    const later = (task: Promise<unknown>) => {
      // Whoever waits for it comes after the answer; a failure before that is not for the process to die of.
      void task.catch(() => undefined)
      context.after(() => task.then(() => undefined))
    }
    const reply = hints.get(id, later).then((hint) => {
      remember(id, hint, context.now)
      return hint
    })
    return withinBudget(patience.hint, reply, (late) => context.after(() => late.then(() => undefined)))
  }

  /** After the answer: tells the other isolates. What is lost on the way, the scheduled job tells again. */
  const announce = (context: Context, ids: readonly string[], state: Hint['state']): void => {
    const hint: Hint = state === 'ended' ? { state } : { state, at: context.now }
    for (const id of ids) remember(id, hint, context.now)
    if (ids.length === 0 || !hints.put) return
    const changes = ids.map((id) => ({ id, hint }))
    context.after(() => put(changes, context))
  }

  return {
    /**
     * What a signed cookie of session `id`, leased at `since`, is worth without the database.
     * @throws Problem `unavailable` (503) when hints cannot be read and `AUTH_REVOCATION_FAIL` is `closed`
     */
    async state(context: Context, id: string, since: number): Promise<'unknown' | 'ended' | 'stale'> {
      const memory = known.get(id)
      try {
        const hint = memory && isFresh(memory, context.now) ? memory.hint : await lookUp(context, id)
        if (hint === undefined) return 'unknown'
        if (hint.state === 'ended') return 'ended'
        return since <= hint.at ? 'stale' : 'unknown'
      } catch (error) {
        facts.tell(context, { type: 'revocation_check_unavailable', reason: nameOf(error) })
        if (config.revocationFail === 'closed') throw new Problem(unavailable, { retryAfter: 5, cause: 'hints' })
        return 'unknown'
      }
    },

    /** Once the batch has run: tells that these sessions are to be read anew. */
    stale: (context: Context, ids: readonly string[]): void => announce(context, ids, 'stale'),

    /** Once the batch has run: tells isolates and listeners of these sessions, which it ended. */
    ended(context: Context, sessions: readonly Ended[], reason: EndReason): void {
      const ids = sessions.map(({ sessionId }) => sessionId)
      announce(context, ids, 'ended')
      for (const one of sessions) facts.tell(context, { type: 'session.ended', ...one, reason })
    },

    /**
     * Stands before the erasure of a user: what is to be told of their sessions, of which no row is left, stays until no
     * lease is believed. Also of those that ended within the bound, whose hints may be missing.
     */
    outlive: ({ now }: Context, userId: SQL | string, when: SQL): Statement =>
      statement(sql`insert into erased_sessions (id, erased_at)
        select id, max(${now}, last_seen_at) from sessions where user_id = ${userId} and ${when}
          and (${unended(sql`${now}`)} or changed_at > ${now - config.bound}) on conflict do nothing`),

    /** Tells the hints that are missing, at most 500 at once. Part of the scheduled job. */
    async repair(context: Context): Promise<number> {
      if (!hints.put) return 0
      const { now } = context
      const [missing] = await context.batch([
        store.missing({ since: now - config.bound, renewed: now - ttl + renewal }),
      ])
      if (missing.length > 0) await context.batch(await put(missing, context))
      return missing.length
    },
  }

  /** The statement that says which were told. */
  async function put(changes: readonly Change[], context: Context): Promise<Statement[]> {
    const putOne = ({ id, hint }: Change) =>
      within(patience.put, hints.put?.(id, hint, ttl) ?? Promise.resolve(), 'hints')
    const told = await Promise.allSettled(changes.map(putOne))
    const done = changes.filter((_, i) => told[i]?.status === 'fulfilled')
    if (done.length < changes.length) context.log({ event: 'hint_failed', count: changes.length - done.length })
    return done.length > 0 ? store.hinted(done, context.now) : []
  }
}

export type Revocations = ReturnType<typeof newRevocations>

/** When it changed, by these columns, and is still to be told. */
const isMissing = (changedAt: SQL, p: Params<'since' | 'renewed'>): SQL => sql`${changedAt} > ${p.since}
  and (hinted_at is null or (hinted_at < ${changedAt} and hinted_at <= ${p.renewed}))`

const store = {
  /**
   * Also what changed in the future, since a clock fell back: there is a hint for as long as a lease may begin, told anew
   * when it was told by `renewed`.
   */
  missing: prepare(
    ['since', 'renewed'],
    (p) => sql`select id, ended_at, changed_at from sessions where ${isMissing(sql`changed_at`, p)}
      union all select id, erased_at, erased_at from erased_sessions where ${isMissing(sql`erased_at`, p)} limit 500`,
    ([id, endedAt, changedAt]): Change => ({
      id: String(id),
      hint: endedAt === null ? { state: 'stale', at: Number(changedAt) } : { state: 'ended' },
    }),
  ),
  /** Still to be told: an end that `stale` may have come over, and a change later than the one that was told. */
  hinted: (changes: readonly Change[], now: number): Statement[] => {
    const json = JSON.stringify(changes.map(({ id, hint }) => [id, hint.state === 'ended' ? null : hint.at]))
    const told = sql`(select value ->> 0 as id, value ->> 1 as at from json_each(${json})) told`
    return [
      statement(sql`update sessions set
          hinted_at = iif(told.at is null or (ended_at is null and changed_at <= told.at), ${now}, null)
        from ${told} where sessions.id = told.id`),
      statement(sql`update erased_sessions set hinted_at = iif(told.at is null, ${now}, null)
        from ${told} where erased_sessions.id = told.id`),
    ]
  },
}

/** An end is believed for as long as it is remembered; anything else no longer than that, also by a clock that fell back. */
const isFresh = ({ hint, until }: Remembered, now: number): boolean =>
  until > now && (hint?.state === 'ended' || until - now <= memo.negative)

/** The promise's value if it comes within the budget; else `late` takes the promise, and this rejects. */
const withinBudget = async <T>(
  budget: number,
  promise: Promise<T>,
  late: (promise: Promise<T>) => void,
): Promise<T> => {
  let timer: ReturnType<typeof setTimeout> | undefined
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      late(promise)
      reject(new Problem(unavailable, { retryAfter: 1, cause: 'slow hints' }))
    }, budget)
  })
  try {
    return await Promise.race([promise, timeout])
  } finally {
    clearTimeout(timer)
  }
}
