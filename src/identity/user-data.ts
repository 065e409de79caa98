import { type SQL, sql } from 'drizzle-orm'

/** A table that holds something of users. */
export interface UserTable {
  readonly table: string
  /** Its columns that are no secret, and how each reads. */
  readonly fields: Readonly<Record<string, 'plain' | 'flag' | 'time' | 'json'>>
  /** Holds for the rows of one user. */
  readonly of: (user: SQL | string) => SQL
}

/** All that is stored of users: made from the schema by `scripts/user-data.ts`. */
export const userData: readonly UserTable[] = [
  {
    table: 'challenges',
    fields: {
      user_id: 'plain',
      sign_in: 'json',
      tries: 'plain',
      tried_by: 'plain',
      created_at: 'time',
      expires_at: 'time',
      used_at: 'time',
      used_by: 'plain',
      enrolled: 'json',
    },
    of: (user) => sql`user_id = ${user}`,
  },
  {
    table: 'codes',
    fields: {
      purpose: 'plain',
      user_id: 'plain',
      session_id: 'plain',
      email: 'plain',
      email_canonical: 'plain',
      tries: 'plain',
      tried_by: 'plain',
      created_at: 'time',
      expires_at: 'time',
      used_at: 'time',
      used_by: 'plain',
    },
    of: (user) => sql`user_id = ${user}`,
  },
  {
    table: 'devices',
    fields: {
      id: 'plain',
      user_id: 'plain',
      created_at: 'time',
      last_used_at: 'time',
      expires_at: 'time',
      trusted_at: 'time',
      trusted_until: 'plain',
      trusted_by: 'plain',
      user_agent: 'plain',
    },
    of: (user) => sql`user_id = ${user}`,
  },
  {
    table: 'outbox',
    fields: {
      id: 'plain',
      user_id: 'plain',
      kind: 'plain',
      request_id: 'plain',
      recipient: 'plain',
      language: 'plain',
      details: 'json',
      limited: 'flag',
      attempts: 'plain',
      created_at: 'time',
      next_at: 'time',
      expires_at: 'time',
      done_at: 'time',
      failure: 'plain',
    },
    of: (user) => sql`user_id = ${user}`,
  },
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
  {
    table: 'passwords',
    fields: {
      user_id: 'plain',
      changed_at: 'time',
    },
    of: (user) => sql`user_id = ${user}`,
  },
  {
    table: 'recovery_codes',
    fields: {
      user_id: 'plain',
      created_at: 'time',
      used_at: 'time',
      used_by: 'plain',
    },
    of: (user) => sql`user_id = ${user}`,
  },
  {
    table: 'refresh_tokens',
    fields: {
      session_id: 'plain',
      created_at: 'time',
      expires_at: 'time',
      used_at: 'time',
      used_by: 'plain',
    },
    of: (user) => sql`session_id in (select id from sessions where user_id = ${user})`,
  },
  {
    table: 'sessions',
    fields: {
      id: 'plain',
      user_id: 'plain',
      methods: 'json',
      remember: 'flag',
      created_at: 'time',
      authenticated_at: 'time',
      last_seen_at: 'time',
      expires_at: 'time',
      ends_at: 'time',
      ended_at: 'time',
      ended_reason: 'plain',
      changed_at: 'time',
      hinted_at: 'time',
      user_agent: 'plain',
      address: 'plain',
      country: 'plain',
    },
    of: (user) => sql`user_id = ${user}`,
  },
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
  {
    table: 'users',
    fields: {
      id: 'plain',
      email: 'plain',
      email_canonical: 'plain',
      email_verified: 'flag',
      username: 'plain',
      name: 'plain',
      roles: 'json',
      created_at: 'time',
      suspended_at: 'time',
      locale: 'plain',
      erase_at: 'time',
    },
    of: (user) => sql`id = ${user}`,
  },
]
