import { Problem, unavailable } from '../src/base/errors.ts'
import type { Argon2id, Database, Limiter } from '../src/base/ports.ts'

/** What happens to one call of the driver; `run` makes the call. */
export type Fault = (run: () => ReturnType<Database['run']>) => ReturnType<Database['run']>

const fail = () => new Problem(unavailable, { retryAfter: 1 })

/** The call committed, and its answer got lost. */
export const replyLost: Fault = async (run) => {
  await run()
  throw fail()
}

/** The call never reached the database. */
export const unreachable: Fault = () => Promise.reject(fail())

export const noFault: Fault = (run) => run()

/** Something else happens just before the call. */
export const after =
  (act: () => Promise<unknown>): Fault =>
  async (run) => {
    await act()
    return run()
  }

/** A database whose next calls meet the faults that a test lines up; with none left it is the real one. */
export const faultyDatabase = () => {
  const faults: Fault[] = []
  return {
    /** For the next calls of the service, in order. */
    next: (...more: Fault[]) => void faults.push(...more),
    database: (real: Database): Database => ({
      run: (queries, limit) => (faults.shift() ?? noFault)(() => real.run(queries, limit)),
    }),
  }
}

/** Counts the hashes that are computed. */
export const countedHashes = () => {
  const counter = {
    hashes: 0,
    argon2id:
      (real: Argon2id): Argon2id =>
      (...given) => {
        counter.hashes += 1
        return real(...given)
      },
    /** The same at a hundredth of the cost, for tests of hundreds of attempts. */
    quickly: (real: Argon2id): Argon2id => counter.argon2id(quick(real)),
  }
  return counter
}

/** The real Argon2id at a hundredth of the cost, where a test is about something else. */
export const quick =
  (real: Argon2id): Argon2id =>
  (password, salt, cost, length) =>
    real(password, salt, { ...cost, memory: Math.max(64, cost.memory >> 7), passes: 1 }, length)

/** Lets every request through: a test of many registrations is not about the limiter. */
export const openLimiter: Limiter = { take: async () => true }
