import { sql } from 'drizzle-orm'
import { index, integer, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core'
import { secret } from '../../identity/columns.ts'
import { users } from '../../identity/schema.ts'

/** What an authenticator app shares with us: of each user one that is confirmed, and one that is still to be. */
export const totpSecrets = sqliteTable(
  'totp_secrets',
  {
    id: text().primaryKey(),
    userId: text('user_id')
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    /** Base32, sealed at `totp_secrets/secret/<id>`. */
    secret: secret().notNull(),
    createdAt: integer('created_at').notNull(),
    confirmedAt: integer('confirmed_at'),
    /** The request that confirmed it, so that its own retry finds its mark. */
    confirmedBy: text('confirmed_by'),
    /** The time step of the last code that counted (RFC 6238): none counts twice, and none before it. */
    lastStep: integer('last_step').notNull().default(0),
  },
  (table) => [
    uniqueIndex('totp_secrets_confirmed').on(table.userId).where(sql`confirmed_at is not null`),
    uniqueIndex('totp_secrets_pending').on(table.userId).where(sql`confirmed_at is null`),
    index('totp_secrets_user').on(table.userId),
    // Begins with the name of what sealed it.
    index('totp_secrets_secret').on(table.secret),
  ],
)
