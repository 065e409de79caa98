import { integer, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import { secret } from '../../identity/columns.ts'
import { users } from '../../identity/schema.ts'

export const passwords = sqliteTable('passwords', {
  userId: text('user_id')
    .primaryKey()
    .references(() => users.id, { onDelete: 'cascade' }),
  /** PHC string. */
  hash: secret().notNull(),
  changedAt: integer('changed_at').notNull(),
})
