import { sql } from 'drizzle-orm'
import { type AnySQLiteColumn, index, integer, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core'
import { flag, secret } from './columns.ts'

/** `*_at` is Unix seconds. A hash is SHA-256 as base64url. Parents are only ever migrated additively. */
export const users = sqliteTable(
  'users',
  {
    id: text().primaryKey(),
    /** As given after NFKC, and mailed exactly so. */
    email: text().notNull(),
    /** What is compared. */
    emailCanonical: text('email_canonical').notNull(),
    emailVerified: flag('email_verified').notNull().default(0),
    username: text(),
    name: text(),
    roles: text({ mode: 'json' }).notNull().default([]),
    createdAt: integer('created_at').notNull(),
    suspendedAt: integer('suspended_at'),
    /** BCP 47; null where messages follow the request that causes them. */
    locale: text(),
    /** When the job erases the account; signing in before that keeps it. */
    eraseAt: integer('erase_at'),
  },
  (table) => [
    uniqueIndex('users_email_canonical').on(table.emailCanonical),
    uniqueIndex('users_username').on(table.username),
    index('users_erase').on(table.eraseAt).where(sql`erase_at is not null`),
  ],
)

/** The root of every credential that a sign-in produces. An ended row stays until the bound has passed. */
export const sessions = sqliteTable(
  'sessions',
  {
    id: text().primaryKey(),
    userId: userKey(),
    secretHash: secret('secret_hash').notNull(),
    /** JSON array: how the user proved who they are. */
    methods: text({ mode: 'json' }).notNull(),
    remember: flag().notNull(),
    createdAt: integer('created_at').notNull(),
    authenticatedAt: integer('authenticated_at').notNull(),
    lastSeenAt: integer('last_seen_at').notNull(),
    /** The idle limit, never past `ends_at`; the moment of the end once the session was ended. */
    expiresAt: integer('expires_at').notNull(),
    /** The absolute limit. */
    endsAt: integer('ends_at').notNull(),
    endedAt: integer('ended_at'),
    endedReason: text('ended_reason'),
    /** When it ended, or its user's snapshot changed: what a hint must tell. */
    changedAt: integer('changed_at'),
    hintedAt: integer('hinted_at'),
    userAgent: text('user_agent').notNull(),
    address: text(),
    country: text(),
    /** The request that made it fresh last, so that its own retry finds its mark. */
    elevatedBy: text('elevated_by'),
  },
  (table) => [
    index('sessions_user').on(table.userId, table.lastSeenAt),
    index('sessions_expires').on(table.expiresAt),
    index('sessions_changed').on(table.changedAt).where(sql`changed_at is not null`),
  ],
)

/** Devices that an account has used before. They authenticate nothing. */
export const devices = sqliteTable(
  'devices',
  {
    id: text().primaryKey(),
    userId: userKey(),
    createdAt: integer('created_at').notNull(),
    lastUsedAt: integer('last_used_at').notNull(),
    expiresAt: integer('expires_at').notNull(),
    /** When a second factor was shown here last, and until when that spares its user another. */
    trustedAt: integer('trusted_at'),
    trustedUntil: integer('trusted_until'),
    /** The id of that factor: where it is gone, nothing is spared. */
    trustedBy: text('trusted_by'),
    /** Of the browser that asked to be trusted. */
    userAgent: text('user_agent'),
  },
  (table) => [index('devices_user').on(table.userId), index('devices_expires').on(table.expiresAt)],
)

/** One row for each refresh token ever issued: used ones stay until they expire, so that a reuse is known as theft. */
export const refreshTokens = sqliteTable(
  'refresh_tokens',
  {
    hash: secret().primaryKey(),
    sessionId: text('session_id')
      .notNull()
      .references((): AnySQLiteColumn => sessions.id, { onDelete: 'cascade' }),
    createdAt: integer('created_at').notNull(),
    expiresAt: integer('expires_at').notNull(),
    usedAt: integer('used_at'),
    /** The request that used it, so that its own retry is not taken for a thief. */
    usedBy: text('used_by'),
    successorHash: secret('successor_hash'),
  },
  (table) => [index('refresh_tokens_session').on(table.sessionId), index('refresh_tokens_expires').on(table.expiresAt)],
)

/** A sign-in that a gate holds up. Its id is a secret. */
export const challenges = sqliteTable(
  'challenges',
  {
    hash: secret().primaryKey(),
    userId: userKey(),
    /** JSON: methods that would do, methods passed, transport, remember, device. */
    signIn: text('sign_in', { mode: 'json' }).notNull(),
    throttleKey: secret('throttle_key').notNull(),
    tries: integer().notNull().default(0),
    /** The request that tried last, so that its own retry counts once. */
    triedBy: text('tried_by'),
    createdAt: integer('created_at').notNull(),
    expiresAt: integer('expires_at').notNull(),
    usedAt: integer('used_at'),
    /** The id of the session that the answer began, or would have begun where another gate asks: it marks the winner. */
    usedBy: text('used_by'),
    /** JSON: the factor that it let its user set up, where it asked for that. */
    enrolled: text({ mode: 'json' }),
  },
  (table) => [index('challenges_user').on(table.userId), index('challenges_expires').on(table.expiresAt)],
)

/** Codes for a user who has lost their second factor. All of a set are hashed with one salt. */
export const recoveryCodes = sqliteTable(
  'recovery_codes',
  {
    /** Argon2id under `salt`, base64url. */
    hash: secret().primaryKey(),
    userId: userKey(),
    /** A PHC string without its hash: how to hash what is typed. */
    salt: secret().notNull(),
    createdAt: integer('created_at').notNull(),
    usedAt: integer('used_at'),
    /** What used it, so that its own retry finds its mark. */
    usedBy: text('used_by'),
  },
  (table) => [index('recovery_codes_user').on(table.userId)],
)

/** What is sent by mail to be shown once: links, and typed codes with their ids. */
export const codes = sqliteTable(
  'codes',
  {
    /** Of the token, or of the id that a typed code goes with. */
    hash: secret().primaryKey(),
    purpose: text().notNull(),
    /** Null where signing in makes the account. */
    userId: text('user_id').references((): AnySQLiteColumn => users.id, { onDelete: 'cascade' }),
    /** The session that asked for it, where its life depends on that one's. */
    sessionId: text('session_id'),
    /** The address that it was sent to, and proves. */
    email: text().notNull(),
    emailCanonical: text('email_canonical').notNull(),
    /** HMAC of a typed code; null where the token is all. */
    codeMac: secret('code_mac'),
    throttleKey: secret('throttle_key'),
    tries: integer().notNull().default(0),
    /** The request that tried last, so that its own retry counts once. */
    triedBy: text('tried_by'),
    createdAt: integer('created_at').notNull(),
    expiresAt: integer('expires_at').notNull(),
    usedAt: integer('used_at'),
    /** What used it, so that its own retry finds its mark. */
    usedBy: text('used_by'),
  },
  (table) => [
    index('codes_user').on(table.userId, table.purpose),
    index('codes_email').on(table.emailCanonical, table.purpose),
    index('codes_expires').on(table.expiresAt),
  ],
)

/** Messages: what is to be sent, what was, and what could not be; and what a recipient was asked to be sent this hour. */
export const outbox = sqliteTable(
  'outbox',
  {
    id: text().primaryKey(),
    /** Null where the recipient has no account, or none any more. */
    userId: text('user_id').references((): AnySQLiteColumn => users.id, { onDelete: 'cascade' }),
    kind: text().notNull(),
    /** The request that wrote it, which its own repeat must not count against. */
    requestId: text('request_id').notNull(),
    /** Mailed byte for byte. */
    recipient: text().notNull(),
    /** BCP 47. */
    language: text().notNull(),
    /** JSON of what the text needs, sealed at `outbox/sealed/<id>`; null once it is over, or where nothing was to leave. */
    sealed: secret(),
    /** JSON of what only the batch knew: counts, never a secret. */
    details: text({ mode: 'json' }),
    /** 1 where a stranger may cause it: these rows are the only count of what a recipient is sent in an hour. */
    limited: flag().notNull(),
    /** 0 until the job takes it up, and where nothing was to leave. */
    attempts: integer().notNull().default(1),
    createdAt: integer('created_at').notNull(),
    /** Then it is tried again; null once it is over. */
    nextAt: integer('next_at'),
    /** From here on it is worth nothing to its reader. */
    expiresAt: integer('expires_at').notNull(),
    /** When it was delivered or given up; at once where nothing was to leave. */
    doneAt: integer('done_at'),
    /** Why it was given up; null where it was not. */
    failure: text(),
  },
  (table) => [
    index('outbox_user').on(table.userId),
    index('outbox_next').on(table.nextAt).where(sql`next_at is not null`),
    index('outbox_done').on(table.doneAt).where(sql`done_at is not null`),
    index('outbox_recipient').on(sql`lower(recipient)`, table.createdAt).where(sql`limited = 1`),
  ],
)

/** Sessions of users who are no more, for as long as a lease or a token of theirs may be believed. */
export const erasedSessions = sqliteTable(
  'erased_sessions',
  {
    id: text().primaryKey(),
    erasedAt: integer('erased_at').notNull(),
    hintedAt: integer('hinted_at'),
  },
  (table) => [index('erased_sessions_erased').on(table.erasedAt)],
)

/** Attempts by HMAC of what they were aimed at or came from. */
export const throttle = sqliteTable(
  'throttle',
  {
    key: secret().primaryKey(),
    count: integer().notNull(),
    endsAt: integer('ends_at').notNull(),
    /** The request that counted last, so that its own retry counts once. */
    attempt: text().notNull(),
  },
  (table) => [index('throttle_ends').on(table.endsAt)],
)

export const signingKeys = sqliteTable('signing_keys', {
  /** The `kid`. */
  id: text().primaryKey(),
  publicJwk: text('public_jwk').notNull(),
  /** Private JWK, sealed at `signing_keys/private_jwk/<id>`. */
  privateJwk: secret('private_jwk').notNull(),
  createdAt: integer('created_at').notNull(),
  signsFrom: integer('signs_from').notNull(),
  /** From here on it signs no more. */
  retiredAt: integer('retired_at'),
  /** From here on nothing that it signed lives; it leaves the JWKS. */
  expiresAt: integer('expires_at'),
})

function userKey() {
  return text('user_id')
    .notNull()
    .references((): AnySQLiteColumn => users.id, { onDelete: 'cascade' })
}
