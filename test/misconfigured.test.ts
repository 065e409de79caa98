import { expect, test } from 'vitest'
import { noDatabase } from '../src/adapters/no-database.ts'
import { createService } from '../src/app.ts'
import { ProblemShape } from '../src/http/shapes.ts'
import { bodyOf, origin, secrets, server } from './harness.ts'
import { routes } from './raw.ts'

const good = { AUTH_ORIGIN: origin, AUTH_SECRET: secrets[0] }
const visit = { address: '198.51.100.7', country: undefined, waitUntil: () => undefined }

/** The service for these settings; fails where it reaches for the outside. */
const serviceOf = (env: Record<string, unknown>) =>
  createService(env, () => {
    throw new Error('A misconfigured service reaches for nothing.')
  })

const marker = 'marker-9c4e'

const wrong: [title: string, setting: string, value: string, reason: RegExp][] = [
  ['S14: no secret', 'AUTH_SECRET', '', /Not set/],
  ['S14: a well-known secret', 'AUTH_SECRET', 'secret', /Entry 1/],
  ['S14: a secret of one letter', 'AUTH_SECRET', 'A'.repeat(43), /Entry 1/],
  ['S14: a weak secret behind a good one', 'AUTH_SECRET', `${secrets[0]},changeme`, /Entry 2/],
  ['S14, S45: a secret of 31 bytes', 'AUTH_SECRET', 'q0p7cG1xG1m9f0cQ3uQmTq1cW7oPz8u5sY2nR4vKxA', /Entry 1/],
  ['S89: plain http for a database', 'TURSO_DATABASE_URL', `http://${marker}.example.com`, /Not a safe/],
  ['S89: an unencrypted web socket for a database', 'TURSO_DATABASE_URL', `ws://${marker}.example.com`, /Not a safe/],
  ['S89: plain http for the origin', 'AUTH_ORIGIN', `http://${marker}.example.com`, /Plain http/],
  ['an origin with a path', 'AUTH_ORIGIN', `https://${marker}.example.com/auth`, /Not an origin/],
  ['no origin', 'AUTH_ORIGIN', '', /Not set/],
  ['S57: a wildcard for everybody', 'AUTH_TRUSTED_ORIGINS', '*', /every site/],
  [
    'S57: a wildcard on a public suffix',
    'AUTH_TRUSTED_ORIGINS',
    `https://*.${marker}.vercel.app,https://*.vercel.app`,
    /Entry 2/,
  ],
  ['a duration that is no number', 'AUTH_LEASE_SECONDS', marker, /whole number/],
  ['a lease out of range', 'AUTH_LEASE_SECONDS', '901', /0 to 900/],
  ['a negative number', 'AUTH_ACCESS_SECONDS', '-1', /60 to 900/],
  ['a weak password minimum', 'AUTH_PASSWORD_MIN', '7', /8 to 64/],
  ['a proxy that is neither', 'AUTH_PROXY', marker, /Neither/],
  ['a weak proxy secret', 'AUTH_PROXY', `secret:${'a'.repeat(40)}`, /Neither/],
  ['a mistyped choice', 'AUTH_REVOCATION_FAIL', marker, /Neither/],
  ['a name within two letters', 'AUTH_SECRETS', marker, /nearly AUTH_SECRET/],
  ['a name in another case', 'Auth_Origin', marker, /nearly AUTH_ORIGIN/],
  ['a short secret of the scheduler', 'CRON_SECRET', 'short', /16 to 512/],
]

test.each(wrong)(
  '%s: every route but healthz is 500 and names %s, never its value',
  async (_, setting, value, reason) => {
    const on = await server()
    const service = serviceOf({ ...good, [setting]: value })

    for (const { method, target, path } of [...routes(on), { method: 'GET', target: '/x', path: '/x' }]) {
      if (path === '/auth/healthz') continue
      const answer = await service.fetch(new Request(new URL(target, origin), { method }), visit)
      const problem = ProblemShape.parse(await bodyOf(answer))

      expect.soft(answer.status, path).toBe(500)
      expect.soft(problem.code).toBe('misconfigured')
      expect.soft(problem.fields?.[setting]).toMatch(reason)
      if (value.length > 4) expect.soft(JSON.stringify(problem.fields)).not.toContain(value)
      expect.soft(JSON.stringify(problem)).not.toContain(marker)
    }
  },
)

test('the answer carries the headers that every answer carries', async () => {
  const service = serviceOf({})

  for (const [path, status] of [
    ['/auth/session', 500],
    ['/auth/healthz', 200],
  ] as const) {
    const answer = await service.fetch(new Request(origin + path), visit)

    expect(answer.status).toBe(status)
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
      'x-request-id': expect.stringMatching(/^req_[\w-]{22}$/),
      vary: 'Origin',
    })
  }
})

test('healthz says that the process answers', async () => {
  const answer = await serviceOf({}).fetch(new Request(`${origin}/auth/healthz`), visit)

  expect([answer.status, await bodyOf(answer)]).toEqual([200, { status: 'ok' }])
})

test('every problem is told at once, each with its fix', async () => {
  const service = serviceOf({ AUTH_SECRET: 'secret', AUTH_LEASE_SECONDS: 'long', AUTH_PROXY: 'x' })

  const { fields } = await bodyOf(await service.fetch(new Request(`${origin}/auth/me`), visit))

  expect(Object.keys(fields).sort()).toEqual(['AUTH_LEASE_SECONDS', 'AUTH_ORIGIN', 'AUTH_PROXY', 'AUTH_SECRET'])
  expect(service.problems.every(({ fix }) => fix !== '')).toBe(true)
})

test('without a database nothing is served, and the job does nothing', async () => {
  const service = createService(good, () => noDatabase('the D1 binding DB'))

  const answer = await service.fetch(new Request(`${origin}/auth/session`), visit)

  expect(answer.status).toBe(500)
  expect((await bodyOf(answer)).fields).toHaveProperty('TURSO_DATABASE_URL')
  expect(await service.job(() => undefined)).toBeUndefined()
})

test('a name that is far from every setting is a warning, and the service serves', async () => {
  const { core, logs, world } = await server()
  const lines: unknown[] = []

  const service = createService({ ...good, AUTH_SOMETHING_ELSE: marker }, () => ({
    ...core.ports,
    ...world,
    log: (line) => lines.push(line),
  }))

  expect(service.problems).toEqual([])
  expect((await service.fetch(new Request(`${origin}/auth/session`), visit)).status).toBe(200)
  expect(lines[0]).toMatchObject({ event: 'setting_ignored', warning: expect.stringContaining('AUTH_SOMETHING_ELSE') })
  expect(JSON.stringify([lines, logs])).not.toContain(marker)
})
