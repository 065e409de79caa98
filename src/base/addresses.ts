/**
 * Where the client address is read when the service stands behind a proxy (`AUTH_PROXY`): the n-th entry of
 * `X-Forwarded-For` from the right, or `X-Auth-Client-Address` when `X-Auth-Proxy-Secret` proves the proxy.
 */
export type ProxySetting =
  | { readonly kind: 'hops'; readonly hops: number }
  | { readonly kind: 'secret'; readonly secret: string }

/** `hops:<n>`, 1 to 10, or `secret:<value>`, 32 to 512 visible ASCII characters, not one repeated pattern. */
export const parseProxy = (given: string): ProxySetting | undefined => {
  const hops = /^hops:([1-9]|10)$/.exec(given)?.[1]
  if (hops !== undefined) return { kind: 'hops', hops: Number(hops) }
  const secret = /^secret:([\x21-\x7e]{32,512})$/.exec(given)?.[1]
  if (secret === undefined || new Set(secret).size < 8) return undefined
  return { kind: 'secret', secret }
}

/**
 * An address as the one text that counters and rows use: IPv4 in dotted decimal; IPv6 as its /64 in RFC 5952 text
 * (`2001:db8:1:2::/64`), since one subscriber holds a whole /64 (GHSA-p6v2-xcpg-h6xw); an IPv4-mapped address, however
 * spelt, as the IPv4 that it is. Strict: no leading zeros (octal), zone, bracket, port or white space.
 * @see https://www.rfc-editor.org/rfc/rfc5952#section-4
 */
export const parseAddress = (text: string): string | undefined => {
  if (!text.includes(':')) return octets.test(text) ? text : undefined
  const groups = parseGroups(text)
  if (groups === undefined) return undefined
  const isMapped = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff
  if (isMapped) return octetsOf(groups.slice(6)).join('.')
  const prefix = groups.slice(0, 4)
  while (prefix.at(-1) === 0) prefix.pop()
  return `${prefix.map((group) => group.toString(16)).join(':')}::/64`
}

/**
 * The bucket text of the client's address. Reads no header but the one that `proxy` names; when that one does not
 * answer (too few hops, a wrong secret, no address), what the platform says counts.
 * @param platform The platform's one trusted field, or the peer of the socket
 * @param isEqual Compares in constant time
 */
export const clientAddress = (
  headers: Headers,
  platform: string | undefined,
  proxy: ProxySetting | undefined,
  isEqual: (a: string, b: string) => boolean,
): string | undefined => {
  const told = proxy?.kind === 'hops' ? forwardedBy(headers, proxy.hops) : provenBy(headers, proxy?.secret, isEqual)
  return told ?? (platform === undefined ? undefined : parseAddress(platform))
}

/** Four of 0 to 255 in the one spelling of each. */
const octets = /^(?:(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])(?:\.(?=[0-9])|$)){4}$/

const parseOctets = (text: string): number[] | undefined =>
  octets.test(text) ? text.split('.').map(Number) : undefined

/** The eight groups of an IPv6 address. @see https://www.rfc-editor.org/rfc/rfc4291#section-2.2 */
const parseGroups = (text: string): number[] | undefined => {
  const [left = '', right, ...more] = text.split('::')
  const tail = parseSide(right ?? left, true)
  if (more.length > 0 || tail === undefined) return undefined
  if (right === undefined) return tail.length === 8 ? tail : undefined
  const head = parseSide(left, false)
  if (head === undefined || head.length + tail.length > 7) return undefined
  return [...head, ...new Array<number>(8 - head.length - tail.length).fill(0), ...tail]
}

/** The groups on one side of `::`. Only the last of all may be a dotted IPv4, worth two. */
const parseSide = (text: string, isLast: boolean): number[] | undefined => {
  const parts = text === '' ? [] : text.split(':')
  const octets = isLast && parts.at(-1)?.includes('.') ? parseOctets(parts.pop() ?? '') : []
  if (octets === undefined || !parts.every((part) => /^[0-9a-fA-F]{1,4}$/.test(part))) return undefined
  const [a, b, c, d] = octets
  const groups = parts.map((part) => Number.parseInt(part, 16))
  if (a === undefined || b === undefined || c === undefined || d === undefined) return groups
  return [...groups, a * 256 + b, c * 256 + d]
}

const octetsOf = (groups: readonly number[]): number[] => groups.flatMap((group) => [group >> 8, group & 255])

/** Counts from the right: what stands further left, the client wrote itself. */
const forwardedBy = (headers: Headers, hops: number): string | undefined => {
  const entry = (headers.get('x-forwarded-for') ?? '').split(',').at(-hops)
  return entry === undefined ? undefined : parseForwarded(entry)
}

const provenBy = (
  headers: Headers,
  secret: string | undefined,
  isEqual: (a: string, b: string) => boolean,
): string | undefined => {
  const shown = headers.get('x-auth-proxy-secret')
  if (secret === undefined || shown === null || !isEqual(shown, secret)) return undefined
  return parseForwarded(headers.get('x-auth-client-address') ?? '')
}

/** Proxies also write `192.0.2.1:443`, `[2001:db8::1]` and `[2001:db8::1]:443`; the port says nothing of who it is. */
const parseForwarded = (entry: string): string | undefined => {
  const text = entry.trim()
  const bracketed = /^\[([0-9a-fA-F:.]+)\](?::[0-9]{1,5})?$/.exec(text)?.[1]
  if (bracketed !== undefined) return bracketed.includes(':') ? parseAddress(bracketed) : undefined
  return parseAddress(/^([0-9.]+):[0-9]{1,5}$/.exec(text)?.[1] ?? text)
}

/** For whoever has written it wrong. */
export const howToProxy =
  'Write hops:<n>, n from 1 to 10 proxies that append to X-Forwarded-For, or secret:<value>, 32 to 512 random ' +
  'visible ASCII characters that the proxy sends as X-Auth-Proxy-Secret.'
