import { expect } from 'vitest'
import { bodyOf, cookiesOf, post, type Send } from '../http.ts'

/** A server-side caller of the service at `base`; it follows no redirect and keeps no cookie. */
export const caller =
  (base: string): Send =>
  (path, init = {}) => {
    const headers = new Headers(init.headers)
    headers.set('x-auth-client', 'test')
    return fetch(new URL(path, base), { redirect: 'manual', ...init, headers })
  }

export const password = 'correct horse battery staple'

let people = 0

export const somebody = () => ({ email: `ada.${people++}.${Date.now()}@example.com`, password })

/** Somebody registers, is recognised, gets a token for an API, and revokes it: then both are signed out. */
export const journey = async (send: Send): Promise<void> => {
  const person = somebody()

  const registered = await send('/auth/register', post(person))
  expect(registered.status).toBe(201)
  const { user, session } = await bodyOf(registered)
  expect(user.email).toBe(person.email)

  const cookie = cookiesOf(registered)
  const current = await send('/auth/session', { headers: { cookie } })
  expect(await bodyOf(current)).toMatchObject({ user, session: { id: session.id } })

  const exchanged = await send('/auth/token', post({}, { cookie }))
  const { access_token } = await bodyOf(exchanged)
  const bearer = { authorization: `Bearer ${access_token}` }
  expect(await bodyOf(await send('/auth/me', { headers: bearer }))).toEqual(user)

  const revoked = await send('/auth/token/revoke', post({ token: access_token }))
  expect(revoked.status).toBe(200)
  expect((await send('/auth/me', { headers: bearer })).status).toBe(401)
  const after = await send('/auth/session', { headers: { cookie } })
  expect(await bodyOf(after)).toEqual({ user: null, session: null })
}

/** So many people at once, each of whom asks who they are in between: nobody is ever taken for another. */
export const crowd = async (send: Send, count: number): Promise<void> => {
  const people = Array.from({ length: count }, somebody)

  const mixedUp = await Promise.all(
    people.map(async (person) => {
      const registered = await send('/auth/register', post({ ...person, transport: 'token' }))
      const { user, tokens } = await bodyOf(registered)
      const headers = { authorization: `Bearer ${tokens.access_token}` }
      const answers = [await send('/auth/me', { headers }), await send('/auth/session', { headers })]
      const [me, current] = await Promise.all(answers.map(bodyOf))
      const refreshed = await send('/auth/token', post({ refresh_token: tokens.refresh_token }))
      const claims = JSON.parse(atob((await bodyOf(refreshed)).access_token.split('.')[1]))
      const seen = [user.email, me.email, current.user.email]
      return seen.some((email) => email !== person.email) || claims.sub !== user.id
    }),
  )

  expect(mixedUp).toEqual(people.map(() => false))
}
