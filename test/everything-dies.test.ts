import { expect, test } from 'vitest'
import { routesOf } from '../src/http/contract.ts'
import { acts, gated } from './acts.ts'
import { openLimiter, quick } from './faulty-ports.ts'
import { bearer } from './forging.ts'
import { type Browser, bodyOf, json, query, type Server, server, signedIn, signedUp, somebody } from './harness.ts'
import { kinds } from './properties/secrets.ts'

/** One session, and every secret of it that is out in the world. */
interface Victim {
  readonly kind: 'cookie' | 'token'
  readonly person: { readonly email: string; readonly password: string }
  readonly userId: string
  readonly sessionId: string
  readonly tab: Browser | undefined
  readonly cookies: readonly string[]
  /** For other APIs, and for the account. */
  readonly access: readonly string[]
  readonly account: readonly string[]
  readonly refresh: readonly string[]
}

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
const newPassword = 'another good long password'
const change = ({ person }: Victim) => ({ currentPassword: person.password, newPassword })
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

const tokensFor = async (on: Server, body: object, headers: Record<string, string> = {}) =>
  bodyOf(await on.request('/auth/token', json(body, headers)))

const cookieVictim = async (on: Server): Promise<Victim> => {
  const { person, user, session, ...tab } = await signedUp(on)
  const cookie = `__Host-session=${tab.jar.get('__Host-session')}`
  const access = await tokensFor(on, {}, { cookie })
  const account = await tokensFor(on, { audience: 'account' }, { cookie })
  const ids = { kind: 'cookie' as const, person, userId: user.id, sessionId: session.id, tab }
  return { ...ids, cookies: [cookie], access: [access.access_token], account: [account.access_token], refresh: [] }
}

const tokenVictim = async (on: Server): Promise<Victim> => {
  const person = somebody()
  const { user, session, tokens } = await bodyOf(
    await on.request('/auth/register', json({ ...person, transport: 'token' })),
  )
  const second = await tokensFor(on, { refresh_token: tokens.refresh_token, audience: 'account' })
  const third = await tokensFor(on, { refresh_token: second.refresh_token })
  const ids = { kind: 'token' as const, person, userId: user.id, sessionId: session.id, tab: undefined }
  return {
    ...ids,
    cookies: [],
    access: [tokens.access_token, third.access_token],
    account: [second.access_token],
    refresh: [tokens.refresh_token, second.refresh_token, third.refresh_token],
  }
}

/** Every route that asks the database who calls, off the app's own routing table, with a body that it would take. */
const strictRequests = (on: Server, victim: Victim): [path: string, init: RequestInit][] =>
  routesOf(on.app)
    .filter(({ guard }) => guard?.includes('asked of the database'))
    .map(({ method, path }) => {
      const body = path.endsWith('/me') ? { name: 'Mallory' } : path.endsWith('/change') ? change(victim) : {}
      const target = path.replace(':id', victim.sessionId)
      return [target, method === 'GET' ? {} : { ...json(body), method }]
    })

const expectDead = async (on: Server, victim: Victim) => {
  const headers = [
    ...victim.cookies.map((cookie) => ({ cookie })),
    ...[...victim.account, ...victim.access].map(bearer),
  ]
  const isForOthers = (given: object) => victim.access.some((token) => JSON.stringify(given).includes(token))
  for (const given of headers) {
    const shown = (init: RequestInit): RequestInit => ({
      ...init,
      headers: { ...Object.fromEntries(new Headers(init.headers)), ...given },
    })
    const refusals = isForOthers(given) ? [401, 403] : [401]
    for (const [path, init] of [...strictRequests(on, victim), ['/auth/token', json({})] as const]) {
      expect(refusals, path).toContain((await on.request(path, shown(init))).status)
    }
    if ('authorization' in given) expect((await on.request('/auth/me', shown({}))).status).toBe(401)
  }
  for (const refresh_token of victim.refresh) {
    expect((await on.request('/auth/token', json({ refresh_token }))).status).toBe(401)
  }
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
  ).toEqual(['/auth/me', '/auth/password/change', '/auth/sessions', '/auth/sessions', '/auth/sessions/:id'])
})

/** What is out in the world of each secret that the database keeps, or why no end of a session concerns it. */
const outstanding: Readonly<Record<string, keyof Victim | 'of no session yet' | 'of the user'>> = {
  'sessions.secret_hash': 'cookies',
  'refresh_tokens.hash': 'refresh',
  'signing_keys.private_jwk': 'access',
  'challenges.hash': 'of no session yet',
  'passwords.hash': 'of the user',
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
