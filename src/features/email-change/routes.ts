import { Hono } from 'hono'
import * as z from 'zod/mini'
import { codeUsedOrExpired, emailTaken, noMailer, tooManyAttempts } from '../../base/errors.ts'
import { doc, validate } from '../../http/contract.ts'
import type { Env } from '../../http/env.ts'
import type { Guard } from '../../http/guard.ts'
import { page } from '../../http/page.ts'
import { email, PendingShape, redirectTo, TokenShown } from '../../http/shapes.ts'
import type { Core } from '../../identity/core.ts'
import { emailChangeService } from './service.ts'

/** Gives an account another address, once that is proven, and back to whoever had the address before. */
export const emailChange = (core: Core, guard: Guard) => {
  const service = emailChangeService(core)
  const Change = z.strictObject({
    newEmail: email,
    redirectTo: redirectTo(core.config),
  })
  return new Hono<Env>()
    .post(
      '/email/change',
      doc('Mail a link that changes the address to the new one', { 202: PendingShape }, tooManyAttempts, noMailer),
      guard.requests(),
      guard.strict({ fresh: true, manages: true }),
      validate(Change),
      async (c) => {
        await service.request(c.var.context, c.var.caller, c.req.valid('json'))
        return c.json({ status: 'pending' as const }, 202)
      },
    )
    .get('/email/change/confirm', page(core, 'confirmChange'))
    .post(
      '/email/change/confirm',
      doc(
        'Change the address by the link that was mailed to the new one',
        { 204: null },
        codeUsedOrExpired,
        emailTaken,
      ),
      validate(TokenShown),
      async (c) => {
        await service.confirm(c.var.context, c.req.valid('json').token)
        return c.body(null, 204)
      },
    )
    .get('/email/change/undo', page(core, 'undoChange'))
    .post(
      '/email/change/undo',
      doc('Undo a change by the link that was mailed to the old address', { 204: null }, codeUsedOrExpired, emailTaken),
      validate(TokenShown),
      async (c) => {
        await service.undo(c.var.context, c.req.valid('json').token)
        return c.body(null, 204)
      },
    )
}
