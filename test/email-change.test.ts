import { expect, test } from 'vitest'
import { confirm, confirmToken, moved, proven } from './address-changes.ts'
import { accountHolder, quickServer } from './credentials.ts'
import { openLimiter } from './faulty-ports.ts'
import {
  type Browser,
  bodyOf,
  json,
  mailTo,
  query,
  type Server,
  signedIn,
  signedUp,
  signedUpByToken,
  somebody,
  tokenIn,
} from './harness.ts'
import { rightCode, secondFactor } from './second-factor.ts'

const emailsOf = (on: Server) => query(on, 'select email, email_verified from users')

const ask = ({ api }: Pick<Browser, 'api'>, newEmail: string) => api.auth.email.change.$post({ json: { newEmail } })

test('the new address counts for nothing until it is proven, and then for all', async () => {
  const on = await quickServer()
  const ada = await proven(on)
  const { email, password } = ada.person
  const newEmail = somebody('countess').email
  const asked = await ask(ada, newEmail)
  const askedTrips = on.trips.last
  const before = await emailsOf(on)
  const [mail] = await mailTo(on, { email: newEmail })
  on.clock.pass(24 * 60 * 60 - 1)

  const answer = await confirm(on, tokenIn(mail, 'email/change/confirm'))

  expect([asked.status, await asked.json(), askedTrips]).toEqual([202, { status: 'pending' }, 1])
  expect(before).toEqual([[email, 1]])
  expect([answer.status, on.trips.last]).toEqual([204, 1])
  expect(await emailsOf(on)).toEqual([[newEmail, 1]])
  const logins = [email, newEmail].map((one) => on.request('/auth/login', json({ email: one, password })))
  expect((await Promise.all(logins)).map(({ status }) => status)).toEqual([401, 200])
})

test('every session goes on, and shows the new address with its next look at the hint', async () => {
  const on = await quickServer()
  const ada = await proven(on)
  const elsewhere = await signedIn(on, ada.person)
  const newEmail = somebody().email

  await moved(on, ada, ada.person.email, newEmail)
  await on.settled()

  for (const { api } of [ada, elsewhere]) {
    const { user } = await (await api.auth.session.$get()).json()
    expect(user).toMatchObject({ email: newEmail, emailVerified: true })
  }
})

test('by a bearer token that may change the account, it is the same', async () => {
  const on = await quickServer()
  const { account } = await accountHolder(on)
  const newEmail = somebody().email

  const asked = await on.request('/auth/email/change', json({ newEmail }, account))

  expect(asked.status).toBe(202)
  const token = tokenIn((await mailTo(on, { email: newEmail })).at(-1), 'email/change/confirm')
  expect((await confirm(on, token)).status).toBe(204)
})

test('the link leads to the page of the app, where one is given', async () => {
  const on = await quickServer()
  const ada = await signedUp(on)
  const newEmail = somebody().email

  await ada.api.auth.email.change.$post({ json: { newEmail, redirectTo: 'https://app.example.com/settings?tab=mail' } })

  const [mail] = await mailTo(on, { email: newEmail })
  expect(mail?.text).toMatch(/https:\/\/app\.example\.com\/settings\?tab=mail#token=[\w-]{43}\s/)
})

test.each([
  ['a second time', async () => undefined, 1],
  ['past its day', async (on: Server) => on.clock.pass(24 * 60 * 60), 0],
])('the link changes nothing %s', async (_, meanwhile, uses) => {
  const on = await quickServer()
  const ada = await proven(on)
  const token = await confirmToken(on, ada, somebody().email)
  for (let i = 0; i < uses; i++) await confirm(on, token)
  await meanwhile(on)
  const before = await query(on, 'select * from users')

  const answer = await confirm(on, token)

  expect(await answer.json()).toMatchObject({ status: 410, code: 'code_used_or_expired' })
  expect(await query(on, 'select * from users')).toEqual(before)
})

test('a new link ends the one before it, whether or not the address that it was for is taken', async () => {
  const on = await quickServer()
  const [ada, bob] = [await proven(on), await signedUp(on)]
  const first = await confirmToken(on, ada, somebody().email)
  const second = await confirmToken(on, ada, somebody().email)
  const afterFirst = await confirm(on, first)
  await ask(ada, bob.person.email)

  const afterSecond = await confirm(on, second)

  expect([afterFirst.status, afterSecond.status]).toEqual([410, 410])
})

test('an address that somebody else has proven meanwhile is theirs, and the link stays good for nothing but that', async () => {
  const on = await quickServer()
  const ada = await proven(on)
  const newEmail = somebody().email
  const token = await confirmToken(on, ada, newEmail)
  await on.request('/auth/register', json({ email: newEmail, password: ada.person.password }))

  const answer = await confirm(on, token)
  await query(on, 'delete from users where email = ?', newEmail)
  const again = await confirm(on, token)

  expect(await bodyOf(answer)).toMatchObject({ status: 409, code: 'email_taken' })
  expect(again.status).toBe(204)
})

test('S19: an address is changed to, and mailed to, byte for byte as it was given; that of another as that one gave it', async () => {
  const on = await quickServer()
  const ada = await proven(on)
  const bob = { email: 'Bob.B@Example.com', password: ada.person.password }
  await on.request('/auth/register', json(bob))

  await ask(ada, 'bob.b@example.COM')
  const token = await confirmToken(on, ada, 'Countess.Ada@Example.com')
  await confirm(on, token)
  await on.settled()

  expect(on.mailbox.filter(({ subject }) => subject.startsWith('Your address is')).map(({ to }) => to)).toEqual([
    bob.email,
  ])
  expect(await query(on, 'select email, email_canonical from users order by created_at, email')).toContainEqual([
    'Countess.Ada@Example.com',
    'countess.ada@example.com',
  ])
})

test('S20: the old address is told, with a link where it was proven', async () => {
  const on = await quickServer()
  const ada = await proven(on)

  await confirm(on, await confirmToken(on, ada, somebody().email))

  const mail = (await mailTo(on, ada.person)).at(-1)
  expect(mail?.subject).toBe('Your email address for app.example.com was changed')
  expect(tokenIn(mail, 'email/change/undo')).toHaveLength(43)
})

test('S20: the old address is told without a link where nobody had proven it: it may be a stranger’s, mistyped', async () => {
  const on = await quickServer()
  const ada = await signedUp(on)
  const newEmail = somebody().email

  await confirm(on, await confirmToken(on, ada, newEmail))

  const mail = (await mailTo(on, ada.person)).at(-1)
  expect(mail?.subject).toBe('Your email address for app.example.com was changed')
  expect(mail?.text).not.toContain('#token=')
  expect(await query(on, "select * from codes where purpose = 'undo_email'")).toEqual([])
  expect(await emailsOf(on)).toEqual([[newEmail, 1]])
})

test('supabase/auth 2.195: once the address has changed, every secret that was mailed before is dead, and every sign-in on hold', async () => {
  const gate = secondFactor()
  const on = await quickServer({ plug: gate.plug })
  const ada = await signedUp(on)
  gate.isOn = true
  const { challenge } = await bodyOf(await on.request('/auth/login', json(ada.person)))
  await on.request('/auth/password/forgot', json({ email: ada.person.email }))
  const token = await confirmToken(on, ada, somebody().email)
  const mails = await mailTo(on, ada.person)
  const before = await query(on, 'select purpose from codes where used_at is null order by purpose')

  await confirm(on, token)

  expect(before.flat()).toEqual(['change_email', 'disown', 'reset_password', 'verify_email'])
  expect(await query(on, 'select purpose from codes where used_at is null')).toEqual([])
  const newPassword = 'another good long password'
  const answers = [
    on.request('/auth/email/verify', json({ token: tokenIn(mails[0], 'email/verify') })),
    on.request('/auth/email/disown', json({ token: tokenIn(mails[0], 'email/disown') })),
    on.request('/auth/password/reset', json({ token: tokenIn(mails[1], 'password/reset'), newPassword })),
    on.request('/auth/challenge', json({ id: challenge.id, method: 'totp', code: rightCode })),
  ]
  expect((await Promise.all(answers)).map(({ status }) => status)).toEqual([410, 410, 410, 410])
})

test('a session that is not fresh asks in vain, and nothing is mailed or counted', async () => {
  const on = await quickServer()
  const ada = await proven(on)
  const newEmail = somebody().email
  on.clock.pass(600)

  const answer = await ask(ada, newEmail)

  expect(await bodyOf(answer)).toMatchObject({ status: 403, code: 'fresh_sign_in_required' })
  expect(await mailTo(on, { email: newEmail })).toEqual([])
  expect(await query(on, "select * from codes where purpose = 'change_email'")).toEqual([])
  expect(await query(on, 'select * from throttle')).toEqual([])
})

test.each([
  ['a token for other APIs', async (on: Server) => (await signedUpByToken(on)).bearer, [403, 'forbidden']],
  ['nobody', async () => ({}), [401, 'unauthenticated']],
  [
    'a session that has ended',
    async (on: Server) => {
      const { account } = await accountHolder(on)
      await query(on, 'update sessions set ended_at = 1')
      return account
    },
    [401, 'unauthenticated'],
  ],
])('%s changes no address', async (_, headersOf, refusal) => {
  const on = await quickServer()
  const headers = await headersOf(on)
  const newEmail = somebody().email

  const answer = await on.request('/auth/email/change', json({ newEmail }, { ...headers }))

  const { status, code } = await bodyOf(answer)
  expect([status, code]).toEqual(refusal)
  expect(await mailTo(on, { email: newEmail })).toEqual([])
  expect(await query(on, "select * from codes where purpose = 'change_email'")).toEqual([])
})

test('the own address is refused by its field, in every spelling, and is not counted', async () => {
  const on = await quickServer()
  const ada = await proven(on)

  for (const newEmail of [ada.person.email, ada.person.email.toUpperCase()]) {
    const answer = await ask(ada, newEmail)

    expect(await bodyOf(answer)).toMatchObject({ status: 422, fields: { newEmail: expect.any(String) } })
  }
  expect(await mailTo(on, ada.person)).toHaveLength(1)
  expect(await query(on, 'select * from throttle')).toEqual([])
})

test('an account asks for 5 changes an hour, and one recipient is asked 5 times, known or not', async () => {
  const on = await quickServer({ limiter: openLimiter })
  const { email: known } = (await signedUp(on)).person
  on.clock.pass(3600)
  const ada = await proven(on)
  const unknown = somebody().email
  const asked = (newEmail: string) => async () => ask(await signedUp(on), newEmail)
  const one = () => ask(ada, somebody().email)

  const seen: unknown[] = []
  for (const request of [one, asked(known), asked(unknown)]) {
    const answers = []
    for (let i = 0; i < 6; i++) answers.push(await request())
    seen.push(answers.map(({ status }) => status))
    expect(answers.at(-1)?.headers.get('retry-after')).toBe('3600')
  }

  expect(seen).toEqual(Array(3).fill([202, 202, 202, 202, 202, 429]))
  expect(await query(on, "select count(*) from codes where purpose = 'change_email'")).toEqual([[1 + 5 + 5]])
})

test('without a mailer no change can be asked for, and the answer names the setting', async () => {
  const on = await quickServer({ mailer: null })
  const ada = await signedUp(on)

  const answer = await ask(ada, somebody().email)

  expect(await bodyOf(answer)).toMatchObject({ status: 500, code: 'misconfigured' })
})
