import { sql } from 'drizzle-orm'
import { evidenceNames, stands } from '../../identity/sessions.ts'
import { prepare } from '../../identity/statement.ts'

export const profileStore = {
  /**
   * Null leaves the username; `setsName` and `setsLocale` 0 leave the name and the locale, which null clears. Changes
   * nothing at all where the username is another's: the unique index decides.
   */
  change: prepare(
    [...evidenceNames, 'username', 'setsName', 'name', 'setsLocale', 'locale'],
    (p) => sql`update or ignore users set username = coalesce(${p.username}, username),
      name = iif(${p.setsName}, ${p.name}, name), locale = iif(${p.setsLocale}, ${p.locale}, locale)
      where id = (select user_id from sessions where sessions.id = ${p.sid}) and ${stands(p)}`,
  ),
}
