import { importJWK } from 'jose'
import { expect, test } from 'vitest'
import { bodyOf, query, server, signedUpByToken } from '../harness.ts'

/** The published keys. @see https://www.rfc-editor.org/rfc/rfc7517#section-5 */

const path = '/auth/.well-known/jwks.json'

test('S62: the key set may be kept for five minutes by whoever reads it, and by nobody’s leave', async () => {
  const on = await server()

  const answer = await on.request(path)

  expect(answer.status).toBe(200)
  expect(answer.headers.get('content-type')).toBe('application/json')
  expect(answer.headers.get('cache-control')).toBe('public, max-age=300')
  expect(answer.headers.getSetCookie()).toEqual([])
})

test('S87: each key is ES256 on P-256, for signatures, under its own kid, and holds exactly the public members', async () => {
  const on = await server()

  const { keys } = await bodyOf(await on.request(path))

  expect(keys).toEqual([
    {
      kty: 'EC',
      crv: 'P-256',
      x: expect.stringMatching(/^[\w-]{43}$/),
      y: expect.stringMatching(/^[\w-]{43}$/),
      kid: expect.stringMatching(/^key_[\w-]{22}$/),
      alg: 'ES256',
      use: 'sig',
    },
  ])
  expect(await importJWK(keys[0], 'ES256')).toBeTruthy()
})

test('S37: no private member is ever published, though a row held one in clear', async () => {
  const on = await server()
  await on.request(path)
  const pair = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify'])
  const jwk = 'privateKey' in pair ? await crypto.subtle.exportKey('jwk', pair.privateKey) : {}
  await query(
    on,
    'update signing_keys set public_jwk = ?',
    JSON.stringify({ ...jwk, kid: 'x', alg: 'ES256', use: 'sig' }),
  )
  const cold = await server({ beside: on })

  const answer = await cold.request(path)

  expect(await answer.text()).not.toContain('"d"')
})

test('the key set costs no trip warm, one cold, and the very first boot at most two', async () => {
  const on = await server()

  await on.request(path)
  const first = on.trips.last
  await on.request(path)
  const warm = on.trips.last
  const cold = await server({ beside: on })
  await cold.request(path)

  expect(first).toBeLessThanOrEqual(2)
  expect([warm, cold.trips.last]).toEqual([0, 1])
})

test('an isolate asks again after five minutes', async () => {
  const on = await server()
  await on.request(path)

  on.clock.pass(299)
  await on.request(path)
  const before = on.trips.last
  on.clock.pass(1)
  await on.request(path)

  expect([before, on.trips.last]).toEqual([0, 1])
})

test('HEAD answers like GET without a body; nothing else is allowed', async () => {
  const on = await server()

  const head = await on.request(path, { method: 'HEAD' })
  const post = await on.request(path, { method: 'POST' })

  expect([head.status, await head.text()]).toEqual([200, ''])
  expect([post.status, post.headers.get('allow')]).toEqual([405, expect.stringContaining('GET')])
})

test('S57: the key set is the same for everybody, whoever asks and from wherever', async () => {
  const on = await server()
  const { bearer } = await signedUpByToken(on)

  const headers: Record<string, string>[] = [
    bearer,
    { origin: 'https://evil.example' },
    { cookie: 'a=b' },
    { accept: 'text/html' },
  ]
  const texts = await Promise.all(
    headers.map(async (given) => (await on.request(path, { headers: new Headers(given) })).text()),
  )

  expect(new Set(texts).size).toBe(1)
})
