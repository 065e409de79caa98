import { Problem, unavailable } from '../base/errors.ts'

/**
 * Faults of the statement itself: ours, and no reason to try again. `SQLITE_UNKNOWN` is what a libSQL server calls
 * SQLite's plain error, such as a missing table.
 */
const bugs = [
  'SQLITE_ERROR',
  'SQLITE_UNKNOWN',
  'SQLITE_CONSTRAINT',
  'SQLITE_MISMATCH',
  'SQLITE_RANGE',
  'SQL_PARSE_ERROR',
  'SQL_INPUT_ERROR',
]

/**
 * What a driver threw, without its message: that holds parameters. A fault of the database is a Problem (503) whose
 * cause names it; a fault of our own is a bare Error with its code.
 */
export const databaseFailure = (error: unknown): Error => {
  const code = codeOf(error)
  if (bugs.some((bug) => code.startsWith(bug))) return new Error(`The database refused a statement: ${code}`)
  return new Problem(unavailable, { retryAfter: 2, cause: `database: ${code}` })
}

/** The driver's code; D1 has none and puts it into its message. */
const codeOf = (error: unknown): string => {
  if (!(error instanceof Error)) return 'unknown'
  if ('code' in error && typeof error.code === 'string') return error.code
  return /\bSQLITE_[A-Z]+/.exec(error.message)?.[0] ?? error.name
}
