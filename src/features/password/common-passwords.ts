import { commonWords } from './common-words.ts'
import { type Words, wordFilter } from './word-filter.ts'

/**
 * True for a password that a guesser tries early: a listed one, or one that a rule makes of listed words, keyboard
 * walks, runs, dates and repetition (`passwordpassword`, `Football2024!`, `123456789012`, `1qaz2wsx3edc`). NFKC and
 * case make no difference.
 */
export const isCommon = (password: string): boolean => {
  listed ??= wordFilter(commonWords)
  return isGuessable(password, listed)
}

/** What `isCommon` says, given the words that are listed, all in lower case. */
export const isGuessable = (password: string, words: Words): boolean => {
  const text = password.normalize('NFKC').toLowerCase()
  if (words.has(text)) return true
  return ruled.test(text) && effectiveLength(text.slice(0, period(text)), words) * 3 <= text.length
}

/** The rules speak of what the list is made of: a phrase with spaces, another script or a longer text is not common. */
const ruled = /^[!-~]{1,24}$/

/** Made at the first question: a Worker that asks none does not pay for it at its start. */
let listed: Words | undefined

/** Of the shortest start that, repeated, makes the text; the whole length if it is not repeated. */
const period = (text: string): number => {
  for (let length = 1; length * 2 <= text.length; length++)
    if (text.slice(length) === text.slice(0, -length)) return length
  return text.length
}

/** The text cut into the pieces that are worth least. */
const effectiveLength = (text: string, words: Words): number => {
  const least = [0]
  for (let end = 1; end <= text.length; end++) {
    let best = end
    for (let start = 0; start < end; start++)
      best = Math.min(best, (least[start] ?? 0) + worth(text.slice(start, end), words))
    least.push(best)
  }
  return least[text.length] ?? 0
}

/** In characters that one must guess. */
const worth = (piece: string, words: Words): number => {
  if (isWalk(piece) || date.test(piece)) return 1
  return words.has(piece) ? 2 : piece.length
}

/** A year of the last or of this century, or a day with it. */
const date = /^(?:[0-3]\d[0-3]\d)?(?:19|20)\d\d$|^(?:19|20)\d\d[01]\d[0-3]\d$/

/** Three or more, equal or each beside the one before it: on the keyboard, on its digit pad, in the alphabet. */
const isWalk = (piece: string): boolean => {
  if (piece.length < 3) return false
  for (let i = 1; i < piece.length; i++)
    if (piece[i] !== piece[i - 1] && !neighbours.has(piece.slice(i - 1, i + 1))) return false
  return true
}

const lines = [
  '`1234567890-=',
  '~!@#$%^&*()_+',
  'qwertyuiop[]\\',
  "asdfghjkl;'",
  'zxcvbnm,./',
  ...['1qaz', '2wsx', '3edc', '4rfv', '5tgb', '6yhn', '7ujm', '8ik,', '9ol.', '0p;/'],
  ...['01', '147', '258', '369'],
  'abcdefghijklmnopqrstuvwxyz',
]

const neighbours: ReadonlySet<string> = new Set(
  lines.flatMap((line) => [...line].slice(1).flatMap((key, i) => [`${line[i]}${key}`, `${key}${line[i]}`])),
)
