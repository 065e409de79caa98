import { beforeAll, expect, test } from 'vitest'
import { bodyOf, cookiesOf, post } from '../http.ts'
import { caller, crowd, journey, somebody } from './journey.ts'
import { freshSettings, type Launched, launch, newFolder, raw } from './node-process.ts'
import { askInEverySpelling } from './spelt.ts'

let service: Launched
beforeAll(async () => {
  const { path, remove } = newFolder()
  service = launch({ ...(await freshSettings(path)), AUTH_LIMIT_REQUESTS: '1000' })
  await service.listening
  return () => service.stop().then(remove)
})

test('the entry of Node carries a registration, a session, a token and its revocation over HTTP', async () => {
  await journey(caller(service.base))
})

test('GHSA-j6c9-x7qj-28xf: both cookies of a sign-in survive on Node', async () => {
  const answer = await caller(service.base)('/auth/register', post(somebody()))

  const names = answer.headers.getSetCookie().map((line) => line.split('=')[0])
  expect(names.sort()).toEqual(['device', 'session'])
})

test('CVE-2025-67490, CVE-2026-40155: of 60 interleaved users of one process each gets their own answers', async () => {
  await crowd(caller(service.base), 60)
})

test.each([
  'cf-connecting-ip',
  'true-client-ip',
  'x-real-ip',
  'x-forwarded-for',
  'x-vercel-forwarded-for',
  'x-auth-client-address',
  'x-client-ip',
  'fly-client-ip',
  'forwarded',
])('S11: on Node without AUTH_PROXY the address is that of the socket, whatever %s says', async (name) => {
  const spoofed = { [name]: name === 'forwarded' ? 'for=203.0.113.7' : '203.0.113.7' }
  const send = caller(service.base)
  const registered = await send('/auth/register', post(somebody(), spoofed))

  const listed = await send('/auth/sessions', { headers: { ...spoofed, cookie: cookiesOf(registered) } })

  const { sessions } = await bodyOf(listed)
  expect(['127.0.0.1', '::/64']).toContain(sessions[0].address)
})

const statusesOf = (reply: string) => [...reply.matchAll(/^HTTP\/1\.1 (\d{3})/gm)].map(([, status]) => Number(status))

/** One request with this first line and these headers. */
const requestOf = (line: string, headers: readonly string[] = [], body = '') =>
  `${[line, 'Host: localhost', ...headers].join('\r\n')}\r\n\r\n${body}`

const jsonHeaders = ['X-Auth-Client: test', 'Content-Type: application/json']
const smuggled = 'GET /auth/healthz HTTP/1.1\r\nHost: localhost\r\n\r\n'

test.each([
  [
    'Content-Length beside Transfer-Encoding',
    ['Content-Length: 4', 'Transfer-Encoding: chunked'],
    `0\r\n\r\n${smuggled}`,
  ],
  ['two lengths', ['Content-Length: 2', 'Content-Length: 60'], `{}${smuggled}`],
  ['a list of lengths', ['Content-Length: 2, 60'], `{}${smuggled}`],
  ['a signed length', ['Content-Length: +2'], `{}${smuggled}`],
  ['a negative length', ['Content-Length: -1'], smuggled],
  ['an unknown transfer coding', ['Transfer-Encoding: xchunked'], `0\r\n\r\n${smuggled}`],
  ['a transfer coding spelt with a space', ['Transfer-Encoding : chunked'], `0\r\n\r\n${smuggled}`],
  ['chunked that is not the last coding', ['Transfer-Encoding: chunked, identity'], `0\r\n\r\n${smuggled}`],
  ['a chunk size that is no number', ['Transfer-Encoding: chunked'], `0x2\r\n{}\r\n0\r\n\r\n${smuggled}`],
  ['a folded header', ['X-One: a', ' Content-Length: 60'], smuggled],
  ['a bare line feed in the headers', ['X-One: a\nContent-Length: 60'], smuggled],
  ['a NUL in a header', ['X-One: a\0b'], ''],
])('S73: Node refuses a request with %s, and nothing that rides inside is answered', async (_, headers, body) => {
  const reply = await raw(service.port, requestOf('POST /auth/logout HTTP/1.1', [...jsonHeaders, ...headers], body))

  expect(statusesOf(reply)).toEqual([400])
})

test('S73: what follows the announced body is no request of its own unless it is a whole one', async () => {
  const headers = [...jsonHeaders, 'Content-Length: 2']

  const reply = await raw(service.port, requestOf('POST /auth/logout HTTP/1.1', headers, '{}"and": "more"'))

  expect(statusesOf(reply).filter((status) => status !== 204)).toEqual([400])
})

test('S73: a header of more than 64 KB is refused, and the next request is answered', async () => {
  const reply = await raw(service.port, requestOf('GET /auth/session HTTP/1.1', [`X-Long: ${'a'.repeat(70_000)}`]))

  expect(statusesOf(reply).filter((status) => status !== 431)).toEqual([])
  expect((await caller(service.base)('/auth/healthz')).status).toBe(200)
})

test('S73: a body shorter than its Content-Length changes nothing and ends no process', async () => {
  const headers = [...jsonHeaders, 'Content-Length: 600']

  const reply = await raw(service.port, requestOf('POST /auth/register HTTP/1.1', headers, '{"email":'))

  expect(statusesOf(reply).filter((status) => status < 400)).toEqual([])
  expect((await caller(service.base)('/auth/healthz')).status).toBe(200)
})

test.each([
  ['GET //auth/session', 404],
  ['GET /auth//session', 404],
  ['GET /auth/./session', 404],
  ['GET /auth/../auth/session', 404],
  ['GET /auth/%2e/session', 404],
  ['GET /auth/%2E%2E/auth/session', 404],
  ['GET /auth/%73ession', 404],
  ['GET /auth%2fsession', 404],
  ['GET /auth/session/', 404],
  ['GET /auth/session%00', 404],
  ['GET \\auth\\session', 400],
  ['GET /auth\\session', 400],
  ['GET auth/session', 400],
  ['GET http://elsewhere.example//auth/session', 404],
  ['GET http://elsewhere.example/auth/%2e/session', 404],
  ['GET http://elsewhere.example/x/../auth/session', 404],
  ['GET http://[/auth/session', 400],
  ['OPTIONS *', 400],
  ['CONNECT localhost:80', 400],
])('CVE-2026-47676, GHSA-x732-6j76-qmhm, CVE-2026-41248: %s on Node answers %i', async (line, expected) => {
  const reply = await raw(service.port, requestOf(`${line} HTTP/1.1`, ['Connection: close']))

  const statuses = statusesOf(reply)
  expect(statuses.length <= 1 && (statuses[0] ?? 400)).toBe(expected)
})

test('CVE-2026-47676: an absolute target meets the same guard as its path', async () => {
  const line = 'GET http://elsewhere.example/auth/sessions HTTP/1.1'

  const reply = await raw(service.port, requestOf(line, ['Connection: close']))

  expect(statusesOf(reply)).toEqual([401])
  expect(reply).not.toContain('elsewhere')
})

test('S73: a request without Host, and one with a Host that is none, are refused', async () => {
  const without = await raw(service.port, 'GET /auth/session HTTP/1.1\r\n\r\n')
  const wrong = await raw(service.port, 'GET /auth/session HTTP/1.1\r\nHost: a b\r\nConnection: close\r\n\r\n')

  expect([...statusesOf(without), ...statusesOf(wrong)]).toEqual([400, 400])
})

test('CVE-2026-41248, GHSA-9hp6-4448-45g2, GHSA-92pp-h63x-v22m: on Node every guarded path in any other spelling is not there, or another id behind the same guard', async () => {
  const asked = await askInEverySpelling(service, ['', 'http://elsewhere.example'])

  const isAnotherId = ({ name, status }: (typeof asked)[number]) => /_A{22}$/.test(name) && status === 401
  expect(asked.length).toBeGreaterThan(6 * 2 * 20)
  expect(asked.filter((one) => ![400, 404].includes(one.status) && !isAnotherId(one))).toEqual([])
})
