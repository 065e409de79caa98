import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from 'jose'
import { expect, test } from 'vitest'
import { keysStore } from '../src/identity/keys-store.ts'
import { anotherKid, bearer, partsOf } from './forging.ts'
import { bodyOf, json, origin, query, type Server, server, signedUp } from './harness.ts'

const day = 86_400
const hour = 3600
const jwksOf = async (on: Server): Promise<JSONWebKeySet> => bodyOf(await on.request('/auth/.well-known/jwks.json'))
const kidsOf = async (on: Server) => (await jwksOf(on)).keys.map(({ kid }) => kid)

/** A service of one-day keys with somebody signed in, who can ask any isolate for a token. */
const setUp = async (days = 1) => {
  const settings = { AUTH_KEY_DAYS: String(days) }
  const on = await server({ settings })
  const { jar } = await signedUp(on)
  const cookie = `__Host-session=${jar.get('__Host-session')}`
  const isolate = () => server({ beside: on, settings })
  const mint = async (at: Server): Promise<string> =>
    (await bodyOf(await at.request('/auth/token', json({}, { cookie })))).access_token
  const [first] = await kidsOf(on)
  const start = on.clock.now
  const goTo = (second: number) => on.clock.pass(start + second - on.clock.now)
  return { on, isolate, mint, first, goTo, signer: async (at: Server) => partsOf(await mint(at)).header.kid }
}

test.each([1, 7, 30])('S49: with AUTH_KEY_DAYS=%i the next key is published an hour before it signs', async (days) => {
  const { on, isolate, first, goTo, signer } = await setUp(days)

  goTo(days * day - hour - 1)
  const early = await on.job()
  goTo(days * day - hour)
  const due = await on.job()
  const published = await kidsOf(await isolate())
  goTo(days * day - 1)
  const lastSecond = await signer(await isolate())
  goTo(days * day)
  const then = await signer(await isolate())

  expect([early.rotated, due.rotated, published.length]).toEqual([0, 1, 2])
  expect(lastSecond).toBe(first)
  expect(published).toContain(then)
  expect(then).not.toBe(first)
})

test('S49: a key leaves the published set only when every token that it signed is dead', async () => {
  const { on, isolate, first, goTo, mint } = await setUp()
  goTo(day - hour)
  await on.job()
  goTo(day - 1)
  const token = await mint(on)
  const exp = Number(partsOf(token).claims.exp)
  const [[expiresAt] = []] = await query(on, 'select expires_at from signing_keys where id = ?', String(first))

  const isolates = [await isolate(), await isolate()]
  on.clock.pass(Number(expiresAt) - on.clock.now - 1)
  const before = await kidsOf(isolates[0] ?? on)
  const kept = await on.job()
  on.clock.pass(1)
  const after = await kidsOf(isolates[1] ?? on)
  const dropped = await on.job()

  expect(partsOf(token).header.kid).toBe(first)
  // The isolate that learns last signs with it for five more minutes.
  expect(Number(expiresAt)).toBeGreaterThanOrEqual(exp + 300 + 5)
  expect([before.includes(first), after.includes(first)]).toEqual([true, false])
  expect([kept.deleted.signing_keys, dropped.deleted.signing_keys]).toEqual([0, 1])
})

test('S49: under load through a rotation no token is refused, by no isolate and by no API with a set of 5 minutes', async () => {
  const { on, isolate, first, goTo, mint } = await setUp()
  const isolates = [on, await isolate(), await isolate()]
  const cached = { set: await jwksOf(on), at: on.clock.now }
  const signers = new Set<unknown>()
  let tokens: { text: string; exp: number }[] = []
  goTo(day - hour - 300)

  for (let step = 0; step < 40; step++) {
    on.clock.pass(130)
    await isolates[step % 3]?.job()
    if (on.clock.now - cached.at >= 300)
      Object.assign(cached, { set: await jwksOf(isolates[step % 3] ?? on), at: on.clock.now })
    for (const at of isolates.slice(0, 2)) {
      const text = await mint(at)
      signers.add(partsOf(text).header.kid)
      tokens.push({ text, exp: on.clock.now + 300 })
    }
    tokens = tokens.filter(({ exp }) => exp > on.clock.now)
    for (const { text } of tokens) {
      for (const at of isolates) expect((await at.request('/auth/me', { headers: bearer(text) })).status).toBe(200)
      const currentDate = new Date(on.clock.now * 1000)
      await jwtVerify(text, createLocalJWKSet(cached.set), { audience: origin, currentDate })
    }
  }

  expect(signers.size).toBe(2)
  expect(signers.has(first)).toBe(true)
  expect(await kidsOf(await isolate())).not.toContain(first)
})

test('S49: a late job means that the old key goes on signing, and the next still waits its hour', async () => {
  const { on, isolate, first, goTo, signer } = await setUp()

  goTo(20 * day)
  const meanwhile = await signer(await isolate())
  const { rotated } = await on.job()
  const now = await signer(await isolate())
  on.clock.pass(hour - 1)
  const still = await signer(await isolate())
  on.clock.pass(1)
  const then = await signer(await isolate())

  expect([meanwhile, rotated, now, still]).toEqual([first, 1, first, first])
  expect(then).not.toBe(first)
})

test('S79: of any number of jobs at once, in any number of isolates, one publishes a key', async () => {
  const { on, isolate, goTo } = await setUp()
  const isolates = [on, await isolate(), await isolate(), await isolate()]
  goTo(day)

  const reports = await Promise.all([...isolates, ...isolates].map((at) => at.job()))
  const again = await on.job()

  expect(reports.reduce((sum, { rotated }) => sum + rotated, 0)).toBe(1)
  expect(again.rotated).toBe(0)
  expect(await query(on, 'select count(*), count(distinct signs_from), count(retired_at) from signing_keys')).toEqual([
    [2, 2, 1],
  ])
})

test('S79: a job and a boot at once on an empty database make one key', async () => {
  const on = await server()
  const other = await server({ beside: on })

  await Promise.all([on.job(), jwksOf(other), other.job(), jwksOf(on)])

  expect(await query(on, 'select count(*) from signing_keys')).toEqual([[1]])
  expect(await kidsOf(on)).toEqual(await kidsOf(other))
})

test('S49: ten periods on, each key was new, signed for its time and is gone; two rows remain at most', async () => {
  const { on, isolate, goTo, signer } = await setUp()
  const signers: unknown[] = []

  for (let period = 1; period <= 10; period++) {
    goTo(period * day - hour)
    await on.job()
    goTo(period * day)
    signers.push(await signer(await isolate()))
    on.clock.pass(700)
    await on.job()
    expect((await query(on, 'select id from signing_keys')).length).toBe(1)
  }

  expect(new Set(signers).size).toBe(10)
})

test('S49: readyz says that a key signs also where a clock fell back to before its time, and `none` past its end', async () => {
  const { on, first, signer } = await setUp()
  const readyKeys = async () => (await bodyOf(await on.request('/auth/readyz'))).keys

  on.clock.pass(-hour)
  const fallen = [await readyKeys(), await signer(on)]
  const { now } = on.clock
  await query(on, 'update signing_keys set retired_at = ?, expires_at = ?', now, now + hour)
  const retired = await readyKeys()

  expect(fallen).toEqual(['ok', first])
  expect(retired).toBe('none')
})

test('S79: a job that comes second, by a clock that is ahead, retires no key', async () => {
  const { on, goTo } = await setUp()
  goTo(day - hour)
  await on.job()
  const before = await query(on, 'select * from signing_keys order by id')

  const late = { id: anotherKid(), signsFrom: on.clock.now + hour + 60, expiresAt: on.clock.now + day }
  await on.world.database.run([keysStore.retireBefore(late)], 5000)

  expect(await query(on, 'select * from signing_keys order by id')).toEqual(before)
})
