import { isPublicSuffix } from './public-suffixes.ts'

/** Which origins a browser may call from: our own, and those of `AUTH_TRUSTED_ORIGINS`. */
export interface OriginPolicy {
  /** @param origin The value of an `Origin` header. `null` is never allowed. */
  readonly allows: (origin: string) => boolean
  /** The same without the wildcards: where a link or a redirect may lead. */
  readonly names: (origin: string) => boolean
  /** The same as a list, our own first. */
  readonly exact: readonly string[]
  /** What makes the list unusable, one sentence each. An entry is named by its place, never by its text. */
  readonly problems: readonly string[]
}

/**
 * An http or https origin in its one serialised form, or undefined: lower case, no path, query, user or trailing dot,
 * and no default port, since a browser never sends one.
 * @see https://html.spec.whatwg.org/multipage/browsers.html#ascii-serialisation-of-an-origin
 */
export const parseOrigin = (text: string): string | undefined => {
  if (text.length > longestOrigin || !originGrammar.test(text) || !URL.canParse(text)) return undefined
  return new URL(text).origin === text ? text : undefined
}

/** `http://` on a host that never leaves the machine: `localhost`, `127.0.0.1`, `[::1]`, any port. */
export const isLoopback = (origin: string): boolean =>
  /^http:\/\/(?:localhost|127\.0\.0\.1|\[::1\])(?::|$)/.test(origin)

/**
 * `trusted` holds exact origins and one-label wildcards (`https://*.preview.example.com`): https only, never on a
 * public suffix, where anyone may register the label (GHSA-vp58-j275-797x, GHSA-88fw-hqm2-52qc).
 */
export const originPolicy = (own: string, trusted: readonly string[]): OriginPolicy => {
  const exact = new Set([own])
  const tails = new Set<string>()
  const problems: string[] = []
  for (const [at, entry] of trusted.entries()) {
    const wildcard = parseWildcard(entry)
    if (parseOrigin(entry) !== undefined) exact.add(entry)
    else if (wildcard.tail !== undefined) tails.add(wildcard.tail)
    else problems.push(`Entry ${at + 1} ${wildcard.problem}`)
  }
  return {
    allows: (origin) => exact.has(origin) || matchesWildcard(origin, tails),
    names: (origin) => exact.has(origin),
    exact: [...exact],
    problems,
  }
}

/** `https://`, a name of 253 characters, `:65535` */
const longestOrigin = 267

const label = '[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?'

/** No `*`, which WHATWG allows in a host. */
const originGrammar = new RegExp(`^https?://(?:${label}(?:\\.${label})*|\\[[0-9a-f:]+\\])(?::[0-9]{1,5})?$`)

type Wildcard = { tail: string; problem?: never } | { tail?: never; problem: string }

/** Of `https://*.preview.example.com:8443` the tail `.preview.example.com:8443`. */
const parseWildcard = (entry: string): Wildcard => {
  if (entry === '*') return { problem: 'is `*`, which would let every site act for your users.' }
  if (entry === 'null') return { problem: 'is `null`, the origin of every sandboxed frame.' }
  if (!entry.includes('*')) return { problem: 'is not an origin.' }
  if (!entry.startsWith('https://'))
    return { problem: 'is a wildcard without https, which anyone on the network can use.' }
  const base = entry.slice('https://*.'.length)
  if (!entry.startsWith('https://*.') || parseOrigin(`https://${base}`) === undefined) {
    return { problem: 'has a wildcard that is not the whole first label of an origin.' }
  }
  const host = base.replace(/:[0-9]+$/, '')
  if (/^\[|(?:^|\.)[0-9]+$/.test(host)) return { problem: 'is a wildcard on an IP address.' }
  if (isPublicSuffix(host)) return { problem: 'is a wildcard on a public suffix, where anyone can register a name.' }
  return { tail: `.${base}` }
}

const matchesWildcard = (origin: string, tails: ReadonlySet<string>): boolean =>
  tails.has(origin.slice(origin.indexOf('.'))) && origin.startsWith('https://') && parseOrigin(origin) !== undefined
