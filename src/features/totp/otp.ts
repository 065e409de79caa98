import { randomBytes } from '../../base/crypto.ts'

/**
 * One-time passwords as every authenticator app makes them: HMAC-SHA-1, six digits, a new one every 30 seconds. The two
 * libraries are loaded when they are first needed, so that start-up does not pay for them.
 * @see https://www.rfc-editor.org/rfc/rfc6238
 */

/** Seconds for which a code is shown. */
const period = 30

const digits = 6

/** How many steps a clock may be off, either way. @see https://www.rfc-editor.org/rfc/rfc6238#section-5.2 */
const drift = 1

/** Bytes: as many as HMAC-SHA-1 gives. @see https://www.rfc-editor.org/rfc/rfc4226#section-4 */
const secretLength = 20

/** 160 random bits in base32, as people type them where they cannot scan. */
export const newSecret = async (): Promise<string> => {
  const { Secret } = await import('otpauth')
  return new Secret({ buffer: randomBytes(secretLength).buffer }).base32
}

export interface Labels {
  /** What the app calls us. */
  readonly issuer: string
  /** What it calls the account. */
  readonly account: string
}

/**
 * What an app is told of a secret, as `otpauth://totp/...`. A colon parts issuer and account, and is in neither: some
 * apps look for it once they have decoded it.
 * @see https://github.com/google/google-authenticator/wiki/Key-Uri-Format
 */
export const uriOf = async (secret: string, { issuer, account }: Labels): Promise<string> => {
  const { Secret, TOTP } = await import('otpauth')
  return new TOTP({
    issuer: asLabel(issuer),
    label: asLabel(account),
    secret: Secret.fromBase32(secret),
    algorithm: 'SHA1',
    digits,
    period,
  }).toString()
}

/** The text as a QR code in black on white, whatever stands behind it: an SVG of paths alone, with its quiet zone. */
export const qrOf = async (text: string): Promise<string> => {
  const { renderSVG } = await import('uqr')
  return renderSVG(text, { border: 4, pixelSize: 1 })
}

/**
 * The time step whose code this is, as a number to store: a step that was accepted once is never accepted again. Compares
 * in constant time; undefined for a wrong code, and for any text but six digits, between which spaces may stand.
 * @param now Unix seconds of the server: what the caller's clock says counts for nothing
 * @see https://www.rfc-editor.org/rfc/rfc6238#section-5.2
 */
export const stepOf = async (secret: string, code: string, now: number): Promise<number | undefined> => {
  const token = code.replaceAll(' ', '')
  if (!/^[0-9]{6}$/.test(token)) return undefined
  const { Secret, TOTP } = await import('otpauth')
  const delta = TOTP.validate({
    token,
    secret: Secret.fromBase32(secret),
    algorithm: 'SHA1',
    digits,
    period,
    timestamp: now * 1000,
    window: drift,
  })
  return delta === null ? undefined : Math.floor(now / period) + delta
}

const asLabel = (text: string): string => text.toWellFormed().replaceAll(':', ' ').trim()
