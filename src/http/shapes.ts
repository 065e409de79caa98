import * as z from 'zod'

/** The shapes of the contract, as answers carry them. Add to them, never rename. */

const time = z.string().regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)

export const MethodShape = z.enum(['password', 'email', 'totp', 'passkey', 'social', 'recovery_code'])

export const UserShape = z.strictObject({
  id: z.string(),
  email: z.string(),
  emailVerified: z.boolean(),
  username: z.string().nullable(),
  name: z.string().nullable(),
  roles: z.array(z.string()),
  createdAt: time,
})

export const SessionShape = z.strictObject({
  id: z.string(),
  createdAt: time,
  authenticatedAt: time,
  expiresAt: time,
  methods: z.array(MethodShape),
  current: z.boolean(),
  device: z.strictObject({ name: z.string(), userAgent: z.string() }),
  address: z.string().nullable(),
  country: z.string().nullable(),
  lastSeenAt: time,
})

/** RFC 6749 section 5.1. */
export const TokensShape = z.strictObject({
  access_token: z.string(),
  token_type: z.literal('Bearer'),
  expires_in: z.number().int(),
  refresh_token: z.string().optional(),
  device_token: z.string().optional(),
})

export const SignedInShape = z.strictObject({
  status: z.literal('signed_in'),
  user: UserShape,
  session: SessionShape,
  tokens: TokensShape.optional(),
})

const ChallengeShape = z.strictObject({
  status: z.literal('challenge'),
  challenge: z.strictObject({ id: z.string(), methods: z.array(MethodShape), expiresAt: time }),
})

export const SignedInOrChallenge = z.discriminatedUnion('status', [SignedInShape, ChallengeShape])

export const ProblemShape = z.strictObject({
  type: z.string(),
  title: z.string(),
  status: z.number().int(),
  code: z.string(),
  detail: z.string().optional(),
  fields: z.record(z.string(), z.string()).optional(),
  requestId: z.string(),
})

/** How every sign-in is asked for. */
export const manner = {
  transport: z.enum(['cookie', 'token']).default('cookie'),
  remember: z.boolean().default(true),
  device_token: z.string().max(256).optional(),
}

/** Text that one of the parsers of `base` accepts, in the form that it gives it. */
export const parsedBy = <T>(parse: (text: string) => T | undefined, message: string) =>
  z.string().transform((text, context) => {
    const parsed = parse(text)
    if (parsed !== undefined) return parsed
    context.issues.push({ code: 'custom', message, input: text })
    return z.NEVER
  })
