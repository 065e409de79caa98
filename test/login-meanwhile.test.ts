import { expect, test } from 'vitest'
import { utf8 } from '../src/base/crypto.ts'
import { passwordHasher } from '../src/base/phc.ts'
import { after, countedHashes, faultyDatabase, noFault, quick, replyLost, unreachable } from './faulty-ports.ts'
import { bodyOf, browser, json, password, query, type Server, server, signedUp } from './harness.ts'

const login = (on: Server, body: object) => on.request('/auth/login', json(body))

/** A service with faults, and somebody who has just registered. */
const withFaults = async () => {
  const faults = faultyDatabase()
  const on = await server({ database: faults.database, argon2id: quick })
  return { on, faults, ...(await signedUp(on)) }
}

const liveSessions = (on: Server) => query(on, 'select count(*) from sessions where ended_at is null')
const storedHash = async (on: Server) => String((await query(on, 'select hash from passwords'))[0]?.[0])

const weakCost = { memory: 64, passes: 1, lanes: 1 }
const weakHash = (on: Server) => passwordHasher(on.world.argon2id, { cost: weakCost }).hash(password)

test('a password that is changed between the two trips of a login gives no session', async () => {
  const { on, faults, person, api } = await withFaults()
  const newPassword = 'a new one, much better'
  faults.next(
    noFault,
    after(() => api.auth.password.change.$post({ json: { currentPassword: person.password, newPassword } })),
  )

  const answer = await login(on, person)

  expect(await bodyOf(answer)).toMatchObject({ status: 401, code: 'wrong_credentials' })
  expect(answer.headers.getSetCookie()).toEqual([])
  expect(await liveSessions(on)).toEqual([[1]])
  expect((await login(on, { ...person, password: newPassword })).status).toBe(200)
})

test.each([
  ['suspended', 'update users set suspended_at = 1', { status: 403, code: 'account_suspended' }],
  ['deleted', 'delete from users', { status: 401, code: 'wrong_credentials' }],
  ['stripped of its password', 'delete from passwords', { status: 401, code: 'wrong_credentials' }],
])('S32: a user who is %s between the two trips of a login gets no session', async (_, statement, refusal) => {
  const { on, faults, person } = await withFaults()
  const before = await liveSessions(on)
  faults.next(
    noFault,
    after(() => query(on, statement)),
  )

  const answer = await login(on, person)

  expect(await bodyOf(answer)).toMatchObject(refusal)
  expect(answer.headers.getSetCookie()).toEqual([])
  const [[count] = []] = await liveSessions(on)
  expect(Number(count)).toBeLessThanOrEqual(Number(before[0]?.[0]))
})

test('a login whose reply got lost begins one session, in either trip', async () => {
  const { on, faults, person } = await withFaults()
  const tab = browser(on)
  faults.next(replyLost, noFault, replyLost, replyLost)

  const answer = await tab.api.auth.login.$post({ json: person })

  expect(answer.status).toBe(200)
  expect((await tab.api.auth.sessions.$get()).status).toBe(200)
  expect(await liveSessions(on)).toEqual([[2]])
  expect(await query(on, 'select * from throttle where count <> 0')).toEqual([])
})

test('S80: a login without a database is 503, never 401, and leaves no session', async () => {
  const { on, faults, person } = await withFaults()
  faults.next(unreachable, unreachable, unreachable, noFault, unreachable, unreachable, unreachable)

  const [first, second] = [await login(on, person), await login(on, person)]
  const third = await login(on, person)

  for (const answer of [first, second]) {
    expect(await bodyOf(answer)).toMatchObject({ status: 503, code: 'unavailable' })
    expect(answer.headers.get('retry-after')).toBe('1')
    expect(answer.headers.getSetCookie()).toEqual([])
  }
  expect(third.status).toBe(200)
  expect(await liveSessions(on)).toEqual([[2]])
})

test('S8: what is stored is Argon2id at 19 MiB, two passes, one lane, as a PHC string', async () => {
  const on = await server()

  await signedUp(on)

  expect(await storedHash(on)).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/)
})

test('S9: two users with one password have different salts and hashes', async () => {
  const on = await server()
  await signedUp(on)
  await signedUp(on)

  const rows = await query(on, 'select hash from passwords')

  const parts = rows.flatMap(([hash]) => String(hash).split('$').slice(4))
  expect(new Set(parts).size).toBe(4)
})

test('S8: a weaker stored hash is made anew by the login that it passes, in the two trips of any login', async () => {
  const counter = countedHashes()
  const on = await server({ argon2id: counter.argon2id })
  const { person } = await signedUp(on)
  const weak = await weakHash(on)
  await query(on, 'update passwords set hash = ?', weak)
  counter.hashes = 0

  const answer = await login(on, person)
  const trips = on.trips.last

  expect(answer.status).toBe(200)
  expect([trips, counter.hashes]).toEqual([2, 2])
  const upgraded = await storedHash(on)
  expect(upgraded).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/)
  expect((await login(on, person)).status).toBe(200)
  expect(await storedHash(on)).toBe(upgraded)
})

test('S8: a weaker hash stays where the password was wrong', async () => {
  const on = await server()
  const { person } = await signedUp(on)
  const weak = await weakHash(on)
  await query(on, 'update passwords set hash = ?', weak)

  const answer = await login(on, { ...person, password: 'not this one at all' })

  expect(answer.status).toBe(401)
  expect(await storedHash(on)).toBe(weak)
})

test('S8: a stronger stored hash stays as it is', async () => {
  const on = await server()
  const { person } = await signedUp(on)
  const strong = await passwordHasher(on.core.ports.argon2id, { cost: { memory: 19_456, passes: 3, lanes: 1 } }).hash(
    password,
  )
  await query(on, 'update passwords set hash = ?', strong)

  const answer = await login(on, person)

  expect(answer.status).toBe(200)
  expect(await storedHash(on)).toBe(strong)
})

test('S8: an upgrade never overwrites a password that was changed meanwhile', async () => {
  const { on, faults, person } = await withFaults()
  await query(on, 'update passwords set hash = ?', await weakHash(on))
  const other = await passwordHasher(on.world.argon2id, { cost: weakCost }).hash('a new one, much better')
  faults.next(
    noFault,
    after(() => query(on, 'update passwords set hash = ?', other)),
  )

  const answer = await login(on, person)

  expect(answer.status).toBe(401)
  expect(await storedHash(on)).toBe(other)
})

test('S8, S79: of parallel logins that find a weak hash none is refused, and one upgrade stands', async () => {
  const on = await server({ argon2id: quick })
  const { person } = await signedUp(on)
  await query(on, 'update passwords set hash = ?', await weakHash(on))

  const answers = await Promise.all([1, 2, 3, 4].map(() => login(on, person)))

  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200])
  expect(await liveSessions(on)).toEqual([[5]])
  expect(await storedHash(on)).toMatch(/m=19456/)
  expect(await query(on, 'select * from throttle where count <> 0')).toEqual([])
})

test('S8: a login whose weak hash another login upgraded between its trips signs in, in two trips more', async () => {
  const { on, faults, person } = await withFaults()
  await query(on, 'update passwords set hash = ?', await weakHash(on))
  const better = await passwordHasher(quick(on.world.argon2id)).hash(password)
  faults.next(
    noFault,
    after(() => query(on, 'update passwords set hash = ?', better)),
  )

  const answer = await login(on, person)

  expect([answer.status, on.trips.last]).toEqual([200, 4])
  expect(await storedHash(on)).toBe(better)
  expect(await liveSessions(on)).toEqual([[2]])
  expect(await query(on, 'select * from throttle where count <> 0')).toEqual([])
})

test('S8: an upgrade whose reply got lost keeps the session and the new hash', async () => {
  const { on, faults, person } = await withFaults()
  await query(on, 'update passwords set hash = ?', await weakHash(on))
  faults.next(noFault, replyLost)

  const answer = await login(on, person)

  expect(answer.status).toBe(200)
  expect(await liveSessions(on)).toEqual([[2]])
  expect(await storedHash(on)).toMatch(/m=19456/)
  expect((await login(on, person)).status).toBe(200)
})

test('bytes count, not code units: a password in Cyrillic is compared to its end', async () => {
  const on = await server()
  const { person } = await signedUp(on)
  const long = 'парольпарольпароль'
  expect(utf8(long)).toHaveLength(2 * long.length)
  await query(on, 'update passwords set hash = ?', await passwordHasher(on.core.ports.argon2id).hash(long))

  const near = await login(on, { ...person, password: 'парольпарольпаролX' })
  const right = await login(on, { ...person, password: long })

  expect([near.status, right.status]).toEqual([401, 200])
})
