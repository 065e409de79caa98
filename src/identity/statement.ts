import { fillPlaceholders, type SQL, type SQLWrapper, sql } from 'drizzle-orm'
import { CasingCache } from 'drizzle-orm/casing'
import type { Statement, Value } from '../base/ports.ts'

export type Params<Name extends string> = Readonly<Record<Name, SQL>>
export type Values<Name extends string> = Readonly<Record<Name, Value>>

/**
 * A statement whose text is made once, at its first use, and only bound afterwards: building SQL costs more than
 * sending it. `build` gets a placeholder for each name; `read` makes a row of the columns in the order of the text.
 */
export const prepare = <Name extends string, Row = never>(
  names: readonly Name[],
  build: (params: Params<Name>) => SQLWrapper,
  read?: (columns: readonly unknown[]) => Row,
): ((values: Values<Name>) => Statement<Row>) => {
  let compiled: Compiled<Row> | undefined
  return (values) => {
    compiled ??= compile(build(placeholders(names)), read)
    const { sql, writes, map, params } = compiled
    return { sql, writes, map, params: bound(params, values) }
  }
}

/** A statement that is made anew each time, because its text varies. */
export const statement = <Row = never>(
  query: SQLWrapper,
  read?: (columns: readonly unknown[]) => Row,
): Statement<Row> => {
  const { params, ...rest } = compile(query, read)
  return { ...rest, params: bound(params, {}) }
}

/** A row where `when` holds. */
export const whether = (when: SQL): Statement<true> => statement(sql`select 1 where ${when}`, () => true)

/** The same statement, which also hands its rows to `take`: for batches whose length varies. */
export const taking = <Row>(one: Statement<Row>, take: (rows: Row[]) => void): Statement<Row> => ({
  ...one,
  map: (raw) => {
    const rows = one.map(raw)
    take(rows)
    return rows
  },
})

interface Compiled<Row> extends Omit<Statement<Row>, 'params'> {
  readonly params: unknown[]
}

/** SQLite's way of writing; drizzle's own dialect would bring its query builders along, a tenth of the bundle. */
const dialect = {
  casing: new CasingCache(),
  escapeName: (name: string) => `"${name.replaceAll('"', '""')}"`,
  escapeParam: () => '?',
  escapeString: (text: string) => `'${text.replaceAll("'", "''")}'`,
}

const compile = <Row>(query: SQLWrapper, read?: (columns: readonly unknown[]) => Row): Compiled<Row> => {
  const { sql: text, params } = query.getSQL().toQuery(dialect)
  const flat = text.replace(/\s+/g, ' ').trim()
  return { sql: flat, params, writes: !/^select\b/i.test(flat), map: read ? (rows) => rows.map(read) : () => [] }
}

const placeholders = <Name extends string>(names: readonly Name[]): Params<Name> =>
  Object.fromEntries(names.map((name) => [name, sql`${sql.placeholder(name)}`])) as Params<Name>

const bound = (params: unknown[], values: Readonly<Record<string, Value>>): Value[] =>
  fillPlaceholders(params, values) as Value[]
