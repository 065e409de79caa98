import { expect, test } from 'vitest'
import { cookieName, cookieOf, quickServer, showing, userBy } from './credentials.ts'
import { secrets, signedUp } from './harness.ts'

const ring = (...entries: string[]) => ({ settings: { AUTH_SECRET: entries.join(',') } })

test('S56: a new secret in front signs nobody out, and the next check signs with it', async () => {
  const on = await quickServer()
  const rotated = await quickServer({ beside: on, ...ring(secrets[1], secrets[0]) })
  const dropped = await quickServer({ beside: on, ...ring(secrets[1]) })
  const { jar, user } = await signedUp(on)
  const old = cookieOf({ jar })

  const within = await userBy(rotated, `${cookieName}=${old}`)
  const trips = rotated.trips.last
  on.clock.pass(300)
  const renewal = await rotated.request('/auth/session', showing(old))
  const renewed = renewal.headers.getSetCookie()[0]?.split(/[=;]/)[1] ?? ''

  expect([within?.id, trips]).toEqual([user.id, 0])
  expect((await userBy(dropped, `${cookieName}=${renewed}`))?.id).toBe(user.id)
  expect(await userBy(dropped, `${cookieName}=${old}`)).toBeNull()
})

test('S56: a secret that was dropped signs out, with 401 and null, never with a 500', async () => {
  const on = await quickServer()
  const dropped = await quickServer({ beside: on, ...ring(secrets[1]) })
  const cookie = showing(cookieOf(await signedUp(on)))

  const session = await dropped.request('/auth/session', cookie)
  const statuses = await Promise.all(
    ['/auth/me', '/auth/sessions'].map(async (path) => (await dropped.request(path, cookie)).status),
  )
  const logout = await dropped.request('/auth/logout', { ...cookie, method: 'POST' })

  expect(await session.json()).toEqual({ user: null, session: null })
  expect([...statuses, logout.status]).toEqual([401, 401, 204])
})

test('S56: an isolate that has not heard of the new secret yet takes no cookie that it signed, and says nobody', async () => {
  const on = await quickServer()
  const rotated = await quickServer({ beside: on, ...ring(secrets[1], secrets[0]) })
  const { jar } = await signedUp(rotated)

  expect(await userBy(on, `${cookieName}=${cookieOf({ jar })}`)).toBeNull()
  expect(await userBy(rotated, `${cookieName}=${cookieOf({ jar })}`)).not.toBeNull()
})

test('S45: the key of the cookie is derived for it alone: no other use of the secret signs one', async () => {
  const on = await quickServer()
  const [payload = ''] = cookieOf(await signedUp(on)).split('.')

  const macs = await Promise.all(
    (['device-cookie', 'throttle', 'refresh-token'] as const).map((purpose) => on.core.ring.mac(purpose, payload)),
  )
  const users = await Promise.all(macs.map((mac) => userBy(on, `${cookieName}=${payload}.${mac}`)))

  expect(users).toEqual([null, null, null])
})
