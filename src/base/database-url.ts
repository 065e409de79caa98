/**
 * The URL of a libSQL database as given, or undefined. `http://`, and `libsql://` with `?tls=0`, which is the same,
 * only on loopback: the token and every row would cross the network in clear. No user, fragment or other parameter
 * (`authToken`): a URL is logged where a token is not. `file:` is allowed here; whether a runtime has files, its entry
 * decides.
 */
export const parseDatabaseUrl = (given: string): string | undefined => {
  if (given.startsWith('file:')) return /^file:[^?#\t\r\n]+$/.test(given) ? given : undefined
  const [, scheme, host, , query] = remote.exec(given) ?? []
  if (scheme === undefined || host === undefined) return undefined
  const isPlain = scheme === 'http' || query === '?tls=0'
  return isPlain && !loopback.test(host) ? undefined : given
}

const remote =
  /^(libsql|https|http):\/\/([A-Za-z0-9._-]+|\[[0-9a-fA-F:.]+\])(:[0-9]{1,5})?(?:\/[\w.~/-]*)?(\?tls=[01])?$/

const loopback = /^(?:localhost|127\.0\.0\.1|\[::1\])$/i

/** For whoever has written it wrong. */
export const howToNameDatabase =
  'Write libsql://<database>.turso.io, https://, file:, or http:// on loopback; the token goes into TURSO_AUTH_TOKEN.'
