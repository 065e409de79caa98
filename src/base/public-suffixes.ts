import { publicSuffixTable } from './public-suffix-table.ts'

/**
 * Whether strangers can register names, or are handed them, directly below `domain` (lower case, `xn--` form).
 * Covered: every single label, known or not; second-level labels that at least three registries use (`co.uk`,
 * `com.au`), and the registries' own wildcards; of the list's private section the hosting platforms under generic and
 * worldwide top-level domains, and a few that the list does not know (`scripts/public-suffixes.ts`). Not covered:
 * geographic names below a country (`oslo.no`, `chiyoda.tokyo.jp`), vanity names of dynamic DNS, and what a provider
 * keeps to one country.
 * @see https://publicsuffix.org/list/
 */
export const isPublicSuffix = (domain: string): boolean => {
  const labels = domain.split('.')
  if (labels.length < 2) return true
  suffixes ??= readTable()
  const known = suffixes
  if (known.has(domain) || known.has(`*.${domain}`)) return true
  if (known.has(`*.${labels.slice(1).join('.')}`)) return !known.has(`!${domain}`)
  return labels.some((_, at) => known.has(`**.${labels.slice(at).join('.')}`))
}

let suffixes: ReadonlySet<string> | undefined

/** `co com:uk au;...`: each label before each parent. `*` any label, `**` the parent and all below it, `!` not so. */
const readTable = (): ReadonlySet<string> => {
  const found = new Set<string>()
  for (const record of publicSuffixTable.split(';')) {
    const [labels = [], parents = []] = record.split(':').map((side) => side.trim().split(/\s+/))
    for (const parent of parents) for (const label of labels) found.add(`${label}.${parent}`)
  }
  return found
}
