import type { LanguageTag } from './languages.ts'

/**
 * Text from outside as one line of at most `most` code points: no control, no line break, nothing that turns the
 * direction of what follows. The two joiners, U+200C and U+200D, are letters' business, and stay.
 */
export const oneLine = (given: string, most = 64): string => {
  const line = given
    .slice(0, 4 * most)
    .replace(/(?![\u200c\u200d])\p{Cf}|\p{Cs}/gu, '')
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .trim()
  const letters = [...line]
  return letters.length > most ? `${letters.slice(0, most - 1).join('')}…` : line
}

/**
 * The name of a device as user agents give it, or undefined for anything that a mail client could take for a link: any
 * stranger may write to any address what their user agent calls itself.
 */
export const deviceName = (given: string): string | undefined =>
  given !== 'Unknown device' && /^[\p{L}\p{N}][\p{L}\p{M}\p{N} ()+_-]{0,63}$/u.test(given) ? given : undefined

/**
 * What somebody calls a thing of theirs, or null for anything that a mail client could take for a link: whoever signs up
 * with another's address may call it what they like.
 */
export const givenName = (given: string | null): string | null =>
  given !== null && /^[\p{L}\p{N}][\p{L}\p{M}\p{N} ()+_'’,&-]{0,63}$/u.test(given) ? given : null

/** An IPv4 or IPv6 address or network; null for any other text. */
export const networkAddress = (given: string | null): string | null =>
  given !== null && /^[0-9a-f.:]{2,45}(?:\/\d{1,3})?$/i.test(given) ? given : null

/** `24 hours`, `3 days`, rounded down, to a minute at the least. In minutes below two hours, in hours below two days. */
export const duration = (language: LanguageTag, seconds: number): string => {
  const minutes = Math.max(1, Math.floor(seconds / 60))
  const [size, unit] =
    minutes >= 2 * 1440 ? [1440, 'day'] : minutes >= 120 || minutes === 60 ? [60, 'hour'] : [1, 'minute']
  const format = new Intl.NumberFormat(latin(language), { style: 'unit', unit, unitDisplay: 'long' })
  return format.format(Math.floor(minutes / size))
}

/** `March 3, 2026 at 14:05 UTC`; `at` in Unix seconds. */
export const moment = (language: LanguageTag, at: number): string =>
  new Intl.DateTimeFormat(latin(language), {
    year: 'numeric',
    month: 'long',
    day: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
    timeZone: 'UTC',
    timeZoneName: 'short',
  }).format(at * 1000)

/** The name of a country by its ISO 3166-1 alpha-2 code; null for what names none (`XX`, `ZZ`, `T1`). */
export const countryName = (language: LanguageTag, code: string | null): string | null =>
  code !== null && /^(?!ZZ)[A-Z]{2}$/.test(code)
    ? (new Intl.DisplayNames(language, { type: 'region', fallback: 'none' }).of(code) ?? null)
    : null

/** One kind of digits in a message, whichever the data of a runtime prefer: addresses and codes have no other. */
const latin = (language: LanguageTag): string => `${language}-u-nu-latn`
