import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { integer, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import { expect, test } from 'vitest'
import { everyUserData, userDataOf } from '../scripts/user-data.ts'
import { flag, secret } from '../src/identity/columns.ts'
import { sessions, users } from '../src/identity/schema.ts'
import { server } from './harness.ts'

const src = join(import.meta.dirname, '../src')

test('what the service knows of its schema is what the schema says, and the service knows all of it', async () => {
  const { core } = await server()
  const made = await everyUserData()

  const current = made.map(({ path }) => readFileSync(join(src, path), 'utf8'))

  expect(current).toEqual(made.map(({ source }) => source))
  const tables = current.flatMap((source) => [...source.matchAll(/ table: '(\w+)'/g)].map(([, table]) => table))
  expect(core.userData.map(({ table }) => table).sort()).toEqual(tables.sort())
})

test('a table that a feature adds is told and erased with its user, but for its secrets', () => {
  const keys = sqliteTable('api_keys', {
    id: text().primaryKey(),
    sessionId: text('session_id').references(() => sessions.id),
    hash: secret().notNull(),
    scopes: text({ mode: 'json' }).notNull(),
    isDisabled: flag('is_disabled').notNull(),
    usedAt: integer('used_at'),
  })
  const calls = sqliteTable('calls', { keyId: text('key_id').references(() => keys.id), count: integer().notNull() })

  const made = userDataOf([keys, calls])

  expect(made).toBe(`  {
    table: 'api_keys',
    fields: {
      id: 'plain',
      session_id: 'plain',
      scopes: 'json',
      is_disabled: 'flag',
      used_at: 'time',
    },
    of: (user) => sql\`session_id in (select id from sessions where user_id = \${user})\`,
  },
  {
    table: 'calls',
    fields: {
      key_id: 'plain',
      count: 'plain',
    },
    of: (user) => sql\`key_id in (select id from api_keys where session_id in (select id from sessions where user_id = \${user}))\`,
  },
`)
})

test('a table with two keys to users is theirs by either, and one without any is nobody’s', () => {
  const invitations = sqliteTable('invitations', {
    hostId: text('host_id').references(() => users.id),
    guestId: text('guest_id').references(() => users.id),
  })
  const plans = sqliteTable('plans', { id: text().primaryKey(), parentId: text('parent_id') })

  const made = userDataOf([invitations, plans])

  expect(made).toContain('sql`(host_id = $' + '{user} or guest_id = $' + '{user})`')
  expect(made).not.toContain('plans')
})
