import { globSync } from 'node:fs'
import { join } from 'node:path'
import { is } from 'drizzle-orm'
import { getTableConfig, SQLiteTable } from 'drizzle-orm/sqlite-core'
import { expect, test } from 'vitest'
import { server } from './harness.ts'

const src = join(import.meta.dirname, '../src')

/** Every table of the schema with its number of columns, of whatever file. */
const schema = async (): Promise<[string, number][]> => {
  const files = globSync('{identity,features/*}/schema.ts', { cwd: src })
  const modules: object[] = await Promise.all(files.map((file) => import(join(src, file))))
  const tables = modules.flatMap((one) => Object.values(one).filter((value) => is(value, SQLiteTable)))
  return tables.map((table) => [getTableConfig(table).name, getTableConfig(table).columns.length])
}

test('readyz asks for every table of the schema and for all of its columns', async () => {
  const { core } = await server()

  const expected = await schema()

  expect(expected.length).toBeGreaterThan(7)
  expect([...core.tables].sort()).toEqual(expected.sort())
})

test.each(['drop table challenges', 'alter table challenges drop column tried_by', 'drop table passwords'])(
  'a database that lacks something of them is not ready: %s',
  async (change) => {
    const on = await server()
    const before = await on.request('/auth/readyz')
    await on.world.database.run([{ sql: change, params: [], writes: true }], 5000)

    const after = await on.request('/auth/readyz')

    expect([before.status, after.status]).toEqual([200, 503])
    expect(await after.json()).toMatchObject({ status: 'unready', migrations: 'missing' })
  },
)
