import { expect, test } from 'vitest'
import { after, faultyDatabase, replyLost } from './faulty-ports.ts'
import { browser, json, mailTo, query, server, signedUp, tokenIn } from './harness.ts'

const verify = '/auth/email/verify'

test('whoever registers is mailed a link that proves the address, good for a day', async () => {
  const on = await server()
  const ada = await signedUp(on)
  const [mail] = await mailTo(on, ada.person)
  on.clock.pass(24 * 60 * 60 - 1)

  const answer = await on.request(verify, json({ token: tokenIn(mail, 'email/verify') }))

  expect([answer.status, on.trips.last]).toEqual([204, 1])
  const { user } = await (await ada.api.auth.session.$get()).json()
  expect(user).toMatchObject({ emailVerified: true })
})

test.each([
  ['a second time', async () => undefined, 1],
  ['past its day', async (on: { clock: { pass(s: number): void } }) => on.clock.pass(24 * 60 * 60), 0],
])('the link proves nothing %s', async (_, meanwhile, uses) => {
  const on = await server()
  const ada = await signedUp(on)
  const [mail] = await mailTo(on, ada.person)
  const shown = json({ token: tokenIn(mail, 'email/verify') })
  for (let i = 0; i < uses; i++) await on.request(verify, shown)
  await meanwhile(on)

  const answer = await on.request(verify, shown)

  expect(await answer.json()).toMatchObject({ status: 410, code: 'code_used_or_expired' })
  expect(await query(on, 'select email_verified from users')).toEqual([[uses]])
})

test('a new link ends the one before it', async () => {
  const on = await server()
  const ada = await signedUp(on)
  const again = await ada.api.auth.email.verify.request.$post({ json: {} })
  const [first, second] = await mailTo(on, ada.person)

  const answers = [first, second].map(async (mail) =>
    on.request(verify, json({ token: tokenIn(mail, 'email/verify') })),
  )

  expect(await again.json()).toEqual({ status: 'pending' })
  expect((await Promise.all(answers)).map(({ status }) => status)).toEqual([410, 204])
})

test('"this was not me" erases the unproven account with all that hangs on it, and signs it out', async () => {
  const on = await server()
  const ada = await signedUp(on)
  const [mail] = await mailTo(on, ada.person)

  const answer = await on.request('/auth/email/disown', json({ token: tokenIn(mail, 'email/disown') }))

  expect([answer.status, on.trips.last]).toEqual([204, 1])
  expect(await query(on, 'select * from users')).toEqual([])
  expect(await (await ada.api.auth.session.$get()).json()).toEqual({ user: null, session: null })
})

test('"this was not me" that is repeated, its reply lost, erases no account that came after the first', async () => {
  const { next, database } = faultyDatabase()
  const on = await server({ database })
  const ada = await signedUp(on)
  const [mail] = await mailTo(on, ada.person)
  const again = async () => {
    on.clock.pass(1)
    await on.request('/auth/register', json(ada.person))
    await on.settled()
  }
  next(replyLost, after(again))

  const answer = await on.request('/auth/email/disown', json({ token: tokenIn(mail, 'email/disown') }))

  expect(answer.status).toBe(204)
  expect(await query(on, 'select email, created_at from users')).toEqual([[ada.person.email, on.clock.now]])
})

test('"this was not me" erases no account whose address was proven', async () => {
  const on = await server()
  const ada = await signedUp(on)
  const [mail] = await mailTo(on, ada.person)
  await on.request(verify, json({ token: tokenIn(mail, 'email/verify') }))

  const answer = await on.request('/auth/email/disown', json({ token: tokenIn(mail, 'email/disown') }))

  expect(answer.status).toBe(410)
  expect(await query(on, 'select email_verified from users')).toEqual([[1]])
})

test('with AUTH_EMAIL_VERIFICATION=off nobody is mailed', async () => {
  const on = await server({ settings: { AUTH_EMAIL_VERIFICATION: 'off' } })
  const ada = await signedUp(on)

  expect(await mailTo(on, ada.person)).toEqual([])
})

test('without a mailer a link cannot be asked for, and the answer names the setting', async () => {
  const on = await server({ mailer: null })
  const { jar } = await signedUp(on)
  const tab = browser(on)
  for (const [name, value] of jar) tab.jar.set(name, value)

  const answer = await tab.api.auth.email.verify.request.$post({ json: {} })

  expect(await answer.json()).toMatchObject({ status: 500, code: 'misconfigured' })
})
