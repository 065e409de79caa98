import { expect, test } from 'vitest'
import { cookieOf, quickServer, showing } from '../credentials.ts'
import { partsOf } from '../forging.ts'
import { bodyOf, json, query, type Server, signedIn, signedUp, signedUpByToken } from '../harness.ts'

const hour = 3600
const day = 86_400

const refresh = async (on: Server, refresh_token: string) => {
  const answer = await on.request('/auth/token', json({ refresh_token }))
  return { status: answer.status, tokens: await bodyOf(answer) }
}

const events = (on: Server) => on.logs.map(({ event }) => event)

test.each([
  ['forward', hour],
  ['back', -hour],
])(
  'S30, S37: a clock that jumps an hour %s, and returns, signs nobody out and calls no refresh theft',
  async (_, jump) => {
    const on = await quickServer()
    const tab = await signedUp(on)
    let { refresh_token } = (await signedUpByToken(on)).tokens
    const statuses: number[] = []

    for (const seconds of [jump, -jump]) {
      on.clock.pass(seconds)
      await on.job()
      for (const path of ['me', 'sessions']) statuses.push((await tab.fetch(`/auth/${path}`)).status)
      const { status, tokens } = await refresh(on, refresh_token)
      statuses.push(status, (await on.request('/auth/me', { headers: bearerOf(tokens) })).status)
      refresh_token = tokens.refresh_token
    }

    expect(statuses).toEqual(new Array(8).fill(200))
    expect(events(on)).not.toContain('token.reuse_detected')
  },
)

const bearerOf = ({ access_token }: { access_token: string }) => ({ authorization: `Bearer ${access_token}` })

test('S37: of a refresh whose reply got lost before the clock fell back, a repeat answers the same', async () => {
  const on = await quickServer()
  const { tokens } = await signedUpByToken(on)
  const first = await refresh(on, tokens.refresh_token)

  on.clock.pass(-hour)
  const repeat = await refresh(on, tokens.refresh_token)
  const next = await refresh(on, repeat.tokens.refresh_token)
  const stolen = await refresh(on, tokens.refresh_token)

  expect(repeat.tokens.refresh_token).toBe(first.tokens.refresh_token)
  expect([next.status, stolen.status]).toEqual([200, 401])
})

test('a cookie leased in the future is not believed: the database is asked once, and gives it a lease that is', async () => {
  const on = await quickServer()
  const tab = await signedUp(on)

  on.clock.pass(-hour)
  await tab.api.auth.me.$get()
  const asked = on.trips.last
  await tab.api.auth.me.$get()

  expect([asked, on.trips.last]).toEqual([1, 0])
})

test('an access token issued in the future is refused until then, and a refresh gives one that counts', async () => {
  const on = await quickServer()
  const { bearer, tokens } = await signedUpByToken(on)

  on.clock.pass(-hour)
  const early = await on.request('/auth/me', { headers: bearer })
  const { tokens: current } = await refresh(on, tokens.refresh_token)
  const now = await on.request('/auth/me', { headers: bearerOf(current) })

  expect([early.status, now.status]).toEqual([401, 200])
})

/** What the cookie is worth to a new isolate, again and again, while the job runs. */
const shownElsewhere = async (on: Server, cookie: string, { times, every }: { times: number; every: number }) => {
  const isolate = await quickServer({ beside: on })
  const statuses: number[] = []
  for (let checks = 0; checks < times; checks++) {
    on.clock.pass(every)
    await on.job()
    statuses.push((await isolate.request('/auth/me', showing(cookie))).status)
  }
  return statuses
}

test('S84: a cookie leased in the future, whose session then ended, is not believed when its time has come', async () => {
  const on = await quickServer()
  const tab = await signedUp(on)
  const future = cookieOf(tab)
  on.clock.pass(-hour)
  await tab.api.auth.logout.$post({ json: {} })
  await on.settled()

  const statuses = await shownElsewhere(on, future, { times: 14, every: 300 })

  expect(statuses).toEqual(new Array(14).fill(401))
})

test('S84: a lease that a change of the profile gave before the clock fell back is not believed after the end', async () => {
  const on = await quickServer()
  const tab = await signedUp(on)
  for (let changes = 0; changes < 15; changes++) {
    on.clock.pass(59)
    await tab.api.auth.me.$patch({ json: { name: `Ada ${changes}` } })
  }
  const future = cookieOf(tab)
  on.clock.pass(-hour)
  await tab.api.auth.logout.$post({ json: {} })
  await on.settled()

  const statuses = await shownElsewhere(on, future, { times: 66, every: 60 })

  expect(statuses).toEqual(new Array(66).fill(401))
})

test('a cookie leased in the future, whose user then changed, shows no old name when its time has come', async () => {
  const on = await quickServer()
  const tab = await signedUp(on)
  const future = cookieOf(tab)
  on.clock.pass(-hour)
  await (await signedIn(on, tab.person)).api.auth.me.$patch({ json: { name: 'Augusta' } })
  await on.settled()

  const isolate = await quickServer({ beside: on })
  const names: unknown[] = []
  for (let checks = 0; checks < 14; checks++) {
    on.clock.pass(300)
    await on.job()
    names.push((await bodyOf(await isolate.request('/auth/me', showing(future)))).name)
  }

  expect(names).toEqual(new Array(14).fill('Augusta'))
})

test('S84: after a fall an end is told until every lease is over, before it is forgotten and not each minute', async () => {
  const puts: string[] = []
  const on = await quickServer({
    hints: (real) => ({
      ...real,
      async put(id, hint, ttl) {
        puts.push(hint.state)
        await real.put?.(id, hint, ttl)
      },
    }),
  })
  const tab = await signedUp(on)
  on.clock.pass(-hour)
  await tab.api.auth.logout.$post({ json: {} })
  await on.settled()

  const held: unknown[] = []
  for (let minutes = 0; minutes < 64; minutes++) {
    on.clock.pass(60)
    held.push(await on.world.hints.get(tab.session.id, () => undefined))
    await on.job()
  }

  expect(held).toEqual(new Array(64).fill({ state: 'ended' }))
  expect(puts.length).toBeLessThanOrEqual(14)
})

test('a change that was told before a lease begins is told again, as of that lease, once', async () => {
  const on = await quickServer()
  const tab = await signedUp(on)
  const other = await signedIn(on, tab.person)
  const leasedAt = on.clock.now
  on.clock.pass(-hour)
  await tab.api.auth.me.$patch({ json: { name: 'Augusta' } })
  await on.settled()
  const hintOf = () => on.world.hints.get(other.session.id, () => undefined)

  const first = await hintOf()
  await on.job()
  const then = await hintOf()
  const { hinted } = await on.job()

  expect([first, then]).toEqual([
    { state: 'stale', at: leasedAt - hour },
    { state: 'stale', at: leasedAt },
  ])
  expect(hinted).toBe(0)
})

test('S84: an isolate whose clock fell back does not go on believing what it heard of a session an hour ago', async () => {
  const on = await quickServer()
  const tab = await signedUp(on)
  const other = await signedIn(await quickServer({ beside: on }), tab.person)
  await tab.api.auth.me.$get()

  on.clock.pass(-hour)
  await tab.api.auth.me.$get()
  await other.api.auth.sessions.$delete({ json: {} })
  on.clock.pass(6)
  const answer = await tab.api.auth.me.$get()

  expect(answer.status).toBe(401)
})

const guess = (on: Server, email: string) => on.request('/auth/login', json({ email, password: 'not this one at all' }))

const guesses = async (on: Server, email: string, count: number) => {
  const statuses: number[] = []
  for (let i = 0; i < count; i++) statuses.push((await guess(on, email)).status)
  return statuses.filter((status) => status === 401).length
}

test('S20: a full window of the throttle lasts no longer than a window after the clock fell back', async () => {
  const on = await quickServer()
  const { person } = await signedUp(on)
  await guesses(on, person.email, 11)

  on.clock.pass(-hour)
  const more = await guesses(on, person.email, 5)
  const refused = await guess(on, person.email)
  on.clock.pass(900)
  const open = await guess(on, person.email)

  expect(more).toBeLessThanOrEqual(1)
  expect([refused.status, open.status]).toEqual([429, 401])
  expect(Number(refused.headers.get('retry-after'))).toBeLessThanOrEqual(900)
})

test('S20: the throttle forgets no attempt when the clock falls back', async () => {
  const on = await quickServer()
  const { person } = await signedUp(on)
  await guesses(on, person.email, 6)

  on.clock.pass(-hour)
  const more = await guesses(on, person.email, 10)

  expect(more).toBe(4)
})

test('S20: a clock that jumps forward ends the quarter of an hour, and not the day', async () => {
  const on = await quickServer({ settings: { AUTH_LIMIT_IDENTIFIER: '15' } })
  const { person } = await signedUp(on)
  await guesses(on, person.email, 11)

  on.clock.pass(hour)
  const more = await guesses(on, person.email, 11)

  expect(more).toBe(5)
})

const signer = async (on: Server, cookie: string) =>
  partsOf((await bodyOf(await on.request('/auth/token', json({}, { cookie })))).access_token).header.kid

const keys = (on: Server) =>
  query(on, 'select id, created_at, signs_from, retired_at from signing_keys order by created_at, signs_from')

test('S49: after a jump back the key that signed goes on signing: none is made that nobody has heard of', async () => {
  const on = await quickServer()
  const tab = await signedUp(on)
  const cookie = `__Host-session=${cookieOf(tab)}`
  const first = await signer(on, cookie)

  on.clock.pass(-hour)
  await on.job()
  const isolate = await quickServer({ beside: on })
  const then = [await signer(on, cookie), await signer(isolate, cookie)]

  expect(then).toEqual([first, first])
  expect(await keys(on)).toHaveLength(1)
})

test('S49: whichever way the clock jumps, a key retires once and the next is published before it signs', async () => {
  const on = await quickServer({ settings: { AUTH_KEY_DAYS: '1' } })
  const tab = await signedUp(on)
  const cookie = `__Host-session=${cookieOf(tab)}`
  const first = await signer(on, cookie)
  const retirements = new Map<unknown, Set<unknown>>()
  const signers: unknown[] = []

  for (const seconds of [day - hour, -hour, hour, hour, -hour, hour + 700, -hour, hour, -hour, hour]) {
    on.clock.pass(seconds)
    await on.job()
    signers.push(await signer(await quickServer({ beside: on, settings: { AUTH_KEY_DAYS: '1' } }), cookie))
    for (const [id, , , retiredAt] of await keys(on)) {
      retirements.set(id, (retirements.get(id) ?? new Set()).add(retiredAt))
    }
  }

  const [, second] = [...retirements.keys()]
  expect([...retirements.keys()]).toEqual([first, second])
  expect([...new Set(signers)]).toEqual([first, second])
  for (const times of retirements.values()) expect([...times].filter((at) => at !== null).length).toBeLessThanOrEqual(1)
})
