import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * Writes into docs/security.md which tests name each row or advisory; with `--check` fails where that is not current, or
 * where a row of the first priority that concerns what exists has no test.
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
  .replace(/(?<=bear its id\.\n\n)[\s\S]*?(?=\n\n## Keys)/, advisories())
if (!process.argv.includes('--check')) writeFileSync(path, made)
else if (made !== document) throw new Error('docs/security.md is not current: node scripts/security-map.ts')
if (missing.length > 0) throw new Error(`No test names ${missing.join(', ')}.`)

function row(_: string, id: string, priority: string, requirement: string): string {
  const found = titles.filter(({ title }) => new RegExp(`\\b${id}\\b`).test(title))
  if (found.length === 0 && priority === '1') missing.push(id)
  return `| ${id} | ${priority} | ${requirement} | ${filesOf(found) || 'not yet'} |`
}

function advisories(): string {
  const ids = /\b(?:GHSA(?:-[a-z0-9]{4}){3}|CVE-\d{4}-\d+|better-auth#\d+)\b/g
  const named = titles.flatMap(({ file, title }) => [...title.matchAll(ids)].map(([id]) => ({ id, file, title })))
  const rows = [...Map.groupBy(named, ({ id }) => id)].sort(([a], [b]) => (a < b ? -1 : 1))
  return ['| advisory | tests |', '|---|---|', ...rows.map(([id, of]) => `| ${id} | ${filesOf(of)} |`)].join('\n')
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
