import { expect, test } from 'vitest'
import { newWorld } from '#world'
import type { Query, Value } from '../src/base/ports.ts'

const query = (sql: string, ...params: Value[]): Query => ({ sql, params, writes: !sql.startsWith('select') })

test('text, whole numbers, fractions and null come back as they went', async () => {
  const { database } = await newWorld(() => 0)
  const values = ['Łódź "\n', '', 0, -1, Number.MAX_SAFE_INTEGER, 0.5, null]

  const [rows] = await database.run([query(`select ${values.map(() => '?').join()}`, ...values)], 1000)

  expect(rows).toEqual([values])
})

test('a batch answers the rows of each statement in order, none for one that wrote', async () => {
  const { database } = await newWorld(() => 0)

  const answers = await database.run(
    [
      query('create table pairs (a, b)'),
      query('insert into pairs values (1, ?), (2, ?)', 'x', 'y'),
      query('select * from pairs order by a'),
      query('select count(*) from pairs'),
    ],
    1000,
  )

  expect(answers).toEqual([
    [],
    [],
    [
      [1, 'x'],
      [2, 'y'],
    ],
    [[2]],
  ])
})

test('a batch in which one statement fails leaves nothing behind, and names the code', async () => {
  const { database } = await newWorld(() => 0)
  await database.run([query('create table once (a unique)')], 1000)
  const insert = query('insert into once values (1)')

  const run = database.run([insert, insert], 1000)

  await expect(run).rejects.toThrow(/^The database refused a statement: SQLITE_CONSTRAINT/)
  const [rows] = await database.run([query('select * from once')], 1000)
  expect(rows).toEqual([])
})

test('a batch of nothing asks nobody', async () => {
  const { database } = await newWorld(() => 0)

  const answers = await database.run([], 1000)

  expect(answers).toEqual([])
})
