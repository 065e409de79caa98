import { Hono } from 'hono'
import * as z from 'zod/mini'
import { doc, validate } from '../../http/contract.ts'
import type { Env } from '../../http/env.ts'
import type { Guard } from '../../http/guard.ts'
import { Nothing, time } from '../../http/shapes.ts'
import type { Core } from '../../identity/core.ts'
import { accountService } from './service.ts'

const Row = z.record(z.string(), z.unknown())
const AccountData = z.catchall(z.object({ exportedAt: time, incomplete: z.array(z.string()), user: Row }), z.array(Row))
const Leaving = z.strictObject({ erasesAt: time })

/** What is stored of a user, and leaving. */
export const account = (core: Core, guard: Guard) => {
  const service = accountService(core)
  return new Hono<Env>()
    .get(
      '/me/export',
      doc('All that is stored of the user, secrets excepted', { 200: AccountData }),
      guard.strict({ fresh: true, manages: true }),
      async (c) => {
        c.header('Content-Disposition', 'attachment; filename="account.json"')
        return c.json(await service.tell(c.var.context, c.var.caller), 200)
      },
    )
    .delete(
      '/me',
      doc('Delete the account, at once or after a grace in which signing in keeps it', { 202: Leaving, 204: null }),
      guard.strict({ fresh: true, manages: true, erases: true }),
      validate(Nothing),
      async (c) => {
        const leaving = await service.leave(c.var.context, c.var.caller)
        return leaving ? c.json(leaving, 202) : c.body(null, 204)
      },
    )
}
