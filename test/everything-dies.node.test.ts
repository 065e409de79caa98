import { expect, test } from 'vitest'
import { acts, gated } from './acts.ts'
import { moved, undo } from './address-changes.ts'
import { openLimiter, quick } from './faulty-ports.ts'
import { bearer } from './forging.ts'
import { json, mailTo, query, type Server, server, signedIn, signedUp, somebody, tokenIn } from './harness.ts'
import { kinds } from './properties/secrets.ts'
import { change, cookieVictim, expectDead, strictRequests, tokenVictim, type Victim } from './victims.ts'

/** Another session of the same user, which acts. */
type Other = Awaited<ReturnType<typeof signedIn>>

interface Way {
  /** The route by which it ends. */
  readonly by?: string
  readonly only?: Victim['kind']
  readonly end: (on: Server, victim: Victim, other: Other) => Promise<unknown>
  /** False where the other session ends as well. */
  readonly otherLives: boolean
  /** Done past the service, or by the clock: nobody tells the isolates. */
  readonly silent?: true
}

const ok = (answer: { readonly ok: boolean }) => expect(answer.ok).toBe(true)
const own = ({ cookies: [cookie], account: [token] }: Victim) => (cookie ? { cookie } : bearer(token ?? ''))
const revoke = async (on: Server, token: string | undefined) =>
  ok(await on.request('/auth/token/revoke', json({ token })))

const ways: Record<string, Way> = {
  'its own logout': {
    by: 'POST /auth/logout',
    end: async (on, victim) => ok(await on.request('/auth/logout', json({}, own(victim)))),
    otherLives: true,
  },
  'a logout everywhere': {
    by: 'POST /auth/logout',
    end: async (_, __, { api }) => ok(await api.auth.logout.$post({ json: { everywhere: true } })),
    otherLives: false,
  },
  'its own logout everywhere': {
    by: 'POST /auth/logout',
    end: async (on, victim) => ok(await on.request('/auth/logout', json({ everywhere: true }, own(victim)))),
    otherLives: false,
  },
  'DELETE of that session': {
    by: 'DELETE /auth/sessions/:id',
    end: async (_, { sessionId }, { fetch }) => ok(await fetch(`/auth/sessions/${sessionId}`, { method: 'DELETE' })),
    otherLives: true,
  },
  'DELETE of the other sessions': {
    by: 'DELETE /auth/sessions',
    end: async (_, __, { fetch }) => ok(await fetch('/auth/sessions', { method: 'DELETE' })),
    otherLives: true,
  },
  'a password change elsewhere': {
    by: 'POST /auth/password/change',
    end: async (_, victim, { api }) => ok(await api.auth.password.change.$post({ json: change(victim) })),
    otherLives: true,
  },
  'its own password change': {
    by: 'POST /auth/password/change',
    end: async (on, victim) => ok(await on.request('/auth/password/change', json(change(victim), own(victim)))),
    otherLives: false,
  },
  'revocation of an access token': {
    by: 'POST /auth/token/revoke',
    end: (on, { access }) => revoke(on, access[0]),
    otherLives: true,
  },
  'revocation of an account token': {
    by: 'POST /auth/token/revoke',
    end: (on, { account }) => revoke(on, account[0]),
    otherLives: true,
  },
  'revocation of a refresh token': {
    by: 'POST /auth/token/revoke',
    only: 'token',
    end: (on, { refresh }) => revoke(on, refresh.at(-1)),
    otherLives: true,
  },
  'revocation of a used refresh token': {
    by: 'POST /auth/token/revoke',
    only: 'token',
    end: (on, { refresh }) => revoke(on, refresh[0]),
    otherLives: true,
  },
  'reuse of a refresh token': {
    by: 'POST /auth/token',
    only: 'token',
    end: (on, { refresh: [refresh_token] }) => on.request('/auth/token', json({ refresh_token })),
    otherLives: true,
  },
  'the 21st session': {
    by: 'POST /auth/login',
    end: async (on, { person }) => {
      for (let i = 0; i < 19; i++) await signedIn(on, person)
    },
    otherLives: true,
  },
  'a login in the same browser': {
    by: 'POST /auth/login',
    only: 'cookie',
    end: async (_, { tab, person }) => tab && ok(await tab.api.auth.login.$post({ json: person })),
    otherLives: true,
  },
  'a registration in the same browser': {
    by: 'POST /auth/register',
    only: 'cookie',
    end: async (_, { tab }) => tab && ok(await tab.api.auth.register.$post({ json: somebody() })),
    otherLives: true,
  },
  'a reset of the password': {
    by: 'POST /auth/password/reset',
    async end(on, { person: { email } }) {
      await on.request('/auth/password/forgot', json({ email }))
      const token = tokenIn((await mailTo(on, { email })).at(-1), 'password/reset')
      ok(await on.request('/auth/password/reset', json({ token, newPassword: 'another good long password' })))
    },
    otherLives: false,
  },
  'a sign-in by whoever has the mailbox, which nobody had proven': {
    by: 'POST /auth/email/sign-in',
    async end(on, { person: { email } }) {
      await on.request('/auth/email/link', json({ email }))
      const token = tokenIn((await mailTo(on, { email })).at(-1), 'email/sign-in')
      ok(await on.request('/auth/email/sign-in', json({ token })))
    },
    otherLives: false,
  },
  '"this was not me"': {
    by: 'POST /auth/email/disown',
    async end(on, { person }) {
      const token = tokenIn((await mailTo(on, person))[0], 'email/disown')
      ok(await on.request('/auth/email/disown', json({ token })))
    },
    otherLives: false,
  },
  'the undoing of a change of address': {
    by: 'POST /auth/email/change/undo',
    async end(on, { person }, other) {
      ok(
        await on.request('/auth/email/verify', json({ token: tokenIn((await mailTo(on, person))[0], 'email/verify') })),
      )
      ok(await undo(on, await moved(on, other, person.email, somebody().email)))
    },
    otherLives: false,
  },
  'its own erasure': {
    by: 'DELETE /auth/me',
    end: async (on, victim) => ok(await on.request('/auth/me', { ...json({}, own(victim)), method: 'DELETE' })),
    otherLives: false,
  },
  'the erasure of the user elsewhere': {
    by: 'DELETE /auth/me',
    end: async (_, __, { fetch }) => ok(await fetch('/auth/me', { method: 'DELETE' })),
    otherLives: false,
  },
  'suspension of the user': {
    end: (on, { userId }) => query(on, 'update users set suspended_at = ? where id = ?', on.clock.now, userId),
    otherLives: false,
    silent: true,
  },
  'deletion of the user': {
    end: (on, { userId }) => query(on, 'delete from users where id = ?', userId),
    otherLives: false,
    silent: true,
  },
  'the idle limit': { end: async (on) => on.clock.pass(30 * 86_400), otherLives: false, silent: true },
}

/** An isolate that no hint reaches. */
const deafBeside = (beside: Server) =>
  server({ beside, limiter: openLimiter, hints: () => ({ get: async () => undefined }) })

const cases = Object.entries(ways).flatMap(([name, way]) =>
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
    const isOver = end === ways['the idle limit']?.end
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
      .map(([path]) => path.replace(victim.sessionId, ':id'))
      .toSorted(),
  ).toEqual([
    ...['/auth/email/change', '/auth/email/verify/request', '/auth/me', '/auth/me', '/auth/me/export'],
    ...['/auth/password/change', '/auth/sessions', '/auth/sessions', '/auth/sessions/:id'],
  ])
})

/** What is out in the world of each secret that the database keeps, or why no end of a session concerns it. */
const outstanding: Readonly<Record<string, keyof Victim | 'of no session yet' | 'of the user' | 'of a message'>> = {
  'sessions.secret_hash': 'cookies',
  'refresh_tokens.hash': 'refresh',
  'signing_keys.private_jwk': 'access',
  'challenges.hash': 'of no session yet',
  'passwords.hash': 'of the user',
  // In everything-dies-codes.test.ts.
  'codes.hash': 'of a message',
  'codes.code_mac': 'of a message',
  'outbox.sealed': 'of a message',
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
  expect([...ending].filter((route) => !Object.values(ways).some(({ by }) => by === route))).toEqual([])
})

const live = 'select id from sessions where ended_at is null'
