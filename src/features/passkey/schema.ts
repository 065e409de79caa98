import { index, integer, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import { flag, secret } from '../../identity/columns.ts'
import { users } from '../../identity/schema.ts'

/** Public keys of authenticators. */
export const passkeys = sqliteTable(
  'passkeys',
  {
    id: text().primaryKey(),
    userId: text('user_id')
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    /** Base64url, as the authenticator made it. */
    credentialId: text('credential_id').notNull().unique(),
    /** COSE key, base64url. */
    publicKey: text('public_key').notNull(),
    /** Signatures that it has counted; 0 where it counts none. */
    counter: integer().notNull(),
    /** JSON array: how the browser reaches it. */
    transports: text({ mode: 'json' }).notNull(),
    /** It may be kept on several devices, and was when it last signed. */
    backupEligible: flag('backup_eligible').notNull(),
    backedUp: flag('backed_up').notNull(),
    /** The make of the authenticator; zeros where it does not tell. */
    aaguid: text().notNull(),
    name: text().notNull(),
    createdAt: integer('created_at').notNull(),
    lastUsedAt: integer('last_used_at'),
  },
  (table) => [index('passkeys_user').on(table.userId)],
)

/** What an authenticator is to sign once. */
export const passkeyChallenges = sqliteTable(
  'passkey_challenges',
  {
    hash: secret().primaryKey(),
    /** `register`, `sign_up`, `sign_in`, `sign_in_named`, `gate` or `step_up`: an answer to one is none to another. */
    purpose: text().notNull(),
    /** What has to be shown beside it: the hash of a browser's secret or of a sign-in on hold, or the id of a session. */
    boundTo: secret('bound_to').notNull(),
    /** Null where whoever signs tells who they are. */
    userId: text('user_id').references(() => users.id, { onDelete: 'cascade' }),
    /** The id of the user that a sign-up makes. */
    newUserId: text('new_user_id'),
    createdAt: integer('created_at').notNull(),
    expiresAt: integer('expires_at').notNull(),
    usedAt: integer('used_at'),
    /** The request that used it, so that its own retry finds its mark. */
    usedBy: text('used_by'),
  },
  (table) => [
    index('passkey_challenges_user').on(table.userId),
    index('passkey_challenges_expires').on(table.expiresAt),
  ],
)
