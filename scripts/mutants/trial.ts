import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createVitest, type TestSuite } from 'vitest/node'
import { applied, type Edit, exportsOf } from './mutations.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** Names of mutants, and absolute paths of test files. */
    batch: { mutants: string[]; tests: string[] }
  }
}

/** What the parent asks: which of these edits of a file its tests see. */
export interface Question {
  readonly file: string
  /** Null changes nothing. */
  readonly edits: readonly (Edit | null)[]
  readonly tests: readonly string[]
}

/** For each edit the test that failed first, and how, or null; undefined where it cannot be told. */
export type Answer = readonly (string | null | undefined)[]

const root = join(import.meta.dirname, '../..')

/** In place of the file, a module that passes on what the mutant exports whose turn it is. */
const mutants = ({ file, edits }: Question) => {
  const path = join(root, file)
  const source = readFileSync(path, 'utf8')
  const passOn = exportsOf(source).map((name) => `export const ${name} = mutant.${name}`)
  const facade = [`const mutant = await import(/* @vite-ignore */ '${path}?mutant=' + globalThis.mutant)`, ...passOn]
  return {
    name: 'mutants',
    enforce: 'pre' as const,
    load(id: string) {
      if (id === path) return facade.join('\n')
      if (!id.startsWith(`${path}?mutant=`)) return undefined
      const edit = edits[Number(id.split('=')[1])]
      return edit ? applied(source, edit) : source
    },
  }
}

/** The tests run as in the project `node`, but in one process, and none after the first that fails. */
const newVitest = (question: Question) =>
  createVitest(
    'test',
    {
      root,
      config: false,
      watch: false,
      isolate: false,
      maxWorkers: 1,
      pool: 'threads',
      reporters: [{}],
      silent: true,
      testTimeout: 60_000,
      include: ['scripts/mutants/batch.ts'],
      globalSetup: [join(root, 'test/worlds/file.setup.ts')],
    },
    { resolve: { alias: { '#world': join(import.meta.dirname, 'world.ts') } }, plugins: [mutants(question)] },
  )

const answer = async (question: Question): Promise<Answer> => {
  const vitest = await newVitest(question)
  const project = vitest.getRootProject()
  project.provide('batch', {
    mutants: question.edits.map((_, i) => String(i)),
    tests: question.tests.map((test) => join(root, test)),
  })
  const batch = project.createSpecification(join(import.meta.dirname, 'batch.ts'))
  const { testModules, unhandledErrors } = await vitest.runTestSpecifications([batch])
  const suites = testModules.flatMap((module) => [...module.children.suites()])
  const isClear = unhandledErrors.length === 0 && suites.length === question.edits.length
  const verdicts = suites.map((suite) => killerIn(suite) ?? (isClear ? null : undefined))
  await vitest.close()
  return verdicts
}

const killerIn = (suite: TestSuite): string | undefined => {
  const [failed] = [...suite.children.allTests('failed')]
  const message = failed?.result().errors?.[0]?.message.split('\n')[0]
  return failed && `${failed.fullName.slice(suite.name.length + root.length + 4)}: ${message}`
}

process.once('message', async (question: Question) => {
  process.send?.(await answer(question), () => process.exit())
})
process.once('disconnect', () => process.exit())
