import { type SQL, sql } from 'drizzle-orm'
import type { KeyRing } from '../base/crypto.ts'
import type { Context } from './context.ts'
import { statement } from './statement.ts'

/** A column that holds what the key ring sealed, at `<table>/<column>/<id>`. It has an index. */
interface SealedColumn {
  readonly table: string
  readonly column: string
}

/** Rows that one run of the job seals again, of each column: of a million, all within three days. */
const most = 300

/** Where features keep sealed secrets: the job seals them again with the first secret of the ring, and `readyz` counts. */
export const newSealed = (ring: KeyRing) => {
  const columns: SealedColumn[] = []

  /** Sealed by another secret than the first: before or after all that begins with its name. */
  const isOld = (column: string, sealer: string): SQL => {
    const name = sql.identifier(column)
    return sql`(${name} < ${`${sealer}.`} or ${name} >= ${`${sealer}/`})`
  }

  /** What `sealer` sealed, some of it. */
  const reseal = async (context: Context, { table, column }: SealedColumn, sealer: string): Promise<number> => {
    const [from, name] = [sql.identifier(table), sql.identifier(column)]
    const [rows] = await context.batch([
      statement(
        sql`select id, ${name} from ${from} where ${name} >= ${`${sealer}.`} and ${name} < ${`${sealer}/`} limit ${most}`,
        ([id, text]): [string, string] => [String(id), String(text)],
      ),
    ])
    const updates = []
    for (const [id, text] of rows) {
      const place = `${table}/${column}/${id}`
      const opened = await ring.open(place, text)
      if (opened === undefined) continue
      const anew = await ring.seal(place, opened)
      updates.push(statement(sql`update ${from} set ${name} = ${anew} where id = ${id} and ${name} = ${text}`))
    }
    if (updates.length > 0) await context.batch(updates)
    return updates.length
  }

  return {
    add: (column: SealedColumn) => void columns.push(column),

    /** Rows that another secret sealed, of each column 1,000 at most, as SQL. */
    old: (sealer: string): SQL => {
      const counts = columns.map(
        ({ table, column }) =>
          sql`(select count(*) from (select 1 from ${sql.identifier(table)} where ${isOld(column, sealer)} limit 1000))`,
      )
      return sql`(${sql.join([sql`0`, ...counts], sql` + `)})`
    },

    /** Part of the scheduled job. */
    async reseal(context: Context): Promise<number> {
      let resealed = 0
      for (const sealer of await ring.otherSealers()) {
        for (const column of columns) resealed += await reseal(context, column, sealer)
      }
      return resealed
    },
  }
}
