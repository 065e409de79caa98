import { expect, test } from 'vitest'
import { everyStatement } from '../every-statement.ts'
import { explainOn, flawsOf } from '../plan-flaws.ts'

test('on D1, too, no statement reads a table from end to end, or sorts what may grow', async () => {
  const { on, statements } = await everyStatement()

  expect(await flawsOf(explainOn(on), statements)).toEqual([])
})
