/** Every code that a problem can carry. Clients translate by it: add to it, never rename. */
export type ProblemCode =
  | 'malformed_request'
  | 'unauthenticated'
  | 'wrong_credentials'
  | 'invalid_token'
  | 'cross_origin'
  | 'forbidden'
  | 'fresh_sign_in_required'
  | 'account_suspended'
  | 'not_found'
  | 'method_not_allowed'
  | 'email_taken'
  | 'username_taken'
  | 'last_way_in'
  | 'conflict'
  | 'code_used_or_expired'
  | 'body_too_large'
  | 'unsupported_media_type'
  | 'invalid_request'
  | 'too_many_attempts'
  | 'rate_limited'
  | 'internal'
  | 'misconfigured'
  | 'unavailable'

export interface ProblemType {
  readonly code: ProblemCode
  /** HTTP status, 400 to 599. */
  readonly status: 400 | 401 | 403 | 404 | 405 | 409 | 410 | 413 | 415 | 422 | 429 | 500 | 503
  readonly title: string
}

interface ProblemOptions {
  /** For the caller: never tells what the caller did not already know. */
  readonly detail?: string
  /** JSON path of a field -> what is wrong with it. */
  readonly fields?: Readonly<Record<string, string>>
  /** Seconds, at least 1. */
  readonly retryAfter?: number
  /** The methods that the path does know; with 405. */
  readonly allow?: readonly string[]
  /** The real reason, for the log alone. */
  readonly cause?: unknown
}

/**
 * A refusal that was expected. Thrown anywhere, made into a response in `http/problem.ts` and nowhere else.
 * @see https://www.rfc-editor.org/rfc/rfc9457
 */
export class Problem extends Error {
  readonly type: ProblemType
  readonly detail: string | undefined
  readonly fields: Readonly<Record<string, string>> | undefined
  readonly retryAfter: number | undefined
  readonly allow: readonly string[] | undefined

  constructor(type: ProblemType, options: ProblemOptions = {}) {
    super(type.title, { cause: options.cause })
    this.name = 'Problem'
    this.type = type
    this.detail = options.detail
    this.fields = options.fields
    this.retryAfter = options.retryAfter
    this.allow = options.allow
  }
}

/** Something outside did not answer as it should: it may have acted all the same. */
export const unavailable: ProblemType = {
  code: 'unavailable',
  status: 503,
  title: 'The service cannot answer just now.',
}
export const unauthenticated: ProblemType = {
  code: 'unauthenticated',
  status: 401,
  title: 'A valid session is needed.',
}
export const invalidToken: ProblemType = {
  code: 'invalid_token',
  status: 401,
  title: 'The token is not valid, or no longer.',
}
export const wrongCredentials: ProblemType = {
  code: 'wrong_credentials',
  status: 401,
  title: 'The credentials are wrong.',
}
/** Of somebody who is signed in, and stays so. */
export const wrongProof: ProblemType = { ...wrongCredentials, status: 403, title: 'What was shown is wrong.' }
export const forbidden: ProblemType = { code: 'forbidden', status: 403, title: 'This is not allowed.' }
export const freshSignInRequired: ProblemType = {
  code: 'fresh_sign_in_required',
  status: 403,
  title: 'Sign in again to do this.',
}
export const accountSuspended: ProblemType = {
  code: 'account_suspended',
  status: 403,
  title: 'This account is suspended.',
}
export const notFound: ProblemType = { code: 'not_found', status: 404, title: 'There is nothing here.' }
export const emailTaken: ProblemType = {
  code: 'email_taken',
  status: 409,
  title: 'This e-mail address has an account.',
}
export const usernameTaken: ProblemType = {
  code: 'username_taken',
  status: 409,
  title: 'This username is taken.',
}
export const lastWayIn: ProblemType = {
  code: 'last_way_in',
  status: 409,
  title: 'This is the last way into the account.',
}
export const conflict: ProblemType = {
  code: 'conflict',
  status: 409,
  title: 'Something changed meanwhile. Try again.',
}
export const codeUsedOrExpired: ProblemType = {
  code: 'code_used_or_expired',
  status: 410,
  title: 'This was used already, or has expired.',
}
export const invalidRequest: ProblemType = {
  code: 'invalid_request',
  status: 422,
  title: 'Some fields are not valid.',
}
export const tooManyAttempts: ProblemType = {
  code: 'too_many_attempts',
  status: 429,
  title: 'Too many attempts. Wait a while.',
}
export const rateLimited: ProblemType = {
  code: 'rate_limited',
  status: 429,
  title: 'Too many requests. Wait a while.',
}
export const noMailer: ProblemType = {
  code: 'misconfigured',
  status: 500,
  title: 'No mail can be sent: set SMTP_URL or RESEND_API_KEY, or give the binding EMAIL.',
}
