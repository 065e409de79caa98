import { expect, test } from 'vitest'
import { countedHashes, openLimiter, quick } from './faulty-ports.ts'
import { bodyOf, json, mailTo, query, type Server, type ServerOptions, server, somebody, tokenIn } from './harness.ts'

const required = { AUTH_EMAIL_VERIFICATION: 'required' }
const requiring = (options: ServerOptions = {}) =>
  server({ argon2id: quick, limiter: openLimiter, settings: required, ...options })

const register = (on: Server, body: object) => on.request('/auth/register', json(body))

/** Somebody who has registered and opened the link that was mailed. */
const proven = async (on: Server, extra: { username?: string } = {}) => {
  const person = somebody()
  await register(on, { ...person, ...extra })
  const [mail] = await mailTo(on, person)
  const answer = await on.request('/auth/email/verify', json({ token: tokenIn(mail, 'email/verify') }))
  expect(answer.status).toBe(204)
  return person
}

const seen = async (answer: Response) => {
  const { requestId, ...body } = await bodyOf(answer)
  return [answer.status, body, [...answer.headers].filter(([name]) => name !== 'x-request-id').sort()]
}

test('a registration waits for the mailbox: 202 pending, no session, no cookie, and a link that proves the address', async () => {
  const on = await requiring()
  const person = somebody()

  const answer = await register(on, { ...person, transport: 'token' })

  expect([answer.status, await bodyOf(answer), on.trips.last]).toEqual([202, { status: 'pending' }, 1])
  expect(answer.headers.getSetCookie()).toEqual([])
  expect(await query(on, 'select * from sessions')).toEqual([])
  expect((await mailTo(on, person)).map(({ subject }) => subject)).toEqual([
    'Confirm your email address for app.example.com',
  ])
})

test('whoever opened the link signs in with the password alone', async () => {
  const on = await requiring()
  const person = await proven(on)

  const answer = await on.request('/auth/login', json(person))

  expect(await bodyOf(answer)).toMatchObject({ status: 'signed_in', user: { emailVerified: true } })
})

test('S13 better-auth#8839: a registration tells nobody whether the address has an account: answer, trips, hashes, messages', async () => {
  const counter = countedHashes()
  const on = await requiring({ argon2id: counter.quickly })
  const [known, unknown, unproven] = [await proven(on), somebody(), somebody()]
  await register(on, unproven)
  await on.settled()
  const looks: unknown[] = []

  for (const { email } of [known, unknown, unproven]) {
    counter.hashes = 0
    const [before, mailed] = [on.trips.total, on.mailbox.length]
    const answer = await register(on, { email, password: 'quite another password' })
    const [trips, hashes] = [on.trips.last, counter.hashes]
    await on.settled()
    looks.push([await seen(answer), trips, hashes, on.trips.total - before, on.mailbox.length - mailed])
  }

  expect(looks[0]).toEqual(looks[1])
  expect(looks[2]).toEqual(looks[1])
  expect(looks[1]).toMatchObject([[202, { status: 'pending' }, expect.anything()], 1, 1, 2, 1])
})

test('S19: whoever has an account is told so at the stored address, byte for byte, and nothing of it changes', async () => {
  const on = await requiring()
  const email = `Ada.Byron.${crypto.randomUUID()}@Example.com`
  await register(on, { ...somebody(), email })
  const before = await query(on, 'select * from users')

  await register(on, { email: email.toLowerCase(), password: 'quite another password', name: 'Eve' })

  const subjects = (await mailTo(on, { email })).map(({ subject }) => subject)
  expect(subjects).toEqual([
    'Confirm your email address for app.example.com',
    'Your address is already known at app.example.com',
  ])
  expect(await mailTo(on, { email: email.toLowerCase() })).toEqual([])
  expect(await query(on, 'select * from users')).toEqual(before)
  expect((await on.request('/auth/login', json({ email, password: 'quite another password' }))).status).toBe(401)
})

test('a username that is taken is 409 whether or not the address has an account, and mails and counts nothing', async () => {
  const on = await requiring()
  const username = 'countess'
  await proven(on, { username })
  const known = await proven(on)
  await on.settled()
  const mailed = on.mailbox.length

  const answers = []
  for (const { email } of [known, somebody()]) {
    for (let i = 0; i < 6; i++) answers.push(await seen(await register(on, { ...somebody(), email, username })))
  }

  for (const answer of answers) expect(answer).toEqual(answers[0])
  expect(answers[0]).toMatchObject([409, { code: 'username_taken' }, expect.anything()])
  await on.settled()
  expect(on.mailbox.length).toBe(mailed)
})

test('a registration that is one too many for the mailbox makes no account', async () => {
  const on = await requiring()
  const person = somebody()
  for (let i = 0; i < 5; i++) await on.request('/auth/password/forgot', json({ email: person.email }))

  const answer = await register(on, person)

  expect(answer.status).toBe(429)
  expect(await query(on, 'select * from users')).toEqual([])
})

test.each(['required', 'optional', 'off'])(
  'with %s, nobody registers an address that its former owner may still take back',
  async (setting) => {
    const on = await requiring({ settings: { AUTH_EMAIL_VERIFICATION: setting } })
    const { email, password } = somebody()
    await register(on, somebody())
    const [[id] = []] = await query(on, 'select id from users')
    const insert = `insert into codes (hash, purpose, user_id, email, email_canonical, created_at, expires_at)
      values ('h', 'undo_email', ?, ?, ?, 1, ?)`
    await query(on, insert, String(id), email.toUpperCase(), email, on.clock.now + 1)

    const answer = await register(on, { email, password })
    on.clock.pass(1)
    const later = await register(on, { email, password })

    const refusal = setting === 'required' ? [202, undefined] : [409, 'email_taken']
    expect([answer.status, (await bodyOf(answer)).code]).toEqual(refusal)
    expect(later.status).toBe(setting === 'required' ? 202 : 201)
    const toFormer = await mailTo(on, { email: email.toUpperCase() })
    expect(toFormer.length).toBe(setting === 'required' ? 1 : 0)
    expect(await query(on, 'select count(*) from users where email_canonical = ?', email)).toEqual([[1]])
  },
)

test('in optional mode a registration signs in even where its message is one too many for the mailbox', async () => {
  const on = await requiring({ settings: { AUTH_LIMIT_MAIL: '1' } })
  const person = somebody()
  await on.request('/auth/password/forgot', json({ email: person.email }))

  const answer = await register(on, person)

  expect(answer.status).toBe(201)
  expect((await mailTo(on, person)).map(({ subject }) => subject)).toEqual([
    'No account at app.example.com for this address',
  ])
})

test.each([2, 20])(
  'S79: of %i registrations at once for one address, one makes the account and one link is mailed',
  async (many) => {
    const on = await requiring({ settings: { ...required, AUTH_LIMIT_MAIL: '100' } })
    const other = await requiring({ settings: { ...required, AUTH_LIMIT_MAIL: '100' }, beside: on })
    const { email } = somebody()
    const bodies = Array.from({ length: many }, (_, i) => ({ email, password: `a password of my own ${i}` }))

    const answers = await Promise.all(bodies.map((body, i) => register(i % 2 ? other : on, body)))

    expect(answers.map(({ status }) => status)).toEqual(bodies.map(() => 202))
    await other.settled()
    const subjects = (await mailTo(on, { email })).map(({ subject }) => subject)
    expect(subjects.filter((one) => one.startsWith('Confirm'))).toHaveLength(1)
    expect(subjects.filter((one) => one.startsWith('Your address is already known'))).toHaveLength(many - 1)
    expect(await query(on, 'select count(*) from users')).toEqual([[1]])
  },
)
