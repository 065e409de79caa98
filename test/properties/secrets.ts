import { entriesOf } from '../feature-tables.ts'
import { query, type Server } from '../harness.ts'

/** What a column is called that holds a secret, or what is kept of one. */
const secretName = /(?:^|_)(?:hash|secret|token|code|otp|nonce|state|verifier|challenge|password|jwk|key|mac|sealed)$/

export type SecretKind = 'one-time' | 'lasting' | 'no secret'

/**
 * What is kept of secrets, column by column: a new one fails the tests until somebody has said here whether it is spent
 * by its first use. Then `one-time.test.ts` wants to know how, and `confusion.test.ts` tries it in every other's place.
 */
export const kinds: Readonly<Record<string, SecretKind>> = {
  'passwords.hash': 'lasting',
  'sessions.secret_hash': 'lasting',
  'refresh_tokens.hash': 'one-time',
  // Says which successor a refresh token has; it is a row of its own.
  'refresh_tokens.successor_hash': 'no secret',
  'challenges.hash': 'one-time',
  'recovery_codes.hash': 'one-time',
  'challenges.throttle_key': 'no secret',
  'codes.hash': 'one-time',
  // Of a code to type: spent with the id that `codes.hash` is of, and worth nothing without.
  'codes.code_mac': 'lasting',
  'codes.throttle_key': 'no secret',
  // The links and codes of a message that is under way.
  'outbox.sealed': 'lasting',
  'throttle.key': 'no secret',
  'signing_keys.public_jwk': 'no secret',
  'signing_keys.private_jwk': 'lasting',
  ...entriesOf((feature) => feature.secretKinds),
}

/** Every table of the service. A migration may have left others, of a feature that was deleted. */
export const tablesOf = (on: Server): string[] => [...on.core.tables.keys()]

/** `table.column` of every column of the database that is called as secrets are, or that marks a use. */
export const secretColumns = async (on: Server): Promise<string[]> => {
  const found = await Promise.all(
    tablesOf(on).map(async (table) => {
      const names = (await query(on, 'select name from pragma_table_info(?)', table)).map(String)
      const secrets = names.filter((name) => secretName.test(name))
      // What can be used up has a secret, whatever that is called.
      const spent = names.includes('used_at') && secrets.length === 0 ? ['used_at'] : []
      return [...secrets, ...spent].map((name) => `${table}.${name}`)
    }),
  )
  return found.flat().sort()
}

/** Tables with a secret that hangs neither on a user nor on a session, though the ends of these must end it. */
export const rootless = async (on: Server): Promise<string[]> => {
  const columns = (await secretColumns(on)).filter((column) => kinds[column] !== 'no secret')
  const tables = new Set(columns.map((column) => column.replace(/\..*/, '')))
  const keys = await Promise.all(
    [...tables].map(async (table) => ({
      table,
      rows: await query(on, 'select "table", on_delete from pragma_foreign_key_list(?)', table),
    })),
  )
  const isRooted = (rows: unknown[][]) =>
    rows.some(([to, how]) => /^(users|sessions)$/.test(String(to)) && how === 'CASCADE')
  return keys.filter(({ rows }) => !isRooted(rows)).map(({ table }) => table)
}
