import { howToProxy, type ProxySetting, parseProxy } from './addresses.ts'
import { howToNameDatabase, parseDatabaseUrl } from './database-url.ts'
import { type Brand, type MailSettings, readMail } from './mail-settings.ts'
import { isLoopback, type OriginPolicy, originPolicy, parseOrigin } from './origins.ts'
import { rpIdFix, rpIdProblem } from './rp-id.ts'
import { secretWeakness } from './secret-strength.ts'
import { type IntegerName, integers, settings, type TextName } from './settings.ts'
import { closestName } from './spelling.ts'

/** Durations are seconds. */
export interface Config {
  readonly origin: string
  /** `<origin>/auth` */
  readonly issuer: string
  /** False only for plain http on loopback. */
  readonly secureCookies: boolean
  /** The first signs and seals, every one verifies and opens. */
  readonly secrets: readonly [string, ...string[]]
  readonly origins: OriginPolicy
  /** The domain that passkeys are made for: the host of the origin, or a domain above it. */
  readonly rpId: string
  /** The first is the default. */
  readonly audiences: readonly [string, ...string[]]
  readonly proxy: ProxySetting | undefined
  readonly lease: number
  readonly idle: number
  /** The idle limit of a session that is not remembered. */
  readonly idleShort: number
  readonly max: number
  readonly fresh: number
  readonly access: number
  readonly grace: number
  /** Days. */
  readonly keyDays: number
  /** After any revocation, nothing that was given out before is believed for longer. */
  readonly bound: number
  readonly revocationFail: 'open' | 'closed'
  /** Code points. */
  readonly passwordMin: number
  readonly emailVerification: 'off' | 'optional' | 'required'
  readonly emailSignUp: boolean
  /** Whether accounts may have, or have to have, a second factor. */
  readonly mfa: 'off' | 'optional' | 'required'
  /** Seconds between the deletion of an account and its erasure. */
  readonly deleteGrace: number
  readonly limits: {
    readonly pair: number
    readonly identifier: number
    readonly address: number
    readonly requests: number
    readonly mail: number
  }
  readonly database: { readonly url: string; readonly authToken: string | undefined } | undefined
  readonly cronSecret: string | undefined
  readonly mail: MailSettings
  readonly brand: Brand
}

/** Names a setting and the way out, never its value: both are logged, and answered to strangers. */
export interface SettingProblem {
  readonly setting: string
  readonly problem: string
  readonly fix: string
}

export interface Settings {
  /** Undefined when there is a problem. */
  readonly config: Config | undefined
  readonly problems: readonly SettingProblem[]
  readonly warnings: readonly string[]
}

/**
 * Reads every setting, and tells every problem at once. What is not a string is a binding and ignored, but for `EMAIL`,
 * with which a sender is needed; space around a value is dropped (`echo | wrangler secret put` leaves a line feed); an
 * empty value is unset.
 */
export const readSettings = (env: Readonly<Record<string, unknown>>): Settings => {
  const source = readSource(env)
  checkNames(source)
  const [origin, secrets] = [readOrigin(source), readSecrets(source)]
  const audiences = readAudiences(source, origin)
  const rest = { ...readDurations(source), ...readLimits(source), ...readAccounts(source), ...readDatabase(source) }
  const proxy = readProxy(source)
  const origins = readTrustedOrigins(source, origin)
  const rpId = readRpId(source, origin)
  const cronSecret = readCronSecret(source)
  const mail = readMail(mailSource(source), origin, typeof env.EMAIL === 'object' && env.EMAIL !== null)
  const { problems, warnings } = source
  const isBroken = problems.length > 0 || origin === undefined || secrets === undefined || audiences === undefined
  if (isBroken) return { config: undefined, problems, warnings }
  const own = { origin, issuer: issuerOf(origin), secureCookies: !isLoopback(origin), rpId: rpId ?? hostOf(origin) }
  return { config: { ...own, secrets, origins, audiences, proxy, cronSecret, ...rest, ...mail }, problems, warnings }
}

interface Source {
  readonly values: ReadonlyMap<string, string>
  readonly problems: SettingProblem[]
  readonly warnings: string[]
}

const readSource = (env: Readonly<Record<string, unknown>>): Source => {
  const values = new Map<string, string>()
  for (const [name, value] of Object.entries(env)) {
    if (typeof value === 'string' && value.trim() !== '') values.set(name, value.trim())
  }
  return { values, problems: [], warnings: [] }
}

const known = settings.map((setting) => setting.name)

const checkNames = (source: Source) => {
  for (const name of source.values.keys()) {
    if (!/^AUTH_/i.test(name) || known.includes(name)) continue
    const meant = closestName(name, known)
    if (meant === undefined) source.warnings.push(`${name} is not a setting and is ignored.`)
    else fail(source, name, `Not a setting, but nearly ${meant}.`, `Rename it to ${meant}, or remove it.`)
  }
}

const readOrigin = (source: Source): string | undefined => {
  const text = textOf(source, 'AUTH_ORIGIN')
  if (text === undefined) return fail(source, 'AUTH_ORIGIN', 'Not set.', originFix)
  const origin = parseOrigin(text)
  if (origin === undefined) return fail(source, 'AUTH_ORIGIN', 'Not an origin.', originFix)
  if (origin.startsWith('https://') || isLoopback(origin)) return origin
  return fail(
    source,
    'AUTH_ORIGIN',
    'Plain http outside loopback: cookies would cross the network in clear.',
    originFix,
  )
}

const readSecrets = (source: Source): Config['secrets'] | undefined => {
  const text = textOf(source, 'AUTH_SECRET')
  if (text === undefined) return fail(source, 'AUTH_SECRET', 'Not set.', secretFix)
  const [first = '', ...older] = text.split(',').map((entry) => entry.trim())
  const ring: Config['secrets'] = [first, ...older]
  for (const [at, entry] of ring.entries()) {
    const weakness = ring.indexOf(entry) < at ? 'repeats another' : secretWeakness(entry)
    if (weakness !== undefined) fail(source, 'AUTH_SECRET', `Entry ${at + 1} ${weakness}.`, secretFix)
  }
  if (ring.length > 8)
    fail(source, 'AUTH_SECRET', 'More than 8 entries.', 'Drop the oldest: what it sealed is sealed anew by the job.')
  return ring
}

const readTrustedOrigins = (source: Source, own: string | undefined): OriginPolicy => {
  const entries = listOf(source, 'AUTH_TRUSTED_ORIGINS')
  const policy = originPolicy(own ?? '', entries)
  for (const problem of policy.problems) fail(source, 'AUTH_TRUSTED_ORIGINS', problem, trustedFix)
  if (own?.startsWith('https:') && entries.some((entry) => entry.startsWith('http:'))) {
    source.warnings.push('AUTH_TRUSTED_ORIGINS trusts plain http: whoever is on the network can act as that origin.')
  }
  return policy
}

const readRpId = (source: Source, origin: string | undefined): string | undefined => {
  const text = textOf(source, 'AUTH_RP_ID')
  if (text === undefined || origin === undefined) return undefined
  const problem = rpIdProblem(text, hostOf(origin))
  return problem === undefined ? text : fail(source, 'AUTH_RP_ID', problem, rpIdFix)
}

const readAudiences = (source: Source, origin: string | undefined): Config['audiences'] | undefined => {
  const [first = origin, ...more] = listOf(source, 'AUTH_AUDIENCE')
  if (first === undefined) return undefined
  const audiences: Config['audiences'] = [first, ...more]
  const reserved = ['account', ...(origin === undefined ? [] : [issuerOf(origin)])]
  for (const [at, audience] of audiences.entries()) {
    if (!/^[\x21-\x7e]{1,255}$/.test(audience)) {
      fail(source, 'AUTH_AUDIENCE', `Entry ${at + 1} is not 1 to 255 visible ASCII characters.`, audienceFix)
    }
    if (reserved.includes(audience)) {
      fail(source, 'AUTH_AUDIENCE', `Entry ${at + 1} is the audience of tokens that change the account.`, audienceFix)
    }
  }
  return audiences
}

const readProxy = (source: Source): ProxySetting | undefined => {
  const text = textOf(source, 'AUTH_PROXY')
  const proxy = text === undefined ? undefined : parseProxy(text)
  const isWrong = text !== undefined && proxy === undefined
  return isWrong ? fail(source, 'AUTH_PROXY', 'Neither a number of hops nor a good secret.', howToProxy) : proxy
}

const readDurations = (source: Source) => {
  const max = integerOf(source, 'AUTH_SESSION_MAX_SECONDS')
  const idle = integerOf(source, 'AUTH_SESSION_IDLE_SECONDS', Math.min(integers.AUTH_SESSION_IDLE_SECONDS.default, max))
  const lease = integerOf(source, 'AUTH_LEASE_SECONDS')
  const access = integerOf(source, 'AUTH_ACCESS_SECONDS')
  if (idle > max) {
    const fix = 'Lower AUTH_SESSION_IDLE_SECONDS or raise AUTH_SESSION_MAX_SECONDS.'
    fail(source, 'AUTH_SESSION_IDLE_SECONDS', 'Longer than AUTH_SESSION_MAX_SECONDS.', fix)
  }
  return {
    lease,
    idle,
    idleShort: Math.min(86_400, idle),
    max,
    fresh: integerOf(source, 'AUTH_FRESH_SECONDS'),
    access,
    grace: integerOf(source, 'AUTH_REFRESH_GRACE_SECONDS'),
    keyDays: integerOf(source, 'AUTH_KEY_DAYS'),
    // 5 s of clock skew on top of whichever credential lives longer.
    bound: Math.max(lease, access) + 5,
  }
}

const readLimits = (source: Source) => ({
  passwordMin: integerOf(source, 'AUTH_PASSWORD_MIN'),
  revocationFail: choiceOf(source, 'AUTH_REVOCATION_FAIL', ['open', 'closed']),
  limits: {
    pair: integerOf(source, 'AUTH_LIMIT_PAIR'),
    identifier: integerOf(source, 'AUTH_LIMIT_IDENTIFIER'),
    address: integerOf(source, 'AUTH_LIMIT_ADDRESS'),
    requests: integerOf(source, 'AUTH_LIMIT_REQUESTS'),
    mail: integerOf(source, 'AUTH_LIMIT_MAIL'),
  },
})

const readAccounts = (source: Source) => ({
  emailVerification: choiceOf(source, 'AUTH_EMAIL_VERIFICATION', ['optional', 'off', 'required']),
  mfa: choiceOf(source, 'AUTH_MFA', ['optional', 'off', 'required']),
  emailSignUp: choiceOf(source, 'AUTH_EMAIL_SIGN_UP', ['on', 'off']) === 'on',
  deleteGrace: integerOf(source, 'AUTH_DELETE_GRACE_DAYS') * 86_400,
})

/** One of `choices`; the first is the default. */
const choiceOf = <const C extends string>(source: Source, name: TextName, choices: readonly [C, ...C[]]): C => {
  const text = textOf(source, name) ?? choices[0]
  const choice = choices.find((one) => one === text)
  if (choice !== undefined) return choice
  const problem = choices.length > 2 ? `None of ${choices.join(', ')}.` : `Neither ${choices.join(' nor ')}.`
  fail(source, name, problem, `Write ${choices.join(' or ')}; the default is ${choices[0]}.`)
  return choices[0]
}

const readDatabase = (source: Source): Pick<Config, 'database'> => {
  const [given, authToken] = [textOf(source, 'TURSO_DATABASE_URL'), textOf(source, 'TURSO_AUTH_TOKEN')]
  if (authToken !== undefined && !/^[\x21-\x7e]{1,8192}$/.test(authToken)) {
    fail(source, 'TURSO_AUTH_TOKEN', 'Not visible ASCII.', 'Copy the token again: turso db tokens create <database>')
  }
  if (given === undefined && authToken !== undefined) {
    source.warnings.push('TURSO_AUTH_TOKEN is ignored without TURSO_DATABASE_URL.')
  }
  const url = given === undefined ? undefined : parseDatabaseUrl(given)
  if (given !== undefined && url === undefined)
    fail(source, 'TURSO_DATABASE_URL', 'Not a safe database URL.', howToNameDatabase)
  return { database: url === undefined ? undefined : { url, authToken } }
}

const readCronSecret = (source: Source): string | undefined => {
  const text = textOf(source, 'CRON_SECRET')
  if (text === undefined || /^[\x21-\x7e]{16,512}$/.test(text)) return text
  return fail(source, 'CRON_SECRET', 'Not 16 to 512 visible ASCII characters.', secretFix)
}

const mailSource = (source: Source): Parameters<typeof readMail>[0] => ({
  text: (name) => textOf(source, name),
  fail: (...problem) => fail(source, ...problem),
})

const integerOf = (source: Source, name: IntegerName, fallback: number = integers[name].default): number => {
  const text = source.values.get(name)
  if (text === undefined) return fallback
  const { min, max, unit, default: usual } = integers[name]
  const value = /^(?:0|[1-9][0-9]{0,9})$/.test(text) ? Number(text) : Number.NaN
  if (value >= min && value <= max) return value
  const fix = `Write ${unit} in decimal digits, from ${min} to ${max}; the default is ${usual}.`
  fail(source, name, `Not a whole number from ${min} to ${max}.`, fix)
  return fallback
}

const listOf = (source: Source, name: TextName): string[] => {
  const entries = (textOf(source, name) ?? '').split(',').map((entry) => entry.trim())
  return entries.filter((entry) => entry !== '')
}

const textOf = (source: Source, name: TextName): string | undefined => source.values.get(name)

const fail = (source: Source, setting: string, problem: string, fix: string): undefined => {
  source.problems.push({ setting, problem, fix })
}

const hostOf = (origin: string): string => new URL(origin).hostname

const issuerOf = (origin: string): string => `${origin}/auth`

const originFix =
  'Write scheme, host and port as browsers do: https://auth.example.com, no path, no closing slash, no default port. ' +
  'Plain http only on localhost, 127.0.0.1 or [::1].'
const secretFix = "Make one with: openssl rand -base64 32 | tr '+/' '-_' | tr -d '='"
const trustedFix =
  'List exact origins, such as https://app.example.com, or one-label wildcards on a domain of your own, such as ' +
  'https://*.preview.example.com.'
const audienceFix = 'Name the APIs that take the tokens, such as https://api.example.com, separated by commas.'
