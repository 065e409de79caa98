import { bulkhead } from './bulkhead.ts'
import { type Clock, systemClock } from './clock.ts'
import { fromBase64url, randomBytes, timingSafeEqual, toBase64url, utf8 } from './crypto.ts'
import type { Argon2id } from './ports.ts'

type Cost = Parameters<Argon2id>[2]

/** 19 MiB, two passes, one lane. @see https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html */
const currentCost: Cost = { memory: 19_456, passes: 2, lanes: 1 }

const saltLength = 16
const hashLength = 32

export interface PasswordHasher {
  /**
   * The PHC string of the password: NFKC, UTF-8, a new salt.
   * @throws Problem `unavailable` (503)
   * @throws TypeError for a lone surrogate: as UTF-8, all of them are the same bytes. Validation refuses it before.
   */
  hash(password: string): Promise<string>
  /**
   * Does the same work, and says no, when nothing is stored, or something that is not a PHC string of Argon2id
   * (CWE-208). `weak`: it matches, and was made at less than today's cost.
   * @throws Problem `unavailable` (503)
   */
  verify(password: string, stored: string | undefined): Promise<{ ok: boolean; weak: boolean }>
  /**
   * The hash alone, base64url, under a salt that several share: a PHC string without its hash, made new where none is
   * given. Does the same work for what is no such string.
   * @throws Problem `unavailable` (503)
   */
  derive(text: string, salt?: string): Promise<{ salt: string; hash: string }>
}

interface Options {
  /** Of new hashes; what is below is `weak`. */
  readonly cost?: Cost
  /** Hashes under way at once in this isolate; 64 take about two seconds. */
  readonly maxPending?: number
  readonly clock?: Clock
}

export const passwordHasher = (argon2id: Argon2id, options: Options = {}): PasswordHasher => {
  const { cost = currentCost, maxPending = 64, clock = systemClock } = options
  const queue = bulkhead(clock, { most: maxPending, retryAfter: 2 })
  const decoy: Phc = { cost, salt: new Uint8Array(saltLength), hash: new Uint8Array(hashLength) }
  const derive = (password: string, salt: Uint8Array, at: Cost, length: number) =>
    queue(() => argon2id(utf8(password.normalize('NFKC')), salt, at, length))
  return {
    async hash(password) {
      if (!password.isWellFormed()) throw new TypeError('A password is well-formed Unicode.')
      const salt = randomBytes(saltLength)
      return formatPhc({ cost, salt, hash: await derive(password, salt, cost, hashLength) })
    },
    async verify(password, stored) {
      const known = password.isWellFormed() ? parsePhc(stored ?? '') : undefined
      const phc = known ?? decoy
      const hash = await derive(password, phc.salt, phc.cost, phc.hash.length)
      const ok = timingSafeEqual(base64(hash), base64(phc.hash)) && known !== undefined
      return { ok, weak: ok && isWeaker(phc, cost) }
    },
    async derive(text, salt = formatSalt({ cost, salt: randomBytes(saltLength) })) {
      const phc = parsePhc(`${salt}$${base64(decoy.hash)}`) ?? decoy
      return { salt, hash: toBase64url(await derive(text, phc.salt, phc.cost, hashLength)) }
    },
  }
}

interface Phc {
  readonly cost: Cost
  readonly salt: Uint8Array
  readonly hash: Uint8Array
}

/** @see https://github.com/P-H-C/phc-string-format/blob/master/phc-sf-spec.md */
const formatPhc = ({ hash, ...rest }: Phc): string => `${formatSalt(rest)}$${base64(hash)}`

const formatSalt = ({ cost: { memory, passes, lanes }, salt }: Omit<Phc, 'hash'>): string =>
  `$argon2id$v=19$m=${memory},t=${passes},p=${lanes}$${base64(salt)}`

const phcForm = /^\$argon2id\$v=19\$m=([1-9]\d{0,5}),t=([1-9]\d?),p=([1-4])\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/

/** Undefined for any other text, and for a cost or a length with which a hostile row could exhaust the isolate. */
const parsePhc = (text: string): Phc | undefined => {
  const [, memory, passes, lanes, salt = '', hash = ''] = phcForm.exec(text) ?? []
  const cost = { memory: Number(memory), passes: Number(passes), lanes: Number(lanes) }
  const phc = { cost, salt: fromBase64(salt), hash: fromBase64(hash) }
  const bounded = cost.memory >= 8 * cost.lanes && cost.memory <= 65_536 && cost.passes <= 10
  return bounded && within(phc.salt, 8, 64) && within(phc.hash, 16, 64) ? phc : undefined
}

const within = (bytes: Uint8Array, least: number, most: number) => bytes.length >= least && bytes.length <= most

const isWeaker = ({ cost, salt, hash }: Phc, today: Cost): boolean =>
  cost.memory < today.memory ||
  cost.passes < today.passes ||
  cost.lanes < today.lanes ||
  salt.length < saltLength ||
  hash.length < hashLength

/** Without padding, as PHC strings have it. */
const base64 = (bytes: Uint8Array): string => toBase64url(bytes).replaceAll('-', '+').replaceAll('_', '/')

/** Empty for what is not the one canonical spelling. */
const fromBase64 = (text: string): Uint8Array =>
  fromBase64url(text.replaceAll('+', '-').replaceAll('/', '_')) ?? new Uint8Array()
