import { Hono } from 'hono'
import * as z from 'zod/mini'
import { doc, validate } from '../../http/contract.ts'
import type { Env } from '../../http/env.ts'
import type { Guard } from '../../http/guard.ts'
import type { Core } from '../../identity/core.ts'
import { accountService } from './service.ts'

const Nothing = z.strictObject({})

/** Leaving. */
export const account = (core: Core, guard: Guard) => {
  const service = accountService(core)
  return new Hono<Env>().delete(
    '/me',
    doc('Erase the account', { 204: null }),
    guard.strict({ fresh: true, manages: true, erases: true }),
    validate(Nothing),
    async (c) => {
      await service.erase(c.var.context, c.var.caller)
      return c.body(null, 204)
    },
  )
}
