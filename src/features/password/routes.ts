import { Hono } from 'hono'
import * as z from 'zod/mini'
import {
  accountSuspended,
  codeUsedOrExpired,
  conflict,
  emailTaken,
  noMailer,
  tooManyAttempts,
  usernameTaken,
  wrongCredentials,
} from '../../base/errors.ts'
import { doc, validate } from '../../http/contract.ts'
import type { Env } from '../../http/env.ts'
import type { Guard } from '../../http/guard.ts'
import { page } from '../../http/page.ts'
import {
  email,
  locale,
  manner,
  PendingShape,
  personName,
  redirectTo,
  SignedInOrChallenge,
  SignedInShape,
  TokenShown,
  text,
  username,
} from '../../http/shapes.ts'
import type { Core } from '../../identity/core.ts'
import { newAdmission } from './admission.ts'
import { registrationService } from './registration-service.ts'
import { resetService } from './reset-service.ts'
import { passwordService, wrongPassword } from './service.ts'

/** Longer than any password may be, so that the policy can say what is wrong. */
const password = text(4096)

const Registration = z.strictObject({
  email,
  password,
  name: z.nullish(personName),
  username: z.optional(username),
  locale: z.optional(locale),
  ...manner,
})
const Credentials = z
  .strictObject({ email: z.optional(email), username: z.optional(username), password, ...manner })
  .check(
    z.refine((given) => (given.email === undefined) !== (given.username === undefined), {
      message: 'Either an e-mail address or a username.',
      path: ['email'],
    }),
  )
const PasswordChange = z.strictObject({
  currentPassword: password,
  newPassword: password,
  transport: z.optional(z.enum(['cookie', 'token'])),
  device_token: manner.device_token,
})
const Reset = z.extend(TokenShown, { newPassword: password })

/** Accounts with a password. */
export const passwords = (core: Core, guard: Guard) => {
  const { hasher } = core
  const admission = newAdmission(core, hasher)
  const service = passwordService(core, hasher, admission)
  const registration = registrationService(core, hasher, admission)
  const resets = resetService(core, hasher)
  const Forgotten = z.strictObject({
    email,
    redirectTo: redirectTo(core.config),
    device_token: manner.device_token,
  })
  return new Hono<Env>()
    .post(
      '/register',
      doc(
        'Make an account and sign in, or wait for the mailbox where addresses have to be proven',
        { 201: SignedInOrChallenge, 202: PendingShape },
        emailTaken,
        usernameTaken,
        conflict,
        accountSuspended,
        tooManyAttempts,
      ),
      guard.requests(),
      validate(Registration),
      async (c) => {
        const result = await registration.register(c.var.context, c.req.valid('json'))
        return result.status === 'pending' ? c.json(result, 202) : c.json(result, 201)
      },
    )
    .post(
      '/login',
      doc('Sign in with a password', { 200: SignedInOrChallenge }, wrongCredentials, accountSuspended, tooManyAttempts),
      validate(Credentials),
      async (c) => c.json(await service.login(c.var.context, c.req.valid('json')), 200),
    )
    .post(
      '/password/change',
      doc('Change the password; every other session ends', { 200: SignedInShape }, wrongPassword, tooManyAttempts),
      guard.requests(),
      guard.strict({ manages: true }),
      validate(PasswordChange),
      async (c) => c.json(await service.change(c.var.context, c.var.caller, c.req.valid('json')), 200),
    )
    .post(
      '/password/forgot',
      doc('Mail a link that sets a new password', { 202: PendingShape }, tooManyAttempts, noMailer),
      guard.requests(),
      validate(Forgotten),
      async (c) => {
        await resets.forgot(c.var.context, c.req.valid('json'))
        return c.json({ status: 'pending' as const }, 202)
      },
    )
    .get('/password/reset', page(core, 'reset'))
    .post(
      '/password/reset',
      doc('Set a new password by the link that was mailed; every session ends', { 204: null }, codeUsedOrExpired),
      guard.requests(),
      validate(Reset),
      async (c) => {
        await resets.reset(c.var.context, c.req.valid('json'))
        return c.body(null, 204)
      },
    )
}
