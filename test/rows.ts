import { query, type Server } from './harness.ts'

export const countOf = async (on: Server, table: string) =>
  Number((await query(on, `select count(*) from ${table}`))[0]?.[0])

const throttled = (endsAt: number) => `insert into throttle select 'k' || i, 1, ${endsAt}, 'r'`
const device = (endsAt: number, userId: string) =>
  `insert into devices (id, user_id, created_at, last_used_at, expires_at) select 'd' || i, '${userId}', 1, 1, ${endsAt}`

/** Rows that nobody uses, all alike but for their name. */
export const fill = (on: Server, table: 'throttle' | 'devices', rows: number, endsAt: number, userId = '') =>
  query(
    on,
    `with recursive n(i) as (select 1 union all select i + 1 from n where i < ${rows})
     ${table === 'throttle' ? throttled(endsAt) : device(endsAt, userId)} from n`.trim(),
  )
