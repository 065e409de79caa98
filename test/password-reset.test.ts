import { expect, test } from 'vitest'
import { quick } from './faulty-ports.ts'
import { json, mailTo, type Server, server, signedUp, tokenIn } from './harness.ts'

const newPassword = 'a new one, much better'
const forgot = (on: Server, email: string) => on.request('/auth/password/forgot', json({ email }))

test('a forgotten password is set anew by the link', async () => {
  const on = await server({ argon2id: quick })
  const { person } = await signedUp(on)
  const asked = await forgot(on, person.email)
  const mail = (await mailTo(on, person)).at(-1)

  const answer = await on.request('/auth/password/reset', json({ token: tokenIn(mail, 'password/reset'), newPassword }))

  expect([asked.status, answer.status, on.trips.last]).toEqual([202, 204, 2])
})
