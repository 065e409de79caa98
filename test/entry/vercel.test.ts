import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterEach, beforeAll, expect, test, vi } from 'vitest'
import { buildForVercel } from '../../scripts/build-vercel.ts'
import { type Database, startDatabase } from '../../scripts/database.ts'
import { migrateDatabase } from '../../scripts/migrate.ts'
import { bodyOf, cookiesOf, post } from '../http.ts'
import { journey, somebody } from './journey.ts'
import { newFolder } from './node-process.ts'

/** What Vercel calls on Node. */
interface Entry {
  fetch(request: Request, context?: { waitUntil(task: Promise<unknown>): void }): Promise<Response>
}

const origin = 'https://auth.example.com'
const cronSecret = 'a-secret-of-the-scheduler-alone'

let output: string
let database: Database
beforeAll(async () => {
  // The log of the function, which runs in this very process.
  vi.spyOn(console, 'log').mockReturnValue()
  const { path, remove } = newFolder()
  output = join(path, 'output')
  database = await startDatabase({ path: join(path, 'database') })
  await Promise.all([migrateDatabase(database), buildForVercel('nodejs', '* * * * *', output)])
  return async () => {
    await database.stop()
    remove()
  }
})

const environment = { ...process.env }
afterEach(() => {
  process.env = { ...environment }
})

let instances = 0

/** A new instance of the function, under these settings. */
const instance = async (settings: Readonly<Record<string, string>> = {}) => {
  const url = pathToFileURL(join(output, 'functions/auth.func/index.mjs'))
  const secret = 'q0p7cG1xG1m9f0cQ3uQmTq1cW7oPz8u5sY2nR4vKx6E'
  process.env = { AUTH_ORIGIN: origin, AUTH_SECRET: secret, TURSO_DATABASE_URL: database.url, ...settings }
  const module: { default: Entry } = await import(`${url.href}?${instances++}`)
  return module.default
}

/** Requests as Vercel's proxy passes them on. */
const proxied =
  (entry: Entry, context?: Parameters<Entry['fetch']>[1]) =>
  (path: string, init: RequestInit = {}) => {
    const headers = new Headers(init.headers)
    headers.set('x-auth-client', 'test')
    headers.set('x-vercel-forwarded-for', '192.0.2.1')
    headers.set('x-vercel-ip-country', 'FR')
    return entry.fetch(new Request(`${origin}${path}`, { ...init, headers }), context)
  }

test('the entry of Vercel carries a registration, a session, a token and its revocation on Node', async () => {
  await journey(proxied(await instance()))
})

test('GHSA-j6c9-x7qj-28xf: both cookies of a sign-in survive on Vercel', async () => {
  const answer = await proxied(await instance())('/auth/register', post(somebody()))

  const names = answer.headers.getSetCookie().map((line) => line.split('=')[0])
  expect(names).toEqual(['__Host-session', '__Host-device'])
})

test.each(['x-forwarded-for', 'x-real-ip', 'cf-connecting-ip', 'x-auth-client-address', 'forwarded'])(
  "S11: on Vercel the address and the country are the proxy's, whatever %s says",
  async (name) => {
    const send = proxied(await instance())
    const spoofed = { [name]: '203.0.113.7', 'cf-ipcountry': 'DE' }
    const cookie = cookiesOf(await send('/auth/register', post(somebody(), spoofed)))

    const { sessions } = await bodyOf(await send('/auth/sessions', { headers: { ...spoofed, cookie } }))

    expect(sessions).toEqual([expect.objectContaining({ address: '192.0.2.1', country: 'FR' })])
  },
)

const requestContext = Symbol.for('@vercel/request-context')

/** What is to follow an answer: an isolate that is asked for a leased session for the first time fetches the list. */
const leased = async () => {
  const cookie = cookiesOf(await proxied(await instance())('/auth/register', post(somebody())))
  return { entry: await instance(), init: { headers: { cookie } } }
}

test("what follows an answer is handed to the function's context", async () => {
  const { entry, init } = await leased()
  const tasks: Promise<unknown>[] = []

  await proxied(entry, { waitUntil: (task) => void tasks.push(task) })('/auth/session', init)

  expect(tasks).toHaveLength(1)
  await Promise.all(tasks)
})

test('what follows an answer is handed to the request context that Vercel keeps on Node', async () => {
  const { entry, init } = await leased()
  const tasks: Promise<unknown>[] = []
  Object.assign(globalThis, {
    [requestContext]: { get: () => ({ waitUntil: (task: Promise<unknown>) => void tasks.push(task) }) },
  })

  await proxied(entry)('/auth/session', init)

  Reflect.deleteProperty(globalThis, requestContext)
  expect(tasks).toHaveLength(1)
  await Promise.all(tasks)
})

test('where Vercel offers nothing for it, the answer waits: the next one knows what ended', async () => {
  const signingIn = proxied(await instance())
  const [ended, living] = [
    cookiesOf(await signingIn('/auth/register', post(somebody()))),
    cookiesOf(await signingIn('/auth/register', post(somebody()))),
  ]
  await signingIn('/auth/logout', post({}, { cookie: ended }))
  const send = proxied(await instance())

  await send('/auth/session', { headers: { cookie: living } })
  const next = await send('/auth/session', { headers: { cookie: ended } })

  expect(await bodyOf(next)).toEqual({ user: null, session: null })
})

test('GET /auth/cron is not there without CRON_SECRET', async () => {
  const send = proxied(await instance())

  const answers = [
    await send('/auth/cron'),
    await send('/auth/cron', { headers: { authorization: 'Bearer undefined' } }),
  ]

  expect(answers.map(({ status }) => status)).toEqual([404, 404])
  expect((await bodyOf(await send('/auth/openapi.json'))).paths).not.toHaveProperty('/auth/cron')
})

test.each([
  ['nothing', undefined],
  ['no secret', 'Bearer '],
  ['another secret', 'Bearer another-secret-of-the-scheduler'],
  ['the secret with more behind it', `Bearer ${cronSecret}s`],
  ['a part of the secret', `Bearer ${cronSecret.slice(0, -1)}`],
  ['the secret without its scheme', cronSecret],
  ['another scheme', `Basic ${cronSecret}`],
])('S59: GET /auth/cron acts for nobody who shows %s', async (_, authorization) => {
  const send = proxied(await instance({ CRON_SECRET: cronSecret }))

  const answer = await send('/auth/cron', authorization === undefined ? {} : { headers: { authorization } })

  expect([answer.status, (await bodyOf(answer)).code]).toEqual([401, 'unauthenticated'])
  expect(answer.headers.get('cache-control')).toBe('no-store')
  expect(answer.headers.get('content-security-policy')).toBe("default-src 'none'; frame-ancestors 'none'")
})

test('S59: GET /auth/cron runs the job for the scheduler, and POST is not known', async () => {
  const send = proxied(await instance({ CRON_SECRET: cronSecret }))
  const headers = { authorization: `Bearer ${cronSecret}` }

  const answer = await send('/auth/cron', { headers })
  const post = await send('/auth/cron', { method: 'POST', headers })

  expect([answer.status, await bodyOf(answer)]).toEqual([200, { status: 'ok' }])
  expect([post.status, post.headers.get('allow')]).toEqual([405, 'GET, HEAD'])
})

test.each([
  ['a file', 'file:postern.db'],
  ['nothing', ''],
])('S14: with %s for a database Vercel answers nothing but that TURSO_DATABASE_URL is wrong', async (_, url) => {
  const send = proxied(await instance({ TURSO_DATABASE_URL: url }))

  const answer = await send('/auth/session')

  expect([answer.status, await bodyOf(answer)]).toMatchObject([
    500,
    { code: 'misconfigured', fields: { TURSO_DATABASE_URL: expect.anything() } },
  ])
  expect((await send('/auth/healthz')).status).toBe(200)
})

const written = (name: string) => JSON.parse(readFileSync(join(output, name), 'utf8'))

test('the deployment routes all of /auth, and what browsers ask of passkeys, to one function and runs the job each minute', () => {
  const { routes, crons, version } = written('config.json')

  const isRouted = (path: string) => routes.some(({ src }: { src: string }) => new RegExp(`^${src}$`).test(path))
  expect([version, routes.map(({ dest }: { dest: string }) => dest)]).toEqual([3, ['/auth', '/auth']])
  expect(['/auth', '/auth/', '/auth/session', '/auth/.well-known/jwks.json'].filter(isRouted)).toHaveLength(4)
  expect(isRouted('/.well-known/webauthn')).toBe(true)
  expect(
    ['/', '/author', '/x/auth/session', '/authentic/session', '/.well-known/security.txt'].filter(isRouted),
  ).toEqual([])
  expect(crons).toEqual([{ path: '/auth/cron', schedule: '* * * * *' }])
})

test('the function on Node has its wasm beside it, for a Node without Argon2', () => {
  expect(written('functions/auth.func/.vc-config.json')).toMatchObject({ handler: 'index.mjs', launcherType: 'Nodejs' })
  expect(existsSync(join(output, 'functions/auth.func/node_modules/@phi-ag/argon2/argon2.wasm'))).toBe(true)
})
