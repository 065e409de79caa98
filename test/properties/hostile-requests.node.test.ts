import { expect, test } from 'vitest'
import * as z from 'zod/mini'
import type { App } from '../../src/app.ts'
import { doc, validate } from '../../src/http/contract.ts'
import { gated } from '../acts.ts'
import { openLimiter, quick } from '../faulty-ports.ts'
import { server } from '../harness.ts'
import { hostileRequests } from './hostile-requests.ts'

const arranged = (mount: (app: App) => unknown = () => undefined) =>
  server({ plug: gated, argon2id: quick, limiter: openLimiter, mount })

test('GHSA-xmf8-cvqr-rfgj, CVE-2026-73418, CVE-2026-9803, S68: whatever is wrong with a request to any route is no fault of ours', async () => {
  const on = await arranged()

  await hostileRequests(on, {
    runs: 300,
    judge({ status }, at) {
      expect(status, at).toBeGreaterThanOrEqual(200)
      expect(status, at).toBeLessThan(500)
    },
  })

  expect(on.logs.filter(({ event }) => event === 'bug')).toEqual([])
}, 120_000)

const planted: [string, (app: App) => unknown][] = [
  [
    'decodes a header without care',
    (app) =>
      app.get('/auth/planted', doc('Planted', { 200: z.object({}) }), (c) => {
        decodeURIComponent(c.req.header('x-forwarded-for') ?? '')
        return c.json({}, 200)
      }),
  ],
  [
    'decodes base64 of a body without care',
    (app) =>
      app.post(
        '/auth/planted',
        doc('Planted', { 200: z.object({}) }),
        validate(z.object({ code: z.string() })),
        (c) => {
          atob(c.req.valid('json').code)
          return c.json({}, 200)
        },
      ),
  ],
]

test.each(planted)(
  'a route of tomorrow that %s is seen',
  async (_, mount) => {
    const on = await arranged(mount)

    const seen = hostileRequests(on, {
      runs: 500,
      only: '/auth/planted',
      judge: ({ status }) => expect(status).toBeLessThan(500),
    })

    await expect(seen).rejects.toThrow('/auth/planted')
  },
  120_000,
)
