import { expect, test } from 'vitest'
import { acts, gated } from './acts.ts'
import { endings } from './endings.ts'
import { openLimiter, quick } from './faulty-ports.ts'
import { entriesOf } from './feature-tables.ts'
import { json, query, type Server, server, signedIn, signedUp } from './harness.ts'
import { kinds } from './properties/secrets.ts'
import { access } from './route-access.ts'
import { cookieVictim, expectDead, type Outstanding, strictRequests, tokenVictim } from './victims.ts'

/** An isolate that no hint reaches. */
const deafBeside = (beside: Server) =>
  server({ beside, limiter: openLimiter, hints: () => ({ get: async () => undefined }) })

const cases = Object.entries(endings).flatMap(([name, way]) =>
  (['cookie', 'token'] as const).filter((kind) => (way.only ?? kind) === kind).map((kind) => ({ name, kind, ...way })),
)

test.each(cases)(
  'S31 S32: after $name every secret of a $kind session is dead at strict routes and refresh at once',
  async ({ kind, end, otherLives, silent }) => {
    const on = await server({ argon2id: quick, limiter: openLimiter })
    const [deaf, told] = [await deafBeside(on), await server({ beside: on, limiter: openLimiter })]
    const victim = await (kind === 'cookie' ? cookieVictim : tokenVictim)(on)
    on.clock.pass(1)
    const [other, bystander] = [await signedIn(on, victim.person), await signedUp(on)]
    on.clock.pass(1)

    await end(on, victim, other)
    await on.settled()

    for (const at of [on, told]) await expectDead(at, victim)
    for (const cookie of victim.cookies) {
      if (!silent) expect((await told.request('/auth/me', { headers: { cookie } })).status).toBe(401)
    }
    const alive = await other.api.auth.sessions.$get()
    expect(alive.status).toBe(otherLives ? 200 : 401)
    const isOver = end === endings['the idle limit']?.end
    expect((await bystander.api.auth.sessions.$get()).status).toBe(isOver ? 401 : 200)
    on.clock.pass(300)
    for (const cookie of victim.cookies) {
      expect((await deaf.request('/auth/me', { headers: { cookie } })).status).toBe(401)
    }
    expect(await query(on, "select count(*) from users where name = 'Mallory'")).toEqual([[0]])
  },
)

test('better-auth#9991: until its lease ends a revoked cookie reads at most, and no route on the list of strict ones', async () => {
  const on = await server({ limiter: openLimiter })
  const deaf = await deafBeside(on)
  const victim = await cookieVictim(on)
  const [cookie = ''] = victim.cookies
  await on.request('/auth/logout', json({}, { cookie }))

  const leased = await deaf.request('/auth/me', { headers: { cookie } })
  await expectDead(deaf, victim)
  on.clock.pass(299)
  const last = await deaf.request('/auth/me', { headers: { cookie } })
  on.clock.pass(1)
  const over = await deaf.request('/auth/me', { headers: { cookie } })

  expect([leased.status, last.status, over.status]).toEqual([200, 200, 401])
  expect(
    strictRequests(on, victim)
      .map(([path]) => path.replace(/\w+_[\w-]{22}$/, ':id'))
      .toSorted(),
  ).toEqual(strictPaths.toSorted())
})

/** What is out in the world of each secret that the database keeps, or why no end of a session concerns it. */
const outstanding: Readonly<Record<string, Outstanding>> = {
  'sessions.secret_hash': 'cookies',
  'refresh_tokens.hash': 'refresh',
  'signing_keys.private_jwk': 'access',
  'challenges.hash': 'of no session yet',
  'passwords.hash': 'of the user',
  'recovery_codes.hash': 'of the user',
  // In everything-dies-codes.test.ts.
  'codes.hash': 'of a message',
  'codes.code_mac': 'of a message',
  'outbox.sealed': 'of a message',
  ...entriesOf((feature) => feature.outstanding),
}

test('GHSA-2vg6-77g8-24mp: of every secret that the database keeps it is said here what is shown after the end', () => {
  const kept = Object.keys(kinds).filter((column) => kinds[column] !== 'no secret')

  expect(Object.keys(outstanding).toSorted()).toEqual(kept.toSorted())
})

test('GHSA-2vg6-77g8-24mp: every route that ends a session is among these ways', async () => {
  const ending = new Set<string>()
  for (const act of acts) {
    const on = await server({ argon2id: quick, limiter: openLimiter, plug: gated })
    const { path, init } = await act.prepare(on)
    const before = await query(on, live)
    await on.request(path, init)
    const after = (await query(on, live)).flat()
    if (before.some(([id]) => !after.includes(id))) ending.add(act.route)
  }

  expect(ending.size).toBeGreaterThanOrEqual(5)
  expect([...ending].filter((route) => !Object.values(endings).some(({ by }) => by === route))).toEqual([])
})

/** `POST /auth/token` takes a refresh token, too, and asks for itself. */
const strictPaths = Object.keys(access)
  .filter((route) => access[route] === 'strict' && route !== 'POST /auth/token')
  .map((route) => route.replace(/.* /, ''))

const live = 'select id from sessions where ended_at is null'
