import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { settings } from '../src/base/settings.ts'

/** Writes the table of settings into README.md; with `--check` fails where it is not current. */
const path = join(import.meta.dirname, '../README.md')
const readme = readFileSync(path, 'utf8')
const rows = settings.map(({ name, default: value, unit, range, meaning }) => {
  const amount = [value, unit].filter(Boolean).join(' ')
  return `| \`${name}\` | ${amount} | ${range} | ${meaning} |`
})
const table = ['| setting | default | range | meaning |', '|---|---|---|---|', ...rows].join('\n')
const made = readme.replace(/^## Settings\n\n[\s\S]*?\n\n(?=`TURSO)/m, `## Settings\n\n${table}\n\n`)
if (!process.argv.includes('--check')) writeFileSync(path, made)
else if (made !== readme) throw new Error('The settings in README.md are not current: node scripts/settings-table.ts')
