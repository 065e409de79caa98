import { expect, test } from 'vitest'
import { type Dice, newDice } from '../../bench/dice.ts'
import { gated } from '../acts.ts'
import { unpacked } from '../credentials.ts'
import { openLimiter, quick } from '../faulty-ports.ts'
import { partsOf } from '../forging.ts'
import { bodyOf, json, type Server, server } from '../harness.ts'
import { cookiesOf } from '../http.ts'

const seed = Number(process.env.SEED ?? Date.now() % 1_000_000)
const people = 500
const password = 'correct horse battery staple'
const newPassword = 'another horse battery staple'

/** Every port answers some turns of the event loop later, as chance decides: so requests overtake each other. */
const slowServer = (dice: Dice) => {
  const slowly = async <T>(work: () => Promise<T>): Promise<T> => {
    await turns(dice.below(8))
    const value = await work()
    await turns(dice.below(8))
    return value
  }
  return server({
    settings: { AUTH_LIMIT_ADDRESS: '1000000' },
    plug: gated,
    database: (real) => ({ run: (...given) => slowly(() => real.run(...given)) }),
    hints: ({ get, put }) => ({
      get: (...given) => slowly(() => get(...given)),
      put: (...given) => slowly(async () => put?.(...given)),
    }),
    argon2id:
      (real) =>
      (...given) =>
        slowly(() => quick(real)(...given)),
    limiter: { take: (key) => slowly(() => openLimiter.take(key)) },
  })
}

const turns = async (count: number): Promise<void> => {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve))
}

/** Whoever shows something first has it: a user, a session, a device, a token. Nobody else may ever be shown it. */
const newOwners = () => {
  const owners = new Map<string, string>()
  return {
    /** What in `text` is another's. */
    foreign(text: string, email: string): string[] {
      const shown = text.match(/(?:usr|ses|dev|pst_rt)_[\w-]{20,}|[\w.]+@example\.com/g) ?? []
      for (const one of shown) if (!owners.has(one)) owners.set(one, one.includes('@') ? one : email)
      return shown.filter((one) => owners.get(one) !== email)
    },
  }
}

/** All that an answer tells: its body, and what its cookies and tokens say when they are opened. */
const told = async (answer: Response, watch: Watch): Promise<string> => {
  const text = await answer.clone().text()
  const cookies = answer.headers.getSetCookie().map((line) => line.replace(/^[^=]+=([^;]*).*$/, '$1'))
  const sessions = cookies.filter((value) => value.startsWith('W')).map(unpacked)
  watch.opened += sessions.length
  const tokens = text.match(/eyJ[\w-]+\.[\w-]+\.[\w-]+/g) ?? []
  return JSON.stringify([text, cookies, sessions, tokens.map(partsOf)])
}

/** One person after the other step, each answer held against them. */
const newPerson = (on: Server, owners: ReturnType<typeof newOwners>, i: number, watch: Watch) => {
  const email = `${i % 5 === 0 ? 'gated' : 'ada'}.${i}@example.com`
  const go = async (status: number, path: string, init: RequestInit = {}) => {
    watch.open += 1
    watch.most = Math.max(watch.most, watch.open)
    const ask = () => on.request(path, init)
    const answer = await (/register|login|change/.test(path) ? watch.hashing(ask) : ask())
    watch.open -= 1
    watch.answers += 1
    const others = owners.foreign(await told(answer, watch), email)
    const isOwn = others.length === 0 && answer.status === status
    if (!isOwn) watch.wrong.push(`${email} ${init.method ?? 'GET'} ${path}: ${answer.status} ${others.join()}`)
    return answer
  }
  /** A sign-in, and the answer to the challenge where a gate asks for it. */
  const enter = async (status: number, path: string, body: object) => {
    const answer = await go(status, path, json({ email, password, ...body }))
    const { challenge } = await bodyOf(answer)
    if (challenge === undefined) return answer
    return go(200, '/auth/challenge', json({ id: challenge.id, method: 'totp', code: '123456' }))
  }
  return { email, username: `user-${i}`, go, enter }
}

interface Watch {
  readonly hashing: ReturnType<typeof atMost>
  open: number
  most: number
  answers: number
  /** Session cookies that were read. */
  opened: number
  readonly wrong: string[]
}

type Person = ReturnType<typeof newPerson>

const change = { currentPassword: password, newPassword }

/** Of a browser: every route that takes a cookie. */
const byCookie = async ({ go, enter, username }: Person): Promise<void> => {
  const registered = await enter(201, '/auth/register', { username, name: username })
  const own = { cookie: cookiesOf(registered) }
  for (const path of ['/auth/session', '/auth/me', '/auth/sessions']) await go(200, path, { headers: own })
  const patch = { ...json({ name: `${username} again` }, own), method: 'PATCH' }
  const { name } = await bodyOf(await go(200, '/auth/me', patch))
  expect(name).toBe(`${username} again`)
  const { access_token } = await bodyOf(await go(200, '/auth/token', json({}, own)))
  await go(200, '/auth/me', { headers: { authorization: `Bearer ${access_token}` } })
  const { session } = await bodyOf(await enter(200, '/auth/login', {}))
  await go(204, `/auth/sessions/${session.id}`, { method: 'DELETE', headers: own })
  await go(204, '/auth/sessions', { method: 'DELETE', headers: own })
  const renewed = { cookie: cookiesOf(await go(200, '/auth/password/change', json(change, own))) }
  await go(200, '/auth/session', { headers: renewed })
  await go(204, '/auth/logout', json({}, renewed))
  await go(401, '/auth/me', { headers: renewed })
}

/** Of a native app: every route that takes a token. */
const byToken = async ({ go, enter, username }: Person): Promise<void> => {
  const { tokens } = await bodyOf(await enter(201, '/auth/register', { transport: 'token', username }))
  const asked = json({ refresh_token: tokens.refresh_token, audience: 'account' })
  const { access_token, refresh_token } = await bodyOf(await go(200, '/auth/token', asked))
  const own = { authorization: `Bearer ${access_token}` }
  for (const path of ['/auth/session', '/auth/me', '/auth/sessions']) await go(200, path, { headers: own })
  await go(200, '/auth/me', { ...json({ name: username }, own), method: 'PATCH' })
  await go(200, '/auth/token', json({ refresh_token }))
  const known = { transport: 'token', device_token: tokens.device_token }
  const again = await bodyOf(await enter(200, '/auth/login', known))
  await go(200, '/auth/token/revoke', json({ token: again.tokens.refresh_token }))
  const changed = await bodyOf(await go(200, '/auth/password/change', json(change, own)))
  await go(401, '/auth/sessions', { headers: own })
  await go(200, '/auth/me', { headers: { authorization: `Bearer ${changed.tokens.access_token}` } })
}

/** The service refuses more hashes at once than 64: others wait here. */
const atMost = (count: number) => {
  let free = count
  const waiting: (() => void)[] = []
  return async <T>(work: () => Promise<T>): Promise<T> => {
    if (free > 0) free -= 1
    else await new Promise<void>((resolve) => waiting.push(resolve))
    const answer = await work()
    const next = waiting.shift()
    if (next) next()
    else free += 1
    return answer
  }
}

test('CVE-2025-67490, CVE-2026-40155: of 500 interleaved people of one isolate every answer belongs to its caller', async () => {
  console.log(`SEED=${seed}`)
  const on = await slowServer(newDice(seed))
  const owners = newOwners()
  const watch: Watch = { hashing: atMost(60), open: 0, most: 0, answers: 0, opened: 0, wrong: [] }

  await Promise.all(
    Array.from({ length: people }, (_, i) => (i % 2 === 0 ? byCookie : byToken)(newPerson(on, owners, i, watch))),
  )

  console.log(`${watch.answers} answers, ${watch.most} requests under way at once`)
  expect(watch.wrong, `SEED=${seed}`).toEqual([])
  expect(watch.answers).toBeGreaterThan(people * 10)
  expect(watch.opened).toBeGreaterThan(people)
  expect(watch.most).toBe(people)
})
