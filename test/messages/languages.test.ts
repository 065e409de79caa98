import fc from 'fast-check'
import { expect, test } from 'vitest'
import { chooseLanguage, languageTags } from '../../src/messages/languages.ts'

test.each([
  ['a language that stands first', 'de, en;q=0.9', 'de'],
  ['the dearest one, wherever it stands', 'en;q=0.4, de;q=0.5, ar;q=0.3', 'de'],
  ['the first of those that are liked alike', 'ar;q=0.8, de;q=0.8', 'ar'],
  ['a language by its region', 'de-CH', 'de'],
  ['a language by its script and region', 'ar-Arab-EG', 'ar'],
  ['what a browser usually sends', 'de-AT,de;q=0.9,en-US;q=0.8,en;q=0.7', 'de'],
  ['a language in capitals', 'DE-de', 'de'],
  ['the next best where there is none of the best', 'fr-FR, fr;q=0.9, ar;q=0.5', 'ar'],
  ['a language of weight 1.000', 'en;q=0.999, de;q=1.000', 'de'],
  ['a language with space around its weight', 'fr , de ; q=0.8', 'de'],
])('of Accept-Language it takes %s', (_, header, language) => {
  expect(chooseLanguage(null, header)).toBe(language)
})

test.each([
  ['there is no header', null],
  ['the header is empty', ''],
  ['anything will do', '*'],
  ['no language of it exists', 'fr, tlh;q=0.9'],
  ['its only language is refused', 'de;q=0'],
  ['its only language is refused to three digits', 'de;q=0.000'],
  ['a weight is past 1', 'de;q=1.001'],
  ['a weight is negative', 'de;q=-1'],
  ['a weight is no number', 'de;q=high'],
  ['a weight has four digits', 'de;q=0.1234'],
  ['a weight is followed by something', 'de;q=0.5;level=1'],
  ['a language stands behind other letters', 'xde, de_DE, de DE, dexx'],
  ['it names what every object has', 'constructor, __proto__, toString'],
])('the language is English where %s', (_, header) => {
  expect(chooseLanguage(null, header)).toBe('en')
})

test('the language that a user chose goes before the header, and one that is no more does not', () => {
  expect(chooseLanguage('ar', 'de')).toBe('ar')
  expect(chooseLanguage('ar-EG', 'de')).toBe('ar')
  expect(chooseLanguage('tlh', 'de')).toBe('de')
  expect(chooseLanguage('', 'de')).toBe('de')
})

test('no header is read for longer than its first thousand characters, or fails', () => {
  const piece = fc.constantFrom(
    'de',
    'en-US',
    '*',
    ',',
    ';',
    'q=',
    '0.5',
    '-',
    ' ',
    '\t',
    'ä',
    '\u202e',
    'x'.repeat(99),
  )
  const header = fc.oneof(
    fc.string(),
    fc.array(piece, { maxLength: 200 }).map((pieces) => pieces.join('')),
  )

  fc.assert(
    fc.property(header, (text) => {
      const chosen = chooseLanguage(text, text)

      expect(languageTags).toContain(chosen)
      expect(chosen).toBe(chooseLanguage(text.slice(0, 1000), text.slice(0, 1000)))
    }),
  )
})

test.each([
  ['commas', ','],
  ['dashes', '-'],
  ['spaces', ' '],
  ['languages', 'fr-,'],
  ['weights', ';q=0.1'],
  ['digits', 'de;q=0.1111'],
])('S75: a header of a mebibyte of %s is English, and read no further than others', (_, piece) => {
  const header = piece.repeat(2 ** 20 / piece.length)

  expect(chooseLanguage(header, `fr${header},de`)).toBe('en')
})
