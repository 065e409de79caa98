/** One row of the documentation's table. */
export interface Setting {
  readonly name: string
  /** As it is printed; empty when the setting is off, or required. */
  readonly default: string
  /** What the number counts; empty for a text. */
  readonly unit: string
  readonly range: string
  readonly meaning: string
}

interface IntegerSetting {
  readonly default: number
  readonly min: number
  readonly max: number
  readonly unit: 'seconds' | 'days' | 'characters' | 'attempts' | 'requests' | 'messages'
  readonly meaning: string
}

interface TextSetting {
  readonly default: string
  readonly range: string
  readonly meaning: string
}

export type TextName = keyof typeof texts
export type IntegerName = keyof typeof integers

const texts = {
  AUTH_ORIGIN: {
    default: '',
    range: 'an https origin, or http on localhost, 127.0.0.1 or [::1]; required',
    meaning: 'The public origin that browsers see. The issuer is this and `/auth`.',
  },
  AUTH_SECRET: {
    default: '',
    range: 'base64url of at least 32 random bytes each, comma separated, at most 8; required',
    meaning: 'A ring, `new,old`: the first signs and seals, every one verifies and opens.',
  },
  AUTH_TRUSTED_ORIGINS: {
    default: '',
    range: 'origins, comma separated; `https://*.preview.example.com` for one label',
    meaning: 'The other origins that may call with credentials.',
  },
  AUTH_RP_ID: {
    default: 'the host of AUTH_ORIGIN',
    range: 'that host, or a domain above it that is no public suffix',
    meaning: 'The domain that passkeys are made for. Another one later, and those of before are good no more.',
  },
  AUTH_AUDIENCE: {
    default: 'the origin',
    range: 'comma separated, each at most 255 visible ASCII characters, none the issuer or `account`',
    meaning: 'The `aud` that an access token may carry. The first is the default.',
  },
  AUTH_PROXY: {
    default: '',
    range: '`hops:<1 to 10>` or `secret:<32 to 512 characters>`',
    meaning: 'Where the client address is read when the service stands behind a proxy.',
  },
  AUTH_REVOCATION_FAIL: {
    default: 'open',
    range: '`open` or `closed`',
    meaning: 'Whether ordinary reads go on (bounded by the lease) or answer 503 when revocations cannot be looked up.',
  },
  AUTH_EMAIL_VERIFICATION: {
    default: 'optional',
    range: '`off`, `optional` or `required`',
    meaning: 'Whether a new account is mailed a link that proves its address, and whether it may sign in before that.',
  },
  AUTH_EMAIL_SIGN_UP: {
    default: 'on',
    range: '`on` or `off`',
    meaning: 'Whether a sign-in by mail makes an account for an address that has none.',
  },
  AUTH_MFA: {
    default: 'optional',
    range: '`off`, `optional` or `required`',
    meaning: 'Whether users may have a second factor, or must: then who has none sets one up before the first session.',
  },
  TURSO_DATABASE_URL: {
    default: '',
    range: '`libsql://`, `https://`, `file:`, or `http://` on loopback',
    meaning: 'The database. Wins over the D1 binding `DB`.',
  },
  TURSO_AUTH_TOKEN: { default: '', range: 'visible ASCII', meaning: 'The token of that database.' },
  SMTP_URL: {
    default: '',
    range: '`smtp://` (STARTTLS) or `smtps://`, user and password percent-encoded',
    meaning: 'The server that takes mail for delivery. Not beside RESEND_API_KEY; wins over the binding `EMAIL`.',
  },
  RESEND_API_KEY: {
    default: '',
    range: 'visible ASCII',
    meaning: 'Sends mail through Resend. Wins over the binding `EMAIL`.',
  },
  AUTH_MAIL_FROM: {
    default: '',
    range: '`Name <address>` or an address; required as soon as mail can be sent',
    meaning: 'The sender of every message. An address alone takes the name of the product.',
  },
  AUTH_PRODUCT_NAME: {
    default: 'the host of AUTH_ORIGIN',
    range: '1 to 64 characters without controls',
    meaning: 'What messages call the product.',
  },
  AUTH_LOGO_URL: {
    default: '',
    range: 'an `https://` URL, or `http://` on loopback',
    meaning: 'The image above every message.',
  },
  AUTH_BRAND_COLOR: { default: '#2563eb', range: '`#rrggbb`', meaning: 'The colour of buttons in messages.' },
  CRON_SECRET: {
    default: '',
    range: '16 to 512 visible ASCII characters',
    meaning: 'What the scheduler shows to `GET /auth/cron` on Vercel.',
  },
} satisfies Record<string, TextSetting>

export const integers = {
  AUTH_LEASE_SECONDS: {
    default: 300,
    min: 0,
    max: 900,
    unit: 'seconds',
    meaning: 'How long the session cookie is believed without asking the database; 0 asks always.',
  },
  AUTH_SESSION_IDLE_SECONDS: {
    default: 2_592_000,
    min: 300,
    max: 31_536_000,
    unit: 'seconds',
    meaning: 'A session ends when it was not used for so long; at most a day when it is not remembered.',
  },
  AUTH_SESSION_MAX_SECONDS: {
    default: 7_776_000,
    min: 300,
    max: 31_536_000,
    unit: 'seconds',
    meaning: 'A session ends so long after its sign-in, used or not. At least the idle limit.',
  },
  AUTH_FRESH_SECONDS: {
    default: 600,
    min: 30,
    max: 86_400,
    unit: 'seconds',
    meaning: 'How recent a sign-in a sensitive route demands.',
  },
  AUTH_ACCESS_SECONDS: { default: 300, min: 60, max: 900, unit: 'seconds', meaning: 'The life of an access token.' },
  AUTH_REFRESH_GRACE_SECONDS: {
    default: 60,
    min: 0,
    max: 300,
    unit: 'seconds',
    meaning: 'How long a repeated refresh is a lost reply and not a theft; 0 takes every repeat for a theft.',
  },
  AUTH_KEY_DAYS: { default: 30, min: 1, max: 365, unit: 'days', meaning: 'How long a key signs access tokens.' },
  AUTH_PASSWORD_MIN: { default: 12, min: 8, max: 64, unit: 'characters', meaning: 'The shortest password taken.' },
  AUTH_LIMIT_PAIR: {
    default: 10,
    min: 1,
    max: 100,
    unit: 'attempts',
    meaning: 'Failed sign-ins for one identifier from one address in 15 minutes.',
  },
  AUTH_LIMIT_IDENTIFIER: {
    default: 100,
    min: 1,
    max: 100,
    unit: 'attempts',
    meaning: 'Failed sign-ins for one identifier in a day (NIST SP 800-63B allows 100).',
  },
  AUTH_LIMIT_ADDRESS: {
    default: 100,
    min: 1,
    max: 1_000_000,
    unit: 'attempts',
    meaning:
      'Failed sign-ins from one address in 15 minutes, and besides as many messages that are asked for from there.',
  },
  AUTH_LIMIT_MAIL: {
    default: 5,
    min: 1,
    max: 100,
    unit: 'messages',
    meaning: 'Messages in an hour that anybody may cause to be sent to one recipient.',
  },
  AUTH_DELETE_GRACE_DAYS: {
    default: 0,
    min: 0,
    max: 30,
    unit: 'days',
    meaning: 'How long a deleted account can still be kept by signing in; 0 erases it at once.',
  },
  AUTH_LIMIT_REQUESTS: {
    default: 30,
    min: 1,
    max: 1_000_000,
    unit: 'requests',
    meaning: 'Registrations, resets and changes from one address in 60 seconds.',
  },
} satisfies Record<string, IntegerSetting>

/** Every setting read from the environment. The bindings `DB` and `REVOCATIONS` are no texts and not among them. */
export const settings: readonly Setting[] = [
  ...Object.entries(texts).map(([name, text]) => ({ name, unit: '', ...text })),
  ...Object.entries(integers).map(([name, { default: value, min, max, unit, meaning }]) => ({
    name,
    default: String(value),
    unit,
    range: `${min} to ${max}`,
    meaning,
  })),
]
