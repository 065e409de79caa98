import { Hono } from 'hono'
import * as z from 'zod/mini'
import { codeUsedOrExpired, noMailer, tooManyAttempts, unauthenticated } from '../../base/errors.ts'
import { doc, validate } from '../../http/contract.ts'
import type { Env } from '../../http/env.ts'
import type { Guard } from '../../http/guard.ts'
import { page } from '../../http/page.ts'
import { PendingShape, redirectTo, TokenShown } from '../../http/shapes.ts'
import type { Core } from '../../identity/core.ts'
import { verificationService } from './service.ts'

/** Proves that an account's address is its owner's, or gives it up. */
export const verification = (core: Core, guard: Guard) => {
  const service = verificationService(core)
  const Request = z.strictObject({ redirectTo: redirectTo(core.config) })
  return new Hono<Env>()
    .post(
      '/email/verify/request',
      doc('Mail a link that proves the address', { 202: PendingShape, 204: null }, tooManyAttempts, noMailer),
      guard.requests(),
      guard.strict({ manages: true }),
      validate(Request),
      async (c) => {
        const isPending = await service.request(c.var.context, c.var.caller, c.req.valid('json').redirectTo)
        return isPending ? c.json({ status: 'pending' as const }, 202) : c.body(null, 204)
      },
    )
    .get('/email/verify', page(core, 'verify'))
    .post(
      '/email/verify',
      doc('Prove an address by the link that was mailed to it', { 204: null }, codeUsedOrExpired, unauthenticated),
      validate(TokenShown),
      async (c) => {
        await service.verify(c.var.context, c.req.valid('json').token)
        return c.body(null, 204)
      },
    )
    .get('/email/disown', page(core, 'disown'))
    .post(
      '/email/disown',
      doc('Erase an account that somebody else made with this address', { 204: null }, codeUsedOrExpired),
      validate(TokenShown),
      async (c) => {
        await service.disown(c.var.context, c.req.valid('json').token)
        return c.body(null, 204)
      },
    )
}
