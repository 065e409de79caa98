import { publicSuffixTable } from './public-suffix-table.ts'

/**
 * Whether strangers can register names, or are handed them, directly below `domain` (lower case, `xn--` form). The
 * table is an extract of the Public Suffix List. Covered: every single label, known or not; the second levels that
 * three or more countries use, the fifteen commonest of these (`co`, `com`, `org` ...) below every country; the
 * registries' own wildcards; the well-known hosts of apps, sites and files under generic top-level domains, and some
 * that the list does not know (`hosting` in `scripts/public-suffixes.ts`). Not covered: geographic and other names below
 * a single country (`oslo.no`), second levels in another script, dynamic DNS save one, small hosts, hosts under a
 * country's domain save a few. `npm run deploy` checks its settings against the whole list.
 * @see https://publicsuffix.org/list/
 */
export const isPublicSuffix = (domain: string): boolean => {
  const labels = domain.split('.')
  if (labels.length < 2) return true
  suffixes ??= readTable()
  const known = suffixes
  const [first = '', ...others] = labels
  const parent = others.join('.')
  if (known.has(domain) || known.has(`*.${domain}`)) return true
  if (parent.length === 2 && known.has(`${first}.??`)) return true
  if (first.length === 2 && known.has(`??.${parent}`)) return true
  if (known.has(`*.${parent}`)) return !known.has(`!${domain}`)
  return labels.some((_, at) => known.has(`**.${labels.slice(at).join('.')}`))
}

let suffixes: ReadonlySet<string> | undefined

/**
 * `co com:uk au;...`: each label before each parent. `*` any label, `**` the parent and all below it, `!` not so;
 * `??` any two letters.
 */
const readTable = (): ReadonlySet<string> => {
  const found = new Set<string>()
  for (const record of publicSuffixTable.split(';')) {
    const [labels = [], parents = []] = record.split(':').map((side) => side.trim().split(/\s+/))
    for (const parent of parents) for (const label of labels) found.add(`${label}.${parent}`)
  }
  return found
}
