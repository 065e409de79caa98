import { query, type Server } from './harness.ts'

export const countOf = async (on: Server, table: string) =>
  Number((await query(on, `select count(*) from ${table}`))[0]?.[0])

/** Rows that nobody uses, all alike but for their name. */
export const fill = (on: Server, table: 'throttle' | 'devices', rows: number, endsAt: number, userId = '') =>
  query(
    on,
    `with recursive n(i) as (select 1 union all select i + 1 from n where i < ${rows})
     insert into ${table} select ${table === 'throttle' ? `'k' || i, 1, ${endsAt}, 'r'` : `'d' || i, '${userId}', 1, 1, ${endsAt}`} from n`.trim(),
  )
