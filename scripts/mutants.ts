import { type ChildProcess, fork } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { appendFileSync, existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as after } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { type Mutation, mutationsOf } from './mutants/mutations.ts'
import { targets } from './mutants/targets.ts'
import type { Answer, Question } from './mutants/trial.ts'
import { end } from './processes.ts'

/**
 * Makes small mistakes in the code that guards accounts, one at a time, and counts those that the tests see.
 *
 *   npm run test:mutants -- [part of a file's name ...] [--sample 200] [--seed 1] [--workers 2] [--again]
 *
 * A sample is of each file. What was killed once is remembered in `.mutants.log` while the file and its tests stay as
 * they are; `--again` forgets it. In the score a timeout counts as seen, and what stays unclear counts as not seen.
 */
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    sample: { type: 'string', default: '100000' },
    seed: { type: 'string', default: '1' },
    workers: { type: 'string', default: '2' },
    again: { type: 'boolean', default: false },
  },
})

const root = join(import.meta.dirname, '..')
const logPath = join(root, '.mutants.log')

interface Mutant extends Mutation {
  readonly file: string
  /** Of the file's text, the mistake, and the tests. */
  readonly key: string
}

/** Unclear is what the tests ran into without one of them failing. */
type Verdict = 'killed' | 'timeout' | 'survived' | 'unclear'

/** Milliseconds until a batch is given up: for its beginning, and for each mutant. */
const patience = { start: 120_000, mutant: 60_000 }
const batchSize = 16

const hash = (text: string): string => createHash('sha256').update(text).digest('base64url').slice(0, 16)

const testsOf = (file: string): readonly string[] => targets.find((target) => target.file === file)?.tests ?? []

const mutantsOf = (file: string): Mutant[] => {
  const source = readFileSync(join(root, file), 'utf8')
  const tests = testsOf(file).map((test) => [test, readFileSync(join(root, test), 'utf8')])
  return mutationsOf(source).map((mutation) => {
    const { start, end, text } = mutation
    return { ...mutation, file, key: hash(JSON.stringify([file, source, start, end, text, tests])) }
  })
}

/** Of one file, those that the seed draws. */
const sampled = (of: readonly Mutant[]): Mutant[] => {
  const order = (mutant: Mutant) => hash(`${values.seed} ${mutant.line} ${mutant.after}`)
  const drawn = new Set(of.toSorted((a, b) => (order(a) < order(b) ? -1 : 1)).slice(0, Number(values.sample)))
  return of.filter((mutant) => drawn.has(mutant))
}

const remembered = (): Map<string, Verdict> => {
  if (values.again || !existsSync(logPath)) return new Map()
  const lines = readFileSync(logPath, 'utf8').trim().split('\n')
  const seen: [string, Verdict][] = lines.flatMap((line) => {
    const [key = '', verdict] = line.split(' ')
    return verdict === 'killed' ? [[key, verdict]] : []
  })
  return new Map(seen)
}

const verdicts = remembered()

const conclude = (mutant: Mutant, verdict: Verdict, by = '') => {
  verdicts.set(mutant.key, verdict)
  appendFileSync(logPath, `${mutant.key} ${verdict} ${mutant.file}:${mutant.line} ${by}\n`)
}

/** What the tests of a file say of these changes; nothing where the process had to be ended. */
const ask = async (file: string, edits: Question['edits']): Promise<Answer> => {
  const question: Question = { file, edits, tests: testsOf(file) }
  const child: ChildProcess = fork(join(root, 'scripts/mutants/trial.ts'), {
    detached: true,
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    // As JSON `undefined`, what cannot be told, would arrive as `null`.
    serialization: 'advanced',
  })
  const impatience = new AbortController()
  try {
    child.send(question)
    const late = after(patience.start + patience.mutant * edits.length, [], impatience)
    const reply = once(child, 'message', impatience).then(([answer]): Answer => answer)
    return await Promise.race([reply, late, once(child, 'exit', impatience).then(() => [])])
  } finally {
    impatience.abort()
    await end(child, { group: true })
  }
}

/** Where a batch does not tell, each mutant is asked about alone. */
const judge = async (file: string, mutants: readonly Mutant[]): Promise<void> => {
  const edits = mutants.map(({ start, end, text }) => ({ start, end, text }))
  const answers = await ask(file, edits)
  for (const [i, mutant] of mutants.entries()) {
    const killer = answers[i]
    if (typeof killer === 'string') conclude(mutant, killer.includes(' timed out in ') ? 'timeout' : 'killed', killer)
    else if (killer === null) conclude(mutant, 'survived')
    else if (mutants.length === 1) conclude(mutant, answers.length === 0 ? 'timeout' : 'unclear')
    else await judge(file, [mutant])
  }
}

const sound = new Set<string>()

/** Tests that fail anyhow would see every mistake. */
const checkTests = async (file: string): Promise<void> => {
  if (sound.has(file)) return
  sound.add(file)
  const [killer] = await ask(file, [null])
  if (killer !== null) throw new Error(`Without a mistake in ${file} too ${killer ?? 'something'} fails.`)
}

const inBatches = (mutants: readonly Mutant[]): Mutant[][] =>
  [...Map.groupBy(mutants, ({ file }) => file).values()].flatMap((of) =>
    Array.from({ length: Math.ceil(of.length / batchSize) }, (_, i) => of.slice(i * batchSize, (i + 1) * batchSize)),
  )

const chosen = targets.filter(({ file }) => positionals.length === 0 || positionals.some((part) => file.includes(part)))
const all = chosen.flatMap(({ file }) => sampled(mutantsOf(file)))
const batches = inBatches(all.filter(({ key }) => !verdicts.has(key)))
const total = batches.length

const work = async () => {
  for (let batch = batches.shift(); batch !== undefined; batch = batches.shift()) {
    const [{ file = '' } = {}] = batch
    await checkTests(file)
    await judge(file, batch)
    console.log(`${new Date().toISOString().slice(11, 19)} ${total - batches.length} of ${total}: ${file}`)
  }
}
await Promise.all(Array.from({ length: Number(values.workers) }, work))

for (const { key, file, line, before, after } of all) {
  const verdict = verdicts.get(key)
  if (verdict === 'survived' || verdict === 'unclear')
    console.log(`\n${verdict}: ${file}:${line}\n- ${before}\n+ ${after}`)
}
console.log('\nScore: killed and timeout, of all.')
console.table(
  Object.fromEntries(
    [...Map.groupBy(all, ({ file }) => targets.find((target) => target.file === file)?.group ?? '')].map(
      ([group, of]) => [group, tally(of)],
    ),
  ),
)

function tally(of: readonly Mutant[]) {
  const count = (verdict: Verdict) => of.filter(({ key }) => verdicts.get(key) === verdict).length
  const [killed, timeout, survived, unclear] = [count('killed'), count('timeout'), count('survived'), count('unclear')]
  const score = `${((100 * (killed + timeout)) / of.length).toFixed(1)} %`
  return { mutants: of.length, killed, timeout, survived, unclear, score }
}
