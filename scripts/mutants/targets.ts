interface Target {
  readonly group: string
  readonly file: string
  /** The tests that specify it; quick ones, and those that see most, first. */
  readonly tests: readonly string[]
}

const of = (group: string, file: string, tests: string): Target => ({
  group,
  file: `src/${file}.ts`,
  tests: tests.split(' ').map((name) => `test/${name}.test.ts`),
})

const cookie = 'session-cookie session lease session-ring session-cookie-shapes session-trips logout'
const throttle = 'throttle throttle-keys challenge-throttle throttle-races register-repeat crash/clock-jumps'
const password =
  'login password-change register-repeat register login-meanwhile password-change-races password-of-others observability device'
const token =
  'refresh token token-exchange conformance/rfc7009 refresh-race conformance/rfc6750 observability secret-ring trips'
const ends = 'revocation-hints revocation password-change job-sessions login-meanwhile crash/clock-jumps'
const keys = 'keys keys-rotation keys-damaged secret-ring conformance/rfc7517 trips'
const codes =
  'verification email-sign-in-once email-change password-reset everything-dies-codes confusion properties/one-time'
const mail = 'mail-log faults-mail outbox job-faults'
const origin = 'http/origin-gate http/cors'

/** The code that mutation testing is about, in groups, each with the tests that specify it. */
export const targets: readonly Target[] = [
  of('throttle', 'identity/throttle', throttle),
  of('origin gate', 'base/origins', `base/origins ${origin}`),
  of('password', 'base/phc', 'password-hash password-queue password-hash.node'),
  of('password', 'features/password/policy', 'password-policy password-hostile password-change register'),
  of('password', 'features/password/service', `${password} tables.node`),
  of('password', 'features/password/store', password),
  of('password', 'adapters/password-hash/wasm', 'password-hash.node password-queue'),
  of('refresh', 'features/token/store', token),
  of('refresh', 'features/token/service', token),
  of('refresh', 'identity/sessions', `refresh refresh-race sessions-list login lifetimes ${cookie} ${ends}`),
  of('token', 'identity/keys-store', keys),
  of('token', 'identity/keys', `${keys} job-faults crash/clock-jumps`),
  of(
    'token',
    'identity/tokens',
    `token token-spelling conformance/rfc9068 conformance/rfc8725 refresh lifetimes confusion`,
  ),
  of('cookie', 'identity/session-cookie', cookie),
  of(
    'cookie',
    'identity/callers',
    `${cookie} sessions-list refresh revocation lifetimes conformance/rfc6750 conformance/rfc9068 crash/clock-jumps`,
  ),
  of('mail', 'base/redirects', 'base/redirects mail-links'),
  of('mail', 'identity/codes', codes),
  of('mail', 'identity/claim', `email-sign-in-claim password-reset ${codes}`),
  of('mail', 'identity/outbox', mail),
  of('mail', 'identity/postman', mail),
  of('mail', 'features/verification/service', `verification verification-required ${codes}`),
  of('mail', 'features/verification/store', `verification verification-challenge ${codes}`),
  of('mail', 'features/password/reset-service', `password-forgot password-reset ${codes} enumeration`),
  of('mail', 'features/email-change/service', `email-change email-change-hostile ${codes} enumeration`),
  of('mail', 'features/email-change/store', `email-change email-change-hostile ${codes}`),
  of('mail', 'features/email-sign-in/service', `email-sign-in-once email-sign-in-claim ${codes} enumeration`),
  of('mail', 'features/email-sign-in/store', `email-sign-in-once email-sign-in-claim ${codes}`),
  of('origin gate', 'http/protect', `${origin} http/targets http/bodies http/headers http/fields observability trips`),
]
