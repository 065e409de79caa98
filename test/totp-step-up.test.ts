import { expect, test } from 'vitest'
import { cookieOf } from './act.ts'
import { decoded } from './forging.ts'
import { bodyOf, json, password, query, type Server, server, signedUp } from './harness.ts'
import { codeAt } from './totp-app.ts'
import { answered, enrol, heldElsewhere, withTotp } from './totp-people.ts'

type Person = Awaited<ReturnType<typeof withTotp>>

const stepUp = (ada: Pick<Person, 'fetch'>, proof: object) => ada.fetch('/auth/session/refresh-auth', json(proof))

/** Somebody with an app, whose sign-in is too old for what wants a fresh one. */
const stale = async (on: Server): Promise<Person> => {
  const ada = await withTotp(on)
  on.clock.pass(601)
  return { ...ada, next: () => codeAt(ada.secret, on.clock.now) }
}

test('S29: a code of the app makes the session fresh: the same id, a new secret, and the old cookie is dead', async () => {
  const on = await server()
  const ada = await stale(on)
  const old = cookieOf(ada.jar)

  const answer = await stepUp(ada, { method: 'totp', code: await ada.next() })
  const trips = on.trips.last

  expect(await bodyOf(answer)).toMatchObject({
    status: 'signed_in',
    session: { id: ada.session.id, methods: ['password', 'totp'] },
  })
  expect([answer.status, trips]).toEqual([200, 2])
  expect((await ada.fetch('/auth/totp', json({}))).status).toBe(200)
  expect((await on.request('/auth/sessions', { headers: old })).status).toBe(401)
})

test('S29: what a thief of the cookie made of it before switches no app on, though its owner steps up', async () => {
  const on = await server()
  const ada = await stale(on)
  const stolen = await bodyOf(await ada.fetch('/auth/token', json({ audience: 'account' })))
  const thief = { authorization: `Bearer ${stolen.access_token}` }
  await stepUp(ada, { method: 'totp', code: await ada.next() })

  const refused = [
    await on.request('/auth/totp', json({}, thief)),
    await on.request('/auth/totp', { method: 'DELETE', headers: thief }),
    await on.request('/auth/recovery-codes', json({}, thief)),
  ]

  expect(refused.map(({ status }) => status)).toEqual([403, 403, 403])
})

test('the tokens of the session then say when the app was shown, and that two factors were', async () => {
  const on = await server()
  const ada = await stale(on)
  await stepUp(ada, { method: 'totp', code: await ada.next() })

  const { access_token } = await bodyOf(await ada.fetch('/auth/token', json({})))

  expect(JSON.parse(decoded(access_token.split('.')[1]))).toMatchObject({
    auth_time: on.clock.now,
    acr: 'aal2',
    amr: expect.arrayContaining(['mfa']),
  })
})

test.each([
  ['the password', ({ person }: Person) => ({ method: 'password', password: person.password }), 422],
  ['a recovery code', ({ recoveryCodes }: Person) => ({ method: 'recovery', code: recoveryCodes[0] }), 422],
  ['a mailed code', () => ({ method: 'email', code: 'BCDFGHJK' }), 422],
  [
    'a recovery code as one of the app',
    ({ recoveryCodes }: Person) => ({ method: 'totp', code: recoveryCodes[0] }),
    403,
  ],
  ['the code that confirmed', ({ code }: Person) => ({ method: 'totp', code }), 403],
  ['no code', () => ({ method: 'totp' }), 403],
  ['the password as a code', ({ person }: Person) => ({ method: 'totp', password: person.password }), 403],
])('GHSA-hp74-gm6m-2qm5, S6: with an app on, %s steps nobody up', async (_, proofOf, status) => {
  const on = await server()
  const ada = await stale(on)

  const refused = await stepUp(ada, proofOf(ada))

  expect(refused.status).toBe(status)
  expect((await ada.fetch('/auth/totp', json({}))).status).toBe(403)
  expect((await ada.fetch('/auth/sessions')).status).toBe(200)
  expect((await bodyOf(await ada.fetch('/auth/factors'))).recoveryCodesLeft).toBe(10)
})

test('GHSA-f66q-9rf6-8795: a code of somebody else’s app steps nobody up', async () => {
  const on = await server()
  const [ada, bob] = [await withTotp(on), await withTotp(on)]

  const refused = await stepUp(ada, { method: 'totp', code: await bob.next() })

  expect(refused.status).toBe(403)
})

test('S22: a code that stepped up does nothing again, at a challenge neither', async () => {
  const on = await server()
  const ada = await withTotp(on)
  const code = await ada.next()
  await stepUp(ada, { method: 'totp', code })
  const { tab, id } = await heldElsewhere(on, ada.person)

  const again = [await stepUp(ada, { method: 'totp', code }), await answered(tab, id, code)]

  expect(again.map(({ status }) => status)).toEqual([403, 401])
})

test('S79, S22: of ten at once with one code one session is fresh', async () => {
  const on = await server({ settings: { AUTH_LIMIT_PAIR: '100' } })
  const ada = await withTotp(on)
  const code = await ada.next()
  const headers = cookieOf(ada.jar)

  const answers = await Promise.all(
    Array.from({ length: 10 }, () => on.request('/auth/session/refresh-auth', json({ method: 'totp', code }, headers))),
  )

  expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
  expect(answers.filter(({ status }) => ![200, 401, 403, 409].includes(status))).toEqual([])
})

test('S10: ten wrong codes in a quarter of an hour, and the right one is 429 as well', async () => {
  const on = await server()
  const ada = await stale(on)
  const wrong = []
  for (let i = 0; i < 10; i++) wrong.push((await stepUp(ada, { method: 'totp', code: 'no code' })).status)

  const refused = await stepUp(ada, { method: 'totp', code: await ada.next() })

  expect([...wrong, refused.status]).toEqual([...Array(10).fill(403), 429])
  expect((await ada.fetch('/auth/sessions')).status).toBe(200)
})

test('CVE-2024-45042: a new password makes nobody fresh who has an app', async () => {
  const on = await server()
  const ada = await stale(on)
  const { password } = ada.person

  const changed = await ada.fetch(
    '/auth/password/change',
    json({ currentPassword: password, newPassword: 'another good long password' }),
  )

  expect([changed.status, (await ada.fetch('/auth/totp', json({}))).status]).toEqual([200, 403])
})

test('S6: somebody with the cookie alone gets no fresh session by switching on an app of their own', async () => {
  const on = await server()
  const ada = await stale(on)

  const refused = await ada.fetch('/auth/totp', json({}))

  expect(refused.status).toBe(403)
  expect(await query(on, 'select count(*) from totp_secrets')).toEqual([[1]])
})

test.each([
  ['switches an app on', async (on: Server, tab: Tab) => void (await enrol(on, tab))],
  [
    'steps up',
    async (_: Server, tab: Tab) =>
      void (await tab.fetch('/auth/session/refresh-auth', json({ method: 'password', password }))),
  ],
])('S29: a token that a thief made of the cookie is no fresher once its owner %s', async (_, act) => {
  const on = await server()
  const tab = await signedUp(on)
  const { access_token } = await bodyOf(await tab.fetch('/auth/token', json({ audience: 'account' })))
  const thief = { authorization: `Bearer ${access_token}` }
  on.clock.pass(60)

  await act(on, tab)

  expect((await tab.fetch('/auth/me/export')).status).toBe(200)
  expect((await on.request('/auth/me/export', { headers: thief })).status).toBe(403)
  expect((await on.request('/auth/totp', json({}, thief))).status).toBe(403)
  expect((await on.request('/auth/totp', { method: 'DELETE', headers: thief })).status).toBe(403)
})

type Tab = Awaited<ReturnType<typeof signedUp>>
