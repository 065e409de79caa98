import { expect, test } from 'vitest'
import { everyStatement } from './every-statement.ts'
import { query, server } from './harness.ts'
import { explainOn, flawsOf, idleAllowances } from './plan-flaws.ts'

test('no statement that the service sends reads a table from end to end, or sorts what may grow', async () => {
  const { on, statements } = await everyStatement()

  const flaws = await flawsOf(explainOn(on), statements)

  expect(flaws).toEqual([])
  expect(await query(on, "select name from sqlite_master where name like 'sqlite_stat%'")).toEqual([])
})

test('nothing is allowed to a plan that none needs: an allowance left over would hide the next flaw', async () => {
  const { on, statements } = await everyStatement()

  expect(await idleAllowances(explainOn(on), statements)).toEqual([])
})

test('every foreign key has an index on its own side: whoever deletes a parent looks for its children', async () => {
  const on = await server()

  const keys = await query(
    on,
    `select m.name, f."from" from sqlite_master m join pragma_foreign_key_list(m.name) f where m.type = 'table'`,
  )
  const unindexed = await query(
    on,
    `select m.name, f."from" from sqlite_master m join pragma_foreign_key_list(m.name) f
     where m.type = 'table' and not exists (select 1 from pragma_index_list(m.name) i
       join pragma_index_info(i.name) c where c.seqno = 0 and c.name = f."from" and i.partial = 0)`,
  )

  expect(keys.length).toBeGreaterThan(4)
  expect(unindexed).toEqual([])
})
