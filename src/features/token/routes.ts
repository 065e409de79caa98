import { Hono } from 'hono'
import * as z from 'zod/mini'
import { forbidden, invalidToken, unauthenticated } from '../../base/errors.ts'
import { doc, validate } from '../../http/contract.ts'
import type { Env } from '../../http/env.ts'
import { TokensShape, text } from '../../http/shapes.ts'
import type { Core } from '../../identity/core.ts'
import { tokenService } from './service.ts'

const TokenRequest = z.strictObject({
  refresh_token: z.optional(text(8192)),
  audience: z.optional(text(512)),
})
/** Any text at all: what is no token is as good as revoked. */
const Revocation = z.strictObject({
  token: z.string(),
  token_type_hint: z.optional(text(64)),
})
const Jwks = z.strictObject({ keys: z.array(z.record(z.string(), z.unknown())) })

/** Tokens: a short JWT for a session, rotation of refresh tokens, revocation, and the keys to check them by. */
export const token = (core: Core) => {
  const service = tokenService(core)
  return new Hono<Env>()
    .post(
      '/token',
      doc(
        'An access token for the session, or for a refresh token',
        { 200: TokensShape },
        unauthenticated,
        invalidToken,
        forbidden,
      ),
      validate(TokenRequest),
      async (c) => c.json(await service.issue(c.var.context, c.req.valid('json')), 200),
    )
    .post(
      '/token/revoke',
      doc('End the session of a token', { 200: z.strictObject({}) }),
      validate(Revocation, { form: true }),
      async (c) => {
        await service.revoke(c.var.context, c.req.valid('json').token)
        return c.json({}, 200)
      },
    )
    .get('/.well-known/jwks.json', doc('The public keys', { 200: Jwks }), async (c) =>
      c.json(await service.jwks(c.var.context), 200, { 'Cache-Control': 'public, max-age=300' }),
    )
}
