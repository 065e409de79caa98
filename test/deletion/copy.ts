import { execFile } from 'node:child_process'
import { cpSync, globSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join, resolve } from 'node:path'
import { promisify } from 'node:util'

const root = resolve(import.meta.dirname, '../..')

/** What is no part of the tree. */
const left = /^(node_modules|\.git|\.wrangler|\.vercel|\.env.*|\.dev\.vars|dist|coverage)$/

export interface Copy {
  readonly path: string
  readonly remove: () => void
}

/** A copy of the tree, with the packages of this one. */
export const copyOfTree = (): Copy => {
  const path = mkdtempSync(join(tmpdir(), 'postern-without-'))
  cpSync(root, path, { recursive: true, filter: (from) => !left.test(basename(from)) })
  symlinkSync(join(root, 'node_modules'), join(path, 'node_modules'))
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) }
}

/** Deletes a feature as `docs/architecture.md` says: its folder, its line, its rows, and the tests that bear its name. */
export const deleteFeature = ({ path }: Copy, name: string): { readonly deleted: string[] } => {
  const bears = new RegExp(`(^|-)${name}s?[-.]`)
  const tests = globSync('test/**/*.ts', { cwd: path }).filter((file) => bears.test(basename(file)))
  const deleted = [`src/features/${name}`, ...tests]
  for (const one of deleted) rmSync(join(path, one), { recursive: true })
  const app = join(path, 'src/app.ts')
  const source = readFileSync(app, 'utf8')
  const [, mounted = name] = new RegExp(`import \\{ (\\w+) \\} from './features/${name}/`).exec(source) ?? []
  const isItsOwn = (line: string) => line.includes(`/features/${name}/`) || line.includes(`, ${mounted}(core`)
  const lines = source.split('\n')
  writeFileSync(app, lines.filter((line) => !isItsOwn(line)).join('\n'))
  return { deleted }
}

/** Runs a program of the packages in the copy. Answers how it ended and what it wrote. */
export const run = async ({ path }: Copy, program: string, ...args: string[]) => {
  const { PATH } = process.env
  const options = { cwd: path, env: { PATH, NO_COLOR: '1' }, maxBuffer: 1 << 26 }
  const bin = join(path, 'node_modules/.bin', program)
  try {
    const { stdout } = await promisify(execFile)(bin, args, options)
    return { isGreen: true, said: stdout }
  } catch (error) {
    const { stdout = '', stderr = String(error) } = Object(error)
    return { isGreen: false, said: `${stdout}${stderr}` }
  }
}
