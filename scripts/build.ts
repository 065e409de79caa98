import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { gzipSync } from 'node:zlib'
import { wrangler } from './wrangler.ts'

/** Bytes of gzip that the Worker may weigh, all its modules together. */
const budget = 280_000

const out = 'dist'
const metafile = join(out, 'bundle-meta.json')

/** What esbuild says of each source file: the bytes that it has in an output, and what it imports. */
interface Metafile {
  outputs: Record<string, { entryPoint?: string; inputs: Record<string, { bytesInOutput: number }> }>
  inputs: Record<string, { imports: { path: string; kind: string }[] }>
}

process.chdir(resolve(import.meta.dirname, '..'))
rmSync(out, { recursive: true, force: true })
await must(['deploy', '--dry-run', '--outdir', out, '--metafile', metafile])
const modules = readdirSync(out).filter((name) => /\.(js|mjs|wasm|bin|txt)$/.test(name))
const sizes = modules.map((name) => measure(join(out, name)))
const total = sizes.reduce((sum, { gzip }) => sum + gzip, 0)

printTable('module', sizes)
const { inputs, outputs }: Metafile = JSON.parse(readFileSync(metafile, 'utf8'))
const shares = shareOf()
printTable('package (gzip estimated)', byPackage(Object.keys(inputs), packageOf))
printTable('run at its first use (gzip estimated)', late())
console.log(`Start-up CPU, profiled here: ${await startup()}`)
console.log(`Upload: ${figure(total)} bytes of gzip, of at most ${figure(budget)}.`)
if (total > budget) {
  console.error('The Worker is too big.')
  process.exitCode = 1
}

interface Size {
  name: string
  bytes: number
  gzip: number
}

function measure(path: string): Size {
  const content = readFileSync(path)
  return { name: path, bytes: content.length, gzip: gzipSync(content, { level: 9 }).length }
}

/** The bytes of each source file, and what they come to in gzip. */
function shareOf(): (path: string) => { bytes: number; gzip: number } {
  const bytes = new Map<string, number>()
  for (const output of Object.values(outputs)) {
    for (const [path, { bytesInOutput }] of Object.entries(output.inputs)) {
      bytes.set(path, (bytes.get(path) ?? 0) + bytesInOutput)
    }
  }
  const code = sizes.filter(({ name }) => name.endsWith('.js'))
  const ratio = code.reduce((sum, { gzip }) => sum + gzip, 0) / code.reduce((sum, size) => sum + size.bytes, 0)
  return (path) => ({ bytes: bytes.get(path) ?? 0, gzip: (bytes.get(path) ?? 0) * ratio })
}

function byPackage(paths: Iterable<string>, nameOf: (path: string) => string): Size[] {
  const found = new Map<string, Size>()
  for (const path of paths) {
    const name = nameOf(path)
    const { bytes, gzip } = found.get(name) ?? { bytes: 0, gzip: 0 }
    const share = shares(path)
    found.set(name, { name, bytes: bytes + share.bytes, gzip: gzip + share.gzip })
  }
  return [...found.values()].filter((size) => size.bytes > 0).sort((a, b) => b.bytes - a.bytes)
}

/** Each package that is loaded by `import()`, with all that it alone brings along: start-up reads it, and runs none. */
function late(): Size[] {
  const entry = Object.values(outputs).flatMap(({ entryPoint }) => entryPoint ?? [])
  const early = reached(entry, (kind) => kind !== 'dynamic-import')
  const loaded = Object.entries(inputs).flatMap(([path, { imports }]) =>
    early.has(path) ? imports.filter(({ kind }) => kind === 'dynamic-import').map((one) => one.path) : [],
  )
  const names = [...new Set(loaded.map(packageOf))]
  return names.flatMap((name) => {
    const all = reached(loaded.filter((path) => packageOf(path) === name))
    const own = [...all].filter((path) => !early.has(path))
    return byPackage(own, () => name)
  })
}

function reached(from: readonly string[], follows: (kind: string) => boolean = () => true): ReadonlySet<string> {
  const found = new Set(from)
  for (const path of found) {
    for (const one of inputs[path]?.imports ?? []) if (follows(one.kind)) found.add(one.path)
  }
  return found
}

/** What is ours goes under the project's own name. */
function packageOf(path: string): string {
  return /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? 'postern'
}

async function startup(): Promise<string> {
  const output = await must(['check', 'startup', '--outfile', join(out, 'startup.cpuprofile')])
  return /Active: ([\d.]+ ms)/.exec(output)?.[1] ?? output
}

async function must(args: string[]): Promise<string> {
  const { code, output } = await wrangler(args)
  if (code === 0) return output
  console.error(output)
  process.exit(1)
}

function printTable(title: string, rows: Size[]) {
  const width = Math.max(title.length, ...rows.map(({ name }) => name.length))
  console.log(`${title.padEnd(width)}  ${'bytes'.padStart(9)}  ${'gzip'.padStart(9)}`)
  for (const { name, bytes, gzip } of rows) {
    console.log(`${name.padEnd(width)}  ${figure(bytes).padStart(9)}  ${figure(gzip).padStart(9)}`)
  }
  console.log()
}

function figure(bytes: number): string {
  return Math.round(bytes).toLocaleString('en')
}
