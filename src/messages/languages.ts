import { ar } from './ar.ts'
import { de } from './de.ts'
import { en } from './en.ts'
import type { Language } from './language.ts'

/** By BCP 47 tag. A further language is one file and one word here. */
export const languages = { en, de, ar } satisfies Record<string, Language>

export type LanguageTag = keyof typeof languages

const usual: LanguageTag = 'en'

const isLanguageTag = (tag: string): tag is LanguageTag => Object.hasOwn(languages, tag)

export const languageTags: readonly LanguageTag[] = Object.keys(languages).filter(isLanguageTag)

/**
 * The language to write to somebody in: the one that they chose, or else the best that their browser asks for, or else
 * English. A tag that names no language of ours, or nothing at all, is passed over.
 * @param stored `users.locale`
 * @param acceptLanguage The header of that name
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-12.5.4
 */
export const chooseLanguage = (stored: string | null, acceptLanguage: string | null): LanguageTag => {
  const wanted = [...(stored === null ? [] : [stored]), ...rangesOf(acceptLanguage ?? '')]
  for (const range of wanted) {
    const found = lookUp(range)
    if (found !== undefined) return found
  }
  return usual
}

/** Nobody's browser asks for more, in characters; the rest of a longer header is not read. */
const longest = 1000

/** The ranges that a header asks for, dearest first, in its order where it likes them alike. `q=0` is none. */
const rangesOf = (header: string): string[] =>
  header
    .slice(0, longest)
    .split(',')
    .map(parseRange)
    .filter(({ weight }) => weight > 0)
    .sort((a, b) => b.weight - a.weight)
    .map(({ range }) => range)

/** `de-CH;q=0.8`; a weight that cannot be read is 0. */
const parseRange = (entry: string) => {
  const [range = '', weight, ...rest] = entry.split(';').map((part) => part.trim())
  if (weight === undefined) return { range, weight: 1 }
  const [, value = '0'] = /^q=(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/i.exec(weight) ?? []
  return { range, weight: rest.length > 0 ? 0 : Number(value) }
}

/** `de-CH` finds `de`: a subtag falls off the end until a language is found. @see https://www.rfc-editor.org/rfc/rfc4647#section-3.4 */
const lookUp = (range: string): LanguageTag | undefined => {
  const subtags = range.slice(0, longest).toLowerCase().split('-').slice(0, 8)
  for (let count = subtags.length; count > 0; count--) {
    const shorter = subtags.slice(0, count).join('-')
    const found = languageTags.find((tag) => tag.toLowerCase() === shorter)
    if (found !== undefined) return found
  }
  return undefined
}
