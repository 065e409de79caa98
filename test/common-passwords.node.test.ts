import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import passwords from '@zxcvbn-ts/language-common/src/passwords.json' with { type: 'json' }
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { generate } from '../scripts/common-passwords.ts'
import { isCommon } from '../src/features/password/common.ts'

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

test('the list is what the script makes of its source', async () => {
  const file = resolve(import.meta.dirname, '../src/features/password/common-words.ts')

  expect(generate()).toBe(await readFile(file, 'utf8'))
})

test('twelve random letters and digits are not common', () => {
  const password = fc.bigInt({ min: 0n, max: 36n ** 12n - 1n }).map((number) => number.toString(36).padStart(12, '0'))

  fc.assert(
    fc.property(fc.noBias(password), (given) => !isCommon(given)),
    { numRuns: 2000 },
  )
})
