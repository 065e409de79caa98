import { expect, test } from 'vitest'
import { faultyDatabase, noFault, openLimiter, replyLost } from './faulty-ports.ts'
import { challenged, codes, enrolled, gatedServer } from './gate.ts'
import { bodyOf, browser, json, query, type Server, type ServerOptions } from './harness.ts'

const quarter = 900
const day = 86_400

const gated = (options: ServerOptions = {}) => gatedServer(['totp'], { limiter: openLimiter, ...options })

interface Try {
  readonly code?: string
  readonly address?: string
  readonly cookie?: string
}

const attempt = (on: Server, id: string, { code = '000000', address = '192.0.2.1', cookie = '' }: Try = {}) =>
  on.request('/auth/challenge', json({ id, method: 'totp', code }, cookie === '' ? {} : { cookie }), { address })

/** Wrong answers, five to each of as many challenges as it takes; the addresses take turns. */
const guess = async (on: Server, person: object, times: number, how: (i: number) => Try = () => ({})) => {
  const statuses: number[] = []
  let id = ''
  for (let i = 0; i < times; i++) {
    if (i % 5 === 0) id = await challenged(on, person)
    statuses.push((await attempt(on, id, how(i))).status)
  }
  return statuses
}

const tally = (statuses: readonly number[], status: number) => statuses.filter((one) => one === status).length

const right = async (on: Server, person: object, how: Try = {}) =>
  attempt(on, await challenged(on, person), { code: codes[0], ...how })

const countersAbove0 = (on: Server) => query(on, 'select count from throttle where count > 0')

test('S10, S24: ten answers from one address in 15 minutes, whatever the challenge; from another address there are ten more', async () => {
  const on = await gated()
  const { person } = await enrolled(on)

  const here = await guess(on, person, 12)
  const there = await guess(on, person, 12, () => ({ address: '192.0.2.2' }))
  const refused = await right(on, person)

  expect([tally(here, 401), tally(there, 401), refused.status]).toEqual([10, 10, 429])
  expect(refused.headers.get('retry-after')).toBe(String(quarter))
  on.clock.pass(quarter)
  expect((await right(on, person)).status).toBe(200)
})

test('S10, S24: a hundred answers a day for one account, from however many addresses; then the right one is 429', async () => {
  const on = await gated()
  const { person, user } = await enrolled(on)
  const bob = await enrolled(on)

  const statuses = await guess(on, person, 110, (i) => ({ address: `192.0.2.${i % 50}` }))
  const refused = await right(on, person, { address: '203.0.113.9' })
  const another = await right(on, bob.person, { address: '203.0.113.9' })
  on.clock.pass(day - 1)
  const late = await right(on, person, { address: '203.0.113.9' })
  on.clock.pass(1)
  const nextDay = await right(on, person, { address: '203.0.113.9' })

  expect(statuses).toEqual([...Array(100).fill(401), ...Array(10).fill(429)])
  expect(await bodyOf(refused)).toMatchObject({ status: 429, code: 'too_many_attempts' })
  expect(refused.headers.get('retry-after')).toBe(String(day))
  expect([another.status, late.status, nextDay.status]).toEqual([200, 429, 200])
  expect(await query(on, 'select count(*) from sessions where user_id = ? and ended_at is null', user.id)).toEqual([
    [1],
  ])
})

test('S10, S24: a hundred answers in 15 minutes from one address, for however many accounts', async () => {
  const on = await gated()
  const people = []
  for (let i = 0; i < 11; i++) people.push((await enrolled(on)).person)
  const [ada = {}] = people

  const statuses: number[] = []
  for (const person of people.slice(1)) statuses.push(...(await guess(on, person, 10)))
  const [here, there] = [await right(on, ada), await right(on, ada, { address: '192.0.2.2' })]

  expect(statuses).toEqual(Array(100).fill(401))
  expect([here.status, there.status]).toEqual([429, 200])
  expect(here.headers.get('retry-after')).toBe(String(quarter))
})

/** Somebody with a browser in which they have signed in before, and the cookie that says so. */
const atHome = async (on: Server) => {
  const { person, user } = await enrolled(on)
  const tab = browser(on)
  const { challenge } = await bodyOf(await tab.api.auth.login.$post({ json: person }))
  await tab.api.auth.challenge.$post({ json: { id: challenge.id, method: 'totp', code: codes[1] } })
  return { person, user, cookie: `__Host-device=${tab.jar.get('__Host-device')}` }
}

test('S12: strangers who know the password cannot lock the owner out of a device that the account knows', async () => {
  const on = await gated()
  const { person, cookie } = await atHome(on)
  await guess(on, person, 100, (i) => ({ address: `192.0.2.${i % 50}` }))

  const stranger = await right(on, person, { address: '203.0.113.9' })
  const known = await right(on, person, { address: '203.0.113.9', cookie })

  expect([stranger.status, known.status]).toEqual([429, 200])
})

test('S12: nor by guesses from the very address of the owner', async () => {
  const on = await gated({ settings: { AUTH_LIMIT_ADDRESS: '10' } })
  const { person, cookie } = await atHome(on)
  await guess(on, person, 10)

  expect((await right(on, person)).status).toBe(429)
  expect((await right(on, person, { cookie })).status).toBe(200)
})

test('S24: a known device has ten answers of its own in 15 minutes, from every address, and none of another account', async () => {
  const on = await gated()
  const [ada, bob] = [await atHome(on), await atHome(on)]

  const statuses = await guess(on, ada.person, 12, (i) => ({ address: `192.0.2.${i}`, cookie: ada.cookie }))
  const own = await right(on, ada.person, { address: '203.0.113.9', cookie: ada.cookie })
  const stranger = await right(on, ada.person, { address: '203.0.113.9' })
  await guess(on, bob.person, 10)
  const foreign = await right(on, bob.person, { cookie: ada.cookie })

  expect([tally(statuses, 401), tally(statuses, 429)]).toEqual([10, 2])
  expect([own.status, stranger.status, foreign.status]).toEqual([429, 200, 429])
})

test('S12: a device that was revoked is a stranger', async () => {
  const on = await gated()
  const { person, cookie } = await atHome(on)
  await guess(on, person, 10)
  await query(on, 'delete from devices')

  expect((await right(on, person, { cookie })).status).toBe(429)
})

test.each([
  ['a stranger', false],
  ['a known device', true],
])('a right answer of %s gives back what it counted, and nothing of the wrong ones', async (_, isKnown) => {
  const on = await gated()
  const { person, user, cookie } = await atHome(on)
  const how = isKnown ? { cookie } : {}
  for (let i = 0; i < 12; i++) await query(on, "insert into gate_codes values (?, 'totp', ?, null)", user.id, `c${i}`)

  const statuses: number[] = []
  for (let i = 0; i < 12; i++) statuses.push((await right(on, person, { ...how, code: `c${i}` })).status)
  const clean = await countersAbove0(on)
  await guess(on, person, 3, () => how)
  await right(on, person, how)

  expect(statuses).toEqual(Array(12).fill(200))
  expect(clean).toEqual([])
  expect(await countersAbove0(on)).toEqual(Array(isKnown ? 2 : 3).fill([3]))
})

test.each([
  ['first', [replyLost]],
  ['second', [noFault, replyLost]],
  ['every', [replyLost, replyLost, noFault, replyLost, replyLost]],
])('S77: the fifth try signs in, if it is right, though the reply of its %s trip got lost', async (_, faults) => {
  const { next, database } = faultyDatabase()
  const on = await gated({ database })
  const { person, user } = await enrolled(on)
  const id = await challenged(on, person)
  for (let i = 0; i < 4; i++) await attempt(on, id)
  next(...faults)

  const answer = await attempt(on, id, { code: codes[0] })

  expect(answer.status).toBe(200)
  expect(await query(on, 'select count(*) from sessions where user_id = ? and ended_at is null', user.id)).toEqual([
    [1],
  ])
  expect(await query(on, 'select tries from challenges')).toEqual([[5]])
  expect(await query(on, 'select distinct count from throttle where count > 0')).toEqual([[4]])
})

test('S22, S77: a wrong try whose reply got lost is one try, and the sixth is none', async () => {
  const { next, database } = faultyDatabase()
  const on = await gated({ database })
  const { person } = await enrolled(on)
  const id = await challenged(on, person)

  const statuses: number[] = []
  for (let i = 0; i < 5; i++) {
    next(replyLost, replyLost)
    statuses.push((await attempt(on, id)).status)
  }
  const sixth = await attempt(on, id, { code: codes[0] })

  expect([...statuses, sixth.status]).toEqual([401, 401, 401, 401, 401, 410])
  expect(await query(on, 'select tries from challenges')).toEqual([[5]])
})
