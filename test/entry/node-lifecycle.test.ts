import { once } from 'node:events'
import { request } from 'node:http'
import { createServer } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { startDatabase } from '../../scripts/database.ts'
import { freePort } from '../../scripts/processes.ts'
import { bodyOf, cookiesOf, post } from '../http.ts'
import { caller, somebody } from './journey.ts'
import { freshSettings, launch, newFolder, type Settings } from './node-process.ts'

/** A folder that is gone when the test ends. */
const folder = (): string => {
  const { path, remove } = newFolder()
  onTestFinished(remove)
  return path
}

/** A running service, killed when the test ends. */
const start = async (settings: Settings) => {
  const service = launch(settings)
  onTestFinished(service.stop)
  await service.listening
  return service
}

test('Node migrates its file at the start, and a second time changes nothing', async () => {
  const settings = await freshSettings(folder())
  const first = await start(settings)
  const person = somebody()
  await caller(first.base)('/auth/register', post(person))
  first.child.kill('SIGTERM')
  await first.ended

  const { base } = await start(settings)

  const ready = await caller(base)('/auth/readyz')
  expect(await bodyOf(ready)).toMatchObject({ status: 'ok', migrations: 'ok' })
  expect((await caller(base)('/auth/login', post(person))).status).toBe(200)
})

test('Node does not migrate a remote database: readyz says what is missing', async () => {
  const database = await startDatabase({ path: folder() })
  onTestFinished(database.stop)

  const { base } = await start({ ...(await freshSettings('')), TURSO_DATABASE_URL: database.url })

  const ready = await caller(base)('/auth/readyz')
  expect(ready.status).toBe(503)
  expect(await bodyOf(ready)).toMatchObject({ status: 'unready', database: 'ok', migrations: 'missing' })
})

test('a busy port is one clear line and exit 1', async () => {
  const settings = await freshSettings(folder())
  const holder = createServer().listen(Number(settings.PORT))
  onTestFinished(() => void holder.close())
  await once(holder, 'listening')

  const { ended, logs } = launch(settings)

  expect(await ended).toEqual({ code: 1, signal: null })
  expect(logs).toEqual([expect.objectContaining({ setting: 'PORT', problem: expect.stringContaining(settings.PORT) })])
})

test.each(['eighty', '65536'])('S14: Node exits 1 and names PORT when it is %s', async (port) => {
  const { ended, logs } = launch({ ...(await freshSettings(folder())), PORT: port })

  expect(await ended).toEqual({ code: 1, signal: null })
  expect(logs).toEqual([expect.objectContaining({ event: 'misconfigured', setting: 'PORT' })])
})

test('S14: Node exits 1 and names every setting that is wrong, without telling a value', async () => {
  const wrong = {
    AUTH_SECRET: 'swordfish',
    AUTH_ORIGIN: 'http://auth.example.com',
    AUTH_LEASE_SECONDS: '901',
    AUTH_TRUSTED_ORIGINS: 'https://*.vercel.app',
    AUTH_LEASE_SECOND: '300',
    TURSO_DATABASE_URL: 'http://user:hunter2@db.example.com',
  }

  const { ended, logs } = launch({ ...(await freshSettings(folder())), ...wrong })

  expect(await ended).toEqual({ code: 1, signal: null })
  expect(new Set(logs.map(({ event }) => event))).toEqual(new Set(['misconfigured']))
  expect(new Set(logs.map(({ setting }) => setting))).toEqual(new Set(Object.keys(wrong)))
  expect(JSON.stringify(logs)).not.toMatch(/swordfish|hunter2|901|vercel/)
})

test('S14: Node exits 1 without AUTH_SECRET and AUTH_ORIGIN, and names both', async () => {
  const { ended, logs } = launch({ PORT: String(await freePort()) })

  expect(await ended).toEqual({ code: 1, signal: null })
  expect(logs.map(({ setting }) => setting).sort()).toEqual(['AUTH_ORIGIN', 'AUTH_SECRET'])
})

test('S14: Node exits 1 where addresses have to be proven and no mail can be sent', async () => {
  const required = { AUTH_ORIGIN: 'https://auth.example.com', AUTH_EMAIL_VERIFICATION: 'required' }

  const { ended, logs } = launch({ ...(await freshSettings(folder())), ...required })

  expect(await ended).toEqual({ code: 1, signal: null })
  expect(logs).toEqual([expect.objectContaining({ event: 'misconfigured', setting: 'AUTH_EMAIL_VERIFICATION' })])
})

test.each(['SIGTERM', 'SIGINT'] as const)(
  '%s answers what is under way, closes kept connections and exits 0',
  async (signal) => {
    const service = await start(await freshSettings(folder()))
    const person = somebody()
    // A keep-alive connection, and a request of which one half has arrived.
    await caller(service.base)('/auth/healthz')
    const body = JSON.stringify(person)
    const headers = { 'content-type': 'application/json', 'content-length': body.length, 'x-auth-client': 'test' }
    const half = request(`${service.base}/auth/register`, { method: 'POST', headers })
    const answered = once(half, 'response')
    half.write(body.slice(0, 10))
    await caller(service.base)('/auth/healthz')

    service.child.kill(signal)
    await expect.poll(() => service.logs.some(({ event }) => event === 'stopping')).toBe(true)
    half.end(body.slice(10))

    const [answer] = await answered
    expect(answer.statusCode).toBe(201)
    expect(await service.ended).toEqual({ code: 0, signal: null })
  },
)

test('a caller who never finishes a request does not keep a stopping process', async () => {
  const service = await start(await freshSettings(folder()))
  const half = request(`${service.base}/auth/logout`, { method: 'POST', headers: { 'content-length': '10' } })
  half.on('error', () => undefined)
  half.write('{')
  await caller(service.base)('/auth/healthz')

  service.child.kill('SIGTERM')

  expect(await service.ended).toEqual({ code: 0, signal: null })
})

test('S77: after SIGKILL nothing that was acknowledged is lost', async () => {
  const settings = await freshSettings(folder())
  const first = await start({ ...settings, AUTH_LIMIT_REQUESTS: '1000' })
  const acknowledged: { cookie: string; email: string }[] = []
  const people = Array.from({ length: 40 }, somebody)
  const attempts = people.map(async (person) => {
    const answer = await caller(first.base)('/auth/register', post(person))
    if (answer.status === 201) acknowledged.push({ cookie: cookiesOf(answer), email: person.email })
    if (acknowledged.length === 10) first.child.kill('SIGKILL')
  })
  await Promise.allSettled(attempts)
  expect(await first.ended).toMatchObject({ signal: 'SIGKILL' })

  const second = await start({ ...settings, AUTH_LEASE_SECONDS: '0' })

  const kept = await Promise.all(
    acknowledged.map(async ({ cookie, email }) => {
      const answer = await caller(second.base)('/auth/me', { headers: { cookie } })
      return answer.status === 200 && (await bodyOf(answer)).email === email
    }),
  )
  expect(acknowledged.length).toBeGreaterThanOrEqual(10)
  expect(kept).toEqual(acknowledged.map(() => true))
})
