import { expect, test } from 'vitest'
import { en } from '../../src/messages/en.ts'
import type { Language } from '../../src/messages/language.ts'
import { type LanguageTag, languages, languageTags } from '../../src/messages/languages.ts'
import { duration, moment } from '../../src/messages/values.ts'

/** Every text of a language, by where it stands. */
const textsOf = (value: object, path = ''): [where: string, text: string][] =>
  Object.entries(value).flatMap(([key, inner]): [string, string][] =>
    typeof inner === 'string' ? [[`${path}${key}`, inner]] : textsOf(inner, `${path}${key}.`),
  )

const english = textsOf(en)
const others = languageTags.filter((tag) => tag !== 'en')

/** Words that a language has from English. */
const borrowed = ['Passkey', 'Passkeys']

/** By paragraphs taken together: languages may divide them otherwise. */
const namesOf = (texts: readonly [string, string][], under: string): string[] => {
  const own = texts.filter(([where]) => where.startsWith(under)).map(([, text]) => text)
  return [...new Set(own.join(' ').match(/\{[^}]*\}/g))].sort()
}

test.each(others)('"%s" says everything that English says, and nothing in English', (tag) => {
  const texts = new Map(textsOf(languages[tag]))

  for (const [where, text] of english) {
    if (where === 'direction') continue
    expect(texts.get(where), where).toBeDefined()
    if (tag === 'de' && borrowed.includes(text)) continue
    expect(texts.get(where), where).not.toBe(text)
  }
})

test('every text but a direction is in the letters of its language', () => {
  const arabic = textsOf(languages.ar).filter(([where]) => where !== 'direction')
  const german = textsOf(languages.de)

  for (const [where, text] of arabic) expect(text, where).toMatch(/\p{Script=Arabic}/u)
  for (const [, text] of arabic) expect(text.replace(/\{\w+\}|IP|JavaScript/g, '')).not.toMatch(/[a-z]/i)
  for (const [where, text] of [...english, ...german]) expect(text, where).not.toMatch(/\p{Script=Arabic}/u)
  for (const [where, text] of german) expect(text, where).not.toMatch(/\b(?:the|your|you|and|du|dein|dir|dich)\b/i)
})

test.each(languageTags)('"%s" names the values that its messages have, and no others', (tag) => {
  const language: Language = languages[tag]
  const texts = textsOf(language)
  const parts = ['link', 'code', 'body', 'subject', 'heading', 'notYou', 'notMe']

  for (const kind of Object.keys(en.messages)) {
    for (const part of parts) {
      const under = `messages.${kind}.${part}`
      const known = part === 'link' || part === 'code' ? ['{life}', '{product}'] : ['{erasesAt}', '{product}']
      expect(known, under).toEqual(expect.arrayContaining(namesOf(texts, under)))
    }
    expect(namesOf(texts, `messages.${kind}.`), kind).toEqual(namesOf(english, `messages.${kind}.`))
  }
  expect(namesOf(texts, 'pages.')).toEqual(['{min}'])
  expect(namesOf(texts, 'pageLabels.')).toEqual(['{product}'])
  for (const under of ['labels.', 'factors.', 'erasable.', 'signInStep.', 'pageFailures.', 'pageBusy'])
    expect(namesOf(texts, under)).toEqual([])
})

test.each(languageTags)('no text of "%s" has markup, or space where none is seen', (tag) => {
  for (const [where, text] of textsOf(languages[tag])) {
    expect(text, where).toBe(text.trim())
    expect(text, where).not.toMatch(/[<>&]|\s{2}|[\p{Cc}\p{Cf}]/u)
  }
})

test.each(languageTags)('a subject of "%s" fits on a telephone', (tag) => {
  const language: Language = languages[tag]

  for (const { subject } of Object.values(language.messages)) {
    expect(subject.replace('{product}', 'Acme').length).toBeLessThan(60)
  }
})

test.each<[LanguageTag, seconds: number, text: string]>([
  ['en', 60, '1 minute'],
  ['en', 600, '10 minutes'],
  ['en', 3600, '1 hour'],
  ['en', 86_400, '24 hours'],
  ['en', 259_200, '3 days'],
  ['en', 5400, '90 minutes'],
  ['en', 599, '9 minutes'],
  ['en', 12, '1 minute'],
  ['en', 7199, '119 minutes'],
  ['en', 86_399, '23 hours'],
  ['en', 172_799, '47 hours'],
  ['en', 172_800, '2 days'],
  ['en', 259_199, '2 days'],
  ['de', 60, '1 Minute'],
  ['de', 1800, '30 Minuten'],
  ['de', 86_400, '24 Stunden'],
  ['de', 259_200, '3 Tage'],
  ['ar', 60, 'دقيقة'],
  ['ar', 120, 'دقيقتان'],
  ['ar', 600, '10 دقائق'],
  ['ar', 1800, '30 دقيقة'],
  ['ar', 86_400, '24 ساعة'],
  ['ar', 259_200, '3 أيام'],
])('in "%s" %i s are "%s"', (tag, seconds, text) => {
  expect(duration(tag, seconds)).toBe(text)
})

test.each<[LanguageTag, text: string]>([
  ['en', 'March 3, 2026 at 00:05 UTC'],
  ['de', '3. März 2026 um 00:05 UTC'],
  ['ar', '3 مارس 2026 في 00:05 UTC'],
])('in "%s" a moment is told in UTC, and says so', (tag, text) => {
  expect(moment(tag, 1_772_496_300)).toBe(text)
})
