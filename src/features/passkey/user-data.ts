import { sql } from 'drizzle-orm'
import type { UserTable } from '../../identity/user-table.ts'

/** What is stored of users in the tables of `schema.ts`: made from it by `scripts/user-data.ts`. */
export const userData: readonly UserTable[] = [
  {
    table: 'passkey_challenges',
    fields: {
      purpose: 'plain',
      user_id: 'plain',
      new_user_id: 'plain',
      created_at: 'time',
      expires_at: 'time',
      used_at: 'time',
      used_by: 'plain',
    },
    of: (user) => sql`user_id = ${user}`,
  },
  {
    table: 'passkeys',
    fields: {
      id: 'plain',
      user_id: 'plain',
      credential_id: 'plain',
      public_key: 'plain',
      counter: 'plain',
      transports: 'json',
      backup_eligible: 'flag',
      backed_up: 'flag',
      aaguid: 'plain',
      name: 'plain',
      created_at: 'time',
      last_used_at: 'time',
    },
    of: (user) => sql`user_id = ${user}`,
  },
]
