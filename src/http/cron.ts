import { Hono } from 'hono'
import * as z from 'zod/mini'
import { timingSafeEqual } from '../base/crypto.ts'
import { Problem, unauthenticated, unavailable } from '../base/errors.ts'
import type { Core } from '../identity/core.ts'
import { runJob } from '../identity/job.ts'
import { doc } from './contract.ts'
import type { Env } from './env.ts'

const Done = z.strictObject({ status: z.literal('ok') })

/**
 * The scheduled job where the platform's scheduler can but ask for a path (Vercel): the one GET that acts. Its secret
 * is the scheduler's alone, so nobody's browser can be made to send it.
 */
export const cron = (core: Core, secret: string) =>
  new Hono<Env>().get('/cron', doc('Run the scheduled job', { 200: Done }, unauthenticated), async (c) => {
    if (!timingSafeEqual(c.req.header('authorization') ?? '', `Bearer ${secret}`)) throw new Problem(unauthenticated)
    const { failed } = await runJob(core, c.env.waitUntil)
    if (failed.length > 0) throw new Problem(unavailable, { retryAfter: 60, cause: `job: ${failed.join(', ')}` })
    return c.json({ status: 'ok' as const }, 200)
  })
