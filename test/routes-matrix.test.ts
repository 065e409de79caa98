import { expect, test } from 'vitest'
import { byAccountToken, cookieOf } from './act.ts'
import { dump, gated } from './acts.ts'
import { openLimiter, quick } from './faulty-ports.ts'
import { bodyOf, json, type Server, server, signedUp, signedUpByToken } from './harness.ts'
import { isUnsafe, routes } from './raw.ts'
import { access, bodies } from './route-access.ts'

const guarded = (on: Server) => routes(on).filter(({ name }) => access[name] !== 'public')

const initOf = (name: string, method: string, headers: Record<string, string>): RequestInit =>
  name in bodies ? { ...json(bodies[name], headers), method } : { method, headers }

const arranged = () => server({ plug: gated, limiter: openLimiter, argon2id: quick })

test('S36: every route of the app has a decision here, and its documentation says the same', async () => {
  const on = await arranged()

  const names = routes(on).map(({ name }) => name)

  expect(names.sort()).toEqual(Object.keys(access).sort())
  for (const { name, guard } of routes(on)) {
    if (name === 'POST /auth/token') continue
    expect.soft(guard !== undefined, name).toBe(access[name] !== 'public')
  }
})

const strangers: [string, Record<string, string>][] = [
  ['nobody', {}],
  ['an empty cookie', { cookie: '__Host-session=' }],
  ['a cookie that was never signed', { cookie: `__Host-session=${btoa('["ses_a","usr_a"]')}.${'A'.repeat(43)}` }],
  ['a session id for a cookie', { cookie: `__Host-session=ses_${'A'.repeat(22)}` }],
  ['a bearer of nothing', { authorization: 'Bearer x' }],
  ['basic credentials', { authorization: 'Basic YWRhOmFkYQ==' }],
]

test.each(strangers)('S36: a route that wants a caller answers %s 401 and does nothing', async (_, headers) => {
  const on = await arranged()
  await signedUp(on)
  const before = await dump(on)

  for (const { name, method, target } of guarded(on)) {
    const answer = await on.request(target, initOf(name, method, headers))

    expect.soft(answer.status, name).toBe(401)
    expect.soft(await bodyOf(answer)).toMatchObject({ code: 'unauthenticated' })
  }
  expect(await dump(on)).toEqual(before)
})

test('S34, S36, GHSA-4vcf-q4xf-f48m: with the id of another user no route finds anything, nor changes it', async () => {
  const on = await arranged()
  const [owner, other] = [await signedUp(on), await signedUp(on)]
  const app = await byAccountToken(on)
  const before = await dump(on)

  for (const { name, method, path } of routes(on).filter(({ path }) => path.includes(':'))) {
    for (const headers of [cookieOf(other.jar), app.bearer]) {
      for (const id of [owner.session.id, owner.user.id]) {
        const answer = await on.request(path.replace(':id', id), initOf(name, method, headers))

        expect.soft(answer.status, name).toBe(404)
      }
    }
  }
  expect(await dump(on)).toEqual(before)
  expect((await owner.api.auth.sessions.$get()).status).toBe(200)
})

test('S34: the same id and its owner: the session ends', async () => {
  const on = await arranged()
  const owner = await signedUp(on)

  const answer = await on.request(`/auth/sessions/${owner.session.id}`, {
    method: 'DELETE',
    headers: cookieOf(owner.jar),
  })

  expect(answer.status).toBe(204)
  expect((await owner.api.auth.sessions.$get()).status).toBe(401)
})

test('S36: whatever one user does, the rows of another stay as they are', async () => {
  const on = await arranged()
  const owner = await signedUp(on, { name: 'Ada' })
  const rowsOfOwner = async () => {
    const tables = Object.entries(await dump(on, 'users', 'passwords', 'sessions', 'devices'))
    return tables.map(([name, rows]) => [name, rows.filter((row) => row.includes(owner.user.id))])
  }
  const before = await rowsOfOwner()

  for (const { name, method, target } of routes(on)) {
    const other = await signedUp(on)
    await on.request(target, initOf(name, method, cookieOf(other.jar)))
    await on.settled()
  }

  expect(await rowsOfOwner()).toEqual(before)
})

test('S34: a list of sessions holds one’s own and no other’s', async () => {
  const on = await arranged()
  const [owner, other] = [await signedUp(on), await signedUp(on)]

  const { sessions } = await bodyOf(await other.fetch('/auth/sessions'))

  expect(sessions.map(({ id }: { id: string }) => id)).toEqual([other.session.id])
  expect(JSON.stringify(sessions)).not.toContain(owner.session.id)
})

/** An isolate that no hint ever reaches. */
const deaf = (on: Server) =>
  server({
    beside: on,
    plug: gated,
    limiter: openLimiter,
    argon2id: quick,
    hints: () => ({ get: async () => undefined }),
  })

test('better-auth#9991, better-auth#9967, S31: a cookie in its lease whose session has ended opens no strict route', async () => {
  const on = await arranged()
  const { jar, api } = await signedUp(on)
  const headers = cookieOf(jar)
  await api.auth.logout.$post({ json: {} })
  await on.settled()
  const elsewhere = await deaf(on)
  const before = await dump(on)

  for (const { name, method, target } of routes(on)) {
    if (access[name] !== 'strict') continue
    const answer = await elsewhere.request(target, initOf(name, method, headers))

    expect.soft(answer.status, name).toBe(401)
    expect.soft(answer.headers.getSetCookie(), name).toEqual([])
  }
  expect((await elsewhere.request('/auth/me', { headers })).status).toBe(200)
  expect(await dump(on)).toEqual(before)
})

test('better-auth#9967: nor does a bearer token whose session has ended open any route at all', async () => {
  const on = await arranged()
  const { bearer, tokens } = await byAccountToken(on)
  await on.request('/auth/token/revoke', json({ token: tokens.refresh_token }))
  await on.settled()
  const elsewhere = await deaf(on)
  const before = await dump(on)

  for (const { name, method, target } of guarded(on)) {
    const answer = await elsewhere.request(target, initOf(name, method, bearer))

    expect.soft(answer.status, name).toBe(401)
  }
  expect(await dump(on)).toEqual(before)
})

test('S36: a token for other APIs reads, but not all that is stored, and changes nothing of the account', async () => {
  const on = await arranged()
  const { bearer } = await signedUpByToken(on)
  const before = await dump(on)

  for (const { name, method, target } of guarded(on)) {
    const answer = await on.request(target, initOf(name, method, bearer))

    expect.soft(answer.status, name).toBe(method === 'GET' && name !== 'GET /auth/me/export' ? 200 : 403)
  }
  const logout = await on.request('/auth/logout', { method: 'POST', headers: bearer })

  expect(logout.status).toBe(403)
  expect(await dump(on)).toEqual(before)
})

test.each(['GET', 'HEAD'])('S59: no %s changes a row, whoever asks', async (method) => {
  const on = await arranged()
  const { jar } = await signedUp(on)
  const { bearer } = await signedUpByToken(on)
  const before = await dump(on)

  for (const { target } of routes(on).filter((route) => !isUnsafe(route))) {
    for (const headers of [{}, cookieOf(jar), bearer, { cookie: '__Host-session=x' }]) {
      await on.request(target, { method, headers })
      await on.settled()
    }
  }

  expect(await dump(on)).toEqual(before)
})

test('S59: but that one past its lease slides the caller’s own session', async () => {
  const on = await arranged()
  const { jar, session } = await signedUp(on)
  await signedUp(on)
  const before = await dump(on)
  on.clock.pass(300)

  await on.request('/auth/session', { headers: cookieOf(jar) })
  await on.settled()

  const changed = Object.entries(await dump(on)).flatMap(([name, rows]) =>
    rows.filter((row) => !before[name]?.some((old) => String(old) === String(row))).map(([id]) => [name, id]),
  )
  expect(changed).toEqual([['sessions', session.id]])
})
