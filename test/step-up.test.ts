import { expect, test } from 'vitest'
import { cookieOf } from './act.ts'
import { quickServer } from './credentials.ts'
import { faultyDatabase, noFault, replyLost } from './faulty-ports.ts'
import { bodyOf, json, password, query, type Server, signedUp, signedUpByToken, somebody } from './harness.ts'

const path = '/auth/session/refresh-auth'
const proof = { method: 'password', password } as const

/** A browser whose sign-in is too old for what wants a fresh one. */
const stale = async (on: Server) => {
  const ada = await signedUp(on)
  on.clock.pass(601)
  expect((await ada.fetch('/auth/me/export')).status).toBe(403)
  return ada
}

test('S29: a password makes a session fresh: the same id, a new secret, and the old cookie is dead', async () => {
  const on = await quickServer()
  const ada = await stale(on)
  const old = cookieOf(ada.jar)

  const answer = await ada.api.auth.session['refresh-auth'].$post({ json: proof })

  expect(await bodyOf(answer)).toMatchObject({
    status: 'signed_in',
    user: { id: ada.user.id },
    session: { id: ada.session.id, methods: ['password'], current: true },
  })
  expect((await ada.fetch('/auth/me/export')).status).toBe(200)
  await on.settled()
  const before = await bodyOf(await on.request('/auth/session', { headers: old }))
  expect(before).toEqual({ user: null, session: null })
  expect((await on.request('/auth/sessions', { headers: old })).status).toBe(401)
})

test('it takes two trips, and at most one after the answer', async () => {
  const on = await quickServer()
  const ada = await stale(on)
  const { total } = on.trips

  await ada.api.auth.session['refresh-auth'].$post({ json: proof })

  expect(on.trips.last).toBe(2)
  await on.settled()
  expect(on.trips.total - total).toBeLessThanOrEqual(3)
})

test('by bearer it makes the session fresh, whose next tokens say since when', async () => {
  const on = await quickServer()
  const app = await signedUpByToken(on)
  on.clock.pass(601)
  const asked = json({ refresh_token: app.tokens.refresh_token, audience: 'account' })
  const { access_token, refresh_token } = await bodyOf(await on.request('/auth/token', asked))
  const bearer = { authorization: `Bearer ${access_token}` }
  expect((await on.request('/auth/me/export', { headers: bearer })).status).toBe(403)

  const answer = await on.request(path, json(proof, bearer))

  expect(answer.headers.getSetCookie()).toEqual([])
  const { tokens } = await bodyOf(answer)
  const fresh = { authorization: `Bearer ${tokens.access_token}` }
  expect((await on.request('/auth/me/export', { headers: fresh })).status).toBe(200)
  const next = await bodyOf(await on.request('/auth/token', json({ refresh_token })))
  const claims = JSON.parse(atob(next.access_token.split('.')[1].replaceAll('-', '+').replaceAll('_', '/')))
  expect(claims).toMatchObject({ auth_time: on.clock.now, acr: 'aal1', amr: ['password'] })
})

test('S29: what a thief of the cookie made of it before is no fresher for what its owner shows', async () => {
  const on = await quickServer()
  const ada = await stale(on)
  const stolen = await bodyOf(await on.request('/auth/token', json({ audience: 'account' }, cookieOf(ada.jar))))
  const thief = { authorization: `Bearer ${stolen.access_token}` }

  expect((await ada.api.auth.session['refresh-auth'].$post({ json: proof })).status).toBe(200)

  expect((await on.request('/auth/me/export', { headers: thief })).status).toBe(403)
  expect((await on.request('/auth/me', { method: 'DELETE', headers: thief })).status).toBe(403)
})

test('by bearer the cookie of the session stays as good as it was', async () => {
  const on = await quickServer()
  const ada = await stale(on)
  const { access_token } = await bodyOf(await ada.fetch('/auth/token', json({ audience: 'account' })))

  const answer = await on.request(path, json(proof, { authorization: `Bearer ${access_token}` }))

  expect(answer.status).toBe(200)
  expect((await ada.fetch('/auth/sessions')).status).toBe(200)
})

test('GHSA-hp74-gm6m-2qm5: the presence of a cookie proves nothing', async () => {
  const on = await quickServer()

  const answer = await on.request(path, json(proof, { cookie: '__Host-session=deadbeef' }))

  expect(await bodyOf(answer)).toMatchObject({ status: 401, code: 'unauthenticated' })
})

test('a wrong password is 403, the session stays as it was, and nobody is signed out', async () => {
  const on = await quickServer()
  const ada = await stale(on)

  const answer = await ada.fetch(path, json({ ...proof, password: 'not the password of anybody' }))

  expect(await bodyOf(answer)).toMatchObject({ status: 403, code: 'wrong_credentials' })
  expect((await ada.fetch('/auth/me/export')).status).toBe(403)
  expect((await ada.fetch('/auth/sessions')).status).toBe(200)
})

test('GHSA-f66q-9rf6-8795: the password of somebody else makes nobody fresh', async () => {
  const on = await quickServer()
  const ada = await stale(on)
  const bob = { ...somebody('bob'), password: 'another long password of bob' }
  await on.request('/auth/register', json(bob))

  const answer = await ada.fetch(path, json({ ...proof, password: bob.password }))

  expect(answer.status).toBe(403)
})

test.each([
  ['a method that the account does not have', { method: 'totp', code: '123456' }, 'method'],
  ['a method that never steps up', { method: 'email', code: '123456' }, 'method'],
  ['a recovery code', { method: 'recovery', code: 'BCDF-GHJK-MNPQ' }, 'method'],
  ['no method', {}, 'method'],
])('%s is 422, and says where', async (_, body, field) => {
  const on = await quickServer()
  const ada = await stale(on)

  const answer = await ada.fetch(path, json(body))

  expect(answer.status).toBe(422)
  expect(Object.keys((await bodyOf(answer)).fields)).toEqual([field])
})

test('no password at all is wrong, and hashes nothing', async () => {
  const on = await quickServer()
  const ada = await stale(on)

  const answer = await ada.fetch(path, json({ method: 'password' }))

  expect(answer.status).toBe(403)
})

test('S10: guesses are counted as those at a change of the password are, the right one too once they are too many', async () => {
  const on = await quickServer()
  const { jar } = await stale(on)
  const headers = { cookie: `__Host-session=${jar.get('__Host-session')}` }
  const wrong = json({ ...proof, password: 'not the password of anybody' }, headers)
  for (let guess = 0; guess < 10; guess++) expect((await on.request(path, wrong)).status).toBe(403)

  const answer = await on.request(path, json(proof, headers))

  expect(answer.status).toBe(429)
  expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0)
})

test('S29: of two at once one is fresh, and the other is told to try again or is signed in by what it has', async () => {
  const on = await quickServer()
  const ada = await stale(on)
  const headers = cookieOf(ada.jar)

  const answers = await Promise.all([1, 2].map(() => on.request(path, json(proof, headers))))

  const won = answers.filter(({ status }) => status === 200)
  expect(won).toHaveLength(1)
  expect([401, 409]).toContain(answers.find(({ status }) => status !== 200)?.status)
  expect(await query(on, 'select count(*) from sessions where ended_at is null')).toEqual([[1]])
})

test.each([0, 1])('S77: where the answer to trip %i is lost, its repeat finds what was done', async (trip) => {
  const { next, database } = faultyDatabase()
  const on = await quickServer({ database })
  const ada = await stale(on)
  await on.settled()
  next(...Array(trip).fill(noFault), replyLost)

  const answer = await ada.api.auth.session['refresh-auth'].$post({ json: proof })

  expect(answer.status).toBe(200)
  expect((await ada.fetch('/auth/me/export')).status).toBe(200)
})
