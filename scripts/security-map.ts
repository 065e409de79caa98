import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Advisory, advisories } from './advisories.ts'

/**
 * Writes into docs/security.md which tests name each row or advisory; with `--check` fails where that is not current, or
 * where a row of the first priority, or an advisory, that concerns what exists has no test.
 */
const root = join(import.meta.dirname, '..')
const path = join(root, 'docs/security.md')

const titles = readdirSync(join(root, 'test'), { recursive: true, encoding: 'utf8' })
  .filter((file) => /\.test\.tsx?$/.test(file))
  .sort()
  .flatMap((file) => titlesOf(file, readFileSync(join(root, 'test', file), 'utf8')))

const missing: string[] = []
const document = readFileSync(path, 'utf8')
const made = document
  .replace(/^\| (S\d+) \| (.*?) \| (.*?) \|.*\|$/gm, row)
  .replace(/(?<=<!-- advisories -->\n\n)[\s\S]*?(?=\n\n## Keys)/, advisoryTable())
if (!process.argv.includes('--check')) writeFileSync(path, made)
else if (made !== document) throw new Error('docs/security.md is not current: node scripts/security-map.ts')
if (missing.length > 0) throw new Error(`No title of a test bears ${missing.join(', ')}.`)

function row(_: string, id: string, priority: string, requirement: string): string {
  const found = naming([id])
  if (found.length === 0 && priority === '1') missing.push(id)
  return `| ${id} | ${priority} | ${requirement} | ${filesOf(found) || 'not yet'} |`
}

function advisoryTable(): string {
  const known = new Set(advisories.flatMap(({ ids }) => ids.split(' ')))
  const others = titles.flatMap(({ title }) => title.match(/\b(?:GHSA(?:-[a-z0-9]{4}){3}|CVE-\d{4}-\d+)\b/g) ?? [])
  const beside = [...new Set(others.filter((id) => !known.has(id)))].sort()
  return [
    '| row | advisories | what went wrong | tests |',
    '|---|---|---|---|',
    ...advisories.map((advisory, at) => advisoryRow(`A${at + 1}`, advisory)),
    ...beside.map((id) => `| | ${id} | | ${filesOf(naming([id]))} |`),
  ].join('\n')
}

function advisoryRow(row: string, { ids, what, waits, apart }: Advisory): string {
  const found = filesOf(naming([row, ...ids.split(' ').filter(Boolean)]))
  if (found === '' && waits === undefined && apart === undefined) missing.push(`${row} (${ids})`)
  const later = waits && (found === '' ? `waits for ${waits}` : `the rest waits for ${waits}`)
  const why = apart && `does not concern us: ${apart}`
  return `| ${row} | ${ids.replaceAll(' ', ', ')} | ${what} | ${[found, later, why].filter(Boolean).join('; ')} |`
}

/** Tests whose titles bear one of these ids, and not merely a longer one. */
function naming(ids: readonly string[]) {
  const patterns = ids.map((id) => new RegExp(`(?<![\\w-])${id.replaceAll('.', '\\.')}(?![\\w-])`))
  return titles.filter(({ title }) => patterns.some((pattern) => pattern.test(title)))
}

function filesOf(found: readonly { file: string }[]): string {
  return [...Map.groupBy(found, ({ file }) => file)].map(([file, of]) => `\`${file}\` (${of.length})`).join(', ')
}

/** What stands in quotes after `test(`, `test.each(...)(`, `describe(` and the like. */
function titlesOf(file: string, text: string): { file: string; title: string }[] {
  return [...text.matchAll(/^\s*(?:(?:test|it|describe)\b.*?|[\])}]+\)?)\(\s*(['"`])((?:(?!\1).)*)\1/gm)].map(
    ([, , title = '']) => ({ file, title }),
  )
}
