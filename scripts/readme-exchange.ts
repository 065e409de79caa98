import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

const written = 'http://localhost:8787'

interface Exchange {
  command: string
  /** The comment right below the command: what it answers, as JSON or as text, with `...` for what may differ. */
  expected: string
}

/** The commands of the first bash block under "## Try it". A comment after an empty line is for the reader alone. */
export function readExchanges(readme: string): Exchange[] {
  const [, block] = /^## Try it$[\s\S]*?^```bash\n([\s\S]*?)^```$/m.exec(readme) ?? []
  if (!block) throw new Error('README.md has no bash block under "## Try it".')
  const exchanges: Exchange[] = []
  for (const paragraph of block.split(/\n\s*\n/)) {
    for (const [, command = '', comment = ''] of paragraph.matchAll(/((?:^(?!# ).+\n?)+)((?:^# .*\n?)*)/gm)) {
      exchanges.push({ command: command.trimEnd(), expected: comment.replaceAll(/^# /gm, '').trim() })
    }
  }
  return exchanges
}

/** Why an answer is not of the expected shape, or undefined. A key "..." stands for more keys, `...` for any value. */
export function difference(expected: unknown, actual: unknown, at = 'the answer'): string | undefined {
  if (expected === '...') return undefined
  if (kindOf(expected) !== kindOf(actual)) return `${at} is ${kindOf(actual)}, not ${kindOf(expected)}`
  if (Array.isArray(expected) && Array.isArray(actual)) {
    if (expected[0] === '...') return undefined
    if (expected.length && !actual.length) return `${at} is empty`
    return expected.length ? difference(expected[0], actual[0], `${at}[0]`) : undefined
  }
  if (!isRecord(expected) || !isRecord(actual)) return undefined
  const extra = '...' in expected ? undefined : Object.keys(actual).find((key) => !(key in expected))
  if (extra) return `${at} has ${extra}, which README.md does not show`
  return Object.keys(expected)
    .filter((key) => key !== '...')
    .map((key) => (key in actual ? difference(expected[key], actual[key], `${at}.${key}`) : `${at} has no ${key}`))
    .find((reason) => reason !== undefined)
}

const isRecord = (value: unknown): value is Record<string, unknown> => kindOf(value) === 'object'

function kindOf(value: unknown): string {
  if (value === null) return 'null'
  return Array.isArray(value) ? 'array' : typeof value
}

/** JSON as a README writes it: `...` or `…` may stand for a value, for the rest of an object or of a list. */
function parseExpected(text: string): unknown {
  const plain = text.replaceAll('…', '...')
  const strict = plain
    .replaceAll(/([{,]\s*)\.\.\.(?=\s*\})/g, '$1"...": 0')
    .replaceAll(/([:[]\s*)(?:\{\s*)?\.\.\.(?:\s*\})?(?=\s*[,}\]])/g, '$1"..."')
    .replaceAll(/,\s*\.\.\.(?=\s*\])/g, '')
  return parse(strict)
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function judge({ expected }: Exchange, output: string): string | undefined {
  const shape = parseExpected(expected)
  if (isRecord(shape) || Array.isArray(shape)) return difference(shape, parse(output))
  const missing = expected.split('\n').find((line) => !output.includes(line.replace(/(\.\.\.|…).*/, '').trim()))
  return missing === undefined ? undefined : `the answer does not contain: ${missing}`
}

/** All commands in one shell, so that variables and the cookie jar last; each one's output goes into a file. */
function run(exchanges: Exchange[], base: string): string[] {
  const folder = mkdtempSync(join(tmpdir(), 'postern-readme-'))
  const parts = exchanges.map(({ command }, at) => `{ ${command.replaceAll(written, base)}\n} > ${at}.out\n`)
  const { status, stderr } = spawnSync('bash', ['-e', '-o', 'pipefail'], {
    cwd: folder,
    input: parts.join(''),
    encoding: 'utf8',
  })
  const failures = exchanges.flatMap((exchange, at) => {
    const reason = judgeFile(exchange, join(folder, `${at}.out`))
    return reason ? [`${exchange.command}\n  ${reason}`] : []
  })
  rmSync(folder, { recursive: true })
  return status ? [...failures, `bash ended with ${status}: ${stderr}`] : failures
}

function judgeFile(exchange: Exchange, path: string): string | undefined {
  try {
    const output = readFileSync(path, 'utf8')
    const reason = judge(exchange, output)
    return reason && `${reason}\n  ${output}`
  } catch {
    return 'was not reached'
  }
}

if (import.meta.main) {
  const exchanges = readExchanges(readFileSync(resolve(import.meta.dirname, '../README.md'), 'utf8'))
  const failures = run(exchanges, process.argv[2] ?? written)
  for (const failure of failures) console.error(failure)
  console.log(`README: ${exchanges.length} commands, ${failures.length ? 'not all as it says' : 'all as it says'}.`)
  if (failures.length || !exchanges.length) process.exitCode = 1
}
