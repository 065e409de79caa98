const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

/**
 * What an authenticator app shows at a time: made after the standard, and not by the library that the service has.
 * @see https://www.rfc-editor.org/rfc/rfc6238#section-4
 */
export const codeAt = async (secret: string, now: number): Promise<string> => {
  const algorithm = { name: 'HMAC', hash: 'SHA-1' }
  const key = await crypto.subtle.importKey('raw', bytesOf(secret), algorithm, false, ['sign'])
  const counter = new DataView(new ArrayBuffer(8))
  counter.setBigUint64(0, BigInt(Math.floor(now / 30)))
  const mac = new DataView(await crypto.subtle.sign('HMAC', key, counter.buffer))
  const from = mac.getUint8(19) & 15
  return String((mac.getUint32(from) & 0x7fffffff) % 1_000_000).padStart(6, '0')
}

/** @see https://www.rfc-editor.org/rfc/rfc4648#section-6 */
const bytesOf = (base32: string): Uint8Array<ArrayBuffer> => {
  const bits = Array.from(base32, (char) => alphabet.indexOf(char).toString(2).padStart(5, '0')).join('')
  return Uint8Array.from(bits.match(/.{8}/g) ?? [], (byte) => Number.parseInt(byte, 2))
}
