import { sql } from 'drizzle-orm'
import { Hono } from 'hono'
import { expect, test } from 'vitest'
import type { Env } from '../src/http/env.ts'
import { newGuard } from '../src/http/guard.ts'
import { problemResponse } from '../src/http/problem.ts'
import { protect } from '../src/http/protect.ts'
import { standsFor } from '../src/identity/sessions.ts'
import { statement } from '../src/identity/statement.ts'
import { accountHolder, cookieOf, quickServer, refreshed } from './credentials.ts'
import { bodyOf, query, type Server, signedIn, signedUp, signedUpByToken } from './harness.ts'

const day = 24 * 60 * 60

test.each([
  ['the idle limit of 30 days', {}, {}, 30 * day],
  ['the idle limit of 24 hours where it is not remembered', {}, { remember: false }, day],
  ['AUTH_SESSION_IDLE_SECONDS', { AUTH_SESSION_IDLE_SECONDS: '7200' }, {}, 7200],
  [
    'AUTH_SESSION_IDLE_SECONDS below a day where it is not remembered',
    { AUTH_SESSION_IDLE_SECONDS: '7200' },
    { remember: false },
    7200,
  ],
])('S30: a session ends at %s after it was last checked', async (_, settings, extra, limit) => {
  const on = await quickServer({ settings })
  const tab = await signedUp(on, extra)
  const told = Date.parse(tab.session.expiresAt) / 1000 - on.clock.now

  on.clock.pass(limit - 1)
  const within = await tab.api.auth.me.$get()
  on.clock.pass(limit - 1)
  const slid = await tab.api.auth.me.$get()
  on.clock.pass(limit)
  const past = await tab.api.auth.me.$get()

  expect(told).toBe(limit)
  expect([within.status, slid.status, past.status]).toEqual([200, 200, 401])
})

test('S30: a session ends 90 days after its sign-in however often it is used, and sliding never passes that', async () => {
  const on = await quickServer()
  const tab = await signedUp(on)
  const end = on.clock.now + 90 * day

  for (let i = 0; i < 4; i++) {
    on.clock.pass(20 * day)
    expect((await tab.api.auth.me.$get()).status).toBe(200)
  }
  const [expiresAt] = (await query(on, 'select expires_at from sessions where id = ?', tab.session.id))[0] ?? []
  on.clock.now = end - 1
  const within = await tab.api.auth.session.$get()
  on.clock.now = end
  const past = await tab.api.auth.session.$get()

  expect(expiresAt).toBe(end)
  expect((await bodyOf(within)).session.expiresAt).toBe('2027-04-15T08:00:00Z')
  expect(await past.json()).toEqual({ user: null, session: null })
})

test('S30: AUTH_SESSION_MAX_SECONDS is the absolute limit, for a session that is not remembered too', async () => {
  const settings = { AUTH_SESSION_MAX_SECONDS: '3600', AUTH_SESSION_IDLE_SECONDS: '3000' }
  const on = await quickServer({ settings })
  const tab = await signedUp(on, { remember: false })
  on.clock.pass(2400)
  await tab.api.auth.me.$get()

  on.clock.pass(1199)
  const within = await tab.api.auth.me.$get()
  on.clock.pass(1)
  const past = await tab.api.auth.me.$get()

  expect([within.status, past.status]).toEqual([200, 401])
})

test('S30: use within the lease does not move the idle limit: the last check does', async () => {
  const on = await quickServer({ settings: { AUTH_SESSION_IDLE_SECONDS: '1000' } })
  const tab = await signedUp(on)
  on.clock.pass(299)
  await tab.api.auth.me.$get()

  on.clock.pass(701)
  const answer = await tab.api.auth.me.$get()

  expect(answer.status).toBe(401)
})

test('S30: an ended session does not come back by its own cookie, and a check does not lengthen a life that is over', async () => {
  const on = await quickServer()
  const tab = await signedUp(on)
  on.clock.pass(30 * day)

  const answers = [await tab.api.auth.me.$get(), await tab.api.auth.sessions.$get(), await tab.api.auth.me.$get()]
  const [row] = await query(on, 'select last_seen_at from sessions where id = ?', tab.session.id)

  expect(answers.map(({ status }) => status)).toEqual([401, 401, 401])
  expect(row).toEqual([on.clock.now - 30 * day])
})

test('S30: a bearer token slides nothing, and ends with its session', async () => {
  const settings = { AUTH_SESSION_IDLE_SECONDS: '300', AUTH_SESSION_MAX_SECONDS: '300', AUTH_ACCESS_SECONDS: '900' }
  const on = await quickServer({ settings })
  const { bearer, tokens } = await signedUpByToken(on)

  on.clock.pass(299)
  const within = await on.request('/auth/me', { headers: bearer })
  on.clock.pass(1)
  const past = await on.request('/auth/me', { headers: bearer })

  expect(tokens).toMatchObject({ expires_in: 300 })
  expect([within.status, past.status]).toEqual([200, 401])
})

/** A route that demands a fresh sign-in, and one that also changes the account: none of the core's own does yet. */
const freshRoutes = (on: Server) => {
  const guard = newGuard(on.core)
  const routes = new Hono<Env>()
  routes.onError((error, c) => problemResponse(c.var.context, error))
  routes
    .use(protect(on.core.config, on.core.ports))
    .post('/fresh', guard.strict({ fresh: true }), async (c) => c.json(await c.var.context.batch([])))
    .post('/acts', guard.strict({ fresh: true }), async (c) => {
      const stands = standsFor(c.var.caller.evidence)
      return c.json(await c.var.context.batch([statement(sql`update users set name = 'acted' where ${stands}`)]))
    })
    .post('/both', guard.strict({ fresh: true, manages: true }), async (c) => c.json(await c.var.context.batch([])))
  return async (path: string, headers: Record<string, string>): Promise<[number, string | undefined]> => {
    const request = new Request(`https://app.example.com${path}`, { method: 'POST', headers })
    const visit = { address: undefined, country: undefined, waitUntil: () => {} }
    const answer = await routes.fetch(request, visit)
    return [answer.status, (await bodyOf(answer)).code]
  }
}

test.each([
  ['600 s by default', {}, 600],
  ['AUTH_FRESH_SECONDS', { AUTH_FRESH_SECONDS: '30' }, 30],
])('S6: a fresh sign-in is one within %s, whatever slid since', async (_, settings, limit) => {
  const on = await quickServer({ settings })
  const ask = freshRoutes(on)
  const tab = await signedUp(on)
  const headers = () => ({ cookie: `__Host-session=${cookieOf(tab)}`, 'x-auth-client': 'test' })

  on.clock.pass(limit - 1)
  await tab.api.auth.sessions.$get()
  const within = await ask('/fresh', headers())
  on.clock.pass(1)
  const past = await ask('/fresh', headers())
  const again = await signedIn(on, tab.person)
  const anew = await ask('/fresh', { ...headers(), cookie: `__Host-session=${cookieOf(again)}` })

  expect(within).toEqual([200, undefined])
  expect(past).toEqual([403, 'fresh_sign_in_required'])
  expect(anew).toEqual([200, undefined])
})

test('S6: what a route does that demands a fresh sign-in is not done without one, though it rides in the same trip', async () => {
  const on = await quickServer()
  const ask = freshRoutes(on)
  const headers = { cookie: `__Host-session=${cookieOf(await signedUp(on))}`, 'x-auth-client': 'test' }
  on.clock.pass(600)

  const refused = await ask('/acts', headers)

  expect(refused).toEqual([403, 'fresh_sign_in_required'])
  expect(await query(on, 'select name from users')).toEqual([[null]])
  on.clock.pass(-1)
  expect(await ask('/acts', headers)).toEqual([200, undefined])
  expect(await query(on, 'select name from users')).toEqual([['acted']])
})

test('GHSA-w24r-5266-9c3c: fresh and for the account means both, for every pair of them', async () => {
  const on = await quickServer()
  const ask = freshRoutes(on)
  const old = await signedUpByToken(on)
  on.clock.pass(599)
  const young = await accountHolder(on)
  on.clock.pass(1)
  const forApis = await refreshed(on, old.tokens.refresh_token)
  const forAccount = await refreshed(on, forApis.refreshToken, 'account')

  const answers = {
    neither: await ask('/both', forApis.bearer),
    account: await ask('/both', forAccount.bearer),
    fresh: await ask('/both', young.bearer),
    both: await ask('/both', young.account),
    nobody: await ask('/both', {}),
  }

  expect(answers).toEqual({
    neither: [403, 'forbidden'],
    account: [403, 'fresh_sign_in_required'],
    fresh: [403, 'forbidden'],
    both: [200, undefined],
    nobody: [401, 'unauthenticated'],
  })
})
