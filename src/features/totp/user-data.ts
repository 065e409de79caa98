import { sql } from 'drizzle-orm'
import type { UserTable } from '../../identity/user-table.ts'

/** What is stored of users in the tables of `schema.ts`: made from it by `scripts/user-data.ts`. */
export const userData: readonly UserTable[] = [
  {
    table: 'totp_secrets',
    fields: {
      id: 'plain',
      user_id: 'plain',
      created_at: 'time',
      confirmed_at: 'time',
      confirmed_by: 'plain',
      last_step: 'plain',
    },
    of: (user) => sql`user_id = ${user}`,
  },
]
