import { expect, test } from 'vitest'
import { countedHashes, openLimiter, quick } from '../faulty-ports.ts'
import { bodyOf, json, query, type Server, server, signedUp, signedUpByToken, somebody } from '../harness.ts'
import { cookiesOf } from '../http.ts'
import { rightCode, secondFactor } from '../second-factor.ts'

const times = <T>(count: number, act: (index: number) => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: count }, (_, index) => act(index)))

const bodies = (answers: readonly Response[]) => Promise.all(answers.map(bodyOf))

const statuses = (answers: readonly Response[]) => [...new Set(answers.map(({ status }) => status))].sort()

const refresh = (on: Server, refresh_token: string) => on.request('/auth/token', json({ refresh_token }))

test('GHSA-392p-2q2v-4372, S97: on D1, 50 parallel refreshes make one successor, which all of them get', async () => {
  const on = await server()
  const { tokens } = await signedUpByToken(on)

  const answers = await times(50, () => refresh(on, tokens.refresh_token))

  const successors = (await bodies(answers)).map(({ refresh_token }) => refresh_token)
  expect(statuses(answers)).toEqual([200])
  expect(new Set(successors).size).toBe(1)
  expect(await query(on, 'select count(*) from refresh_tokens')).toEqual([[2]])
})

test('S97: on D1, a token that comes back after its successor was used ends the session, of 50 at once too', async () => {
  const on = await server()
  const { tokens, bearer } = await signedUpByToken(on)
  const { refresh_token } = await bodyOf(await refresh(on, tokens.refresh_token))
  await refresh(on, refresh_token)

  const answers = await times(50, () => refresh(on, tokens.refresh_token))

  expect(statuses(answers)).toEqual([401])
  expect((await on.request('/auth/me', { headers: bearer })).status).toBe(401)
  expect(on.logs.filter(({ event }) => event === 'token.reuse_detected')).toHaveLength(1)
})

test('S79: on D1, of two registrations for one address one makes the account', async () => {
  const on = await server({ limiter: openLimiter })
  const person = somebody()
  const other = { ...person, password: 'somebody else entirely' }

  const answers = await Promise.all([person, other].map((one) => on.request('/auth/register', json(one))))

  expect(answers.map(({ status }) => status).sort()).toEqual([201, 409])
  expect(await query(on, 'select count(*) from users')).toEqual([[1]])
})

test('S10, CVE-2023-47111: on D1, of 200 parallel wrong passwords no more than the limit are evaluated', async () => {
  const counter = countedHashes()
  const on = await server({ argon2id: counter.quickly })
  const { person } = await signedUp(on)
  counter.hashes = 0

  const answers = await times(200, () =>
    on.request('/auth/login', json({ ...person, password: 'not this one at all' })),
  )

  expect(answers.filter(({ status }) => status === 401)).toHaveLength(10)
  expect(answers.filter(({ status }) => status === 429)).toHaveLength(190)
  expect(counter.hashes).toBe(10)
})

test('GHSA-hc7v-x88r-fmh4: on D1, of 20 right answers to one challenge one signs in', async () => {
  const gate = secondFactor()
  const on = await server({ plug: gate.plug, argon2id: quick })
  const { person } = await signedUp(on)
  gate.isOn = true
  const { challenge } = await bodyOf(await on.request('/auth/login', json(person)))

  const answers = await times(20, () =>
    on.request('/auth/challenge', json({ id: challenge.id, method: 'totp', code: rightCode })),
  )

  expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
})

test('on D1, 50 parallel requests of each kind are all answered: no batch meets another', async () => {
  const on = await server({ limiter: openLimiter, argon2id: quick, settings: { AUTH_LIMIT_ADDRESS: '1000' } })
  const people = await times(50, async (index) => {
    const answer = await on.request('/auth/register', json(somebody(`ada${index}`)))
    return { cookie: cookiesOf(answer), ...(await signedUpByToken(on)) }
  })
  const each = async (path: string, init: (person: (typeof people)[number]) => RequestInit) =>
    statuses(await Promise.all(people.map((person) => on.request(path, init(person)))))

  const answered = [
    await each('/auth/me', ({ bearer }) => ({ headers: bearer })),
    await each('/auth/sessions', ({ cookie }) => ({ headers: { cookie } })),
    await each('/auth/login', ({ person }) => json(person)),
    await each('/auth/me', ({ cookie }) => ({ ...json({ name: 'Ada' }, { cookie }), method: 'PATCH' })),
    await each('/auth/token', ({ cookie }) => json({}, { cookie })),
    await each('/auth/token', ({ tokens }) => json({ refresh_token: tokens.refresh_token })),
    await each('/auth/token/revoke', ({ tokens }) => json({ token: tokens.access_token })),
    await each('/auth/logout', ({ cookie }) => json({ everywhere: true }, { cookie })),
  ]

  expect(answered).toEqual([[200], [200], [200], [200], [200], [200], [200], [204]])
})
