import { expect, test } from 'vitest'
import { proven } from './address-changes.ts'
import { quickServer } from './credentials.ts'
import { faultyDatabase, noFault, openLimiter, replyLost } from './faulty-ports.ts'
import { browser, json, mailTo, query, type Server, signedIn, signedUp, signedUpByToken, tokenIn } from './harness.ts'

const newPassword = 'another good long password'

/** Subjects of what was mailed to somebody, but for the link that proves their address. */
const subjectsTo = async (on: Server, person: { readonly email: string }) =>
  (await mailTo(on, person)).map(({ subject }) => subject).filter((subject) => !subject.startsWith('Confirm'))

const newSignIn = 'New sign-in to app.example.com'
const changed = 'Your password for app.example.com was changed'
const ended = 'We ended a session at app.example.com'

test('S20: a sign-in from a device that the account does not know is told once, in no trip more', async () => {
  const on = await quickServer()
  const ada = await proven(on)
  on.clock.pass(1)

  await signedIn(on, ada.person)

  expect(on.trips.last).toBe(2)
  await on.job()
  expect(await subjectsTo(on, ada.person)).toEqual([newSignIn])
  const { text } = (await mailTo(on, ada.person)).at(-1) ?? {}
  expect(text).toMatch(/Firefox.*Linux[\s\S]*France/)
})

test('S20: the first sign-in of all is no new device, nor is one from a device that the account knows', async () => {
  const on = await quickServer()
  const ada = await proven(on)
  on.clock.pass(1)

  const again = await ada.api.auth.login.$post({ json: ada.person })

  expect(again.status).toBe(200)
  expect(await subjectsTo(on, ada.person)).toEqual([])
})

test('S20: a password that was changed, or set by a link, is told', async () => {
  const on = await quickServer()
  const [ada, bob] = [await proven(on), await proven(on)]
  await on.request('/auth/password/forgot', json({ email: bob.person.email }))
  const token = tokenIn((await mailTo(on, bob.person)).at(-1), 'password/reset')

  await ada.api.auth.password.change.$post({ json: { currentPassword: ada.person.password, newPassword } })
  await on.request('/auth/password/reset', json({ token, newPassword }))

  expect(await subjectsTo(on, ada.person)).toEqual([changed])
  expect(await subjectsTo(on, bob.person)).toEqual(['Reset your password for app.example.com', changed])
})

test('a refresh token that comes back is told by the job, for the trip after the answer is taken', async () => {
  const on = await quickServer()
  const { person, tokens } = await signedUpByToken(on)
  const refresh = () => on.request('/auth/token', json({ refresh_token: tokens.refresh_token }))
  await refresh()
  const atFirst = await on.settled().then(() => query(on, "select * from outbox where kind = 'token_reused'"))
  on.clock.pass(61)

  const stolen = await refresh()

  expect([stolen.status, on.trips.last, atFirst]).toEqual([401, 1, []])
  expect(await subjectsTo(on, person)).toEqual([])
  await on.job()
  expect(await subjectsTo(on, person)).toEqual([ended])
})

test('what did not happen is not told', async () => {
  const on = await quickServer()
  const ada = await proven(on)
  on.clock.pass(1)
  const wrong = 'not this one at all'

  await on.request('/auth/login', json({ ...ada.person, password: wrong }))
  await ada.api.auth.password.change.$post({ json: { currentPassword: wrong, newPassword } })
  await on.request('/auth/password/reset', json({ token: 'A'.repeat(43), newPassword }))
  await query(on, 'update users set suspended_at = 1')
  await on.request('/auth/login', json(ada.person))

  expect(await subjectsTo(on, ada.person)).toEqual([])
})

test('where the reply of a sign-in gets lost, one notice is sent', async () => {
  const { next, database } = faultyDatabase()
  const on = await quickServer({ database })
  const ada = await proven(on)
  await on.settled()
  on.clock.pass(1)
  next(noFault, replyLost)

  await signedIn(on, ada.person)

  expect(await subjectsTo(on, ada.person)).toEqual([newSignIn])
})

test('a notice to a proven address is not counted: the eighth new device of an hour is told too', async () => {
  const on = await quickServer()
  const ada = await proven(on)
  on.clock.pass(1)

  for (let i = 0; i < 8; i++) await signedIn(on, ada.person)

  expect(await subjectsTo(on, ada.person)).toEqual(Array(8).fill(newSignIn))
})

test('whoever signs up with another’s address sends that one 5 messages an hour, whatever they do', async () => {
  const on = await quickServer({ limiter: openLimiter })
  const mallory = await signedUp(on)
  const { email, password } = mallory.person
  on.clock.pass(1)

  for (let i = 0; i < 8; i++) await signedIn(on, mallory.person)
  await mallory.api.auth.password.change.$post({ json: { currentPassword: password, newPassword } })
  for (let i = 0; i < 3; i++) await mallory.api.auth.email.verify.request.$post({ json: {} })
  const within = (await mailTo(on, mallory.person)).length
  on.clock.pass(3600)
  await signedIn(on, { email, password: newPassword })

  expect(within).toBe(5)
  expect(await mailTo(on, mallory.person)).toHaveLength(6)
})

test('without a mailer no notice is written', async () => {
  const on = await quickServer({ mailer: null })
  const { person } = await signedUp(on)
  on.clock.pass(1)

  await browser(on).api.auth.login.$post({ json: person })

  expect(await query(on, 'select * from outbox')).toEqual([])
})
