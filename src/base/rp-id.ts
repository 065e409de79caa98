import { parseOrigin } from './origins.ts'
import { isPublicSuffix } from './public-suffixes.ts'

/**
 * Why browsers on `host` would make no passkeys for this domain, or strangers could ask for them; undefined where it
 * is good. `host` itself is good whatever its name, but for an IP address.
 * @see https://www.w3.org/TR/webauthn-3/#rp-id
 */
export const rpIdProblem = (text: string, host: string): string | undefined => {
  if (/\]$|^[0-9.]+$/.test(text)) return 'An IP address, for which browsers make no passkeys.'
  if (text === host) return undefined
  if (parseOrigin(`https://${text}`) === undefined || text.includes(':')) return 'Not a domain.'
  if (!host.endsWith(`.${text}`)) return 'Neither the host of AUTH_ORIGIN nor a domain above it.'
  return isPublicSuffix(text) ? 'A public suffix, which belongs to nobody.' : undefined
}

export const rpIdFix =
  'Write the host of AUTH_ORIGIN or a domain above it that is your own, such as example.com, without scheme or port.'
