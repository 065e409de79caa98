import { expect, test } from 'vitest'
import { bodyOf, browser, json, query, type Server, server } from './harness.ts'
import { codeAt } from './totp-app.ts'
import { answered, heldElsewhere, withTotp } from './totp-people.ts'

const sessionsOf = async (on: Server, userId: string) =>
  (await query(on, 'select id from sessions where user_id = ? and ended_at is null', userId)).flat()

test('S22: the code that confirmed counts for nothing more', async () => {
  const on = await server()
  const ada = await withTotp(on)
  const { tab, id } = await heldElsewhere(on, ada.person)

  const replayed = await answered(tab, id, ada.code)
  const right = await answered(tab, id, await ada.next())

  expect([replayed.status, right.status]).toEqual([401, 200])
})

test('S22: a code that signed in signs nobody in again', async () => {
  const on = await server()
  const ada = await withTotp(on)
  const code = await ada.next()
  const [first, second] = [await heldElsewhere(on, ada.person), await heldElsewhere(on, ada.person)]

  const once = await answered(first.tab, first.id, code)
  const twice = await answered(second.tab, second.id, code)

  expect([once.status, twice.status]).toEqual([200, 401])
  expect(await sessionsOf(on, ada.user.id)).toHaveLength(2)
})

test('S22: once a code counted, none of an earlier step does', async () => {
  const on = await server()
  const ada = await withTotp(on)
  on.clock.pass(120)
  const { tab, id } = await heldElsewhere(on, ada.person)
  await answered(tab, id, await codeAt(ada.secret, on.clock.now + 30))
  const late = await heldElsewhere(on, ada.person)

  const refused = await Promise.all(
    [-30, 0, 30].map(async (off) => answered(late.tab, late.id, await codeAt(ada.secret, on.clock.now + off))),
  )

  expect(refused.map(({ status }) => status)).toEqual([401, 401, 401])
})

test('S22, S79, GHSA-hc7v-x88r-fmh4, GHSA-hc7v-rggr-4hvx: one code to 20 challenges at once over two isolates begins one session', async () => {
  const on = await server({ settings: { AUTH_LIMIT_PAIR: '100' } })
  const beside = await server({ beside: on, settings: { AUTH_LIMIT_PAIR: '100' } })
  const ada = await withTotp(on)
  await withTotp(on)
  const challenges = await Promise.all(
    Array.from({ length: 20 }, (_, i) => heldElsewhere(i % 2 ? beside : on, ada.person)),
  )
  const code = await ada.next()
  const before = await sessionsOf(on, ada.user.id)

  const answers = await Promise.all(challenges.map(({ tab, id }) => answered(tab, id, code)))

  expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array(19).fill(401)])
  expect(await sessionsOf(on, ada.user.id)).toHaveLength(before.length + 1)
})

test('S22, S79: one code to a challenge and to step up at once counts for one of them', async () => {
  const on = await server()
  const beside = await server({ beside: on })
  const ada = await withTotp(on)
  const { tab, id } = await heldElsewhere(beside, ada.person)
  const code = await ada.next()

  const [signedIn, steppedUp] = await Promise.all([
    answered(tab, id, code),
    ada.fetch('/auth/session/refresh-auth', json({ method: 'totp', code })),
  ])

  expect([
    [200, 409],
    [200, 403],
    [401, 200],
  ]).toContainEqual([signedIn.status, steppedUp.status])
})

test('S22, S79: of ten confirmations at once over two isolates one switches the app on and shows codes', async () => {
  const on = await server()
  const beside = await server({ beside: on })
  const ada = await withTotp(on)
  const { secret } = await bodyOf(await ada.fetch('/auth/totp', json({})))
  const code = await codeAt(secret, on.clock.now)
  const headers = { cookie: [...ada.jar].map(([name, value]) => `${name}=${value}`).join('; ') }

  const answers = await Promise.all(
    Array.from({ length: 10 }, (_, i) => (i % 2 ? beside : on).request('/auth/totp/confirm', json({ code }, headers))),
  )

  const won = answers.filter(({ status }) => status === 200)
  expect(won).toHaveLength(1)
  expect(answers.filter(({ status }) => ![200, 401, 403, 409].includes(status))).toEqual([])
  expect(await query(on, 'select count(*), count(distinct salt) from recovery_codes')).toEqual([[10, 1]])
  expect(await query(on, 'select count(*) from totp_secrets')).toEqual([[1]])
})

test('S22: five wrong codes end a challenge, and then the right one is too late', async () => {
  const on = await server()
  const ada = await withTotp(on)
  const { tab, id } = await heldElsewhere(on, ada.person)

  const wrong = []
  for (let i = 0; i < 5; i++) wrong.push((await answered(tab, id, 'no code')).status)
  const right = await answered(tab, id, await ada.next())

  expect([...wrong, right.status]).toEqual([401, 401, 401, 401, 401, 410])
})

test('S10, CVE-2023-47111: of 30 wrong codes at once to any number of challenges of one account, ten are judged', async () => {
  const on = await server()
  const ada = await withTotp(on)
  const challenges = await Promise.all(Array.from({ length: 6 }, () => heldElsewhere(on, ada.person)))

  const answers = await Promise.all(
    challenges.flatMap(({ tab, id }) => Array.from({ length: 5 }, () => answered(tab, id, '000000x'))),
  )

  const statuses = answers.map(({ status }) => status)
  expect(statuses.filter((status) => status === 401)).toHaveLength(10)
  expect(statuses.filter((status) => status === 429)).toHaveLength(20)
})

test('S10: once they are too many the right code is 429 as well, and a quarter of an hour later it signs in', async () => {
  const on = await server()
  const ada = await withTotp(on)
  for (let i = 0; i < 2; i++) {
    const { tab, id } = await heldElsewhere(on, ada.person)
    for (let tries = 0; tries < 5; tries++) await answered(tab, id, 'no code')
  }
  const full = await heldElsewhere(on, ada.person)

  const refused = await answered(full.tab, full.id, await ada.next())
  on.clock.pass(900)
  const later = await heldElsewhere(on, ada.person)
  const right = await answered(later.tab, later.id, await ada.next())

  expect([refused.status, right.status]).toEqual([429, 200])
})

test('S12: a stranger who guesses at the codes shuts nobody out of a device that the account knows', async () => {
  const on = await server({ settings: { AUTH_LIMIT_IDENTIFIER: '10' } })
  const ada = await withTotp(on)
  const own = browser(on, { address: '203.0.113.7' })
  own.jar.set('__Host-device', ada.jar.get('__Host-device') ?? '')
  for (let i = 0; i < 2; i++) {
    const { tab, id } = await heldElsewhere(on, ada.person)
    for (let tries = 0; tries < 5; tries++) await answered(tab, id, 'no code')
  }
  const strange = await heldElsewhere(on, ada.person)
  const { challenge } = await bodyOf(await own.fetch('/auth/login', json(ada.person)))

  const refused = await answered(strange.tab, strange.id, await ada.next())
  const right = await answered(own, challenge.id, await ada.next())

  expect([refused.status, right.status]).toEqual([429, 200])
})
