import { Hono } from 'hono'
import * as z from 'zod/mini'
import type { Core } from '../identity/core.ts'
import { readiness } from '../identity/readiness.ts'
import { doc, routesOf } from './contract.ts'
import type { Env } from './env.ts'
import { openapi } from './openapi.ts'

const Health = z.strictObject({ status: z.literal('ok') })
const Readiness = z.strictObject({
  status: z.enum(['ok', 'unready']),
  database: z.enum(['ok', 'unavailable']),
  migrations: z.enum(['ok', 'missing', 'unknown']),
  keys: z.enum(['ok', 'none', 'unknown']),
  /** Rows that a secret other than the first of the ring sealed: drop no old secret before this is 0. */
  sealedByOldSecret: z.nullable(z.int()),
  mail: z.strictObject({
    mailer: z.enum(['console', 'cloudflare', 'resend', 'smtp', 'mailbox', 'none']),
    /** Messages that wait to be sent, and those given up in the last day. */
    waiting: z.nullable(z.int()),
    dead: z.nullable(z.int()),
  }),
  clientAddress: z.enum(['ok', 'unknown', 'proxied without AUTH_PROXY']),
})

/** What monitors and generators ask. */
export const status = (core: Core, app: Pick<Hono, 'routes'>) => {
  let document: ReturnType<typeof openapi> | undefined
  return new Hono<Env>()
    .get('/healthz', doc('The process answers', { 200: Health }), (c) => c.json({ status: 'ok' as const }, 200))
    .get('/readyz', doc('The service can do its work', { 200: Readiness, 503: Readiness }), async (c) => {
      const report = await readiness(core, c.var.context)
      return c.json(report, report.status === 'ok' ? 200 : 503)
    })
    .get('/openapi.json', doc('This document', { 200: z.record(z.string(), z.unknown()) }), (c) => {
      document ??= openapi(routesOf(app), core.config.issuer)
      return c.json(document, 200)
    })
}
