import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { gzipSync } from 'node:zlib'
import { wrangler } from './wrangler.ts'

/** Bytes of gzip that the Worker may weigh, all its modules together. */
const budget = 140_000

const out = 'dist'
const metafile = join(out, 'bundle-meta.json')

/** What esbuild says of one output: the bytes that each source file has in it. */
interface Metafile {
  outputs: Record<string, { inputs: Record<string, { bytesInOutput: number }> }>
}

process.chdir(resolve(import.meta.dirname, '..'))
rmSync(out, { recursive: true, force: true })
await must(['deploy', '--dry-run', '--outdir', out, '--metafile', metafile])
const modules = readdirSync(out).filter((name) => /\.(js|mjs|wasm|bin|txt)$/.test(name))
const sizes = modules.map((name) => measure(join(out, name)))
const total = sizes.reduce((sum, { gzip }) => sum + gzip, 0)

printTable('module', sizes)
printTable('package (gzip estimated)', shares())
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

/** By package, from esbuild's account; what is ours goes under the project's own name. */
function shares(): Size[] {
  const { outputs }: Metafile = JSON.parse(readFileSync(metafile, 'utf8'))
  const bytes = new Map<string, number>()
  for (const output of Object.values(outputs)) {
    for (const [path, { bytesInOutput }] of Object.entries(output.inputs)) {
      const name = packageOf(path)
      bytes.set(name, (bytes.get(name) ?? 0) + bytesInOutput)
    }
  }
  const code = sizes.filter(({ name }) => name.endsWith('.js'))
  const ratio = code.reduce((sum, { gzip }) => sum + gzip, 0) / code.reduce((sum, size) => sum + size.bytes, 0)
  return [...bytes]
    .map(([name, count]) => ({ name, bytes: count, gzip: count * ratio }))
    .filter((size) => size.bytes > 0)
    .sort((a, b) => b.bytes - a.bytes)
}

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
