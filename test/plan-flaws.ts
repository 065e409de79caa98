import type { Query } from '../src/base/ports.ts'
import { rowsOf } from './feature-tables.ts'
import type { Server } from './harness.ts'

/** A step that reads more than it is asked for, and may: what it reads does not grow with the tables. */
export interface Allowance {
  readonly step: RegExp
  /** The statements to which it applies; all, where there is none. */
  readonly of?: RegExp
  readonly because: string
}

const allowances: readonly Allowance[] = [
  { step: /^SCAN CONSTANT ROW$/, because: 'it is one row' },
  { step: /^SCAN \d+(-ROW VALUES CLAUSE| CONSTANT ROWS)$/, because: 'it is a row for each of our own tables' },
  {
    step: /^SEARCH users USING INDEX users_erase \(erase_at<\?\)$/,
    of: /order by erase_at limit \?$/,
    because: 'the job takes those that come first in the index',
  },
  { step: /^SCAN \(subquery-\d+\)$/, because: 'the steps of the subquery stand beside it, and are judged' },
  { step: /^SCAN (o|offered)$/, of: /^with offered as/, because: 'an attempt has four counters' },
  { step: /^SCAN json_each (EXISTS )?VIRTUAL TABLE/, because: 'the service sends that list itself' },
  { step: /^(SCAN [mc] VIRTUAL|USE TEMP B-TREE)/, of: /pragma_table_info/, because: 'these are our own tables' },
  { step: /^(SCAN signing_keys$|USE TEMP B-TREE)/, of: /\bfrom signing_keys\b/, because: 'one key is made a month' },
  {
    step: /^USE TEMP B-TREE FOR (RIGHT PART OF |LAST TERM OF )?ORDER BY$/,
    of: /\bfrom (devices|sessions) where (sessions\.)?user_id = \?/,
    because: 'a user has 20 of them',
  },
  {
    step: /^SEARCH \w+ USING (COVERING )?INDEX \w+ \((expires_at|ends_at|done_at|erased_at)<\?\)$/,
    of: /^delete from .* limit \?\) returning 1$/,
    because: 'the job deletes in chunks, and takes those that come first in the index',
  },
  {
    step: /^SCAN (\d+ CONSTANT ROWS|\d+-ROW VALUES CLAUSE)$/,
    of: /^insert into outbox /,
    because: 'it is one row for each table, as either version of SQLite calls it',
  },
  { step: /^SCAN t$/, of: /^insert into (codes|outbox) /, because: 'it is one row of parameters' },
  {
    step: /^SEARCH o USING INDEX outbox_recipient \(<expr>=\? AND created_at>\? AND created_at<\?\)$/,
    because: 'nobody is sent more than a few messages an hour',
  },
  {
    step: /^SEARCH outbox USING INDEX outbox_recipient \(<expr>=\?\)$/,
    of: /^update outbox set user_id = null/,
    because: 'what a stranger causes is swept an hour or two weeks later, a few messages an hour',
  },
  {
    step: /^SEARCH outbox USING (COVERING )?INDEX outbox_(next|done) /,
    because: 'it reads what waits to be sent, or was given up within a day',
  },
  {
    step: /^SEARCH (erased_)?sessions USING INDEX \w+ \((changed|erased)_at>\?\)$/,
    because: 'it reads what changed within the bound on a revocation, and nothing older',
  },
  ...rowsOf((feature) => feature.allowances),
]

/** Reads from end to end, sorts what it read, or begins at a bound and reads on. */
const isCostly = (step: string): boolean => /^SCAN|TEMP B-TREE|AUTOMATIC|[<>]/.test(step)

/** Tells the steps in which SQLite would run a statement. */
export type Explain = (query: Query) => Promise<readonly string[]>

export const explainOn =
  ({ world }: Server): Explain =>
  async ({ sql, params }) => {
    const [plan = []] = await world.database.run([{ sql: `explain query plan ${sql}`, params, writes: false }], 5000)
    return plan.map((columns) => String(columns[3]))
  }

/**
 * The steps of these statements that cost more as the tables grow, each with its statement. Judged by the plan that
 * SQLite makes without statistics, as in a database in which nobody ever ran ANALYZE.
 */
export const flawsOf = async (explain: Explain, statements: readonly Query[]): Promise<string[]> => {
  const costly = await costlyOf(explain, statements)
  const flaws = costly.filter((one) => !allowances.some((allowance) => allows(allowance, one)))
  return flaws.map(({ step, sql }) => `${step}: ${sql}`)
}

/** The allowances that none of these statements needs. */
export const idleAllowances = async (explain: Explain, statements: readonly Query[]): Promise<string[]> => {
  const costly = await costlyOf(explain, statements)
  return allowances.filter((allowance) => !costly.some((one) => allows(allowance, one))).map(({ step }) => `${step}`)
}

interface Costly {
  readonly step: string
  readonly sql: string
}

const costlyOf = async (explain: Explain, statements: readonly Query[]): Promise<Costly[]> => {
  const found: Costly[] = []
  for (const query of statements) {
    const steps = (await explain(query)).filter(isCostly)
    found.push(...steps.map((step) => ({ step, sql: query.sql })))
  }
  return found
}

const allows = ({ step, of = /^/ }: Allowance, costly: Costly): boolean => step.test(costly.step) && of.test(costly.sql)
