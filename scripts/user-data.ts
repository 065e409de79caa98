import { existsSync, globSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { is } from 'drizzle-orm'
import {
  getTableConfig,
  type SQLiteColumn,
  SQLiteCustomColumn,
  SQLiteTable,
  SQLiteTextJson,
} from 'drizzle-orm/sqlite-core'

/**
 * Writes down where the data of a user lies, read off the schema: every table from which foreign keys lead to `users`,
 * and its columns that are no secret; beside each `schema.ts`, those of its tables. With `--check` fails where one is not
 * current. So the service knows its own schema without loading it.
 */
const src = join(import.meta.dirname, '../src')

interface UserData {
  /** Relative to `src`. */
  readonly path: string
  readonly source: string
}

/** What belongs beside each `schema.ts` with a table that holds something of users. */
export const everyUserData = async (): Promise<UserData[]> => {
  const files = globSync('{identity,features/*}/schema.ts', { cwd: src }).sort()
  const made = files.map(async (file) => {
    const tables = Object.values<unknown>(await import(join(src, file))).filter((value) => is(value, SQLiteTable))
    return { path: join(dirname(file), 'user-data.ts'), source: fileOf(dirname(file), userDataOf(tables)) }
  })
  return (await Promise.all(made)).filter(({ source }) => source.includes('table:'))
}

const fileOf = (folder: string, tables: string): string => `import { sql } from 'drizzle-orm'
import type { UserTable } from '${folder === 'identity' ? './' : '../../identity/'}user-table.ts'

/** What is stored of users in the tables of \`schema.ts\`: made from it by \`scripts/user-data.ts\`. */
export const userData: readonly UserTable[] = [\n${tables}]\n`

/** The source of `userData` for these tables, by name: the order in which a module names its exports differs. */
export const userDataOf = (tables: readonly SQLiteTable[]): string =>
  tables
    .toSorted((a, b) => (getTableConfig(a).name < getTableConfig(b).name ? -1 : 1))
    .flatMap((table) => {
      const rows = rowsOf(table, [])
      return rows === undefined ? [] : [entryOf(table, rows)]
    })
    .join('')

const entryOf = (table: SQLiteTable, rows: string): string => {
  const { name, columns } = getTableConfig(table)
  const known = columns.filter((column) => kindOf(column) !== 'secret')
  const fields = known.map((column) => `      ${column.name}: '${kindOf(column)}',\n`)
  return `  {\n    table: '${name}',\n    fields: {\n${fields.join('')}    },\n    of: (user) => sql\`${rows}\`,\n  },\n`
}

const user = '$' + '{user}'

/** As SQL, which rows of a table are a user's; undefined where no foreign key leads there. */
const rowsOf = (table: SQLiteTable, seen: readonly SQLiteTable[]): string | undefined => {
  if (seen.includes(table)) return undefined
  const { name, foreignKeys } = getTableConfig(table)
  if (name === 'users') return `id = ${user}`
  const ways = foreignKeys.flatMap((key) => {
    const { columns, foreignColumns, foreignTable } = key.reference()
    const [from, to, parent] = [columns[0]?.name, foreignColumns[0]?.name, getTableConfig(foreignTable).name]
    if (parent === 'users') return [`${from} = ${user}`]
    const beyond = rowsOf(foreignTable, [...seen, table])
    return beyond === undefined ? [] : [`${from} in (select ${to} from ${parent} where ${beyond})`]
  })
  return ways.length > 1 ? `(${ways.join(' or ')})` : ways[0]
}

const kindOf = (column: SQLiteColumn): string => {
  if (is(column, SQLiteCustomColumn)) return column.getSQLType() === 'integer' ? 'flag' : 'secret'
  if (is(column, SQLiteTextJson)) return 'json'
  return column.name.endsWith('_at') ? 'time' : 'plain'
}

if (import.meta.main) {
  for (const { path, source } of await everyUserData()) {
    const file = join(src, path)
    if (!process.argv.includes('--check')) writeFileSync(file, source)
    else if (!existsSync(file) || readFileSync(file, 'utf8') !== source)
      throw new Error(`src/${path} is not current: node scripts/user-data.ts`)
  }
}
