import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { caller } from '../entry/journey.ts'
import { endWithUs, freshSettings, type Launched, launch, newFolder, type Settings } from '../entry/node-process.ts'
import { bodyOf, cookiesOf, post, type Send } from '../http.ts'

/** A folder that is gone when the test ends. */
export const folder = (): string => {
  const { path, remove } = newFolder()
  onTestFinished(remove)
  return path
}

/** As many registrations and attempts as a test likes. */
export const unlimited = { AUTH_LIMIT_REQUESTS: '1000000', AUTH_LIMIT_ADDRESS: '1000000' }

/** The entry of Node over a file of its own, killed when the test ends. `prefix` is a command to run it under. */
export const serviceOverFile = async (prefix: readonly string[] = []) => {
  const data = folder()
  const settings: Settings = { ...(await freshSettings(data)), ...unlimited }
  const service = await start(settings, prefix)
  return { ...service, settings, data, file: join(data, 'postern.db') }
}

/** Starts the service and waits until it listens. */
export const start = async (settings: Settings, prefix: readonly string[] = []) => {
  const launched: Launched = launch(settings, prefix)
  onTestFinished(launched.stop)
  await launched.listening
  return { ...launched, send: caller(launched.base) }
}

/** Another process that holds the write lock of the file until it is freed. */
export const holdLock = async (file: string): Promise<{ free(): Promise<unknown> }> => {
  const holder = join(import.meta.dirname, 'lock-holder.ts')
  const child = spawn(process.execPath, ['--no-warnings', holder, `file:${file}`], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  endWithUs(child)
  onTestFinished(() => void child.kill('SIGKILL'))
  await once(child.stdout, 'data')
  return {
    free() {
      const freed = once(child.stdout, 'data')
      child.stdin.end()
      return freed
    },
  }
}

let people = 0

const password = 'correct horse battery staple'

export const somebody = () => ({ email: `crash.${people++}@example.com`, password })

/** Somebody who has registered and signed in twice more: for tokens, and in a browser that is about to be left. */
export const signedUp = async (send: Send) => {
  const person = somebody()
  const cookie = cookiesOf(await send('/auth/register', post(person)))
  const { tokens } = await bodyOf(await send('/auth/login', post({ ...person, transport: 'token' })))
  const leaving = cookiesOf(await send('/auth/login', post(person)))
  return { person, cookie, leaving, refreshToken: String(tokens.refresh_token) }
}

/** One good request of each kind that writes, with the status of its success. */
export const writesOf = ({ person, cookie, leaving, refreshToken }: Awaited<ReturnType<typeof signedUp>>) =>
  [
    ['register', 201, '/auth/register', post(somebody())],
    ['login', 200, '/auth/login', post(person)],
    ['rename', 200, '/auth/me', { ...post({ name: 'Ada' }, { cookie }), method: 'PATCH' }],
    ['refresh', 200, '/auth/token', post({ refresh_token: refreshToken })],
    ['logout', 204, '/auth/logout', post({}, { cookie: leaving })],
  ] as const

/** Sends each of these at once; answers what came back, by name, with the milliseconds that it took. */
export const sendAll = async (send: Send, writes: ReturnType<typeof writesOf>) =>
  Promise.all(
    writes.map(async ([name, , path, init]) => {
      const began = performance.now()
      const answer = await send(path, init)
      const { code } = answer.status === 204 ? { code: undefined } : await bodyOf(answer)
      const retryAfter = answer.headers.get('retry-after')
      return { name, status: answer.status, code, retryAfter, milliseconds: performance.now() - began }
    }),
  )
