import { once } from 'node:events'
import type { IncomingMessage, Server } from 'node:http'
import { systemClock } from '../base/clock.ts'
import type { Config } from '../base/config.ts'
import type { Argon2id, Log, Visit } from '../base/ports.ts'
import { libsql } from './libsql.ts'
import { memoryLimiter } from './limiter.ts'
import { consoleLog } from './log.ts'
import { chooseMailer } from './mailers/choose-mailer.ts'
import { smtp } from './mailers/smtp-node.ts'
import { listHints, memoryHints } from './revocations.ts'
import { sqliteFile } from './sqlite-file.ts'

/**
 * The outside world of a Node process. A file has one process, which remembers by itself what ended; a server may have
 * many, which read it off the database.
 */
export const nodePorts = (config: Config, argon2id: Argon2id) => {
  const { database: at, bound, limits } = config
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
    mailer: chooseMailer(config, smtp),
  }
}

/** What goes on after answers, so that the end can wait for it. */
export const backgroundTasks = (): { waitUntil: Visit['waitUntil']; finished(): Promise<void> } => {
  const running = new Set<Promise<unknown>>()
  return {
    waitUntil(task) {
      const settled: Promise<unknown> = Promise.allSettled([task]).then(() => running.delete(settled))
      running.add(settled)
    },
    async finished() {
      while (running.size > 0) await Promise.all(running)
    },
  }
}

/**
 * The request with its path as it was sent. `URL` resolves dot segments, plain and encoded, before the service could
 * refuse them: such a path is made one that it does refuse.
 */
export const asSent = (request: Request, { url = '' }: Pick<IncomingMessage, 'url' | 'socket'>): Request => {
  const path = url.replace(/^https?:\/\/[^/?#]*/i, '').replace(/[?#].*$/s, '')
  if (path === new URL(request.url).pathname) return request
  return new Request('http://localhost//', { method: request.method, headers: request.headers })
}

/** Milliseconds that requests under way have left when the process is told to stop. */
const patience = 5000

/** Listens until SIGINT or SIGTERM, then resolves when what was under way is answered. Says why it cannot, and exits. */
export const runServer = async (server: Server, port: string, log: Log): Promise<void> => {
  const refuse = (problem: string): never => {
    log({ event: 'misconfigured', setting: 'PORT', problem, fix: 'Set PORT to a free port from 1 to 65535.' })
    process.exit(1)
  }
  if (!/^\d{1,5}$/.test(port) || Number(port) > 65_535) refuse('Not a port number.')
  server.once('error', ({ code }: NodeJS.ErrnoException) => refuse(`Port ${port} cannot be opened: ${code}.`))
  server.listen(Number(port), () => log({ event: 'listening', port: Number(port) }))
  await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')])

  log({ event: 'stopping' })
  const closed = once(server, 'close')
  server.close()
  // A connection that stays open for a next request has no next one.
  const sweep = setInterval(() => server.closeIdleConnections(), 20)
  const end = setTimeout(() => server.closeAllConnections(), patience)
  await closed
  clearInterval(sweep)
  clearTimeout(end)
}
