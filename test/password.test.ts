import { expect, test } from 'vitest'
import { bodyOf, browser, json, server, signedUp, signedUpByToken } from './harness.ts'

test('a visitor registers, reads the session, gets a token, refreshes and signs out', async () => {
  const on = await server()
  const { api, person } = await signedUp(on, { name: 'Ada' })
  expect(on.trips.last).toBe(1)

  const session = await api.auth.session.$get()
  expect(await session.json()).toMatchObject({ user: { email: person.email, name: 'Ada' } })
  expect(on.trips.last).toBe(0)

  const token = await api.auth.token.$post({ json: {} })
  expect(token.status).toBe(200)

  expect((await api.auth.logout.$post({ json: {} })).status).toBe(204)
  expect(await (await api.auth.session.$get()).json()).toEqual({ user: null, session: null })
})

test('login takes two trips and answers the user', async () => {
  const on = await server()
  const { person } = await signedUp(on)
  const tab = browser(on)
  const answer = await tab.api.auth.login.$post({ json: person })
  expect(answer.status).toBe(200)
  expect(on.trips.last).toBe(2)
  const wrong = await tab.api.auth.login.$post({ json: { ...person, password: 'not this one at all' } })
  expect(wrong.status).toBe(401)
  expect(await wrong.json()).toMatchObject({ code: 'wrong_credentials' })
})

test('a refresh token rotates', async () => {
  const on = await server()
  const { tokens } = await signedUpByToken(on)
  const next = await on.request('/auth/token', json({ refresh_token: tokens.refresh_token }))
  expect(next.status).toBe(200)
  const again = await on.request('/auth/token', json({ refresh_token: tokens.refresh_token }))
  expect(await again.json()).toMatchObject({ refresh_token: (await bodyOf(next)).refresh_token })
  expect(on.trips.last).toBe(1)
})

test('a password change ends other sessions', async () => {
  const on = await server()
  const first = await signedUp(on)
  const other = browser(on)
  await other.api.auth.login.$post({ json: first.person })
  const change = await first.api.auth.password.change.$post({
    json: { currentPassword: first.person.password, newPassword: 'another good long password' },
  })
  expect(change.status).toBe(200)
  expect(on.trips.last).toBe(2)
  await on.settled()
  expect(await (await other.api.auth.me.$get()).status).toBe(401)
  expect((await first.api.auth.me.$get()).status).toBe(200)
})
