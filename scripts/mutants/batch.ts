import { afterEach, beforeEach, describe, inject, test, vi } from 'vitest'

/** Runs the tests against one mutant after the other, in one process; what comes from packages is loaded once. */
const { mutants, tests } = inject('batch')
const dead = new Set<string>()

for (const mutant of mutants) {
  describe(mutant, () => {
    beforeEach(({ skip }) => skip(dead.has(mutant)))
    afterEach(({ task }) => {
      if (task.result?.state === 'fail') dead.add(mutant)
    })
    for (const file of tests) describe(file, () => collect(file, mutant))
  })
}

/** A mutant may fail before any test begins. */
async function collect(file: string, mutant: string) {
  if (file === tests[0]) vi.resetModules()
  vi.stubGlobal('mutant', mutant)
  const failure = await import(/* @vite-ignore */ file).then(
    () => undefined,
    (error) => ({ error }),
  )
  if (failure === undefined) return
  test('is loaded', () => {
    throw failure.error
  })
}
