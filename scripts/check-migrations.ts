import { readdirSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'

/**
 * D1 cannot switch foreign keys off: dropping a table that others reference deletes their rows by cascade, and
 * drizzle-kit rebuilds a table by way of `__new_<name>` and such a drop.
 */
export function findDangers(files: { name: string; text: string }[]): string[] {
  const parents = new Map<string, string[]>()
  const dangers: string[] = []
  for (const { name, text } of files) {
    if (text.includes('__new_')) dangers.push(`${name} rebuilds a table (__new_): make the change additive.`)
    for (const statement of text.split(/;\s*$|--> statement-breakpoint/m)) {
      const [, change, table = ''] =
        /^\s*(CREATE|ALTER|DROP) TABLE (?:IF (?:NOT )?EXISTS )?["`]?(\w+)/i.exec(statement) ?? []
      const references = [...statement.matchAll(/REFERENCES ["`]?(\w+)/gi)].map(([, parent = '']) => parent)
      if (change) parents.set(table, [...(parents.get(table) ?? []), ...references])
      if (change?.toUpperCase() !== 'DROP') continue
      parents.delete(table)
      const children = [...parents].filter(([, of]) => of.includes(table)).map(([child]) => child)
      if (children.length) dangers.push(`${name} drops ${table}, which ${children.join(', ')} still references.`)
    }
  }
  return dangers
}

if (import.meta.main) {
  const folder = resolve(import.meta.dirname, '../drizzle')
  const names = readdirSync(folder).filter((name) => name.endsWith('.sql'))
  const files = names.sort().map((name) => ({ name, text: readFileSync(resolve(folder, name), 'utf8') }))
  const dangers = findDangers(files)
  for (const danger of dangers) console.error(`drizzle/${danger}`)
  if (dangers.length) process.exitCode = 1
}
