import { Hono } from 'hono'
import * as z from 'zod/mini'
import {
  accountSuspended,
  codeUsedOrExpired,
  conflict,
  forbidden,
  notFound,
  tooManyAttempts,
  unauthenticated,
  usernameTaken,
  wrongCredentials,
  wrongProof,
} from '../../base/errors.ts'
import { isId } from '../../base/ids.ts'
import { doc, validate, validateParam } from '../../http/contract.ts'
import type { Env } from '../../http/env.ts'
import type { Guard } from '../../http/guard.ts'
import {
  ChallengeMethodShape,
  locale,
  manner,
  Nothing,
  personName,
  SessionShape,
  SignedInOrChallenge,
  SignedInShape,
  text,
  time,
  UserShape,
  username,
} from '../../http/shapes.ts'
import type { Core } from '../../identity/core.ts'
import { sessionService } from './service.ts'

const Nobody = z.strictObject({ user: z.null(), session: z.null() })
const Somebody = z.strictObject({ user: UserShape, session: SessionShape })

const Profile = z.strictObject({
  username: z.optional(username),
  name: z.nullish(personName),
  locale: z.nullish(locale),
})
const ChallengeAnswer = z.strictObject({
  id: text(64),
  method: ChallengeMethodShape,
  code: z.optional(text(64)),
  assertion: z.optional(z.unknown()),
  trustDevice: z._default(z.boolean(), false),
  device_token: manner.device_token,
})
const Proof = z.strictObject({
  method: z.enum(['password', 'totp', 'passkey']),
  password: z.optional(text(4096)),
  code: z.optional(text(64)),
  assertion: z.optional(z.unknown()),
  device_token: manner.device_token,
})
const TrustedDeviceShape = z.strictObject({
  id: z.string(),
  device: SessionShape.shape.device,
  trustedAt: time,
  trustedUntil: time,
  current: z.boolean(),
})
const Sessions = z.strictObject({ sessions: z.array(SessionShape), trustedDevices: z.array(TrustedDeviceShape) })
const DeviceId = z.object({ id: z.string().check(z.refine((id) => isId('dev', id))) })
const Logout = z.strictObject({ everywhere: z._default(z.boolean(), false) })
const SessionId = z.object({ id: z.string().check(z.refine((id) => isId('ses', id))) })

/** Sessions: who am I, where am I signed in, and out again. */
export const session = (core: Core, guard: Guard) => {
  const service = sessionService(core)
  return new Hono<Env>()
    .get('/session', doc('Who is signed in, if anybody', { 200: z.union([Somebody, Nobody]) }), guard.visitor(), (c) =>
      c.json(service.current(c.var.caller), 200),
    )
    .get('/me', doc('The user', { 200: UserShape }), guard.caller(), (c) => c.json(service.me(c.var.caller), 200))
    .patch(
      '/me',
      doc('Change the name, the username or the language', { 200: UserShape }, usernameTaken),
      guard.strict({ manages: true }),
      validate(Profile),
      async (c) => c.json(await service.changeProfile(c.var.context, c.var.caller, c.req.valid('json')), 200),
    )
    .get(
      '/sessions',
      doc('Live sessions, and devices that are spared a second factor', { 200: Sessions }),
      guard.strict(),
      async (c) => c.json(await service.list(c.var.context, c.var.caller), 200),
    )
    .delete(
      '/sessions/:id',
      doc('End one session', { 204: null }),
      guard.strict({ manages: true, ends: 'id' }),
      validateParam(SessionId, notFound),
      validate(Nothing),
      async (c) => {
        await service.end(c.var.context, c.var.caller, c.req.valid('param').id)
        return c.body(null, 204)
      },
    )
    .delete(
      '/sessions',
      doc('End every other session', { 204: null }),
      guard.strict({ manages: true }),
      validate(Nothing),
      async (c) => {
        await service.endOthers(c.var.context, c.var.caller)
        return c.body(null, 204)
      },
    )
    .delete(
      '/devices/:id',
      doc('Ask for a second factor again on a device that was spared it', { 204: null }),
      guard.strict({ manages: true }),
      validateParam(DeviceId, notFound),
      validate(Nothing),
      async (c) => {
        await service.distrust(c.var.context, c.var.caller, c.req.valid('param').id)
        return c.body(null, 204)
      },
    )
    .post(
      '/session/refresh-auth',
      doc(
        'Prove again who is signed in: the session is fresh',
        { 200: SignedInShape },
        wrongProof,
        conflict,
        tooManyAttempts,
      ),
      guard.strict({ manages: true }),
      validate(Proof),
      async (c) => c.json(await core.stepUp.refresh(c.var.context, c.var.caller, c.req.valid('json')), 200),
    )
    .post(
      '/logout',
      doc('Sign out, here or everywhere', { 204: null }, unauthenticated, forbidden),
      validate(Logout),
      async (c) => {
        await service.logout(c.var.context, c.req.valid('json').everywhere)
        return c.body(null, 204)
      },
    )
    .post(
      '/challenge',
      doc(
        'Answer what a sign-in still asks for',
        { 200: SignedInOrChallenge },
        wrongCredentials,
        codeUsedOrExpired,
        accountSuspended,
        tooManyAttempts,
      ),
      validate(ChallengeAnswer),
      async (c) => c.json(await service.answer(c.var.context, c.req.valid('json')), 200),
    )
}
