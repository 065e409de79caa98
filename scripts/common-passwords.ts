/**
 * Writes `src/features/password/common-words.ts` from the list of `@zxcvbn-ts/language-common`, which is in order of
 * frequency. Taken are the most frequent that the shortest permitted minimum (8) lets through, all that the default
 * minimum (12) does, and the most frequent shorter words, of which longer passwords are made. Left out is what the
 * rules of `common-passwords.ts` make of words that are in already.
 *
 *     node scripts/common-passwords.ts           writes the file
 *     node scripts/common-passwords.ts --check   fails when the file is not what it would write
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { gzipSync } from 'node:zlib'
import passwords from '@zxcvbn-ts/language-common/src/passwords.json' with { type: 'json' }
import { isGuessable } from '../src/features/password/common-passwords.ts'
import { bitsOf, numbersOf, span, wordLengths } from '../src/features/password/word-filter.ts'

const source = '@zxcvbn-ts/language-common 4.1.3 (MIT, the zxcvbn-ts authors, after zxcvbn, Dan Wheeler and Dropbox)'
const most = { ofShort: 500, ofLong: 4500 }
/** What the source lacks and a guesser of this service would try. */
const ours = ['admin', 'guest', 'login', 'postern', 'correcthorsebatterystaple']
/** Bits of the table for each equation; with fewer the false positives grow, with more the file. */
const slack = 1.005

/** The words that the filter holds. */
export const select = (): ReadonlySet<string> => {
  const ranked = [...ours, ...passwords.map((word) => word.normalize('NFKC').toLowerCase())]
  const candidates = ranked.filter((word) => /^[!-~]+$/.test(word) && isStorable(word))
  const long = candidates.filter((word) => word.length >= 8)
  const chosen = new Set([
    ...ours,
    ...candidates.filter((word) => word.length < 8).slice(0, most.ofShort),
    ...long.slice(0, most.ofLong),
    ...long.filter((word) => word.length >= 12),
  ])
  const listed = new Set<string>()
  for (const word of chosen) if (!isGuessable(word, listed)) listed.add(word)
  return listed
}

/** The text of the file. */
export const generate = (): string => {
  const words = select()
  const table = tableOf(words)
  const coded = table.toString('base64').replace(/.{1,2000}(?!$)/g, '$&\n')
  return `/**
 * ${words.size} common passwords as a filter of ${table.length} bytes: see \`word-filter.ts\`. Made by
 * \`scripts/common-passwords.ts\` from
 * ${source}.
 */
export const commonWords = \`
${coded}
\`
`
}

const isStorable = (word: string) => word.length >= wordLengths.least && word.length <= wordLengths.most

/** Elimination by bands: a row starts at its lowest set bit, and no two rows start at the same. */
const tableOf = (words: ReadonlySet<string>): Buffer => {
  const equations = [...words].reduce((sum, word) => sum + bitsOf(word), 0)
  const size = Math.ceil((equations * slack) / 32)
  const rows: (bigint | undefined)[] = Array.from({ length: size * 32 })
  for (const word of words) {
    const next = numbersOf(word)
    for (let left = bitsOf(word); left > 0; left--) insert(rows, next, size)
  }
  return solve(rows)
}

const insert = (rows: (bigint | undefined)[], next: () => number, size: number): void => {
  let at = (next() % (size - span + 1)) * 32
  let row = 0n
  for (let i = 0; i < span; i++) row |= BigInt(next()) << BigInt(32 * i)
  for (; row !== 0n; row >>= 1n, at++) {
    if ((row & 1n) === 0n) continue
    const other = rows[at]
    if (other === undefined) {
      rows[at] = row
      return
    }
    row ^= other
  }
}

/** Backwards; a bit that no row starts at is free, and random, lest the sums of other words be even. */
const solve = (rows: readonly (bigint | undefined)[]): Buffer => {
  const next = numbersOf('free')
  const table = Buffer.alloc(rows.length / 8)
  let above = 0n
  for (let at = rows.length - 1; at >= 0; at--) {
    const row = rows[at]
    const bit = row === undefined ? next() & 1 : parity((row >> 1n) & above)
    above = BigInt.asUintN(span * 32, (above << 1n) | BigInt(bit))
    const number = Math.floor(at / 32) * 4
    table.writeUInt32BE((table.readUInt32BE(number) | (bit << (at % 32))) >>> 0, number)
  }
  return table
}

const parity = (bits: bigint): number => {
  let folded = bits
  for (let by = BigInt(span * 16); by > 0n; by >>= 1n) folded ^= folded >> by
  return Number(folded & 1n)
}

if (import.meta.main) {
  const target = resolve(import.meta.dirname, '../src/features/password/common-words.ts')
  const made = generate()
  const isCheck = process.argv.includes('--check')
  if (isCheck && readFileSync(target, 'utf8') !== made) {
    throw new Error('The list is not current: node scripts/common-passwords.ts')
  }
  if (!isCheck) writeFileSync(target, made)
  console.log(`src/features/password/common-words.ts: ${gzipSync(made, { level: 9 }).length} bytes gzip`)
}
