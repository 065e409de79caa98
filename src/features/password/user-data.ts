import { sql } from 'drizzle-orm'
import type { UserTable } from '../../identity/user-table.ts'

/** What is stored of users in the tables of `schema.ts`: made from it by `scripts/user-data.ts`. */
export const userData: readonly UserTable[] = [
  {
    table: 'passwords',
    fields: {
      user_id: 'plain',
      changed_at: 'time',
    },
    of: (user) => sql`user_id = ${user}`,
  },
]
