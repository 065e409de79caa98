import type { OriginPolicy } from './origins.ts'

/**
 * Where a link may lead: an absolute URL on an origin that is allowed by name, never by a wildcard, in the one form in
 * which a URL parser writes it. No user, no fragment, which is where the token goes (GHSA-vp58-j275-797x, CVE-2026-28512).
 */
export const parseRedirect = (text: string, origins: OriginPolicy): string | undefined => {
  if (text.length > longest || !urlGrammar.test(text) || !URL.canParse(text)) return undefined
  const { href, origin, username, password } = new URL(text)
  const isPlain = username === '' && password === '' && (href === text || href === `${text}/`)
  return isPlain && origins.names(origin) ? href : undefined
}

/** A link that hands `token` to the page at `target`: in the fragment, which no server, log or scanner ever sees. */
export const linkTo = (target: string, token: string): string => `${target}#token=${token}`

const longest = 2048

/** Visible ASCII without quotes, angle brackets, backslash, backquote, braces, `^`, `|` and `#`. */
const urlGrammar = /^https?:\/\/[!$-;=?-[\]_a-z~%]+$/i
