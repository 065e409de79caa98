import { Hono } from 'hono'
import * as z from 'zod/mini'
import {
  accountSuspended,
  codeUsedOrExpired,
  conflict,
  noMailer,
  tooManyAttempts,
  wrongCredentials,
} from '../../base/errors.ts'
import { doc, validate } from '../../http/contract.ts'
import type { Env } from '../../http/env.ts'
import type { Guard } from '../../http/guard.ts'
import { page } from '../../http/page.ts'
import { CodeSentShape, email, manner, PendingShape, redirectTo, SignedInOrChallenge, text } from '../../http/shapes.ts'
import type { Core } from '../../identity/core.ts'
import { emailSignInService } from './service.ts'

const { device_token } = manner

const Proof = z
  .strictObject({ token: z.optional(text(64)), id: z.optional(text(64)), code: z.optional(text(64)), ...manner })
  .check(({ value: { token, id, code }, issues }) => {
    const refuse = (path: string, message: string) =>
      issues.push({ code: 'custom', message, path: [path], input: path })
    if ((token === undefined) === (id === undefined && code === undefined)) {
      refuse('token', 'Either the token of a link, or an id and a code.')
    } else if (token === undefined && id === undefined)
      refuse('id', 'The id that was answered when the code was asked for.')
    else if (token === undefined && code === undefined) refuse('code', 'The code that was mailed.')
  })

/** Signing in, and up, with nothing but a mailbox. */
export const emailSignIn = (core: Core, guard: Guard) => {
  const service = emailSignInService(core)
  return new Hono<Env>()
    .post(
      '/email/link',
      doc('Mail a link that signs in', { 202: PendingShape }, tooManyAttempts, noMailer),
      guard.requests(),
      validate(z.strictObject({ email, redirectTo: redirectTo(core.config), device_token })),
      async (c) => {
        await service.link(c.var.context, c.req.valid('json'))
        return c.json({ status: 'pending' as const }, 202)
      },
    )
    .post(
      '/email/code',
      doc('Mail a code to type that signs in', { 202: CodeSentShape }, tooManyAttempts, noMailer),
      guard.requests(),
      validate(z.strictObject({ email, device_token })),
      async (c) => c.json(await service.code(c.var.context, c.req.valid('json')), 202),
    )
    .get('/email/sign-in', page(core, 'signIn'))
    .post(
      '/email/sign-in',
      doc(
        'Sign in by the link or the code that was mailed',
        { 200: SignedInOrChallenge },
        wrongCredentials,
        codeUsedOrExpired,
        conflict,
        accountSuspended,
        tooManyAttempts,
      ),
      validate(Proof),
      async (c) => c.json(await service.signIn(c.var.context, c.req.valid('json')), 200),
    )
}
