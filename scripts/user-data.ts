import { globSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
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
 * and its columns that are no secret. With `--check` fails where that is not current. So the service knows its own schema
 * without loading it.
 */
const src = join(import.meta.dirname, '../src')
const path = join(src, 'identity/user-data.ts')

/** Every table of every feature. */
export const schemaTables = async (): Promise<SQLiteTable[]> => {
  const files = globSync('{identity,features/*}/schema.ts', { cwd: src }).sort()
  const modules: object[] = await Promise.all(files.map((file) => import(join(src, file))))
  return modules.flatMap((one) => Object.values(one).filter((value) => is(value, SQLiteTable)))
}

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
  const current = readFileSync(path, 'utf8')
  const tables = userDataOf(await schemaTables())
  const made = current.replace(/(?<=userData: readonly UserTable\[\] = \[\n)[\s\S]*?(?=\]\n)/, () => tables)
  if (!process.argv.includes('--check')) writeFileSync(path, made)
  else if (made !== current) throw new Error('src/identity/user-data.ts is not current: node scripts/user-data.ts')
}
