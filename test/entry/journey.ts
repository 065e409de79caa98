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

const password = 'correct horse battery staple'

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

/**
 * So many people, of whom some register at once (no more than a process will hash for), and all ask at once who they
 * are, by the cookie that they were given and by the token that it gives: nobody is ever taken for another.
 */
export const crowd = async (send: Send, count: number): Promise<void> => {
  const everybody: { email: string; cookie: string; user: { id: string; email: string } }[] = []
  const signUp = async ({ email, password }: ReturnType<typeof somebody>) => {
    const answer = await send('/auth/register', post({ email, password }))
    everybody.push({ email, cookie: cookiesOf(answer), user: (await bodyOf(answer)).user })
  }
  while (everybody.length < count) await Promise.all(Array.from({ length: 6 }, somebody).map(signUp))

  const seen = await Promise.all(
    everybody.map(async ({ email, cookie, user }) => {
      const [me, current, { access_token }] = await Promise.all([
        send('/auth/me', { headers: { cookie } }).then(bodyOf),
        send('/auth/session', { headers: { cookie } }).then(bodyOf),
        send('/auth/token', post({}, { cookie })).then(bodyOf),
      ])
      const again = await send('/auth/me', { headers: { authorization: `Bearer ${access_token}` } }).then(bodyOf)
      return [user, me, current.user, again].every((one) => one.email === email && one.id === user.id)
    }),
  )

  expect(seen).toEqual(everybody.map(() => true))
}
