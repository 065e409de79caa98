import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, onTestFinished, test } from 'vitest'
import { everyStatement } from './every-statement.ts'
import { type Explain, flawsOf } from './plan-flaws.ts'

const root = join(import.meta.dirname, '..')
const src = join(root, 'src')
const verb = /^(\0 )?(select|insert|update|delete|with) /

/** The texts between the backticks of each sql`...`, those inside one another too; what is filled in is `\0`. */
const templatesOf = (source: string): string[] => {
  const found: string[] = []
  const read = (from: number, stop: string): [text: string, end: number] => {
    let text = ''
    for (let at = from; at < source.length; at++) {
      if (source.startsWith('sql`', at) && stop === '}') {
        const [template, end] = read(at + 4, '`')
        found.push(template)
        at = end
      } else if (source.startsWith('${', at) && stop === '`') {
        at = read(at + 2, '}')[1]
        text += '\0'
      } else if (source[at] === '{' && stop === '}') at = read(at + 1, '}')[1]
      else if (source[at] === stop) return [text, at]
      else text += source[at]
    }
    return [text, source.length]
  }
  for (let at = 0; at < source.length; ) at = read(at, '}')[1] + 1
  return found
}

/** Every statement that is written down in the service. */
const writtenDown = (): string[] =>
  globSync('**/*.ts', { cwd: src }).flatMap((file) => {
    const source = readFileSync(join(src, file), 'utf8')
    if (!source.includes('sql')) return []
    const plain = [...source.matchAll(/\bsql: '([^']+)'/g)].map(([, text = '']) => text)
    const texts = [...templatesOf(source), ...plain].map((text) => text.replace(/\s+/g, ' ').trim())
    return texts.filter((text) => verb.test(text))
  })

/** Whether the statement, or the part of one, stands in a text that was sent. */
const isIn = (sent: string, text: string): boolean => {
  if (!text.includes('\0')) return sent === text
  let at = 0
  return text.split('\0').every((part) => {
    const found = sent.indexOf(part, at)
    at = found + part.length
    return found >= 0
  })
}

/** It goes to the tables of whichever features there are. */
const namesNoTable = /^select [^(]* from \0 where /

test('the plans are those of every statement that is written down in src, the newest too', async () => {
  const { statements } = await everyStatement()

  const written = writtenDown().filter((text) => !namesNoTable.test(text))
  const unsent = written.filter((text) => !statements.some(({ sql }) => isIn(sql, text)))

  expect(written.length).toBeGreaterThan(60)
  expect(unsent).toEqual([])
})

/** Of some rows there is one: read by or not, it is there for that. */
const isRule = /^create unique index .* where /i

test('every index earns its writes: without it some statement would read a table from end to end', async () => {
  const { on, statements } = await everyStatement()
  const schema = new DatabaseSync(':memory:')
  onTestFinished(() => schema.close())
  for (const file of globSync('drizzle/*.sql', { cwd: root }).sort())
    schema.exec(readFileSync(join(root, file), 'utf8'))
  const explain: Explain = async ({ sql, params }) =>
    schema
      .prepare(`explain query plan ${sql}`)
      .all(...params)
      .map(({ detail }) => String(detail))
  const indexes = schema
    .prepare("select name, tbl_name, sql from sqlite_master where type = 'index' and sql is not null")
    .all()
    .filter((index) => on.core.tables.has(String(index.tbl_name)))

  const complete = await flawsOf(explain, statements)
  const idle: unknown[] = []
  for (const { name, sql } of indexes) {
    schema.exec(`drop index ${name}`)
    if (!isRule.test(String(sql)) && (await flawsOf(explain, statements)).length === 0) idle.push(name)
    schema.exec(String(sql))
  }

  expect(complete).toEqual([])
  expect(indexes.length).toBeGreaterThan(10)
  expect(idle).toEqual([])
})
