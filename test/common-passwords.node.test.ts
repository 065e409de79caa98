import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import passwords from '@zxcvbn-ts/language-common/src/passwords.json' with { type: 'json' }
import { expect, test } from 'vitest'
import { generate, select } from '../scripts/common-passwords.ts'
import { isCommon, isGuessable } from '../src/features/password/common-passwords.ts'
import { commonWords } from '../src/features/password/common-words.ts'
import { numbersOf, wordFilter } from '../src/features/password/word-filter.ts'

const ofLength = (least: number) => passwords.filter((password) => password.length >= least)

test('S5: the 4500 most frequent passwords of 8 characters or more are common', () => {
  const missed = ofLength(8)
    .slice(0, 4500)
    .filter((password) => !isCommon(password))

  expect(missed).toEqual([])
})

test('S5: every password of the source that has the 12 characters of the default is common', () => {
  const missed = ofLength(12).filter((password) => !isCommon(password))

  expect(missed).toEqual([])
})

test('S5: every word that the filter was made of is common, in any case', () => {
  const words = [...select()]

  expect(words.length).toBeGreaterThanOrEqual(2811)
  expect(words.filter((word) => !isCommon(word) || !isCommon(word.toUpperCase()))).toEqual([])
})

test('of 200,000 random passwords of 12 letters and digits fewer than 1 in 15,000 is refused by mistake', () => {
  const words = select()

  const common = randomTexts(200_000, 12).filter(isCommon)
  const mistaken = common.filter((password) => !isGuessable(password, words))

  expect(mistaken.length).toBeLessThan(200_000 / 15_000)
  expect(common.length).toBeLessThan(200_000 / 10_000)
})

test.each([
  [8, 14],
  [12, 19],
])('of 200,000 random words of %i characters the filter finds about one in 2^%i', (length, bits) => {
  const filter = wordFilter(commonWords)

  const found = randomTexts(200_000, length).filter((word) => filter.has(word))

  expect(found.length).toBeLessThan(2 * (200_000 / 2 ** bits) + 2)
})

test('the list is what the script makes of its source', async () => {
  const file = resolve(import.meta.dirname, '../src/features/password/common-words.ts')

  expect(generate()).toBe(await readFile(file, 'utf8'))
})

/** Letters and digits; the same at every run, for the filter is mistaken about the same ones. */
const randomTexts = (count: number, length: number): string[] => {
  const next = numbersOf('random texts')
  const text = () => Array.from({ length }, () => (next() % 36).toString(36)).join('')
  return Array.from({ length: count }, text)
}
