import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, inject, onTestFinished, test } from 'vitest'
import { visitEveryRoute } from './every-route.ts'
import { quick } from './faulty-ports.ts'
import { bodyOf, json, server, signedUp } from './harness.ts'
import { rightCode, secondFactor } from './second-factor.ts'

test('no statement names two columns alike: D1 answers rows as objects, and would lose one', async () => {
  const statements = new Set<string>()
  const gate = secondFactor()
  const on = await server({
    plug: gate.plug,
    argon2id: quick,
    database: (real) => ({
      run(queries, limit) {
        for (const { sql } of queries) statements.add(sql)
        return real.run(queries, limit)
      },
    }),
  })
  await visitEveryRoute(on.request, () => 0)
  const { person } = await signedUp(on, { username: 'ada' })
  gate.isOn = true
  const login = json({ username: 'ada', password: person.password })
  const { challenge } = await bodyOf(await on.request('/auth/login', login))
  await on.request('/auth/challenge', json({ id: challenge.id, method: 'totp', code: rightCode }))
  await on.job()

  const schema = new DatabaseSync(join(inject('files'), 'template.db'), { readOnly: true })
  onTestFinished(() => schema.close())
  const namesOf = (sql: string) =>
    schema
      .prepare(sql)
      .columns()
      .map(({ name }) => name)
  const doubled = [...statements].filter((sql) => new Set(namesOf(sql)).size < namesOf(sql).length)

  expect(statements.size).toBeGreaterThan(30)
  expect(doubled).toEqual([])
})
