import { expect, test } from 'vitest'
import { countedHashes } from './faulty-ports.ts'
import { bodyOf, json, mailTo, query, type Server, signedIn, signedUp, signedUpByToken, tokenIn } from './harness.ts'
import { forgot, forgotten, newPassword, owner, reset, resetServer } from './resets.ts'
import { rightCode, secondFactor } from './second-factor.ts'

const login = (on: Server, email: string, password: string) => on.request('/auth/login', json({ email, password }))

test('a reset answers 204 in two trips and signs nobody in; the new password is the way in, the old is not', async () => {
  const on = await resetServer()
  const { person } = await owner(on)
  const token = await forgotten(on, person)
  on.clock.pass(60)

  const answer = await reset(on, token)
  const trips = on.trips.last

  expect([answer.status, await answer.text(), trips]).toEqual([204, '', 2])
  expect(answer.headers.getSetCookie()).toEqual([])
  expect(await query(on, 'select count(*) from sessions where ended_at is null')).toEqual([[0]])
  expect(await query(on, 'select changed_at from passwords')).toEqual([[on.clock.now]])
  expect(on.logs).toContainEqual(expect.objectContaining({ event: 'password.reset' }))
  expect((await login(on, person.email, person.password)).status).toBe(401)
  expect((await login(on, person.email, newPassword)).status).toBe(200)
})

test('S16: a token is good once', async () => {
  const on = await resetServer()
  const { person } = await owner(on)
  const token = await forgotten(on, person)

  const answers = [await reset(on, token), await reset(on, token, 'yet another password')]

  expect(answers.map(({ status }) => status)).toEqual([204, 410])
  expect((await login(on, person.email, newPassword)).status).toBe(200)
})

test.each([
  ['a second before 30 minutes', 1799, 204],
  ['at 30 minutes', 1800, 410],
])('S16: a token shown %s', async (_, seconds, status) => {
  const on = await resetServer()
  const { person } = await owner(on)
  const token = await forgotten(on, person)
  on.clock.pass(seconds)

  const answer = await reset(on, token)

  expect(answer.status).toBe(status)
})

test('S74: nothing is hashed for a token that is junk, used, expired or of another purpose', async () => {
  const counter = countedHashes()
  const on = await resetServer({ argon2id: counter.quickly, settings: { AUTH_EMAIL_VERIFICATION: 'optional' } })
  const { person } = await signedUp(on)
  const verify = tokenIn((await mailTo(on, person))[0], 'email/verify')
  const used = await forgotten(on, person)
  await reset(on, used)
  const expired = await forgotten(on, person)
  on.clock.pass(1800)
  counter.hashes = 0

  for (const token of [used, expired, verify, 'A'.repeat(43), '', 'x', `${expired}=`, '\u0000', "' or 1=1 --"]) {
    const answer = await reset(on, token)

    expect(await bodyOf(answer)).toMatchObject({ status: 410, code: 'code_used_or_expired' })
  }
  expect(counter.hashes).toBe(0)
})

test('a reset takes no token that is longer than any, no other fields, and no others than text', async () => {
  const on = await resetServer()
  const post = (body: object) => on.request('/auth/password/reset', json(body))

  const answers = [
    await post({ newPassword }),
    await post({ token: 'A'.repeat(65), newPassword }),
    await post({ token: ['A'.repeat(43)], newPassword }),
    await post({ token: 'A'.repeat(43), newPassword: { $ne: null } }),
    await post({ token: 'A'.repeat(43) }),
    await post({ token: 'A'.repeat(43), newPassword, email: 'eve@attacker.example' }),
  ]

  const fields = ['token', 'token', 'token', 'newPassword', 'newPassword', 'email']
  for (const [i, answer] of answers.entries()) {
    expect(await bodyOf(answer)).toMatchObject({ status: 422, fields: { [fields[i] ?? '']: expect.any(String) } })
  }
})

test.each([
  ['short', () => 'short'],
  ['common', () => 'password1234'],
  ['the address', (email: string) => email.toUpperCase()],
  ['the name', () => 'Augusta Ada Byron'],
])('a new password that is %s is 422, unhashed, and leaves the token as it is', async (_, weak) => {
  const counter = countedHashes()
  const on = await resetServer({ argon2id: counter.quickly })
  const { person } = await owner(on, { name: 'Augusta Ada Byron' })
  const token = await forgotten(on, person)
  counter.hashes = 0

  const refused = await reset(on, token, weak(person.email))
  const hashes = counter.hashes
  const answer = await reset(on, token)

  expect(await bodyOf(refused)).toMatchObject({ status: 422, fields: { newPassword: expect.any(String) } })
  expect([hashes, answer.status]).toEqual([0, 204])
})

test('S33 S16: a reset ends every session at once, with every token that hangs on it, and those of nobody else', async () => {
  const on = await resetServer()
  const native = await signedUpByToken(on)
  await query(on, 'update users set email_verified = 1')
  const [tab, stranger] = [await signedIn(on, native.person), await owner(on)]

  await reset(on, await forgotten(on, native.person))
  await on.settled()

  expect((await tab.api.auth.me.$get()).status).toBe(401)
  expect((await tab.api.auth.sessions.$get()).status).toBe(401)
  expect((await on.request('/auth/sessions', { headers: native.bearer })).status).toBe(401)
  const refreshed = await on.request('/auth/token', json({ refresh_token: native.tokens.refresh_token }))
  expect(await bodyOf(refreshed)).toMatchObject({ status: 401, code: 'invalid_token' })
  expect((await stranger.api.auth.sessions.$get()).status).toBe(200)
  expect(await query(on, "select count(*) from sessions where ended_reason = 'password_reset'")).toEqual([[2]])
  const ended = on.logs.filter(({ event, reason }) => event === 'session.ended' && reason === 'password_reset')
  expect(ended).toHaveLength(2)
})

test('S33: a sign-in that waits for its second factor ends with the password that began it', async () => {
  const gate = secondFactor()
  const on = await resetServer({ plug: gate.plug })
  const { person } = await owner(on)
  gate.isOn = true
  const { challenge } = await bodyOf(await login(on, person.email, person.password))

  await reset(on, await forgotten(on, person))

  const answer = await on.request('/auth/challenge', json({ id: challenge.id, method: 'totp', code: rightCode }))
  expect(answer.status).toBe(410)
})

test('S15 S16: a reset is no way past a second factor', async () => {
  const gate = secondFactor()
  const on = await resetServer({ plug: gate.plug })
  const { person } = await owner(on)
  gate.isOn = true

  const answer = await reset(on, await forgotten(on, person))
  const after = await login(on, person.email, newPassword)

  expect([answer.status, answer.headers.getSetCookie()]).toEqual([204, []])
  expect(await bodyOf(after)).toMatchObject({ status: 'challenge', challenge: { methods: ['totp'] } })
})

/** Codes of each purpose for one account, past the routes that issue them. */
const issueAll = async (on: Server, userId: string, email: string) => {
  for (const purpose of ['verify_email', 'disown', 'change_email', 'undo_email', 'sign_in_link', 'sign_in_code']) {
    const insert = `insert into codes (hash, purpose, user_id, email, email_canonical, created_at, expires_at)
      values (?, ?, ?, ?, ?, 1, ?)`
    await query(on, insert, `${purpose} ${userId}`, purpose, userId, email, email, on.clock.now + 3600)
  }
}

test('supabase/auth#2.195: a reset ends every code of the account but the link that undoes a change of address', async () => {
  const on = await resetServer()
  const [ada, bob] = [await owner(on), await owner(on)]
  await issueAll(on, ada.user.id, ada.person.email)
  await issueAll(on, bob.user.id, bob.person.email)

  await reset(on, await forgotten(on, ada.person))

  const left = 'select purpose from codes where user_id = ? and used_at is null'
  expect(await query(on, left, ada.user.id)).toEqual([['undo_email']])
  expect(await query(on, left, bob.user.id)).toHaveLength(6)
})

test('supabase/auth#2.195: a link that was mailed before a change of the password or the address is dead after it', async () => {
  const counter = countedHashes()
  const on = await resetServer({ argon2id: counter.quickly })
  const [ada, bob] = [await owner(on), await owner(on)]
  const [before, elsewhere] = [await forgotten(on, ada.person), await forgotten(on, bob.person)]
  await ada.api.auth.password.change.$post({ json: { currentPassword: ada.person.password, newPassword } })
  const moved = "update users set email = 'new@example.com', email_canonical = 'new@example.com' where id = ?"
  await query(on, moved, bob.user.id)
  counter.hashes = 0

  const answers = [await reset(on, before, 'the thief’s own password'), await reset(on, elsewhere)]

  expect([...answers.map(({ status }) => status), counter.hashes]).toEqual([410, 410, 0])
  expect((await login(on, ada.person.email, newPassword)).status).toBe(200)
})

test('a user without a password gets one', async () => {
  const on = await resetServer()
  const { person } = await owner(on)
  await query(on, 'delete from passwords')

  const answer = await reset(on, await forgotten(on, person))

  expect(answer.status).toBe(204)
  expect((await login(on, person.email, newPassword)).status).toBe(200)
})

test('a suspended user may reset the password, and stays suspended', async () => {
  const on = await resetServer()
  const { person } = await owner(on)
  await query(on, 'update users set suspended_at = 1')

  const answer = await reset(on, await forgotten(on, person))

  expect(answer.status).toBe(204)
  expect(await bodyOf(await login(on, person.email, newPassword))).toMatchObject({ code: 'account_suspended' })
})

test('S12: a reset forgets no device: a stranger cannot lock the owner out of it meanwhile', async () => {
  const on = await resetServer({ settings: { AUTH_LIMIT_IDENTIFIER: '1' } })
  const { person, api } = await owner(on)
  await reset(on, await forgotten(on, person))
  await login(on, person.email, 'not this one at all')

  const stranger = await login(on, person.email, newPassword)
  const answer = await api.auth.login.$post({ json: { email: person.email, password: newPassword } })

  expect([stranger.status, answer.status]).toEqual([429, 200])
})

test('GHSA-qq9h-g4jm-xgf3: a reset takes an unproven account from whoever made it, and the address is proven', async () => {
  const on = await resetServer()
  const squatter = await signedUp(on)
  const { person, user } = squatter

  await reset(on, await forgotten(on, person))
  await on.settled()

  expect((await squatter.api.auth.sessions.$get()).status).toBe(401)
  expect((await login(on, person.email, person.password)).status).toBe(401)
  expect(await query(on, 'select count(*) from devices')).toEqual([[0]])
  const answer = await login(on, person.email, newPassword)
  expect(await bodyOf(answer)).toMatchObject({ status: 'signed_in', user: { id: user.id, emailVerified: true } })
  expect(on.logs).toContainEqual(expect.objectContaining({ event: 'account.claimed', userId: user.id }))
  expect(on.mailbox.map(({ subject }) => subject)).toContain('Your address is confirmed at app.example.com')
})

test('a reset of a proven account claims nothing: nobody is told so', async () => {
  const on = await resetServer()
  const { person } = await owner(on)

  await reset(on, await forgotten(on, person))

  expect(on.logs.map(({ event }) => event)).not.toContain('account.claimed')
  const subjects = (await mailTo(on, person)).map(({ subject }) => subject)
  expect(subjects).not.toContain('Your address is confirmed at app.example.com')
})

test('S59: opening the link shows a page and uses nothing', async () => {
  const on = await resetServer()
  const { person } = await owner(on)
  const token = await forgotten(on, person)

  const pages = [await on.request('/auth/password/reset'), await on.request('/auth/password/reset', { method: 'HEAD' })]

  expect(pages.map(({ status }) => status)).toEqual([200, 200])
  expect(await pages[0]?.text()).toContain('Choose a new password')
  expect((await reset(on, token)).status).toBe(204)
})

test('S65: a token in the query is refused', async () => {
  const on = await resetServer()
  const { person } = await owner(on)
  const token = await forgotten(on, person)

  const answer = await on.request(`/auth/password/reset?token=${token}`, json({ newPassword }))

  expect(answer.status).toBe(422)
  expect((await login(on, person.email, person.password)).status).toBe(200)
})

test('in a service that requires proven addresses a reset is all that an unproven account needs to sign in', async () => {
  const on = await resetServer({ settings: { AUTH_EMAIL_VERIFICATION: 'required' } })
  const person = { email: 'ada@example.com', password: 'correct horse battery staple' }
  await on.request('/auth/register', json(person))
  await forgot(on, person.email)
  const mail = (await mailTo(on, person)).at(-1)

  await reset(on, tokenIn(mail, 'password/reset'))

  expect(await bodyOf(await login(on, person.email, newPassword))).toMatchObject({ status: 'signed_in' })
})
