import { expect, test } from 'vitest'
import { routesOf } from '../src/http/contract.ts'
import { acts, gated, titled } from './acts.ts'
import { quick } from './faulty-ports.ts'
import { json, type Server, server, signedUpByToken, somebody } from './harness.ts'

const atMostOneAfter = async (on: Server, act: () => Promise<Response>) => {
  await on.settled()
  const before = on.trips.total
  const answer = await act()
  const { last } = on.trips
  await on.settled()
  return { status: answer.status, trips: last, afterwards: on.trips.total - before - last }
}

test('every route has its trips in the table', async () => {
  const { app } = await server()

  const inTable = new Set(acts.map(({ route }) => route))

  expect(routesOf(app).map(({ method, path }) => `${method} ${path}`)).toEqual(expect.arrayContaining([...inTable]))
  expect(inTable.size).toBe(routesOf(app).length)
})

test.each(titled())('%s takes the trips of the table when warm, and at most one after the answer', async (_, act) => {
  const on = await server({ plug: gated, argon2id: quick })
  await signedUpByToken(on)
  const { path, init } = await act.prepare(on)

  const { status, trips, afterwards } = await atMostOneAfter(on, () => on.request(path, init))

  expect({ status, trips }).toEqual({ status: act.status, trips: act.trips })
  expect(afterwards).toBeLessThanOrEqual(1)
})

test.each(titled())('%s on a cold isolate takes no trip for the keys but where it must', async (_, act) => {
  const on = await server({ plug: gated, argon2id: quick })
  await signedUpByToken(on)
  const { path, init } = await act.prepare(on)
  const cold = await server({ beside: on, plug: gated, argon2id: quick })

  const { status, trips, afterwards } = await atMostOneAfter(cold, () => cold.request(path, init))

  expect({ status, trips }).toEqual({ status: act.status, trips: act.cold })
  expect(afterwards).toBeLessThanOrEqual(1)
})

test('only what acts by bearer pays a trip for the keys on a cold isolate: it may not act on an unchecked signature', () => {
  const paying = titled().filter(([, { trips, cold }]) => cold > trips)

  const titles = paying.map(([title]) => title).filter((title) => !title.endsWith(' by bearer'))
  expect(titles).toEqual(['POST /auth/token/revoke of an access token', 'GET /auth/.well-known/jwks.json'])
})

test('the very first boot adds at most two trips, and the next request none', async () => {
  const on = await server()
  const register = () => on.request('/auth/register', json({ ...somebody(), transport: 'token' }))

  const first = await atMostOneAfter(on, register)
  const second = await atMostOneAfter(on, register)

  expect(first.status).toBe(201)
  expect(first.trips).toBeLessThanOrEqual(3)
  expect(second.trips).toBe(1)
})

test.each([
  ['a login with a wrong password', '/auth/login', { ...somebody(), password: 'not this one at all' }, 1],
  ['a login that is refused by its form', '/auth/login', { email: 'ada' }, 0],
  ['a registration that is refused by its form', '/auth/register', { email: 'ada' }, 0],
  ['a refresh token that never was', '/auth/token', { refresh_token: `pst_rt_${'A'.repeat(43)}` }, 1],
  ['text that is no refresh token', '/auth/token', { refresh_token: 'pst_rt_' }, 0],
  ['text that is no token, to be revoked', '/auth/token/revoke', { token: 'a.b.c' }, 0],
])('%s takes no more trips than a good one', async (_, path, body, trips) => {
  const on = await server({ argon2id: quick })

  await on.request(path, json(body))

  expect(on.trips.last).toBe(trips)
})

test('a repeated registration takes two trips', async () => {
  const on = await server({ argon2id: quick })
  const person = somebody()
  await on.request('/auth/register', json(person))

  const again = await on.request('/auth/register', json(person))

  expect(again.status).toBe(201)
  expect(on.trips.last).toBe(2)
})
