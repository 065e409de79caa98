/**
 * Makes `src/base/public-suffix-table.ts` from the Public Suffix List as the devDependency `tldts` ships it.
 *
 *     node scripts/public-suffixes.ts           writes the table
 *     node scripts/public-suffixes.ts --check   fails when the table is not what it would write
 *
 * Whoever deploys needs it once, at boot, to refuse `https://*.vercel.app`. The whole list takes 41 KB gzip; the
 * criteria below keep what an app's front end is hosted on, in 8 KB. When in doubt they refuse too much, never too
 * little, below a name that is kept.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'

interface Rule {
  /** `co.uk`, `*.ck`, `!www.ck` */
  readonly name: string
  readonly isPrivate: boolean
}

/** Providers that give no names below a customer's own: all of it is refused, and regions need no entry each. */
const whole = `amazonaws.com amazonaws.com.cn amazoncognito.com amazonlightsail.com amazonwebservices.com.cn
  amazonwebservices.eu aivencloud.com azurestaticapps.net azurewebsites.net crm.dev elasticbeanstalk.com evennode.com
  int.apple ncloudstorage.com ngrok.io on.aws sagemaker.aws usgovcloudapi.net windows.net cloudworkstations.dev
  devtunnels.ms gitpod.io nip.io sslip.io webcontainer.io`.split(/\s+/)

/** Anyone gets a name below these, though the list does not say so. */
const unlisted = `app.github.dev edgeone.app github.dev glitch.me hostingersite.com kinsta.app koyeb.app loca.lt
  neocities.org stackblitz.io`.split(/\s+/)

/** Top-level domains of countries that the whole world hosts under; the generic ones have three letters or more. */
const worldwide = new Set('ai cc co eu gg io me sh to tv'.split(' '))

/** `is-a-geek.com`, `from-ny.net`, `dyndns.org`: dynamic DNS for the router at home. */
const isVanity = (name: string): boolean =>
  /^(?:is|isa|in|from|est|for|here|at|on-the|sells|likes|stuff|teaches|saves)-/.test(name) ||
  /^(?:ddns|dyn|dns|serve(?!bolt)[a-z]|home|barsy)/.test(name) ||
  /(?:fan|geek|dns|dyn)\.(?:com|net|org)$/.test(name)

const table = (rules: readonly Rule[]): string => {
  const registries = registriesByLabel(rules)
  const kept = rules.filter((rule) => (rule.isPrivate ? isHosting(rule.name) : isShared(rule.name, registries)))
  const names = new Set([...kept.map((rule) => rule.name), ...unlisted, ...whole.map((name) => `**.${name}`)])
  const needed = [...names].filter((name) => !names.has(`*.${name}`) && !isInside(name))
  const labelsOf = groupBy(needed, (name) => [after(name), before(name)])
  const parentsOf = groupBy(labelsOf.keys(), (parent) => [(labelsOf.get(parent) ?? []).sort().join(' '), parent])
  return [...parentsOf]
    .map(([labels, parents]) => `${labels}:${parents.sort().join(' ')}`)
    .sort()
    .join(';')
}

const isInside = (name: string): boolean =>
  !name.startsWith('**') && whole.some((zone) => name === zone || name.endsWith(`.${zone}`))

/** A private rule of three labels at most, `*` not counted; deeper ones are one region or one stage of a provider. */
const isHosting = (name: string): boolean => {
  const topLevel = name.slice(name.lastIndexOf('.') + 1)
  const isDeep = name.replace('*.', '').split('.').length > 3
  return !isDeep && (topLevel.length > 2 || worldwide.has(topLevel)) && !isVanity(name) && !name.includes('xn--')
}

/** A registry's second-level label that two other registries use too, or its wildcard or the exception from it. */
const isShared = (name: string, registries: ReadonlyMap<string, readonly string[]>): boolean =>
  /^[*!]/.test(name) || (name.split('.').length === 2 && (registries.get(before(name)) ?? []).length > 2)

const registriesByLabel = (rules: readonly Rule[]): Map<string, string[]> => {
  const pairs = rules.filter((rule) => !rule.isPrivate && rule.name.split('.').length === 2)
  return groupBy(
    pairs.map((rule) => rule.name),
    (name) => [before(name), after(name)],
  )
}

const groupBy = (names: Iterable<string>, split: (name: string) => [string, string]): Map<string, string[]> => {
  const groups = new Map<string, string[]>()
  for (const name of names) {
    const [key, value] = split(name)
    groups.set(key, [...(groups.get(key) ?? []), value])
  }
  return groups
}

const before = (name: string) => name.slice(0, name.indexOf('.'))
const after = (name: string) => name.slice(name.indexOf('.') + 1)

/** The rules in ASCII; tldts keeps them as a flat trie, labels right to left. 1 marks the ICANN section, 2 private. */
const readRules = (): Rule[] => {
  const trie: unknown = createRequire(import.meta.url)('tldts/dist/cjs/src/data/trie.js')
  const flags = numbersOf(trie, 'nodeFlags')
  const [starts, lengths] = [numbersOf(trie, 'edgeStart'), numbersOf(trie, 'edgeLength')]
  const children = numbersOf(trie, 'edgeChild')
  const everyEdge = [...lengths.keys()]
  const text = propertyOf(trie, 'labelText')
  const [root, exceptions] = [propertyOf(trie, 'rulesRoot'), propertyOf(trie, 'exceptionsRoot')]
  if (typeof text !== 'string' || typeof root !== 'number' || typeof exceptions !== 'number') throw unknownShape()
  const offsets = [0]
  for (const length of lengths) offsets.push((offsets.at(-1) ?? 0) + length)
  const below = (node: number, suffix: string, sign: string): Rule[] => {
    const own = flags[node] ? [{ name: sign + suffix.slice(1), isPrivate: flags[node] === 2 }] : []
    const edges = everyEdge.slice(starts[node], starts[node + 1])
    const label = (edge: number) => text.slice(offsets[edge], offsets[edge + 1])
    return [...own, ...edges.flatMap((edge) => below(children[edge] ?? -1, `.${label(edge)}${suffix}`, sign))]
  }
  return [...below(root, '', ''), ...below(exceptions, '', '!')].filter(({ name }) => /^[!-~]+$/.test(name))
}

const numbersOf = (trie: unknown, name: string): number[] => {
  const value = propertyOf(trie, name)
  const isNumbers = value instanceof Uint8Array || value instanceof Uint16Array || value instanceof Uint32Array
  if (!isNumbers) throw unknownShape()
  return [...value]
}

const propertyOf = (trie: unknown, name: string): unknown =>
  typeof trie === 'object' && trie !== null ? Object.getOwnPropertyDescriptor(trie, name)?.value : undefined

const unknownShape = () => new Error('tldts keeps its table in another shape than this script knows.')

const moduleOf = (text: string): string =>
  `// Made by scripts/public-suffixes.ts from the Public Suffix List (https://publicsuffix.org/list/), which is under the
// Mozilla Public License 2.0; so is this file (https://mozilla.org/MPL/2.0/). Do not edit.
export const publicSuffixTable = \`
${text.replaceAll(/(.{1,119}(?:;|(?= |$))) ?/g, '$1\n')}\`
`

const path = join(import.meta.dirname, '../src/base/public-suffix-table.ts')
const made = moduleOf(table(readRules()))
const isStale = process.argv.includes('--check') && readFileSync(path, 'utf8') !== made
if (isStale) throw new Error('The table is not current: node scripts/public-suffixes.ts')
if (!process.argv.includes('--check')) writeFileSync(path, made)
console.log(`src/base/public-suffix-table.ts: ${gzipSync(made, { level: 9 }).length} bytes gzip`)
