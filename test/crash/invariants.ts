import type { Database } from '../../src/base/ports.ts'

/** What no fault may leave behind: each query finds what is half done, or done twice. */
const violations: readonly (readonly [title: string, sql: string])[] = [
  ['a user without a password', 'select id from users where id not in (select user_id from passwords)'],
  ['a user without a session', 'select id from users where id not in (select user_id from sessions)'],
  ['a user without a device', 'select id from users where id not in (select user_id from devices)'],
  [
    'a used refresh token without its successor',
    `select hash from refresh_tokens where used_at is not null
      and successor_hash not in (select hash from refresh_tokens)`,
  ],
  [
    'two live refresh tokens of one session',
    `select session_id from refresh_tokens join sessions on sessions.id = session_id
      where used_at is null and ended_at is null group by session_id having count(*) > 1`,
  ],
  ['a theft that was none', "select id from sessions where ended_reason = 'refresh_reuse'"],
  ['a child without its parent', 'select "table", rowid from pragma_foreign_key_check'],
  ['a damaged page', "select integrity_check from pragma_integrity_check where integrity_check <> 'ok'"],
]

/** Titles of what is violated, each with the first rows that show it. */
export const violationsIn = async (database: Database): Promise<string[]> => {
  const found: string[] = []
  for (const [title, sql] of violations) {
    const [rows = []] = await database.run([{ sql, params: [], writes: false }], 10_000)
    if (rows.length > 0) found.push(`${title}: ${JSON.stringify(rows.slice(0, 3))}`)
  }
  return found
}
