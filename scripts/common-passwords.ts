/**
 * Writes `src/features/password/common-words.ts` from the list of `@zxcvbn-ts/language-common`, which is in order of
 * frequency. Taken are the most frequent that the shortest permitted minimum (8) lets through, all that the default
 * minimum (12) does, and the most frequent shorter words, of which longer passwords are made. Left out is what the
 * rules of `common.ts` make of words that are in already.
 *
 *     node scripts/common-passwords.ts
 */
import { writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import passwords from '@zxcvbn-ts/language-common/src/passwords.json' with { type: 'json' }
import { isGuessable } from '../src/features/password/common.ts'

const source = '@zxcvbn-ts/language-common 4.1.3 (MIT, the zxcvbn-ts authors, after zxcvbn, Dan Wheeler and Dropbox)'
const most = { ofShort: 500, ofLong: 4500 }
/** What the source lacks and a guesser of this service would try. */
const ours = ['admin', 'guest', 'login', 'postern', 'correcthorsebatterystaple']

/** The text of the file. */
export const generate = (): string => {
  const words = [...select()].sort()
  const coded = words.map((word, i) => frontCoded(word, words[i - 1] ?? '')).join('')
  const lines = coded.match(/.{1,110}/g) ?? []
  const text = lines.join('\n').replace(/[\\`]|\$\{/g, '\\$&')
  return `/**
 * ${words.length} common passwords, rude ones among them, front-coded: see \`common.ts\`. Made by
 * \`scripts/common-passwords.ts\` from
 * ${source}.
 */
export const commonWords = \`
${text}
\`
`
}

const select = (): ReadonlySet<string> => {
  const ranked = [...ours, ...passwords.map((word) => word.normalize('NFKC').toLowerCase())]
  const candidates = ranked.filter((word) => /^[!-~]{5,24}$/.test(word))
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

const frontCoded = (word: string, before: string): string => {
  let shared = 0
  while (shared < word.length - 1 && word[shared] === before[shared]) shared++
  return String.fromCharCode(65 + shared) + word.slice(shared)
}

const target = resolve(import.meta.dirname, '../src/features/password/common-words.ts')
if (import.meta.main) await writeFile(target, generate())
