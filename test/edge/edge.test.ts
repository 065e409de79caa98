import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { build } from 'esbuild'
import { beforeAll, expect, test } from 'vitest'
import { type Database, startDatabase } from '../../scripts/database.ts'
import { migrateDatabase } from '../../scripts/migrate.ts'
import { crowd, journey, somebody } from '../entry/journey.ts'
import { newFolder } from '../entry/node-process.ts'
import { everyRoute, routeOf, visitEveryRoute } from '../every-route.ts'
import { bodyOf, cookiesOf, post } from '../http.ts'
import { deployed, type EdgeFunction, origin } from './edge-function.ts'

const secret = Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('base64url')

let folder: string
let database: Database
/** An isolate of its own, over the one database. */
let isolate: (settings?: Readonly<Record<string, string>>) => EdgeFunction
beforeAll(async () => {
  const { path, remove } = newFolder()
  folder = path
  database = await startDatabase({ path: join(path, 'database') })
  await migrateDatabase(database)
  const deployment = await deployed(join(path, 'output'))
  const usual = {
    AUTH_ORIGIN: origin,
    AUTH_SECRET: secret,
    TURSO_DATABASE_URL: database.url,
    AUTH_LIMIT_REQUESTS: '1000',
    AUTH_LIMIT_ADDRESS: '1000',
  }
  isolate = (settings = {}) => deployment({ ...usual, ...settings })
  return async () => {
    await database.stop()
    remove()
  }
})

const times = <T>(count: number, act: () => Promise<T>): Promise<T[]> => Promise.all(Array.from({ length: count }, act))

test('the edge of Vercel carries a registration, a session, a token and its revocation', async () => {
  await journey(isolate().send)
})

test('the edge has no sockets: SMTP_URL is refused by name, RESEND_API_KEY is not', async () => {
  const AUTH_MAIL_FROM = 'no-reply@acme.example'

  const smtp = await isolate({ AUTH_MAIL_FROM, SMTP_URL: 'smtps://mail.example.com' }).send('/auth/readyz')
  const resend = await isolate({ AUTH_MAIL_FROM, RESEND_API_KEY: 're_123' }).send('/auth/readyz')

  expect(await bodyOf(smtp)).toMatchObject({ code: 'misconfigured', fields: { SMTP_URL: expect.anything() } })
  expect(await bodyOf(resend)).toMatchObject({ mail: { mailer: 'resend' } })
})

test('every route answers on the edge as it does elsewhere, in its trips', async () => {
  const { send, logs } = isolate()

  const visits = await visitEveryRoute(send, () => Number(logs.findLast(({ event }) => event === 'request')?.trips))

  expect(visits).toEqual(everyRoute)
})

test('the visits leave out no route that the edge documents', async () => {
  const { paths } = await bodyOf(await isolate().send('/auth/openapi.json'))

  const routes = Object.entries<object>(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path.replace(/\{(\w+)\}/g, ':$1')}`),
  )

  expect(new Set(everyRoute.map(routeOf))).toEqual(new Set(routes))
})

test('GHSA-392p-2q2v-4372, S97: on the edge, 50 parallel refreshes in two isolates make one successor', async () => {
  const [one, other] = [isolate(), isolate()]
  const { tokens } = await bodyOf(await one.send('/auth/register', post({ ...somebody(), transport: 'token' })))
  const body = post({ refresh_token: tokens.refresh_token })

  const halves = await Promise.all([one, other].map(({ send }) => times(25, () => send('/auth/token', body))))

  const answers = halves.flat()
  const successors = await Promise.all(answers.map(bodyOf))
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]))
  expect(new Set(successors.map(({ refresh_token }) => refresh_token)).size).toBe(1)
})

test('S79: on the edge, of two registrations for one address in two isolates one makes the account', async () => {
  const person = somebody()
  const other = { ...person, password: 'somebody else entirely' }

  const answers = await Promise.all([person, other].map((one) => isolate().send('/auth/register', post(one))))

  expect(answers.map(({ status }) => status).sort()).toEqual([201, 409])
})

test('CVE-2025-67490, CVE-2026-40155: of 60 interleaved users of one isolate each gets their own answers', async () => {
  await crowd(isolate().send, 60)
})

test('GHSA-j6c9-x7qj-28xf: both cookies of a sign-in survive on the edge', async () => {
  const answer = await isolate().send('/auth/register', post(somebody()))

  expect(answer.headers.getSetCookie().map((line) => line.split('=')[0])).toEqual(['session', 'device'])
})

test('an isolate that has not heard of a revocation reads it off the database, after an answer', async () => {
  const [one, other] = [isolate(), isolate()]
  const [ended, living] = await times(2, async () => cookiesOf(await one.send('/auth/register', post(somebody()))))
  await one.send('/auth/logout', post({}, { cookie: `${ended}` }))
  const userOf = async (cookie = '') => (await bodyOf(await other.send('/auth/session', { headers: { cookie } }))).user

  const users = [await userOf(living), await userOf(ended)]

  expect(users).toEqual([expect.objectContaining({ emailVerified: false }), null])
})

test('Cyrillic is hashed to its last byte on the edge, where there is no Buffer', async () => {
  const { send } = isolate()
  const person = { ...somebody(), password: 'парольпарольпароль' }
  await send('/auth/register', post(person))

  const near = await send('/auth/login', post({ ...person, password: 'парольпарольXXXXXX' }))
  const right = await send('/auth/login', post(person))

  expect([near.status, right.status]).toEqual([401, 200])
})

test('the bundle of the edge imports nothing but its wasm', async () => {
  const code = await readFile(join(folder, 'output/functions/auth.func/index.mjs'), 'utf8')

  const stdin = { contents: code }
  const { metafile } = await build({
    stdin,
    bundle: true,
    write: false,
    metafile: true,
    external: ['*'],
    format: 'esm',
  })
  const imports = Object.values(metafile.inputs).flatMap(({ imports }) => imports.map(({ path }) => path))
  expect(imports).toEqual(['./argon2.wasm?module'])
})
