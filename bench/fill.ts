import { type SQL, sql } from 'drizzle-orm'
import { argon2id } from '../src/adapters/password-hash/native.ts'
import { passwordHasher } from '../src/base/phc.ts'
import type { Database } from '../src/base/ports.ts'
import { statement } from '../src/identity/statement.ts'
import type { Progress } from './progress.ts'

/** Of every user, so that a few thousand rows know a password without a million hashes. */
export const password = 'correct horse battery staple'

export const emailOf = (user: number): string => `person.${user}@example.com`
export const usernameOf = (user: number): string => `person_${user}`

/** Rows for each user: half of the sessions of one in five are by token, and each such session was refreshed thrice. */
const shares = { sessions: 5, devices: 2, tokens: 4 } as const

/** Users whose rows one statement makes: about a second of the write lock. */
const chunk = 50_000

const day = 86_400

/** One kind of row: `select` makes the rows of the users from `from` to `to`, both counted from 1. */
interface Pass {
  readonly rows: number
  readonly make: (from: number, to: number) => SQL
}

/** How many rows `fill` makes for so many users. */
export const rowsFor = (users: number): number =>
  users * (2 + shares.sessions + shares.devices) + (users / 2) * shares.tokens + users / 10 + users / 100

/**
 * Fills a migrated, empty database by a few large statements. The order of the rows is the order of every index, so
 * that none is torn apart: ids have their real form and are spread evenly, but ascend.
 */
export const fill = async (database: Database, users: number, progress: Progress): Promise<void> => {
  const hash = await passwordHasher(argon2id).hash(password)
  const now = Math.floor(Date.now() / 1000)
  const passes = passesFor(users, hash, now)
  for (const { rows, make } of passes) {
    for (let from = 1; from <= users; from += chunk) {
      const to = Math.min(users, from + chunk - 1)
      await database.run([statement(make(from, to))], 120_000)
      progress.advance((rows * (to - from + 1)) / users)
    }
  }
}

const passesFor = (users: number, hash: string, now: number): Pass[] => [
  { rows: users, make: usersPass(users, now) },
  {
    rows: users,
    make: (from, to) => sql`insert into passwords (user_id, hash, changed_at)
      select id, ${hash}, created_at from users where rowid between ${from} and ${to}`,
  },
  ...Array.from({ length: shares.sessions }, (_, nth) => ({ rows: users, make: sessionsPass(users, now, nth) })),
  ...Array.from({ length: shares.devices }, (_, nth) => ({ rows: users, make: devicesPass(users, now, nth) })),
  { rows: (users / 2) * shares.tokens, make: tokensPass(users) },
  { rows: users / 10, make: countersPass(users, now) },
  { rows: users / 100, make: challengesPass(now) },
]

/** An id of the real form: the `nth` of so many, in order, with a random tail. */
const idOf = (prefix: string, nth: SQL, of: number): SQL =>
  sql`${prefix} || printf('%08X', (${nth}) * ${Math.floor(2 ** 32 / (of + 1))}) || substr(hex(randomblob(7)), 1, 14)`

const randomHash = sql.raw('substr(hex(randomblob(22)), 1, 43)')

const numbers = (from: number, to: number): SQL =>
  sql`with recursive n(i) as (select ${from} union all select i + 1 from n where i < ${to})`

const usersPass = (users: number, now: number) => (from: number, to: number) =>
  sql`${numbers(from, to)} insert into users (id, email, email_canonical, username, name, created_at)
    select ${idOf('usr_', sql`i`, users)}, 'person.' || i || '@example.com', 'person.' || i || '@example.com',
      'person_' || i, 'Ada Lovelace', ${now - 100 * day} from n`

/** Seen within the last twenty days, those of a later pass more recently; nothing has expired. */
const sessionsPass = (users: number, now: number, nth: number) => (from: number, to: number) => {
  const total = users * shares.sessions
  const seen = sql`${now - 20 * day} + (${nth * users} + rowid) * ${19 * day} / ${total}`
  return sql`insert into sessions (id, user_id, secret_hash, methods, remember, created_at, authenticated_at,
      last_seen_at, expires_at, ends_at, user_agent, address, country)
    select ${idOf('ses_', sql`${nth * users} + rowid`, total)}, id, ${randomHash}, '["password"]', 1,
      ${seen} - ${5 * day}, ${seen} - ${5 * day}, ${seen}, ${seen} + ${30 * day}, ${seen} + ${85 * day},
      'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
      '203.0.' || (rowid / 256 % 256) || '.' || (rowid % 256), 'FR'
    from users where rowid between ${from} and ${to}`
}

const devicesPass = (users: number, now: number, nth: number) => (from: number, to: number) => {
  const total = users * shares.devices
  const used = sql`${now - 20 * day} + (${nth * users} + rowid) * ${19 * day} / ${total}`
  return sql`insert into devices (id, user_id, created_at, last_used_at, expires_at)
    select ${idOf('dev_', sql`${nth * users} + rowid`, total)}, id, ${used}, ${used}, ${used} + ${365 * day}
    from users where rowid between ${from} and ${to}`
}

/** On every second of the newest sessions; all but the last are used, and name their successor. */
const tokensPass = (users: number) => (from: number, to: number) => {
  const before = users * (shares.sessions - 1)
  const named = (generation: SQL) => sql`substr(id, 5, 8) || (${generation}) || substr(secret_hash, 1, 34)`
  return sql`with g(i) as (values (0), (1), (2), (3))
    insert into refresh_tokens (hash, session_id, created_at, expires_at, used_at, used_by, successor_hash)
    select ${named(sql`g.i`)}, id, last_seen_at - (3 - g.i) * 300, expires_at - (3 - g.i) * 300,
      iif(g.i < 3, last_seen_at - (2 - g.i) * 300, null), iif(g.i < 3, 'req_' || substr(hex(randomblob(11)), 1, 22), null),
      iif(g.i < 3, ${named(sql`g.i + 1`)}, null)
    from sessions cross join g where sessions.rowid between ${before + from} and ${before + to} and sessions.rowid % 2 = 0`
}

const countersPass = (users: number, now: number) => (from: number, to: number) =>
  sql`${numbers(Math.ceil(from / 10), Math.floor(to / 10))} insert into throttle (key, count, ends_at, attempt)
    select printf('%08X', i * ${Math.floor(2 ** 32 / (users / 10 + 1))}) || substr(${randomHash}, 9), 1 + i % 5,
      ${now + day} + i, 'req_' || substr(hex(randomblob(11)), 1, 22) from n`

const challengesPass = (now: number) => (from: number, to: number) =>
  sql`insert into challenges (hash, user_id, sign_in, throttle_key, created_at, expires_at)
    select ${randomHash}, id, '{"methods":["totp"],"passed":["password"],"manner":{"transport":"cookie","remember":true}}',
      ${randomHash}, ${now}, ${now + day} + rowid from users where rowid between ${from} and ${to} and rowid % 100 = 0`
