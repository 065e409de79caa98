import { sql } from 'drizzle-orm'
import { evidenceNames, stands } from '../../identity/sessions.ts'
import { prepare } from '../../identity/statement.ts'

export const profileStore = {
  /**
   * Null leaves the username; `setsName` 0 leaves the name, which null clears. Changes nothing at all where the
   * username is another's: the unique index decides.
   */
  change: prepare(
    [...evidenceNames, 'username', 'setsName', 'name'],
    (p) => sql`update or ignore users set username = coalesce(${p.username}, username),
      name = iif(${p.setsName}, ${p.name}, name)
      where id = (select user_id from sessions where sessions.id = ${p.sid}) and ${stands(p)}`,
  ),
}
