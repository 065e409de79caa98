import { createRemoteJWKSet, customFetch, jwtVerify } from 'jose'
import { beforeEach, expect, test, vi } from 'vitest'
import { type Dice, newDice } from '../../bench/dice.ts'
import { bearer, issuer, partsOf } from '../forging.ts'
import { bodyOf, json, origin, query, type Server, server, signedUp } from '../harness.ts'

const day = 86_400
const hour = 3600
const rotations = 60
const settings = { AUTH_KEY_DAYS: '1', AUTH_SESSION_MAX_SECONDS: '31536000', AUTH_SESSION_IDLE_SECONDS: '31536000' }

beforeEach(() => {
  // The strangers' caches live by the clock of the process: it goes by the test's.
  vi.useFakeTimers({ toFake: ['Date'] })
  return () => void vi.useRealTimers()
})

/** An API that is no part of the service, and checks tokens with jose as its documentation says. */
const stranger = (on: Server, options: Parameters<typeof createRemoteJWKSet>[1]) => {
  const keys = createRemoteJWKSet(new URL(`${issuer}/.well-known/jwks.json`), {
    ...options,
    [customFetch]: () => on.request('/auth/.well-known/jwks.json'),
  })
  return (token: string) => jwtVerify(token, keys, { issuer, audience: origin, typ: 'at+jwt' })
}

/** The service itself, in one of its isolates. */
const own = (on: Server) => async (token: string) => {
  const { status } = await on.request('/auth/me', { headers: bearer(token) })
  if (status !== 200) throw new Error(`GET /auth/me: ${status}`)
}

/** Two isolates, five kinds of verifiers, and somebody signed in who gets a token from either isolate. */
const setUp = async () => {
  const on = await server({ settings })
  const other = await server({ beside: on, settings })
  const { jar } = await signedUp(on)
  const cookie = `__Host-session=${jar.get('__Host-session')}`
  const verifiers = {
    'our isolate': own(on),
    'our other isolate': own(other),
    'jose as it comes, ten minutes and a cooldown': stranger(on, {}),
    'a cache of five minutes, as Cache-Control says, that asks for nothing between': stranger(other, {
      cacheMaxAge: 300_000,
      cooldownDuration: 300_000,
    }),
    'a cache for ever that asks when it meets an unknown key': stranger(on, {
      cacheMaxAge: Number.POSITIVE_INFINITY,
      cooldownDuration: 0,
    }),
  }
  const mint = async (at: Server): Promise<string> => {
    const answer = await at.request('/auth/token', json({}, { cookie }))
    return (await bodyOf(answer)).access_token
  }
  const pass = (seconds: number) => {
    on.clock.pass(seconds)
    vi.setSystemTime(on.clock.now * 1000)
  }
  pass(0)
  return { on, other, verifiers, mint, pass }
}

type World = Awaited<ReturnType<typeof setUp>>

/** The moments of one period, in seconds from the last signing: close together where keys change. */
const momentsOf = (dice: Dice): number[] => {
  const around = (moment: number) => [-5, 1, 290, 310].map((by) => moment + by + dice.below(4))
  return [hour, ...around(day - hour), ...around(day), day + 665].sort((a, b) => a - b)
}

/** Mints by both isolates, and lets everybody check every token that lives. */
const check = async ({ on, other, verifiers, mint }: World, tokens: Map<string, number>) => {
  const { now } = on.clock
  for (const [token, exp] of tokens) if (exp <= now) tokens.delete(token)
  for (const at of [on, other]) tokens.set(await mint(at), now + 300)
  const failures: string[] = []
  for (const token of tokens.keys()) {
    for (const [name, verify] of Object.entries(verifiers)) {
      await verify(token).catch((error: Error) => failures.push(`${name}: ${error.message}`))
    }
  }
  return { failures, count: tokens.size * Object.keys(verifiers).length }
}

test('S49: over 60 rotations, every third of a late job, no verifier refuses a token', async () => {
  const dice = newDice(rotations)
  const world = await setUp()
  const { on, other, pass } = world
  const tokens = new Map<string, number>()
  const signers = new Set<unknown>()
  const failures: string[] = []
  let [begun, checks] = [on.clock.now, 0]

  for (let rotation = 1; signers.size <= rotations; rotation++) {
    const isLate = rotation % 3 === 0
    if (isLate) begun += dice.below(30) * hour
    for (const moment of momentsOf(dice)) {
      pass(Math.max(1, begun + moment - on.clock.now))
      if (!isLate || moment > day) await (dice.next() < 0.5 ? on : other).job()
      const checked = await check(world, tokens)
      failures.push(...checked.failures)
      checks += checked.count
    }
    for (const token of tokens.keys()) signers.add(partsOf(token).header.kid)
    const [[signsFrom] = []] = await query(on, 'select max(signs_from) from signing_keys')
    begun = Number(signsFrom)
  }

  console.log(`${signers.size - 1} rotations, ${checks} checks, ${failures.length} refused`)
  expect(failures).toEqual([])
  expect(await query(on, 'select count(*) <= 2 from signing_keys')).toEqual([[1]])
})
