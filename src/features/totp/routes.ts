import { Hono } from 'hono'
import * as z from 'zod/mini'
import { forbidden, lastWayIn, notFound, wrongCredentials, wrongProof } from '../../base/errors.ts'
import { doc, validate } from '../../http/contract.ts'
import type { Env } from '../../http/env.ts'
import type { Guard } from '../../http/guard.ts'
import { Nothing, RecoveryCodesShape, text } from '../../http/shapes.ts'
import type { Core } from '../../identity/core.ts'
import { nothingToConfirm, totpService } from './service.ts'

const Start = z.strictObject({ challenge: z.optional(text(64)) })
const Confirmation = z.strictObject({ code: text(64), challenge: z.optional(text(64)) })
const SetUpShape = z.strictObject({ secret: z.string(), uri: z.string(), qr: z.string() })

/** Authenticator apps as a second factor. */
export const totp = (core: Core, guard: Guard) => {
  const service = totpService(core)
  return new Hono<Env>()
    .post(
      '/totp',
      doc('Make a secret for an authenticator app, shown once; it counts once a code confirms it', { 200: SetUpShape }),
      guard.requests(),
      validate(Start),
      guard.enroller(),
      async (c) => c.json(await service.start(c.var.context, c.var.enroller), 200),
    )
    .post(
      '/totp/confirm',
      doc(
        'Switch the authenticator app on by a code of it; every other session ends',
        { 200: RecoveryCodesShape },
        wrongProof,
        wrongCredentials,
        nothingToConfirm,
      ),
      guard.requests(),
      validate(Confirmation),
      guard.enroller(),
      async (c) => c.json(await service.confirm(c.var.context, c.var.enroller, c.req.valid('json')), 200),
    )
    .delete(
      '/totp',
      doc('Switch the authenticator app off; every other session ends', { 204: null }, notFound, lastWayIn, forbidden),
      guard.strict({ fresh: true, manages: true }),
      validate(Nothing),
      async (c) => {
        await service.remove(c.var.context, c.var.caller)
        return c.body(null, 204)
      },
    )
}
