import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { wrangler } from '../../scripts/wrangler.ts'
import { newFolder } from './node-process.ts'

interface Metafile {
  readonly outputs: Readonly<Record<string, { readonly inputs: Readonly<Record<string, unknown>> }>>
}

/** What wrangler would upload of this entry: the text of its modules, and the files that they were made of. */
const build = async (...entry: string[]) => {
  const { path, remove } = newFolder()
  onTestFinished(remove)
  const metafile = join(path, 'meta.json')
  const { code, output } = await wrangler(['deploy', ...entry, '--dry-run', '--outdir', path, '--metafile', metafile])
  expect(code, output).toBe(0)
  const { outputs }: Metafile = JSON.parse(readFileSync(metafile, 'utf8'))
  const modules = readdirSync(path).filter((name) => name.endsWith('.js'))
  return {
    files: Object.values(outputs).flatMap(({ inputs }) => Object.keys(inputs)),
    text: modules.map((name) => readFileSync(join(path, name), 'utf8')).join('\n'),
  }
}

const ofMailbox = /(?:^|\/)src\/dev\//

test('the bundle of production has no file of the mailbox and does not name it', async () => {
  const { files, text } = await build()

  expect(files.filter((file) => /(?:^|\/)src\/(?:app|http\/protect)\.ts$/.test(file))).toHaveLength(2)
  expect(files.filter((file) => ofMailbox.test(file))).toEqual([])
  expect(text).not.toMatch(/dev\/mailbox|dev_mailbox/)
})

test('the bundle of development has it, so that the test above would find it', async () => {
  const { files, text } = await build('src/entry/dev.ts')

  expect(files.filter((file) => ofMailbox.test(file)).length).toBeGreaterThan(3)
  expect(text).toMatch(/dev\/mailbox/)
})
