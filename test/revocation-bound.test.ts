import { expect, test } from 'vitest'
import { requestPatience } from '../src/base/deadline.ts'
import type { Hint, Hints } from '../src/base/ports.ts'
import { newContext } from '../src/identity/context.ts'
import { cookieOf, quickServer, showing } from './credentials.ts'
import { bodyOf, endless, type Server, signedUp } from './harness.ts'

/** Hints that answer when the test says so. */
const heldBack = () => {
  const asked: { resolve: (hint: Hint | undefined) => void; reject: (error: Error) => void }[] = []
  const hints = (): Hints => ({
    get: () => new Promise((resolve, reject) => void asked.push({ resolve, reject })),
    put: async () => undefined,
  })
  return { hints, asked, patience: { ...endless, hint: requestPatience.hint } }
}

const unreachable = (): Hints => ({ get: () => Promise.reject(new TypeError('KV is down')) })
const silent = (): Hints => ({ get: async () => undefined })
const stale = (): Hints => ({ get: async () => ({ state: 'stale', at: 0 }) })

const userOf = async (on: Server, cookie: string) =>
  (await bodyOf(await on.request('/auth/session', showing(cookie)))).user

test.each([
  ['are lost', silent],
  ['cannot be read', unreachable],
  ['tell an older change', stale],
])(
  'S31, S80: when hints %s, a lease ends by itself: 305 s after its end no session is believed anywhere',
  async (_, hints) => {
    const on = await quickServer()
    const elsewhere = await quickServer({ beside: on, hints })
    const tab = await signedUp(on)
    const cookie = cookieOf(tab)

    await tab.api.auth.logout.$post({ json: {} })
    on.clock.pass(299)
    const within = await userOf(elsewhere, cookie)
    on.clock.pass(6)
    const past = await userOf(elsewhere, cookie)

    expect(within).not.toBeNull()
    expect(past).toBeNull()
  },
)

test('S31: a cookie that is renewed over and over does not outlive the bound', async () => {
  const on = await quickServer()
  const elsewhere = await quickServer({ beside: on, hints: silent })
  const tab = await signedUp(on)
  let cookie = cookieOf(tab)
  on.clock.pass(300)
  const renewal = await elsewhere.request('/auth/session', showing(cookie))
  cookie = renewal.headers.getSetCookie()[0]?.split(/[=;]/)[1] ?? ''

  await tab.api.auth.logout.$post({ json: {} })
  const seen: boolean[] = []
  for (const seconds of [150, 149, 1, 5]) {
    on.clock.pass(seconds)
    const answer = await elsewhere.request('/auth/session', showing(cookie))
    seen.push((await bodyOf(answer)).user !== null)
    cookie = answer.headers.getSetCookie()[0]?.split(/[=;]/)[1] ?? cookie
  }

  expect(seen).toEqual([true, true, false, false])
})

test('S80: when hints cannot be read, ordinary reads go on and revocation_check_unavailable is counted', async () => {
  const on = await quickServer({ hints: unreachable })
  const tab = await signedUp(on)

  const answers = [await tab.api.auth.session.$get(), await tab.api.auth.me.$get()]

  expect(answers.map(({ status }) => status)).toEqual([200, 200])
  expect(on.trips.last).toBe(0)
  expect(on.logs.filter(({ event }) => event === 'revocation_check_unavailable')).toHaveLength(2)
  expect(JSON.stringify(on.logs)).not.toContain('KV is down')
})

test('S80: AUTH_REVOCATION_FAIL=closed answers 503 instead, and only where a lease would have been believed', async () => {
  const on = await quickServer({ hints: unreachable, settings: { AUTH_REVOCATION_FAIL: 'closed' } })
  const tab = await signedUp(on)

  const within = [await tab.api.auth.session.$get(), await tab.api.auth.me.$get()]
  const strict = await tab.api.auth.sessions.$get()
  const anonymous = await on.request('/auth/session')
  on.clock.pass(300)
  const past = await tab.api.auth.session.$get()

  expect(within.map(({ status }) => status)).toEqual([503, 503])
  expect(within.map(({ headers }) => headers.get('retry-after'))).toEqual(['5', '5'])
  expect([strict.status, anonymous.status, past.status]).toEqual([200, 200, 200])
  expect(on.logs.filter(({ event }) => event === 'revocation_check_unavailable')).toHaveLength(2)
})

test('S82: a hint has 100 ms; without it the read goes on, and an answer that comes late counts from then on', async () => {
  const { hints, asked, patience } = heldBack()
  const on = await quickServer({ hints, patience })
  const tab = await signedUp(on)
  const cookie = cookieOf(tab)

  const first = await userOf(on, cookie)
  asked[0]?.resolve({ state: 'ended' })
  await on.settled()
  const second = await userOf(on, cookie)

  expect(first).not.toBeNull()
  expect(second).toBeNull()
  expect(asked).toHaveLength(1)
  expect(on.logs.filter(({ event }) => event === 'revocation_check_unavailable')).toHaveLength(1)
})

test('S82: AUTH_REVOCATION_FAIL=closed does not wait longer than that either', async () => {
  const { hints, asked, patience } = heldBack()
  const on = await quickServer({ hints, patience, settings: { AUTH_REVOCATION_FAIL: 'closed' } })
  const tab = await signedUp(on)

  const answer = await tab.api.auth.me.$get()
  asked[0]?.reject(new TypeError('KV is down'))
  await on.settled()

  expect(answer.status).toBe(503)
})

test('an answer of KV that comes late does not undo what this isolate knows by itself', async () => {
  const { hints, asked, patience } = heldBack()
  const on = await quickServer({ hints, patience })
  const tab = await signedUp(on)
  const cookie = cookieOf(tab)
  await userOf(on, cookie)

  await tab.api.auth.logout.$post({ json: {} })
  asked[0]?.resolve(undefined)
  await on.settled()

  expect(await userOf(on, cookie)).toBeNull()
  expect(asked).toHaveLength(1)
})

test('that a session has not ended is believed for 5 s, and asked again then', async () => {
  let asked = 0
  const on = await quickServer({
    hints: () => ({
      async get() {
        asked += 1
        return undefined
      },
    }),
  })
  const tab = await signedUp(on)

  const counts: number[] = []
  for (const seconds of [0, 4, 1, 4, 1]) {
    on.clock.pass(seconds)
    await tab.api.auth.session.$get()
    counts.push(asked)
  }

  expect(counts).toEqual([1, 1, 2, 2, 3])
})

test('S74: an isolate remembers 10,000 answers and forgets the oldest', async () => {
  const asked: string[] = []
  const on = await quickServer({
    hints: () => ({
      async get(id) {
        asked.push(id)
        return undefined
      },
    }),
  })
  const nobody = { headers: new Headers(), isSafe: true, address: undefined, country: undefined, waitUntil: () => {} }
  const context = newContext({ ...on.core.ports, ...nobody })
  const look = (id: number) => on.core.revocations.state(context, `ses_${id}`, on.clock.now)

  for (let id = 0; id <= 10_000; id++) await look(id)
  await look(1)
  await look(10_000)
  const remembered = asked.length
  await look(0)

  expect([remembered, asked.length]).toEqual([10_001, 10_002])
})
