import { expect, test } from 'vitest'
import { cookieOf } from '../act.ts'
import { json, origin, server, signedUp } from '../harness.ts'
import { raw, routes } from '../raw.ts'

const settings = {
  AUTH_TRUSTED_ORIGINS: 'https://spa.example.net,https://alt.example.net:8443,https://*.preview.example.com',
}

const corsOf = ({ headers }: Response) =>
  Object.fromEntries([...headers].filter(([name]) => name.startsWith('access-control-')))

const ask = (from: string, init: RequestInit = {}, path = '/auth/session') =>
  new Request(new URL(path, origin), { ...init, headers: { ...init.headers, origin: from } })

const preflightOf = (from: string, headers: Record<string, string> = {}, path = '/auth/login') =>
  ask(
    from,
    {
      method: 'OPTIONS',
      headers: {
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'content-type',
        ...headers,
      },
    },
    path,
  )

const granted = [
  origin,
  'https://spa.example.net',
  'https://alt.example.net:8443',
  'https://pr-1.preview.example.com',
  'https://a_b.preview.example.com',
]

test.each(granted)('S57: %s may read answers with credentials, and what it needs of the headers', async (from) => {
  const on = await server({ settings })

  const answer = await raw(on, ask(from))

  expect(corsOf(answer)).toEqual({
    'access-control-allow-origin': from,
    'access-control-allow-credentials': 'true',
    'access-control-expose-headers': 'X-Request-Id, Retry-After',
  })
})

test.each(granted)('S57: a preflight from %s is told methods and headers', async (from) => {
  const on = await server({ settings })

  const answer = await raw(on, preflightOf(from))

  expect(answer.status).toBe(204)
  expect(corsOf(answer)).toMatchObject({
    'access-control-allow-origin': from,
    'access-control-allow-credentials': 'true',
    'access-control-allow-methods': 'GET, POST, PATCH, DELETE',
    'access-control-allow-headers': 'Content-Type, Authorization, X-Auth-Client',
  })
  expect(on.trips.total).toBe(0)
})

const denied = [
  'null',
  '',
  '*',
  'https://evil.example',
  'http://app.example.com',
  'http://spa.example.net',
  'https://spa.example.net.evil.example',
  'https://evil-spa.example.net',
  'https://evilspa.example.net',
  'https://spa.example.netevil',
  'https://spa.example.net.',
  'https://spa.example.net:443',
  'https://spa.example.net:8443',
  'https://alt.example.net',
  'https://alt.example.net:84430',
  'https://spa.example.net/',
  'https://spa.example.net, https://evil.example',
  'https://spa.example.net https://evil.example',
  'https://user@spa.example.net',
  'https://SPA.example.net',
  'https://spa.example.net%00.evil.example',
  'https://preview.example.com',
  'https://.preview.example.com',
  'https://a.b.preview.example.com',
  'http://pr-1.preview.example.com',
  'https://pr-1.preview.example.com:8443',
  'https://pr-1.preview.example.com.evil.example',
  'https://pr-1-preview.example.com',
  'https://evil.example#.preview.example.com',
  'https://evil.example/.preview.example.com',
  'https://*.preview.example.com',
  'https://xn--.preview.example.com@evil.example',
  'file://',
  'chrome-extension://abcdefghijklmnop',
  'http://localhost:3000',
]

test.each(denied)('S57, GHSA-88fw-hqm2-52qc: %j gets no CORS header, not on a preflight either', async (from) => {
  const on = await server({ settings })

  const answer = await raw(on, ask(from))
  const preflight = await raw(on, preflightOf(from))

  expect(corsOf(answer)).toEqual({})
  expect(preflight.status).toBe(403)
  expect(corsOf(preflight)).toEqual({})
})

test('S57: a preflight without an Origin is refused', async () => {
  const on = await server({ settings })
  const headers = { 'access-control-request-method': 'POST' }

  const answer = await raw(on, new Request(`${origin}/auth/login`, { method: 'OPTIONS', headers }))

  expect(answer.status).toBe(403)
})

test.each(['*', 'null', 'https://*', 'https://*.vercel.app', 'https://*.workers.dev', 'http://*.example.com'])(
  'S57, GHSA-88fw-hqm2-52qc: AUTH_TRUSTED_ORIGINS=%s is refused at start',
  async (entry) => {
    await expect(server({ settings: { AUTH_TRUSTED_ORIGINS: entry } })).rejects.toThrow('AUTH_TRUSTED_ORIGINS')
  },
)

test('S57: every answer varies by Origin, whoever asks for what', async () => {
  const on = await server({ settings })
  const { jar } = await signedUp(on)
  const from = [undefined, origin, 'https://evil.example', 'null']

  for (const { method, target, name } of [...routes(on), { method: 'GET', target: '/nowhere', name: 'nowhere' }]) {
    for (const one of from) {
      const headers = { ...cookieOf(jar), 'x-auth-client': 'test', ...(one === undefined ? {} : { origin: one }) }
      const answer = await raw(on, new Request(new URL(target, origin), { method, headers }))

      expect.soft(answer.headers.get('vary'), name).toBe('Origin')
    }
  }
})

test('GHSA-q7jf-gf43-6x6p: nothing of a request is told back in Vary or in a CORS header', async () => {
  const on = await server({ settings })
  const hostile = {
    vary: 'x-hostile',
    'access-control-request-headers': 'x-hostile, authorization',
    'access-control-request-method': 'X-HOSTILE',
    'access-control-request-private-network': 'true',
  }

  const preflight = await raw(on, preflightOf(origin, hostile))
  const answer = await raw(on, ask(origin, { headers: hostile }))

  for (const { headers } of [preflight, answer]) {
    expect(JSON.stringify([...headers]).toLowerCase()).not.toContain('x-hostile')
    expect(headers.has('access-control-allow-private-network')).toBe(false)
    expect(headers.get('vary')).toBe('Origin')
  }
})

test.each([
  ['commas', ','.repeat(64 * 1024)],
  ['blanks', `a${' '.repeat(64 * 1024)}b`],
  ['names', 'a, '.repeat(21_000)],
])('GHSA-8j4g-w8fx-2239: a preflight with 64 KiB of %s is answered as any other', async (_, text) => {
  const on = await server({ settings })

  const answer = await raw(on, preflightOf(origin, { 'access-control-request-headers': text }))

  expect(answer.status).toBe(204)
  expect(answer.headers.get('access-control-allow-headers')).toBe('Content-Type, Authorization, X-Auth-Client')
})

test('GHSA-8j4g-w8fx-2239: so is an Origin of 64 KiB, which is nobody', async () => {
  const on = await server({ settings })

  const answer = await raw(on, ask(`https://${'a.'.repeat(32_000)}preview.example.com`))

  expect(answer.status).toBe(200)
  expect(corsOf(answer)).toEqual({})
})

test('a trusted page signs in across origins, and reads why it may not', async () => {
  const on = await server({ settings })
  const { person } = await signedUp(on)
  const headers = { origin: 'https://spa.example.net', 'sec-fetch-site': 'cross-site' }

  const good = await on.request('/auth/login', json(person, headers))
  const bad = await on.request('/auth/login', json({}, headers))

  expect([good.status, bad.status]).toEqual([200, 422])
  for (const answer of [good, bad]) expect(corsOf(answer)).toMatchObject({ 'access-control-allow-credentials': 'true' })
})
