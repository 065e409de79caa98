import { Hono } from 'hono'
import * as z from 'zod/mini'
import { doc, validate } from '../../http/contract.ts'
import type { Env } from '../../http/env.ts'
import type { Guard } from '../../http/guard.ts'
import { Nothing, RecoveryCodesShape, time } from '../../http/shapes.ts'
import type { Core } from '../../identity/core.ts'
import { noFactor, recoveryService } from './service.ts'

const FactorsShape = z.strictObject({
  required: z.boolean(),
  totp: z.nullable(z.strictObject({ createdAt: time })),
  passkeys: z.int(),
  recoveryCodesLeft: z.int(),
})

/** Second factors at a glance, and what stands in for one that is lost. */
export const recovery = (core: Core, guard: Guard) => {
  const service = recoveryService(core)
  return new Hono<Env>()
    .get('/factors', doc('Second factors and recovery codes', { 200: FactorsShape }), guard.strict(), async (c) =>
      c.json(await service.list(c.var.context, c.var.caller), 200),
    )
    .post(
      '/recovery-codes',
      doc('Make ten new recovery codes, shown once; the older ones end', { 200: RecoveryCodesShape }, noFactor),
      guard.requests(),
      guard.strict({ fresh: true, manages: true }),
      validate(Nothing),
      async (c) => c.json(await service.make(c.var.context, c.var.caller), 200),
    )
}
