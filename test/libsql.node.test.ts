import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { libsql } from '../src/adapters/libsql.ts'
import type { Query } from '../src/base/ports.ts'

const one: Query = { sql: 'select ?', params: [1], writes: false }

/** A server that is no libSQL: it answers as `listener` says. */
const fake = async (listener: RequestListener): Promise<string> => {
  const server = createServer(listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => server.close().closeAllConnections())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const answering = (body: unknown, status = 200) =>
  fake((_, response) => response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body)))

const refusing = (code: string) =>
  answering({ results: [{ type: 'error', error: { message: 'select secret', code } }] })

const replying = (result: unknown) => ({ results: [{ type: 'ok', response: { type: 'batch', result } }] })

const breakingOff: RequestListener = (_, response) => {
  response.writeHead(200, { 'content-length': '1000' }).write('{', () => response.destroy())
}

test.each([
  ['an unexpected status', () => answering({ error: 'select secret' }, 500), 'database: HTTP_500'],
  ['a bad token', () => answering({ error: 'select secret' }, 401), 'database: HTTP_401'],
  ['a body of another shape', () => answering({}), 'database: UNEXPECTED_BODY'],
  ['a body that is null', () => answering(null), 'database: UNEXPECTED_BODY'],
  ['no rows', () => answering({ results: [{ response: {} }] }), 'database: UNEXPECTED_BODY'],
  ['rows of another shape', () => answering(replying({ rows: [[null]] })), 'database: UNEXPECTED_BODY'],
  ['no JSON', () => fake((_, response) => response.end('select secret')), 'database: UNEXPECTED_BODY'],
  ['a connection that closes', () => fake(({ socket }) => socket.destroy()), 'database: UNREACHABLE'],
  ['an answer that breaks off', () => fake(breakingOff), 'database: UNREACHABLE'],
  ['nobody who listens', () => Promise.resolve('http://127.0.0.1:1'), 'database: UNREACHABLE'],
  ['a database that is busy', () => refusing('SQLITE_BUSY'), 'database: SQLITE_BUSY'],
])('%s is 503 and tells nothing of what was said', async (_, serve, cause) => {
  const database = libsql(await serve(), undefined)

  const run = database.run([one], 1000)

  await expect(run).rejects.toMatchObject({ type: { code: 'unavailable', status: 503 }, cause })
  await expect(run).rejects.not.toThrow(/secret/)
})

const done = { rows: [] }
const found = { rows: [[{ type: 'integer', value: '1' }]] }

test.each([
  ['no step at all', []],
  ['no step that succeeded', [null, null, null, null, null]],
  ['no commit', [done, found, found, null, done]],
  ['a statement missing', [done, found, null, done, null]],
  ['a list cut short', [done, found, found, done]],
  ['a list too long', [done, found, found, done, null, null]],
  ['a statement without rows', [done, found, {}, done, null]],
  ['no list', undefined],
])('a batch whose answer holds %s did not happen, whatever its errors say', async (_, step_results) => {
  const database = libsql(await answering(replying({ step_results })), undefined)

  const run = database.run([one, one], 1000)

  await expect(run).rejects.toMatchObject({ type: { status: 503 }, cause: 'database: UNEXPECTED_BODY' })
})

test('a batch whose commit the server refuses fails as the server says', async () => {
  const step_errors = [null, null, null, { message: 'select secret', code: 'SQLITE_FULL' }, null]
  const step_results = [done, found, found, null, done]
  const database = libsql(await answering(replying({ step_results, step_errors })), undefined)

  const run = database.run([one, one], 1000)

  await expect(run).rejects.toMatchObject({ type: { status: 503 }, cause: 'database: SQLITE_FULL' })
})

test('a batch that committed gives the rows of each of its statements', async () => {
  const step_results = [done, found, done, done, null]
  const database = libsql(await answering(replying({ step_results })), undefined)

  const rows = await database.run([one, one], 1000)

  expect(rows).toEqual([[[1]], []])
})

test('a statement that the server refuses is a bug, named by its code alone', async () => {
  const database = libsql(await refusing('SQLITE_CONSTRAINT'), undefined)

  const run = database.run([one], 1000)

  await expect(run).rejects.toThrow(/^The database refused a statement: SQLITE_CONSTRAINT$/)
})

test('a server that says nothing is 503 once the limit is over', async () => {
  const database = libsql(await fake(() => {}), undefined)

  const run = database.run([one], 50)

  await expect(run).rejects.toMatchObject({ type: { status: 503 }, cause: 'database: TimeoutError' })
})

test('a redirect is an unexpected status: the token goes nowhere else', async () => {
  const visits: unknown[] = []
  const elsewhere = await fake((request, response) => {
    visits.push(request.headers.authorization)
    response.end()
  })
  const url = await fake((_, response) => response.writeHead(307, { location: elsewhere }).end())

  const run = libsql(url, 'token').run([one], 1000)

  await expect(run).rejects.toMatchObject({ cause: 'database: HTTP_307' })
  expect(visits).toEqual([])
})

test('a trip is one request to the path of the URL, with the token', async () => {
  const seen: unknown[] = []
  const url = await fake(({ method, url, headers }, response) => {
    seen.push([method, url, headers.authorization])
    response.end(JSON.stringify({ results: [{ response: { result: { rows: [] } } }] }))
  })

  await libsql(`${url}/name/`.replace('http:', 'libsql:').concat('?tls=0'), 'token').run([one], 1000)

  expect(seen).toEqual([['POST', '/name/v2/pipeline', 'Bearer token']])
})
