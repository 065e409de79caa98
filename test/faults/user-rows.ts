import type { Database } from '../../src/base/ports.ts'

/** Whatever the database holds of some users. */
export interface UserRows {
  /** All of it, each row as a line. */
  readonly lines: readonly string[]
  readonly users: number
  /** Ids of the sessions that have ended. */
  readonly ended: readonly string[]
}

/**
 * Whether a message was delivered is no part of what an act left: that may fail beside it, and the job sees to it. Nor is
 * word of what only the answer knew, such as a new device: it goes with the answer.
 */
const columnsOf = (table: string): string =>
  table === 'outbox' ? 'id, user_id, kind, recipient, language, details, limited, created_at, expires_at' : '*'
const isAbout = (table: string): string => (table === 'outbox' ? " and kind not in ('new_device', 'token_reused')" : '')

/** `first` runs before, in the same trip, with the addresses as its only parameter. */
export type ReadUserRows = (emails: readonly string[], first?: string) => Promise<UserRows>

const mine = 'email in (select value from json_each(?))'
const foreignKeys = `select m.name, f."table", f."from" from sqlite_master m join pragma_foreign_key_list(m.name) f
  where m.type = 'table' order by m.name`
const ended = `select id from sessions where ended_at is not null
  and user_id in (select id from users where ${mine}) order by id`

/** Finds by foreign keys what hangs on a user, so that a later table is read the day it is added. */
export const newUserRows = async (database: Database): Promise<ReadUserRows> => {
  const [keys = []] = await database.run([{ sql: foreignKeys, params: [], writes: false }], 20_000)
  const parents = new Map(keys.map(([table, parent, column]) => [String(table), { parent: String(parent), column }]))
  const condition = (table: string): string => {
    const key = parents.get(table)
    return key ? `${key.column} in (select id from ${key.parent} where ${condition(key.parent)})` : mine
  }
  const tables = ['users', ...parents.keys()]
  const texts = [
    ...tables.map((table) => `select ${columnsOf(table)} from ${table} where ${condition(table)}${isAbout(table)}`),
    ended,
  ]
  return async (emails, first) => {
    const params = [JSON.stringify(emails)]
    const reads = texts.map((sql) => ({ sql, params, writes: false }))
    const writes = first === undefined ? [] : [{ sql: first, params, writes: true }]
    const found = (await database.run([...writes, ...reads], 20_000)).slice(writes.length)
    return {
      lines: tables.flatMap((table, i) => (found[i] ?? []).map((row) => `${table} ${JSON.stringify(row)}`)),
      users: found[0]?.length ?? 0,
      ended: (found.at(-1) ?? []).map(([id]) => String(id)),
    }
  }
}

/** The same for whoever does the same: ids, hashes and addresses give way to whether they stood there `before`. */
export const likeness = (now: UserRows, before: UserRows): string => {
  const known = new Set(before.lines.flatMap((line) => line.match(secrets) ?? []))
  const blank = (text: string) => (/[0-9A-Z]/.test(text) ? (known.has(text) ? 'old' : 'new') : text)
  return now.lines
    .map((line) => line.replace(secrets, blank))
    .sort()
    .join('\n')
}

/** Usernames of the tests, and whatever is as long as an id, a hash or an address; times are shorter. */
const secrets = /\bu[0-9a-f]{8}\b|[\w$.@+/=-]{12,}/g
