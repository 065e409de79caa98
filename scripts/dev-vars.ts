import { randomBytes } from 'node:crypto'
import { appendFileSync, existsSync, readFileSync } from 'node:fs'
import { parseEnv } from 'node:util'
import type { Target } from './migrate.ts'

const file = '.dev.vars'

export type Variables = Record<string, string | undefined>

export const readDevVars = (): Variables => (existsSync(file) ? parseEnv(readFileSync(file, 'utf8')) : {})

/** Give `.dev.vars` a secret of its own where it has none; it is never committed and never changed afterwards. */
export function ensureSecret(): 'made' | 'kept' {
  if (readDevVars().AUTH_SECRET || process.env.AUTH_SECRET) return 'kept'
  appendFileSync(file, `AUTH_SECRET=${randomBytes(32).toString('base64url')}\n`, { mode: 0o600 })
  return 'made'
}

/** The shell decides, else `.dev.vars`; URL and token come from the same place, so that no token meets another's URL. */
export function databaseTarget(): Target | undefined {
  const { TURSO_DATABASE_URL: url, TURSO_AUTH_TOKEN: authToken } = process.env.TURSO_DATABASE_URL
    ? process.env
    : readDevVars()
  return url ? { url, authToken } : undefined
}

/** As `--env-file` reads it: quoted, because of `#`, and with `$` escaped, because wrangler expands it. */
export function toEnvFile(variables: Variables): string {
  const lines = Object.entries(variables).map(([name, value = '']) => {
    const quote = ["'", '"', '`'].find((mark) => !value.includes(mark))
    if (!quote) throw new Error(`${name} holds all three kinds of quotes: an environment file cannot carry that.`)
    return `${name}=${quote}${value.replaceAll('$', '\\$')}${quote}\n`
  })
  return lines.join('')
}
