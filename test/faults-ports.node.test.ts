import { expect, test } from 'vitest'
import { Problem, unavailable } from '../src/base/errors.ts'
import { dump, gated, titled } from './acts.ts'
import { quick } from './faulty-ports.ts'
import { type ServerOptions, server } from './harness.ts'

/** A port that works until `isBroken`. */
interface Breakable {
  readonly statuses: readonly number[]
  readonly options: (broken: () => boolean) => ServerOptions
}

const refuse = () => Promise.reject(new Problem(unavailable, { retryAfter: 2 }))
const trap = () => Promise.reject(new WebAssembly.RuntimeError('unreachable'))

const ports: Readonly<Record<string, Breakable>> = {
  'the limiter throws': {
    statuses: [503],
    options: (broken) => ({ limiter: { take: async () => (broken() ? trap() : true) } }),
  },
  'the hash has no room': {
    statuses: [503],
    options: (broken) => ({
      argon2id:
        (real) =>
        (...given) =>
          broken() ? refuse() : quick(real)(...given),
    }),
  },
  'the hash traps': {
    statuses: [500],
    options: (broken) => ({
      argon2id:
        (real) =>
        (...given) =>
          broken() ? trap() : quick(real)(...given),
    }),
  },
  'every port at once is away': {
    statuses: [500, 503],
    options: (broken) => ({
      limiter: { take: async () => (broken() ? trap() : true) },
      argon2id:
        (real) =>
        (...given) =>
          broken() ? trap() : quick(real)(...given),
      hints: (real) => ({ ...real, get: (...given) => (broken() ? trap() : real.get(...given)) }),
      database: (real) => ({ run: (...given) => (broken() ? refuse() : real.run(...given)) }),
    }),
  },
}

/** What no failed request may have touched. An attempt that was counted stays counted. */
const lasting = ['users', 'passwords', 'sessions', 'devices', 'refresh_tokens', 'codes', 'outbox', 'signing_keys']

const cases = Object.entries(ports).flatMap(([how, port]) =>
  titled().map(([title, act]) => ({ how, title, act, port })),
)

test.each(cases)(
  'S80, CVE-2026-73421: while $how, $title answers as ever or is closed with nothing done, and then works',
  async ({ act, port: { options, statuses } }) => {
    let isBroken = false
    const on = await server({ plug: gated, argon2id: quick, ...options(() => isBroken) })
    const { path, init } = await act.prepare(on)
    await on.settled()
    const before = await dump(on, ...lasting)

    isBroken = true
    const answer = await on.request(path, init)
    await on.settled()
    isBroken = false

    if (answer.status === act.status) return
    expect(statuses).toContain(answer.status)
    expect(answer.headers.getSetCookie()).toEqual([])
    expect(await dump(on, ...lasting)).toEqual(before)
    expect((await on.request(path, init)).status).toBe(act.status)
  },
)
