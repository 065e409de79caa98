import { sql } from 'drizzle-orm'
import { expect, test } from 'vitest'
import type { FactType } from '../src/identity/facts.ts'
import { statement } from '../src/identity/statement.ts'
import { quickServer } from './credentials.ts'
import { bodyOf, json, query, signedUp } from './harness.ts'

/** Two people: whatever forgets whom it is about meets, for one of them, the other first. */
const two = async () => {
  const on = await quickServer()
  const ada = await signedUp(on, { username: 'ada' })
  const bob = await signedUp(on, { username: 'bob' })
  return { on, ada, bob }
}

test('a username signs in whom it names', async () => {
  const { on, ada, bob } = await two()

  const answers = await Promise.all(
    [ada, bob].map(({ user: { username }, person: { password } }) =>
      on.request('/auth/login', json({ username, password })),
    ),
  )

  const bodies = await Promise.all(answers.map(bodyOf))
  expect(bodies.map(({ user }) => user.id)).toEqual([ada.user.id, bob.user.id])
})

test('a registration gives a password to nobody else', async () => {
  const { on, ada, bob } = await two()
  await query(on, 'delete from passwords where user_id = ?', ada.user.id)

  const { user } = await signedUp(on)

  const owners = (await query(on, 'select user_id from passwords')).flat()
  expect(new Set(owners)).toEqual(new Set([bob.user.id, user.id]))
})

test('a new address is no attempt, however young the accounts of others are', async () => {
  const { on } = await two()

  expect(await query(on, 'select * from throttle')).toEqual([])
})

test('to count the passwords of one user, or to wipe them, touches no other', async () => {
  const { on, ada, bob } = await two()
  const countsOf = async (id: string) =>
    on.world.database.run([statement(sql`select ${on.core.credentials.waysIn(id)}`)], 5000)

  await on.world.database.run(on.core.credentials.wipes({ userId: ada.user.id, since: 0, when: sql`true` }), 5000)

  expect([await countsOf(ada.user.id), await countsOf(bob.user.id)]).toEqual([[[[0]]], [[[1]]]])
})

test('what a listener stores of a registration or of a change rides in its batch', async () => {
  const on = await quickServer()
  const noted: FactType[] = ['user.registered', 'password.changed']
  on.core.facts.on({
    store: async ({ type, userId = '', when = sql`false` }) =>
      noted.includes(type) ? [statement(sql`update users set name = ${type} where id = ${userId} and ${when}`)] : [],
  })
  const { api, person } = await signedUp(on)
  const registered = [on.trips.last, await query(on, 'select name from users')]

  const newPassword = 'a new one, much better'
  await api.auth.password.change.$post({ json: { currentPassword: person.password, newPassword } })
  const trips = on.trips.last

  expect(registered).toEqual([1, [['user.registered']]])
  expect([trips, await query(on, 'select name from users')]).toEqual([2, [['password.changed']]])
})
