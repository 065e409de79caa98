import Bowser from 'bowser'
import { rfc3339 } from '../base/clock.ts'
import type { Context } from './context.ts'
import type { Method, SessionRow } from './sessions.ts'

/** A session on the wire; times in RFC 3339. */
export interface Session {
  readonly id: string
  readonly createdAt: string
  readonly authenticatedAt: string
  readonly expiresAt: string
  readonly methods: Method[]
  readonly current: boolean
  readonly device: { readonly name: string; readonly userAgent: string }
  readonly address: string | null
  readonly country: string | null
  readonly lastSeenAt: string
}

export const toSession = (row: SessionRow, current: boolean): Session => ({
  id: row.id,
  createdAt: rfc3339(row.createdAt),
  authenticatedAt: rfc3339(row.authenticatedAt),
  expiresAt: rfc3339(row.expiresAt),
  methods: [...row.methods],
  current,
  device: { name: deviceName(row.userAgent), userAgent: row.userAgent },
  address: row.address,
  country: row.country,
  lastSeenAt: rfc3339(row.lastSeenAt),
})

/** The session that a lease vouches for: where it is used from is read off the request. */
export const seenFrom = (context: Context, row: SessionRow): SessionRow => ({
  ...row,
  userAgent: userAgentOf(context),
  address: context.address ?? null,
  country: context.country ?? null,
})

/** At most 512 characters. */
export const userAgentOf = (context: Context): string => (context.headers.get('user-agent') ?? '').slice(0, 512)

/** Parsing one takes longer than everything else that a leased session asks for: an isolate remembers 500 names. */
const names = new Map<string, string>()

/** `Firefox on Linux`, or whatever says what is no browser. */
export const deviceName = (userAgent: string): string => {
  const known = names.get(userAgent)
  if (known !== undefined) return known
  const { browser, os } = userAgent === '' ? { browser: {}, os: {} } : Bowser.parse(userAgent)
  const name = [browser.name, os.name].filter(Boolean).join(' on ') || productOf(userAgent)
  if (names.size >= 500) names.clear()
  names.set(userAgent, name)
  return name
}

/** `curl` of `curl/8.5.0`, for what is no browser. */
const productOf = (userAgent: string): string => /^[\w.-]{1,32}(?=\/)/.exec(userAgent)?.[0] ?? 'Unknown device'
