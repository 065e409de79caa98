import { expect, test } from 'vitest'
import { bodyOf, json, mailTo, query, type Server, server, tokenIn } from './harness.ts'
import { signedUpByPasskey } from './passkeys.ts'

/** An account that has a passkey and nothing else, and the link that was mailed to its address. */
const waiting = async (on: Server) => {
  const tab = await signedUpByPasskey(on)
  const [mail] = await mailTo(on, tab.person)
  return { tab, email: tab.person.email, token: tokenIn(mail, 'email/verify') }
}

test('GHSA-qq9h-g4jm-xgf3: whoever clicks on the link gives no address to a squatter with a passkey, and may claim the account', async () => {
  const on = await server()
  const { email, token } = await waiting(on)

  const clicked = await on.request('/auth/email/verify', json({ token }))

  expect(await bodyOf(clicked)).toMatchObject({ status: 401, code: 'unauthenticated' })
  await on.request('/auth/email/link', json({ email }))
  const link = tokenIn((await mailTo(on, { email })).at(-1), 'email/sign-in')
  expect(await bodyOf(await on.request('/auth/email/sign-in', json({ token: link })))).toMatchObject({
    status: 'signed_in',
    user: { emailVerified: true },
  })
  expect(await query(on, 'select count(*) from passkeys')).toEqual([[0]])
})

test('signed in by the passkey, the link proves the address: the one that was refused elsewhere, too', async () => {
  const on = await server()
  const { tab, token } = await waiting(on)
  await on.request('/auth/email/verify', json({ token }))

  const answer = await tab.fetch('/auth/email/verify', json({ token }))

  expect(answer.status).toBe(204)
  expect(await query(on, 'select email_verified from users')).toEqual([[1]])
})

test('the session of somebody else proves nothing', async () => {
  const on = await server()
  const { token } = await waiting(on)
  const { tab } = await waiting(on)

  const answer = await tab.fetch('/auth/email/verify', json({ token }))

  expect(answer.status).toBe(401)
})
