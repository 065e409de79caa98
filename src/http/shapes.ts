import * as z from 'zod/mini'
import type { Config } from '../base/config.ts'
import { parseEmail } from '../base/email.ts'
import { parseName, parseUsername } from '../base/people.ts'
import { parseRedirect } from '../base/redirects.ts'
import { languageTags } from '../messages/languages.ts'

/** The shapes of the contract, as answers carry them. Add to them, never rename. */

/** Text of at most `most` UTF-16 units. */
export const text = (most: number) => z.string().check(z.maxLength(most))

/** RFC 3339 in UTC, to the second. */
export const time = z.string().check(z.regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/))

const MethodShape = z.enum(['password', 'email', 'totp', 'passkey', 'social', 'recovery'])

export const UserShape = z.strictObject({
  id: z.string(),
  email: z.string(),
  emailVerified: z.boolean(),
  username: z.nullable(z.string()),
  name: z.nullable(z.string()),
  locale: z.nullable(z.string()),
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
  address: z.nullable(z.string()),
  country: z.nullable(z.string()),
  lastSeenAt: time,
})

/** RFC 6749 section 5.1. */
export const TokensShape = z.strictObject({
  access_token: z.string(),
  token_type: z.literal('Bearer'),
  expires_in: z.int(),
  refresh_token: z.optional(z.string()),
  device_token: z.optional(z.string()),
})

export const SignedInShape = z.strictObject({
  status: z.literal('signed_in'),
  user: UserShape,
  session: SessionShape,
  tokens: z.optional(TokensShape),
})

/** What answers a challenge: `enrol` says that its user has set up what it asked for. */
export const ChallengeMethodShape = z.enum([...MethodShape.options, 'enrol'])

const ChallengeShape = z.strictObject({
  status: z.literal('challenge'),
  challenge: z.strictObject({ id: z.string(), methods: z.array(ChallengeMethodShape), expiresAt: time }),
})

export const SignedInOrChallenge = z.discriminatedUnion('status', [SignedInShape, ChallengeShape])

export const ProblemShape = z.strictObject({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  code: z.string(),
  detail: z.optional(z.string()),
  fields: z.optional(z.record(z.string(), z.string())),
  requestId: z.string(),
})

/** What was asked for goes on by mail; also where nobody has that address. */
export const PendingShape = z.strictObject({ status: z.literal('pending') })

/** What a typed code goes with: a secret, and until when both are good. Also where nobody has the address. */
export const CodeSentShape = z.strictObject({ id: z.string(), expiresAt: time })

/** Codes that stand in for a second factor, each once; nobody is shown them again. */
export const RecoveryCodesShape = z.strictObject({ recoveryCodes: z.array(z.string()) })

/** The token that a link carries. */
export const TokenShown = z.strictObject({ token: text(64) })

/** The page of the app that a link leads to, instead of our own. */
export const redirectTo = ({ origins }: Config) =>
  z.optional(
    parsedBy((given) => parseRedirect(given, origins), 'An absolute URL on an allowed origin, without a fragment.'),
  )

/** A language that there are messages in. */
export const locale = z.enum(languageTags)

/** How every sign-in is asked for. */
export const manner = {
  transport: z._default(z.enum(['cookie', 'token']), 'cookie'),
  remember: z._default(z.boolean(), true),
  device_token: z.optional(text(256)),
}

/** Text that one of the parsers of `base` accepts, in the form that it gives it. */
const parsedBy = <T>(parse: (text: string) => T | undefined, message: string) =>
  z.pipe(
    z.string(),
    z.transform((given: string, context) => {
      const parsed = parse(given)
      if (parsed !== undefined) return parsed
      context.issues.push({ code: 'custom', message, input: given })
      return z.NEVER
    }),
  )

export const email = parsedBy(parseEmail, 'An e-mail address such as ada@example.com.')
export const username = parsedBy(parseUsername, '3 to 32 of a-z, 0-9, _ . and -.')
export const personName = parsedBy(parseName, '1 to 64 characters, none of them invisible.')

/** The body of a route that wants none. */
export const Nothing = z.strictObject({})
