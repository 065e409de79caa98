import { type SQL, sql } from 'drizzle-orm'
import type { Statement } from '../base/ports.ts'
import type { Context } from './context.ts'
import { statement } from './statement.ts'

/** How much of what expired one run of the job deletes at most. */
export interface Pace {
  /** Of one statement, so that no writer waits long. */
  readonly rows: number
  /** With 500 hints to tell and 60 messages to send, fewer than the 1,000 calls that Workers and D1 allow one invocation. */
  readonly statements: number
  /** Of the whole job. Past them no statement is begun: a function on Vercel has 25 seconds. */
  readonly milliseconds: number
}

export const usualPace: Pace = { rows: 500, statements: 400, milliseconds: 20_000 }

/** Seconds for which it can be seen what became of a message: two weeks. */
export const messagesKept = 14 * 24 * 60 * 60

/** Rows that go: those of the table of which `expired` holds. */
interface Sweep {
  readonly table: string
  readonly expired: SQL
}

/** A table of a feature, and what of it is over at a time (Unix seconds). */
export interface FeatureSweep {
  readonly table: string
  readonly expired: (now: number) => SQL
}

interface Sweeping {
  readonly more: readonly FeatureSweep[]
  /** Unix seconds: whatever expired by then is past the bound on its revocation, too. */
  readonly gone: number
  readonly pace: Pace
  /** Milliseconds since the job began. */
  readonly elapsed: () => number
  /** Runs one statement; undefined where it failed, and the table is left to the next run. */
  readonly attempt: (table: string, work: () => Promise<number>) => Promise<number | undefined>
}

/**
 * Deletes what expired, one statement for each table in turn, so that a backlog in one holds up no other. Answers how
 * many rows of each went; what is left when the pace ends is for the next run.
 */
export const sweepExpired = async (context: Context, sweeping: Sweeping) => {
  const { pace, elapsed, attempt } = sweeping
  const groups = sweepsFor(context.now, sweeping)
  const deleted: Record<string, number> = Object.fromEntries(groups.flat().map(({ table }) => [table, 0]))
  const failed = new Set<string>()
  let left = pace.statements
  const isOver = () => left-- <= 0 || elapsed() > pace.milliseconds
  await inTurn(groups, isOver, async (sweep) => {
    const { table } = sweep
    if (failed.has(table)) return false
    const rows = await attempt(table, async () => {
      const [done] = await context.batch([deleteSome(sweep, pace)])
      return done.length
    })
    if (rows === undefined) failed.add(table)
    deleted[table] = (deleted[table] ?? 0) + (rows ?? 0)
    return (rows ?? 0) >= pace.rows
  })
  return deleted
}

/** In groups; in each the rows of a later sweep wait for those of an earlier one. */
const sweepsFor = (now: number, { gone, pace: { rows }, more }: Sweeping): readonly (readonly Sweep[])[] => {
  const oldest = (column: SQL) =>
    sql`(select ${column} from sessions where expires_at <= ${gone} order by expires_at limit ${rows})`
  const sweep = (table: string, expired: SQL): Sweep => ({ table, expired })
  return [
    [sweep('refresh_tokens', sql`expires_at <= ${gone}`)],
    [
      sweep('refresh_tokens', sql`session_id in ${oldest(sql`id`)}`),
      // None takes its refresh tokens along: there may be thousands, under one lock.
      sweep(
        'sessions',
        sql`rowid in ${oldest(sql`rowid`)} and not exists (select 1 from refresh_tokens where session_id = sessions.id)`,
      ),
    ],
    [sweep('erased_sessions', sql`erased_at <= ${gone}`)],
    [sweep('challenges', sql`expires_at <= ${now}`)],
    [sweep('codes', sql`expires_at <= ${now}`)],
    [sweep('outbox', sql`done_at <= ${now - messagesKept}`)],
    [sweep('devices', sql`expires_at <= ${now}`)],
    [sweep('throttle', sql`ends_at <= ${now}`)],
    ...more.map(({ table, expired }) => [sweep(table, expired(now))]),
  ]
}

/** A row for each that it deletes. */
const deleteSome = ({ table, expired }: Sweep, { rows }: Pace): Statement<true> => {
  const name = sql.identifier(table)
  const some = sql`select rowid from ${name} where ${expired} limit ${rows}`
  return statement(sql`delete from ${name} where rowid in (${some}) returning 1`, () => true)
}

/** Again and again through the groups in which a sweep deleted as many rows as it may. */
const inTurn = async (
  groups: readonly (readonly Sweep[])[],
  isOver: () => boolean,
  run: (sweep: Sweep) => Promise<boolean>,
): Promise<void> => {
  const findsMore = async (group: readonly Sweep[]): Promise<boolean> => {
    let isFull = false
    for (const sweep of group) {
      if (isOver()) return false
      isFull = (await run(sweep)) || isFull
    }
    return isFull
  }
  for (let open = groups; open.length > 0; ) {
    const unfinished: (readonly Sweep[])[] = []
    for (const group of open) if (await findsMore(group)) unfinished.push(group)
    open = unfinished
  }
}
