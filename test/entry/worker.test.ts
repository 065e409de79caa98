import { beforeAll, expect, onTestFinished, test } from 'vitest'
import { bodyOf, cookiesOf, post, type Send } from '../http.ts'
import { caller, crowd, journey, somebody } from './journey.ts'
import { newFolder, raw } from './node-process.ts'
import { askInEverySpelling } from './spelt.ts'
import { migrateLocalD1, randomSecret, startWorker } from './worker-process.ts'

let worker: Awaited<ReturnType<typeof startWorker>>
beforeAll(async () => {
  const { path, remove } = newFolder()
  await migrateLocalD1(path)
  worker = await startWorker(path, { AUTH_ORIGIN: 'http://localhost', AUTH_SECRET: randomSecret() })
  return async () => {
    await worker.stop()
    remove()
  }
})

let callers = 0

/** Each request from an address of its own, as Cloudflare tells it. */
const fromEverywhere: Send = (path, init = {}) => {
  const headers = new Headers(init.headers)
  headers.set('cf-connecting-ip', `198.18.${callers >> 8}.${callers++ & 255}`)
  return caller(worker.base)(path, { ...init, headers })
}

test('the entry of Workers carries a registration, a session, a token and its revocation over D1 and KV', async () => {
  await journey(fromEverywhere)
})

test('GHSA-j6c9-x7qj-28xf: both cookies of a sign-in survive on Workers', async () => {
  const answer = await fromEverywhere('/auth/register', post(somebody()))

  expect(answer.headers.getSetCookie().map((line) => line.split('=')[0])).toEqual(['session', 'device'])
})

test('CVE-2025-67490, CVE-2026-40155: of 60 interleaved users of one isolate each gets their own answers', async () => {
  await crowd(fromEverywhere, 60)
})

test.each([
  'x-forwarded-for',
  'x-real-ip',
  'true-client-ip',
  'x-vercel-forwarded-for',
  'x-auth-client-address',
  'forwarded',
])('S11: on Workers the address is CF-Connecting-IP, whatever %s says', async (name) => {
  const headers = { [name]: '203.0.113.7', 'cf-connecting-ip': '192.0.2.1' }
  const send = caller(worker.base)
  const cookie = cookiesOf(await send('/auth/register', post(somebody(), headers)))

  const { sessions } = await bodyOf(await send('/auth/sessions', { headers: { ...headers, cookie } }))

  expect(sessions).toEqual([expect.objectContaining({ address: '192.0.2.1' })])
})

test('more than 30 registrations a minute from one address are refused by the limiter of the platform', async () => {
  const send = caller(worker.base)
  const headers = { 'cf-connecting-ip': '192.0.2.99' }

  const answers = await Promise.all(Array.from({ length: 60 }, () => send('/auth/register', post({}, headers))))

  const limited = answers.filter(({ status }) => status === 429)
  expect(limited.length).toBeGreaterThanOrEqual(29)
  expect(await bodyOf(limited[0] ?? new Response('{}'))).toMatchObject({ code: 'rate_limited' })
})

test.each([
  ['//auth/session', 404],
  ['/auth//session', 404],
  ['/auth/%73ession', 404],
  ['/auth/session/', 404],
])('GHSA-x732-6j76-qmhm, CVE-2026-41248: GET %s on Workers answers %i', async (target, expected) => {
  const reply = await raw(worker.port, `GET ${target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`)

  expect(reply).toMatch(new RegExp(`^HTTP/1\\.1 ${expected} `))
})

test('the scheduled event runs the job', async () => {
  const answer = await fetch(`${worker.base}/cdn-cgi/handler/scheduled`)

  expect([answer.status, await answer.text()]).toEqual([200, 'ok'])
})

test('S14: a Worker without its settings answers nothing but healthz, and names them', async () => {
  const { path, remove } = newFolder()
  onTestFinished(remove)
  const bare = await startWorker(path, { AUTH_ORIGIN: 'http://auth.example.com' })
  onTestFinished(bare.stop)

  const health = await caller(bare.base)('/auth/healthz')
  const answers = [await caller(bare.base)('/auth/session'), await caller(bare.base)('/auth/readyz')]

  expect(health.status).toBe(200)
  for (const answer of answers) {
    const { code, fields } = await bodyOf(answer)
    expect([answer.status, code, Object.keys(fields).sort()]).toEqual([
      500,
      'misconfigured',
      ['AUTH_ORIGIN', 'AUTH_SECRET'],
    ])
  }
})

test('CVE-2026-41248, GHSA-9hp6-4448-45g2, GHSA-92pp-h63x-v22m: on Workers another spelling is not there, or meets the same guard', async () => {
  const asked = await askInEverySpelling(worker, [''])

  expect(asked.length).toBeGreaterThan(6 * 20)
  // 429: the limit that stands before the same guard.
  expect(asked.filter(({ status }) => ![400, 401, 404, 429].includes(status))).toEqual([])
})

test('no variable switches the mailbox of development on in a Worker of production', async () => {
  const { path, remove } = newFolder()
  onTestFinished(remove)
  const names = ['', 'AUTH_', 'POSTERN_'].flatMap((prefix) =>
    [
      'DEV',
      'DEVELOPMENT',
      'DEBUG',
      'TEST',
      'MAILBOX',
      'DEV_MAILBOX',
      'MAILER',
      'ENV',
      'ENVIRONMENT',
      'MODE',
      'NODE_ENV',
    ].map((name) => prefix + name),
  )
  const daring = await startWorker(path, {
    ...Object.fromEntries(names.map((name) => [name, 'development'])),
    AUTH_ORIGIN: 'http://localhost',
    AUTH_SECRET: randomSecret(),
  })
  onTestFinished(daring.stop)

  const send = caller(daring.base)
  const answers = await Promise.all([
    send('/auth/healthz'),
    send('/dev/mailbox'),
    send('/dev/mailbox.json'),
    send('/dev/mailbox', { method: 'DELETE' }),
  ])

  expect(answers.map(({ status }) => status)).toEqual([200, 404, 404, 404])
})
