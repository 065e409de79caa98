import { Hono } from 'hono'
import * as z from 'zod/mini'
import {
  accountSuspended,
  codeUsedOrExpired,
  conflict,
  emailTaken,
  forbidden,
  lastWayIn,
  notFound,
  tooManyAttempts,
  unauthenticated,
  usernameTaken,
  wrongCredentials,
} from '../../base/errors.ts'
import { doc, validate, validateParam } from '../../http/contract.ts'
import type { Env } from '../../http/env.ts'
import type { Guard } from '../../http/guard.ts'
import {
  email,
  locale,
  manner,
  Nothing,
  PendingShape,
  personName,
  SignedInOrChallenge,
  text,
  time,
  username,
} from '../../http/shapes.ts'
import type { Core } from '../../identity/core.ts'
import { passkeyFactor } from './factor.ts'
import { newJudge } from './judge.ts'
import { registrationService } from './registration-service.ts'
import { passkeyService } from './service.ts'
import { signInService } from './sign-in-service.ts'
import { signUpService } from './sign-up-service.ts'

const base64url = (most: number) => text(most).check(z.regex(/^[\w-]+$/, 'Base64url.'))

/** Characters of the id of a credential: 1,023 bytes. */
const longestId = 1364

/** What `PublicKeyCredential.toJSON` gives. Browsers add members to it: what we do not read, we do not hold against them. */
const Attestation = z.object({
  id: base64url(longestId),
  rawId: base64url(longestId),
  type: z.literal('public-key'),
  response: z.object({
    clientDataJSON: base64url(4096),
    attestationObject: base64url(16384),
    transports: z.optional(z.array(text(32)).check(z.maxLength(8))),
  }),
})

const Assertion = z.object({
  id: base64url(longestId),
  rawId: base64url(longestId),
  type: z.literal('public-key'),
  response: z.object({
    clientDataJSON: base64url(4096),
    authenticatorData: base64url(4096),
    signature: base64url(2048),
    userHandle: z.nullish(text(96)),
  }),
})

const readAssertion = (given: unknown) => Assertion.safeParse(given).data

const transport = manner.transport
const binding = z.optional(text(64))

const SignInAsked = z
  .strictObject({
    transport,
    email: z.optional(email),
    username: z.optional(username),
    id: z.optional(text(64)),
    stepUp: z.optional(z.boolean()),
  })
  .check(
    z.refine(
      ({ email, username, id, stepUp }) =>
        [email, username, id, stepUp || undefined].filter((one) => one !== undefined).length < 2,
      {
        message: 'At most one of email, username, id and stepUp.',
        path: ['email'],
      },
    ),
  )
const SignIn = z.strictObject({ assertion: Assertion, binding, ...manner })
const SignUpAsked = z.strictObject({ transport, email, name: z.nullish(personName) })
const SignUp = z.strictObject({
  attestation: Attestation,
  email,
  name: z.nullish(personName),
  username: z.optional(username),
  locale: z.optional(locale),
  binding,
  ...manner,
})
const Enrolling = z.strictObject({ challenge: z.optional(text(64)) })
const Registration = z.extend(Enrolling, { attestation: Attestation, name: z.optional(personName) })
const PasskeyId = z.object({ id: text(64) })

const Descriptor = z.strictObject({
  type: z.literal('public-key'),
  id: z.string(),
  transports: z.optional(z.array(z.string())),
})
const CreationOptions = z.strictObject({
  rp: z.strictObject({ id: z.string(), name: z.string() }),
  user: z.strictObject({ id: z.string(), name: z.string(), displayName: z.string() }),
  challenge: z.string(),
  pubKeyCredParams: z.array(z.strictObject({ type: z.literal('public-key'), alg: z.int() })),
  timeout: z.int(),
  excludeCredentials: z.array(Descriptor),
  authenticatorSelection: z.strictObject({
    residentKey: z.enum(['preferred', 'required']),
    requireResidentKey: z.boolean(),
    userVerification: z.literal('required'),
  }),
  attestation: z.literal('none'),
})
const RequestOptions = z.strictObject({
  rpId: z.string(),
  challenge: z.string(),
  timeout: z.int(),
  allowCredentials: z.array(Descriptor),
  userVerification: z.enum(['preferred', 'required']),
})
const bound = { binding: z.optional(z.string()) }
const PasskeyShape = z.strictObject({
  id: z.string(),
  name: z.string(),
  createdAt: time,
  lastUsedAt: z.nullable(time),
  synced: z.boolean(),
  backedUp: z.boolean(),
  transports: z.array(z.string()),
})
const Registered = z.strictObject({ passkey: PasskeyShape, recoveryCodes: z.optional(z.array(z.string())) })

/** Passkeys: to sign in with and nothing else, or beside a password. */
export const passkeys = (core: Core, guard: Guard) => {
  const { brand, origin, origins, rpId } = core.config
  // Behind https nothing in clear is ours.
  const isOurs = (one: string) => one.startsWith('https:') || !origin.startsWith('https:')
  const party = { id: rpId, name: brand.name, origins: origins.exact.filter(isOurs) }
  const judge = newJudge(core.facts, party)
  const service = passkeyService(core)
  const registration = registrationService(core, judge, party)
  const signIns = signInService(core, judge, party)
  const signUps = signUpService(core, judge, party)
  core.factors.add(passkeyFactor(judge, readAssertion))
  return new Hono<Env>()
    .post(
      '/auth/passkeys/options',
      doc('Options for a new passkey', { 200: CreationOptions }),
      guard.requests(),
      validate(Enrolling),
      guard.enroller(),
      async (c) => c.json(await registration.options(c.var.context, c.var.enroller), 200),
    )
    .post(
      '/auth/passkeys',
      doc('Add a passkey; every other session ends', { 201: Registered }, conflict),
      guard.requests(),
      validate(Registration),
      guard.enroller(),
      async (c) => c.json(await registration.register(c.var.context, c.var.enroller, c.req.valid('json')), 201),
    )
    .get(
      '/auth/passkeys',
      doc('Passkeys', { 200: z.strictObject({ passkeys: z.array(PasskeyShape) }) }),
      guard.strict(),
      async (c) => c.json({ passkeys: await service.list(c.var.context, c.var.caller) }, 200),
    )
    .patch(
      '/auth/passkeys/:id{pky_[\\w-]+}',
      doc('Rename a passkey', { 200: PasskeyShape }),
      guard.strict({ manages: true }),
      validateParam(PasskeyId, notFound),
      validate(z.strictObject({ name: personName })),
      async (c) => {
        const own = { ...c.req.valid('param'), ...c.req.valid('json') }
        return c.json(await service.rename(c.var.context, c.var.caller, own), 200)
      },
    )
    .delete(
      '/auth/passkeys/:id{pky_[\\w-]+}',
      doc('Delete a passkey; every other session ends', { 204: null }, lastWayIn),
      guard.strict({ manages: true, fresh: true }),
      validateParam(PasskeyId, notFound),
      validate(Nothing),
      async (c) => {
        await service.remove(c.var.context, c.var.caller, c.req.valid('param').id)
        return c.body(null, 204)
      },
    )
    .post(
      '/auth/passkeys/sign-in/options',
      doc(
        'Options to sign in with a passkey, to finish a sign-in, or to prove again who is signed in',
        { 200: z.extend(RequestOptions, bound) },
        unauthenticated,
        forbidden,
        codeUsedOrExpired,
      ),
      guard.requests('options'),
      validate(SignInAsked),
      async (c) => c.json(await signIns.options(c.var.context, c.req.valid('json')), 200),
    )
    .post(
      '/auth/passkeys/sign-in',
      doc(
        'Sign in with a passkey',
        { 200: SignedInOrChallenge },
        wrongCredentials,
        codeUsedOrExpired,
        accountSuspended,
        tooManyAttempts,
      ),
      validate(SignIn),
      async (c) => c.json(await signIns.signIn(c.var.context, c.req.valid('json')), 200),
    )
    .post(
      '/auth/passkeys/sign-up/options',
      doc('Options for the passkey of a new account', { 200: z.extend(CreationOptions, bound) }),
      guard.requests(),
      validate(SignUpAsked),
      async (c) => c.json(await signUps.options(c.var.context, c.req.valid('json')), 200),
    )
    .post(
      '/auth/passkeys/sign-up',
      doc(
        'Make an account with a passkey and sign in, or wait for the mailbox where addresses have to be proven',
        { 201: SignedInOrChallenge, 202: PendingShape },
        codeUsedOrExpired,
        emailTaken,
        usernameTaken,
        conflict,
        tooManyAttempts,
      ),
      guard.requests(),
      validate(SignUp),
      async (c) => {
        const result = await signUps.signUp(c.var.context, c.req.valid('json'))
        return result.status === 'pending' ? c.json(result, 202) : c.json(result, 201)
      },
    )
    .get(
      '/.well-known/webauthn',
      doc('Origins on which passkeys may be used', { 200: z.strictObject({ origins: z.array(z.string()) }) }),
      (c) => c.json({ origins: [...party.origins] }, 200, { 'Cache-Control': 'public, max-age=300' }),
    )
}
