import type { Clock } from '../base/clock.ts'
import { stopwatch } from '../base/clock.ts'
import { type Patience, requestPatience, within } from '../base/deadline.ts'
import { Problem, type ProblemCode } from '../base/errors.ts'
import { newId } from '../base/ids.ts'
import type { BatchRows, Database, Log, Statement } from '../base/ports.ts'

/** What one request carries through services: who asks from where, when, and its way to the database. */
export interface Context {
  readonly requestId: string
  /** Unix seconds, read before anything was asked: a limit counted from here never ends late. */
  readonly now: number
  readonly headers: Headers
  /** True for GET and HEAD: nothing that it asks for acts. */
  readonly isSafe: boolean
  /** An IPv4 address or an IPv6 /64. */
  readonly address: string | undefined
  readonly country: string | undefined
  /** `Set-Cookie` values of the answer, by cookie name. */
  readonly cookies: Map<string, string>
  /** The code of the problem that it ended in, for the log. */
  refusal: ProblemCode | undefined
  /** Calls of the driver before the answer so far. */
  readonly trips: number
  /**
   * One trip: all statements in order, atomically. A lost reply is asked for again, so every batch converges when it
   * runs twice.
   * @throws Problem `unavailable` (503)
   */
  batch<const S extends readonly Statement[]>(statements: S): Promise<BatchRows<S>>
  /**
   * Sends a statement along with the next batch, first in the same trip. `take` gets its rows before that batch
   * answers, and what it throws that batch throws: so a guard asks in the trip of what it guards.
   */
  ride<Row>(statement: Statement<Row>, take: (rows: Row[]) => unknown): void
  /**
   * Runs after the answer; a failure there is logged and changes nothing. The statements that tasks give run in one trip
   * when all are done.
   */
  after(task: () => Promise<readonly Statement[] | undefined>): void
  /** Starts what waits for the answer. Called once, by the HTTP layer. */
  settle(): void
  log: Log
}

interface ContextParts {
  readonly database: Database
  readonly clock: Clock
  readonly log: Log
  readonly waitUntil: (task: Promise<unknown>) => void
  readonly headers: Headers
  readonly isSafe: boolean
  readonly address: string | undefined
  readonly country: string | undefined
  readonly patience?: Pick<Patience, 'database' | 'trip'>
}

interface Rider {
  readonly statement: Statement
  readonly take: (rows: readonly (readonly unknown[])[]) => Promise<void>
}

/** Of one batch. */
const retries = 2

export const newContext = (parts: ContextParts): Context => {
  const { database, headers, isSafe, address, country, waitUntil, patience = requestPatience } = parts
  const requestId = newId('req')
  let trips = 0
  let waited = 0
  const afterwards: (() => Promise<readonly Statement[] | undefined>)[] = []
  const riders: Rider[] = []
  const log: Log = (line) => parts.log({ requestId, ...line })

  const attempt = async (statements: readonly Statement[], limit: number) => {
    const elapsed = stopwatch()
    trips += 1
    try {
      return await within(limit, database.run(statements, limit), 'database')
    } finally {
      waited += elapsed()
    }
  }

  const persist = async (statements: readonly Statement[]) => {
    for (let tries = 0; ; tries++) {
      try {
        return await attempt(statements, Math.max(100, Math.min(patience.trip, patience.database - waited)))
      } catch (error) {
        log({ event: 'database_failed', tries, error: nameOf(error) })
        const again = error instanceof Problem && tries < retries && waited < patience.database - 200
        if (!again) throw error
        await pause(jitter(tries))
      }
    }
  }

  const conclude = async (tasks: readonly (() => Promise<readonly Statement[] | undefined>)[]) => {
    const failed = (error: unknown) => log({ event: 'after_failed', error: nameOf(error) })
    const given = await Promise.all(tasks.map((task) => task().catch(failed)))
    const statements = given.flatMap((some) => some ?? [])
    if (statements.length > 0) await persist(statements).catch(failed)
  }

  const context: Context = {
    requestId,
    now: parts.clock(),
    headers,
    isSafe,
    address,
    country,
    cookies: new Map(),
    refusal: undefined,
    get trips() {
      return trips
    },
    log,
    after: (task) => void afterwards.push(task),
    settle() {
      const tasks = afterwards.splice(0)
      if (tasks.length > 0) waitUntil(conclude(tasks))
    },
    ride: (statement, take) =>
      void riders.push({ statement, take: async (rows) => void (await take(statement.map(rows))) }),
    async batch<const S extends readonly Statement[]>(statements: S) {
      const along = riders.splice(0)
      const rows = await persist([...along.map(({ statement }) => statement), ...statements])
      for (const [i, { take }] of along.entries()) await take(rows[i] ?? [])
      return statements.map((statement, i) => statement.map(rows[along.length + i] ?? [])) as BatchRows<S>
    },
  }
  return context
}

/** A name that tells a log reader what failed; never a message, which may hold parameters. */
export const nameOf = (error: unknown): string => {
  if (error instanceof Problem) return `${error.type.code}: ${typeof error.cause === 'string' ? error.cause : ''}`
  return error instanceof Error ? error.name : typeof error
}

/** Milliseconds: 20 to 60, then twice that. */
const jitter = (tries: number): number => (20 + Math.random() * 40) * (tries + 1)

const pause = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds))
