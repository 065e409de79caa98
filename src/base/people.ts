/**
 * A user name in its one canonical form, or undefined: 3 to 32 of `a-z 0-9 _ . -`, upper case folded. Only ASCII is
 * folded: the lower case of the Kelvin sign is an ASCII k, and must not be another's name.
 */
export const parseUsername = (given: string): string | undefined =>
  /^[A-Za-z0-9_.-]{3,32}$/.test(given) ? given.toLowerCase() : undefined

/**
 * A display name as given, or undefined: 1 to 64 code points, something to see among them, none that breaks a line,
 * turns the direction of what follows (U+202E shows `moc.live` as `evil.com`) or is half of a surrogate pair. The two
 * joiners, U+200C and U+200D, are letters' business in Persian and Hindi, and stay.
 */
export const parseName = (given: string): string | undefined => {
  if ([...given].length > 64) return undefined
  if (/[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]|(?![\u200c\u200d])\p{Cf}/u.test(given)) return undefined
  return /[\p{L}\p{N}\p{P}\p{S}]/u.test(given) ? given : undefined
}
