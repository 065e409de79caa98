import { expect, test } from 'vitest'
import { after, faultyDatabase, noFault, replyLost, unreachable } from './faulty-ports.ts'
import { json, mailTo, query, type Server } from './harness.ts'
import { forgot, forgotten, newPassword, owner, reset, resetServer } from './resets.ts'

const login = (on: Server, email: string, password: string) => on.request('/auth/login', json({ email, password }))

const withFaults = async () => {
  const faults = faultyDatabase()
  const on = await resetServer({ database: faults.database })
  const { person, user } = await owner(on)
  return { on, faults, person, user, token: await forgotten(on, person) }
}

test.each([2, 20])('S16 S79: of %i resets at once with one token over two isolates exactly one wins', async (many) => {
  const on = await resetServer()
  const other = await resetServer({ beside: on })
  const { person } = await owner(on)
  const token = await forgotten(on, person)
  const passwords = Array.from({ length: many }, (_, i) => `a new one, and my own: ${i}`)

  const answers = await Promise.all(passwords.map((password, i) => reset(i % 2 ? other : on, token, password)))

  const statuses = answers.map(({ status }) => status)
  expect(statuses.filter((status) => status === 204)).toHaveLength(1)
  expect(statuses.filter((status) => status === 410)).toHaveLength(many - 1)
  const winner = passwords[statuses.indexOf(204)] ?? ''
  expect((await login(on, person.email, winner)).status).toBe(200)
})

test('S79: of 20 links asked for at once for one account the one that was issued last is good, and no other', async () => {
  const on = await resetServer({ settings: { AUTH_LIMIT_MAIL: '100' } })
  const other = await resetServer({ beside: on, settings: { AUTH_LIMIT_MAIL: '100' } })
  const { person } = await owner(on)

  await Promise.all(Array.from({ length: 20 }, (_, i) => forgot(i % 2 ? other : on, person.email)))

  await other.settled()
  expect(await mailTo(on, person)).toHaveLength(20)
  expect(await query(on, "select count(*) from codes where purpose = 'reset_password'")).toEqual([[1]])
})

test('S79: of 20 requests at once for one recipient five are mailed and fifteen are 429', async () => {
  const on = await resetServer()
  const other = await resetServer({ beside: on })
  const { person } = await owner(on)

  const answers = await Promise.all(Array.from({ length: 20 }, (_, i) => forgot(i % 2 ? other : on, person.email)))

  expect(answers.filter(({ status }) => status === 202)).toHaveLength(5)
  await other.settled()
  expect(await mailTo(on, person)).toHaveLength(5)
})

test.each([
  ['the first trip', [replyLost]],
  ['the second trip', [noFault, replyLost]],
  ['both', [replyLost, noFault, replyLost]],
])('a reset whose reply got lost in %s is asked again, and answers as the first time', async (_, faults) => {
  const { on, person, token, ...rest } = await withFaults()
  rest.faults.next(...faults)

  const answer = await reset(on, token)

  expect(answer.status).toBe(204)
  expect((await login(on, person.email, newPassword)).status).toBe(200)
})

test('S80: a reset that never reached the database is 503, and the token is good still', async () => {
  const { on, faults, token } = await withFaults()
  faults.next(noFault, unreachable, unreachable, unreachable)

  const answers = [await reset(on, token), await reset(on, token)]

  expect(answers.map(({ status }) => status)).toEqual([503, 204])
})

test.each([
  ['another reset wins', (on: Server, token: string) => reset(on, token, 'the other, quicker one')],
  ['the account is erased', (on: Server) => query(on, 'delete from users')],
  [
    'the address changes',
    (on: Server) => query(on, "update users set email = 'new@example.com', email_canonical = 'new@example.com'"),
  ],
  ['a change of the password ends the code', (on: Server) => query(on, 'delete from codes')],
])('S79: a reset loses where %s between its two trips, and sets nothing', async (_, meanwhile) => {
  const { on, faults, token } = await withFaults()
  const other = await resetServer({ beside: on })
  let before: unknown
  const interrupt = async () => {
    await meanwhile(other, token)
    before = await query(on, 'select * from passwords')
  }
  faults.next(noFault, after(interrupt))

  const answer = await reset(on, token)

  expect(answer.status).toBe(410)
  expect(await query(on, 'select * from passwords')).toEqual(before)
})

test('S79: a login with the old password that is under way while it is reset begins no session', async () => {
  const { on, person, token } = await withFaults()
  const faults = faultyDatabase()
  const other = await resetServer({ beside: on, database: faults.database })
  faults.next(
    noFault,
    after(() => reset(on, token)),
  )

  const answer = await login(other, person.email, person.password)

  expect(answer.status).toBe(401)
  expect(await query(on, 'select count(*) from sessions where ended_at is null')).toEqual([[0]])
})

test('a request for a link whose reply got lost mails one link, which is good', async () => {
  const faults = faultyDatabase()
  const on = await resetServer({ database: faults.database })
  const { person } = await owner(on)
  faults.next(replyLost)

  const token = await forgotten(on, person)

  expect(await mailTo(on, person)).toHaveLength(1)
  expect((await reset(on, token)).status).toBe(204)
})
