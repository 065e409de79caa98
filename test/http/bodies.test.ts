import { expect, test } from 'vitest'
import { cookieOf } from '../act.ts'
import { dump } from '../acts.ts'
import { countedHashes, openLimiter, quick } from '../faulty-ports.ts'
import { bodyOf, json, password, type Server, server, signedUp, somebody } from '../harness.ts'
import { bytes, chunked, isUnsafe, routes } from '../raw.ts'

const limit = 64 * 1024

/** Registers somebody in a body of exactly so many bytes. */
const registrationOf = (size: number) => {
  const text = JSON.stringify(somebody())
  return text + ' '.repeat(size - text.length)
}

const type = { 'content-type': 'application/json' }

test('S74: a body of 64 KiB is read, and one more byte is 413', async () => {
  const on = await server()

  const most = await on.request('/auth/register', { method: 'POST', headers: type, body: registrationOf(limit) })
  const more = await on.request('/auth/register', { method: 'POST', headers: type, body: registrationOf(limit + 1) })

  expect([most.status, more.status]).toEqual([201, 413])
  expect(await bodyOf(more)).toMatchObject({ code: 'body_too_large', status: 413 })
})

test('S74: every unsafe route, and a path that is none, refuses 64 KiB and a byte before it does anything', async () => {
  const { argon2id, ...counter } = countedHashes()
  const on = await server({ limiter: openLimiter, argon2id })
  const headers = { ...type, ...cookieOf((await signedUp(on)).jar) }
  const [before, total, hashes] = [await dump(on), on.trips.total, counter.hashes]

  for (const { method, target } of [...routes(on).filter(isUnsafe), { method: 'POST', target: '/auth/nowhere' }]) {
    const answer = await on.request(target, { method, headers, body: registrationOf(limit + 1) })

    expect.soft(answer.status, `${method} ${target}`).toBe(413)
  }
  expect(on.trips.total).toBe(total)
  expect(counter.hashes).toBe(hashes)
  expect(await dump(on)).toEqual(before)
})

test.each([
  ['in chunks without a length', {}],
  ['in chunks under a small Content-Length', { 'content-length': '20' }],
  ['in chunks under a Content-Length that is no number', { 'content-length': '0x10' }],
  ['in chunks that say they are compressed', { 'content-encoding': 'gzip' }],
])(
  'GHSA-92vj-g62v-jqhh, GHSA-9vqf-7f2p-gf9v, GHSA-rv63-4mwf-qqc2: 10 MB %s are refused after 64 KiB, before any hash',
  async (_, headers: Record<string, string>) => {
    const counter = countedHashes()
    const on = await server({ argon2id: counter.argon2id })
    const { sent, init } = chunked(bytes('x'.repeat(16 * 1024)), 640)

    const answer = await on.request('/auth/register', { method: 'POST', headers: { ...type, ...headers }, ...init })

    expect(answer.status).toBe(413)
    expect(sent.chunks).toBeLessThan(16)
    expect(sent.cancelled).toBe(true)
    expect([on.trips.total, counter.hashes]).toEqual([0, 0])
  },
)

test('a Content-Length that claims too much says nothing: what arrives counts', async () => {
  const on = await server()

  const answer = await on.request('/auth/register', json(somebody(), { 'content-length': '99999999' }))

  expect(answer.status).toBe(201)
})

test('a body in chunks that cut characters in two is the same text', async () => {
  const on = await server()
  const headers = cookieOf((await signedUp(on)).jar)
  const text = bytes(JSON.stringify({ name: 'Zoë 🙂' }))
  const parts = [...text].map((byte) => Uint8Array.of(byte))
  const body = new ReadableStream<Uint8Array>({
    pull: (controller) => {
      const part = parts.shift()
      return part ? controller.enqueue(part) : controller.close()
    },
  })
  const init: RequestInit & { duplex: 'half' } = {
    method: 'PATCH',
    headers: { ...type, ...headers },
    body,
    duplex: 'half',
  }

  const answer = await on.request('/auth/me', init)

  expect(await bodyOf(answer)).toMatchObject({ name: 'Zoë 🙂' })
})

test('a body that breaks off is malformed, and no fault of ours', async () => {
  const on = await server()
  const body = new ReadableStream({ start: (controller) => controller.error(new Error('the peer went away')) })
  const init: RequestInit & { duplex: 'half' } = { method: 'POST', headers: type, body, duplex: 'half' }

  const answer = await on.request('/auth/login', init)

  expect(answer.status).toBe(400)
  expect(on.logs.filter(({ event }) => event === 'bug')).toEqual([])
})

const utf16 = (text: string) => new Uint8Array(new Uint16Array([...text].map((char) => char.charCodeAt(0))).buffer)

const malformed: [string, BodyInit][] = [
  ['half an object', '{'],
  ['a member without a value', '{"email":}'],
  ['single quotes', "{'email':1}"],
  ['a trailing comma', '{"email":1,}'],
  ['two values', '{}{}'],
  ['a comment', '{}//'],
  ['blanks alone', '  \n'],
  ['undefined', 'undefined'],
  ['NaN', 'NaN'],
  ['a NUL', '\0'],
  ['a raw line feed in a string', '{"email":"a\nb"}'],
  ['a byte order mark', '\ufeff{}'],
  ['bytes that are no UTF-8', Uint8Array.of(0x7b, 0xff, 0x7d)],
  ['a character cut off', Uint8Array.of(0x7b, 0x7d, 0xe2, 0x82)],
  ['an overlong slash', Uint8Array.of(0x22, 0xc0, 0xaf, 0x22)],
  ['an encoded lone surrogate', Uint8Array.of(0x22, 0xed, 0xa0, 0x80, 0x22)],
  ['UTF-16', utf16('{}')],
  ['gzip', Uint8Array.of(0x1f, 0x8b, 0x08, 0, 0, 0, 0, 0)],
]

test.each(malformed)('%s is malformed (400) at every route with a body', async (_, body) => {
  const on = await server({ limiter: openLimiter, argon2id: quick })
  const headers = { ...type, ...cookieOf((await signedUp(on)).jar) }
  const before = await dump(on)

  for (const { method, target, body: takesBody } of routes(on)) {
    if (takesBody === undefined) continue
    const answer = await on.request(target, { method, headers, body })

    expect.soft(answer.status, `${method} ${target}`).toBe(400)
    expect.soft(await bodyOf(answer)).toMatchObject({ code: 'malformed_request' })
  }
  expect(await dump(on)).toEqual(before)
})

test.each(['null', '[]', '"text"', '1', 'true', '[{}]'])(
  'S68: JSON that is no object, %s, is 422 at every route with a body',
  async (body) => {
    const on = await server({ limiter: openLimiter, argon2id: quick })
    const headers = { ...type, ...cookieOf((await signedUp(on)).jar) }

    for (const { method, target, body: takesBody } of routes(on)) {
      if (takesBody === undefined) continue
      const answer = await on.request(target, { method, headers, body })

      expect.soft(answer.status, `${method} ${target}`).toBe(422)
      expect.soft(await bodyOf(answer)).toMatchObject({ code: 'invalid_request', fields: { $: expect.any(String) } })
    }
  },
)

test.each([
  ['arrays', '['.repeat(32_000) + ']'.repeat(32_000)],
  ['objects', `${'{"a":'.repeat(9000)}1${'}'.repeat(9000)}`],
  ['arrays in a field', `{"email":${'['.repeat(30_000)}${']'.repeat(30_000)},"password":"x"}`],
  ['arrays that never close', '['.repeat(65_000)],
])('S74: nesting of %s as deep as a body can hold is refused, not a crash', async (_, body) => {
  const on = await server()

  const answer = await on.request('/auth/login', { method: 'POST', headers: type, body })

  expect([400, 422]).toContain(answer.status)
})

test('S74: a field that may hold anything may hold anything as deep', async () => {
  const on = await server()
  const assertion = `${'[{"a":'.repeat(6000)}1${'}]'.repeat(6000)}`
  const body = `{"id":"x","method":"passkey","assertion":${assertion}}`

  const answer = await on.request('/auth/challenge', { method: 'POST', headers: type, body })

  expect(answer.status).toBe(410)
})

const duplicated = (on: Server, first: string, second: string) =>
  on.request('/auth/register', {
    method: 'POST',
    headers: type,
    body: `{"email":"${first}","password":"${password}","email":"${second}"}`,
  })

test('S48: of a duplicate JSON member the last counts, on every runtime', async () => {
  const on = await server()
  const [first, second] = [somebody().email, somebody().email]

  const answer = await duplicated(on, first, second)
  const again = await duplicated(on, second, first)

  expect(await bodyOf(answer)).toMatchObject({ user: { email: second } })
  expect(await bodyOf(again)).toMatchObject({ user: { email: first } })
})
