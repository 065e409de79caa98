import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'
import { onTestFinished } from 'vitest'
import { databaseBinary, databaseFlags } from '../../scripts/database.ts'
import { migrateDatabase } from '../../scripts/migrate.ts'
import { freePort } from '../../scripts/processes.ts'
import { libsql } from '../../src/adapters/libsql.ts'
import { sqliteFile } from '../../src/adapters/sqlite-file.ts'
import type { Database } from '../../src/base/ports.ts'
import { caller } from '../entry/journey.ts'
import { endWithUs, freshSettings, type Settings } from '../entry/node-process.ts'
import type { Send } from '../http.ts'
import { folder, start, unlimited } from './service.ts'

/** Something that can be killed, and is there again after `restart`, in the same place. */
interface Mortal {
  /** SIGKILL. */
  kill(): Promise<unknown>
  restart(): Promise<void>
}

/** The service and its database, as they stand after whatever happened to them. */
export interface Site {
  readonly send: Send
  /** Past the service. */
  readonly database: Database
  readonly service: Mortal
  /** Until the service says that it is ready. @throws after a minute */
  untilReady(): Promise<void>
}

export const siteOverFile = async (): Promise<Site> => {
  const settings: Settings = { ...(await freshSettings(folder())), ...unlimited }
  return siteOver(settings, sqliteFile(String(settings.TURSO_DATABASE_URL)))
}

/** The service stays while its server dies. */
export const siteOverServer = async (): Promise<Site & { readonly server: Mortal }> => {
  const { url, ...server } = await databaseServer(folder())
  await migrateDatabase({ url })
  const settings = { ...(await freshSettings('')), ...unlimited, TURSO_DATABASE_URL: url }
  return { ...(await siteOver(settings, libsql(url, undefined))), server }
}

const siteOver = async (settings: Settings, database: Database): Promise<Site> => {
  const send = caller(String(settings.AUTH_ORIGIN))
  let service = await start(settings)
  return {
    send,
    database,
    service: {
      kill: () => service.stop(),
      async restart() {
        service = await start(settings)
      },
    },
    untilReady: () => until(() => isReady(send)),
  }
}

/** @throws after a minute */
const until = async (isSo: () => Promise<boolean>): Promise<void> => {
  const began = performance.now()
  while (!(await isSo())) {
    if (performance.now() - began > 60_000) throw new Error('Nothing is ready after a minute.')
    await pause(10)
  }
}

const isReady = (send: Send): Promise<boolean> =>
  send('/auth/readyz').then(
    async (answer) => {
      await answer.text()
      return answer.ok
    },
    () => false,
  )

/** The embedded server as `npm run dev` runs it, without the supervisor that would bring it back. */
const databaseServer = async (path: string): Promise<Mortal & { readonly url: string }> => {
  const address = `127.0.0.1:${await freePort()}`
  const url = `http://${address}`
  const args = [...databaseFlags, '--db-path', path, '--http-listen-addr', address]
  let child: ChildProcess | undefined
  const kill = async () => {
    const ended = child && child.exitCode === null && child.signalCode === null ? once(child, 'exit') : undefined
    child?.kill('SIGKILL')
    await ended
  }
  const restart = async () => {
    child = spawn(databaseBinary() ?? '', args, { stdio: 'ignore', env: { ...process.env, RUST_LOG: 'off' } })
    endWithUs(child)
    await until(() => answers(url))
  }
  // A server that nobody asks ends itself after a while.
  const asking = setInterval(() => void answers(url), 5000)
  onTestFinished(async () => {
    clearInterval(asking)
    await kill()
  })
  await restart()
  return { url, kill, restart }
}

const answers = (url: string): Promise<boolean> =>
  libsql(`${url}/`, undefined)
    .run([{ sql: 'select 1', params: [], writes: false }], 5000)
    .then(
      () => true,
      () => false,
    )
