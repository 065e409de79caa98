import { systemClock } from '../base/clock.ts'
import type { Config } from '../base/config.ts'
import type { Argon2id } from '../base/ports.ts'
import { libsql } from './libsql.ts'
import { memoryLimiter } from './limiter.ts'
import { consoleLog } from './log.ts'
import { listHints, memoryHints } from './revocations.ts'
import { sqliteFile } from './sqlite-file.ts'

/**
 * The outside world of a Node process. A file has one process, which remembers by itself what ended; a server may have
 * many, which read it off the database.
 */
export const nodePorts = ({ database: at, bound, limits }: Config, argon2id: Argon2id) => {
  const url = at?.url ?? ''
  const isFile = url.startsWith('file:')
  const database = isFile ? sqliteFile(url) : libsql(url, at?.authToken)
  return {
    database,
    hints: isFile ? memoryHints(systemClock) : listHints(database, systemClock, bound),
    limiter: memoryLimiter(limits.requests, systemClock),
    argon2id,
    clock: systemClock,
    log: consoleLog,
  }
}
