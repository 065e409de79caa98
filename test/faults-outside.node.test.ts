import { expect, test } from 'vitest'
import { requestPatience } from '../src/base/deadline.ts'
import { Problem, unavailable } from '../src/base/errors.ts'
import type { Argon2id, Hints } from '../src/base/ports.ts'
import { cookieOf } from './act.ts'
import { dump, gated, titled } from './acts.ts'
import { quick } from './faulty-ports.ts'
import { bodyOf, endless, json, server, signedUp, somebody } from './harness.ts'

const never = <T>() => new Promise<T>(() => undefined)

/** Only the database is waited for: what hangs is given up soon, a put too, or whatever settles would wait for it. */
const patience = { ...requestPatience, database: endless.database, trip: endless.trip, put: requestPatience.hint }

const brokenHints: [string, () => Hints][] = [
  ['throws', () => ({ get: () => Promise.reject(new Error('KV')), put: () => Promise.reject(new Error('KV')) })],
  [
    'refuses writes, as past a quota',
    () => ({ get: async () => undefined, put: () => Promise.reject(new Error('KV PUT failed: 429')) }),
  ],
  ['hangs', () => ({ get: never, put: never })],
  [
    'fails before it has even begun',
    () => ({
      get: () => {
        throw new TypeError('KV')
      },
      put: async () => {
        throw new TypeError('KV')
      },
    }),
  ],
  [
    'hands over a task that fails at once, and answers later',
    () => ({
      get: async (_, later) => {
        later(Promise.reject(new Error('list')))
        await new Promise((resolve) => setTimeout(resolve, 5))
        return undefined
      },
    }),
  ],
]

test.each(brokenHints)(
  'S80: every route answers as ever while KV %s',
  async (_, hints) => {
    for (const [title, act] of titled()) {
      const on = await server({ plug: gated, argon2id: quick, hints, patience })
      const { path, init } = await act.prepare(on)
      const answer = await on.request(path, init)

      expect.soft(answer.status, title).toBe(act.status)
    }
  },
  120_000,
)

test.each(brokenHints.filter(([how]) => !how.startsWith('refuses') && !how.startsWith('hands')))(
  'S80, S84: within the lease a read goes on while KV %s, is counted, and is 503 where the setting is closed',
  async (_, hints) => {
    const [open, closed] = await Promise.all(
      ['open', 'closed'].map(async (fail) => {
        const on = await server({ hints, patience, settings: { AUTH_REVOCATION_FAIL: fail } })
        const { jar } = await signedUp(on)
        return { on, answer: await on.request('/auth/me', { headers: cookieOf(jar) }) }
      }),
    )

    expect(open?.answer.status).toBe(200)
    expect(open?.on.logs.map(({ event }) => event)).toContain('revocation_check_unavailable')
    expect(closed?.answer.status).toBe(503)
    expect(closed?.answer.headers.get('retry-after')).not.toBeNull()
  },
)

const brokenArgon2id: [string, number, () => Argon2id][] = [
  ['throws', 500, () => () => Promise.reject(new RangeError('Argon2 found no memory for its input.'))],
  ['traps', 500, () => () => Promise.reject(new WebAssembly.RuntimeError('unreachable'))],
  ['has no room', 503, () => () => Promise.reject(new Problem(unavailable, { retryAfter: 2 }))],
]

test.each(brokenArgon2id)(
  'S80: while the hash %s nobody gets in, nobody is told %i as a wrong password, and then it works',
  async (_, status, broken) => {
    let isBroken = false
    const on = await server({
      argon2id:
        (real) =>
        (...given) =>
          (isBroken ? broken() : quick(real))(...given),
    })
    const { jar, person } = await signedUp(on)
    const change = { currentPassword: person.password, newPassword: 'another good long password' }
    const ask = () => [
      () => on.request('/auth/register', json(somebody())),
      () => on.request('/auth/login', json(person)),
      () => on.request('/auth/login', json(somebody('nobody'))),
      () => on.request('/auth/password/change', json(change, cookieOf(jar))),
    ]
    const before = await dump(on, 'users', 'passwords', 'sessions', 'devices')

    isBroken = true
    const answers = await Promise.all(ask().map((send) => send()))
    const after = await dump(on, 'users', 'passwords', 'sessions', 'devices')
    isBroken = false
    const again: number[] = []
    for (const send of ask()) again.push((await send()).status)

    expect(answers.map((answer) => answer.status)).toEqual([status, status, status, status])
    expect(answers.flatMap(({ headers }) => headers.getSetCookie())).toEqual([])
    expect(await answers[1]?.text()).not.toMatch(/argon2|memory|unreachable/i)
    expect(after).toEqual(before)
    expect(again).toEqual([201, 200, 401, 200])
  },
)

test.each([
  ['throws', () => Promise.reject(new Error('limiter'))],
  ['hangs', () => never<boolean>()],
])('S80: while the limiter %s what it guards is 503, before any hash, and the rest goes on', async (_, take) => {
  let isBroken = false
  const on = await server({ patience, limiter: { take: () => (isBroken ? take() : Promise.resolve(true)) } })
  const { jar, person } = await signedUp(on)
  const before = await dump(on)

  isBroken = true
  const change = { currentPassword: person.password, newPassword: 'another good long password' }
  const refused = await Promise.all([
    on.request('/auth/register', json(somebody())),
    on.request('/auth/password/change', json(change, cookieOf(jar))),
  ])
  const after = await dump(on)
  const login = await on.request('/auth/login', json(person))

  for (const answer of refused) {
    expect(answer.status).toBe(503)
    expect(await bodyOf(answer)).toMatchObject({ code: 'unavailable' })
    expect(answer.headers.get('retry-after')).not.toBeNull()
  }
  expect(after).toEqual(before)
  expect(login.status).toBe(200)
})
