import { expect, test } from 'vitest'
import { cookieOf } from './act.ts'
import { accountHolder, quickServer } from './credentials.ts'
import { faultyDatabase, replyLost, unreachable } from './faulty-ports.ts'
import { bodyOf, json, mailTo, query, type Server, server, signedIn, signedUp } from './harness.ts'

const leave = { method: 'DELETE' }
const verified = (on: Server) => query(on, 'update users set email_verified = 1')
const receipts = async (on: Server, person: { readonly email: string }) =>
  (await mailTo(on, person)).filter(({ subject }) => subject.includes('was deleted'))

test('whoever deletes their account is erased at once, and signed out', async () => {
  const on = await quickServer()
  const ada = await signedUp(on)

  const answer = await ada.fetch('/auth/me', leave)

  expect([answer.status, on.trips.last]).toEqual([204, 1])
  expect(ada.setCookies.map((line) => line.replace(/; .*Max-Age=0.*/, '')).sort()).toEqual([
    '__Host-device=',
    '__Host-session=',
  ])
  expect(await query(on, 'select * from users')).toEqual([])
})

test('the receipt lists what was erased, and goes to the address that the account had', async () => {
  const on = await quickServer()
  const ada = await signedUp(on)
  await signedIn(on, ada.person)
  await verified(on)

  await ada.fetch('/auth/me', leave)

  const [receipt, ...others] = await receipts(on, ada.person)
  expect(others).toEqual([])
  for (const line of ['Account: 1', 'Sessions: 2', 'Passwords: 1', 'Remembered devices: 2', 'by email: 2']) {
    expect(receipt?.text).toContain(line)
  }
  expect(await query(on, "select user_id, sealed, failure from outbox where kind = 'account_deleted'")).toEqual([
    [null, null, null],
  ])
})

test('no stranger can keep the receipt from a proven address by using up its messages', async () => {
  const on = await quickServer()
  const ada = await signedUp(on)
  await verified(on)
  for (let i = 0; i < 6; i++) await on.request('/auth/email/link', json({ email: ada.person.email }))

  await ada.fetch('/auth/me', leave)

  expect(await receipts(on, ada.person)).toHaveLength(1)
})

test('a sign-in that is not recent is asked for again, and nothing is erased', async () => {
  const on = await quickServer()
  const ada = await signedUp(on)
  on.clock.pass(600)

  const answer = await ada.fetch('/auth/me', leave)

  expect(await bodyOf(answer)).toMatchObject({ status: 403, code: 'fresh_sign_in_required' })
  expect(await query(on, 'select count(*) from users')).toEqual([[1]])
  expect(await receipts(on, ada.person)).toEqual([])
})

test('a token for other APIs erases nobody, one for the account does, and clears no cookie', async () => {
  const on = await quickServer()
  const app = await accountHolder(on)

  const foreign = await on.request('/auth/me', { ...leave, headers: app.bearer })
  const own = await on.request('/auth/me', { ...leave, headers: app.account })

  expect([foreign.status, (await bodyOf(foreign)).code]).toEqual([403, 'forbidden'])
  expect([own.status, own.headers.getSetCookie()]).toEqual([204, []])
  expect(await query(on, 'select count(*) from users')).toEqual([[0]])
})

test('of an account that is deleted twice, and 20 times at once, there is one receipt', async () => {
  const on = await quickServer()
  const ada = await signedUp(on)
  const asked = { ...leave, headers: cookieOf(ada.jar) }

  const answers = await Promise.all(Array.from({ length: 20 }, () => on.request('/auth/me', asked)))
  const late = await on.request('/auth/me', asked)

  expect(answers.map(({ status }) => status).sort()).toEqual([204, ...new Array(19).fill(401)])
  expect(late.status).toBe(401)
  expect(await receipts(on, ada.person)).toHaveLength(1)
})

test('S77: where the answer of the database is lost, the repeat finds the account gone, and says so once', async () => {
  const { next, database } = faultyDatabase()
  const on = await quickServer({ database })
  const ada = await signedUp(on)
  await on.settled()

  next(replyLost)
  const answer = await ada.fetch('/auth/me', leave)

  expect([answer.status, on.trips.last]).toEqual([204, 2])
  expect(ada.jar.size).toBe(0)
  expect(await receipts(on, ada.person)).toHaveLength(1)
})

test('S77: a trip that was never made opens no door: a session that ended is 401 at the repeat as well', async () => {
  const { next, database } = faultyDatabase()
  const on = await quickServer({ database })
  const ada = await signedUp(on)
  const headers = cookieOf(ada.jar)
  await ada.api.auth.logout.$post({ json: {} })
  await on.settled()

  next(unreachable)
  const answer = await on.request('/auth/me', { ...leave, headers })

  expect([answer.status, on.trips.last]).toEqual([401, 2])
  expect(await query(on, 'select count(*) from users')).toEqual([[1]])
})

test('the address is free at once: whoever registers it gets another account', async () => {
  const on = await quickServer()
  const ada = await signedUp(on)
  await ada.fetch('/auth/me', leave)

  const again = await bodyOf(await on.request('/auth/register', json(ada.person)))

  expect(again.user.email).toBe(ada.user.email)
  expect(again.user.id).not.toBe(ada.user.id)
})

test('while no mail can be delivered the account is erased all the same, and the receipt waits', async () => {
  const mails: string[] = []
  let isDown = true
  const on = await quickServer({
    mailer: {
      name: 'smtp',
      async send({ to }) {
        if (isDown) throw new Error('down')
        mails.push(to)
        return { status: 'taken' }
      },
    },
  })
  const ada = await signedUp(on)

  const answer = await ada.fetch('/auth/me', leave)
  await on.settled()
  const waiting = await query(on, 'select kind from outbox where next_at is not null or sealed is not null')
  isDown = false
  on.clock.pass(60)
  await on.job()

  expect(answer.status).toBe(204)
  expect(waiting).toEqual([['account_deleted']])
  expect(mails).toEqual([ada.person.email])
})

test('where no mail can be sent at all the account is erased without a receipt', async () => {
  const on = await server({ mailer: null })
  const ada = await signedUp(on)

  const answer = await ada.fetch('/auth/me', leave)

  expect(answer.status).toBe(204)
  expect(await query(on, 'select (select count(*) from users), (select count(*) from outbox)')).toEqual([[0, 0]])
})

test('whoever registers an address and leaves again and again floods nobody: 5 messages an hour', async () => {
  const on = await quickServer()
  const person = { email: 'victim@example.com', password: 'correct horse battery staple' }
  for (let i = 0; i < 5; i++) {
    const { tokens } = await bodyOf(await on.request('/auth/register', json({ ...person, transport: 'token' })))
    const { access_token } = await bodyOf(
      await on.request('/auth/token', json({ refresh_token: tokens.refresh_token, audience: 'account' })),
    )
    await on.request('/auth/me', { ...leave, headers: { authorization: `Bearer ${access_token}` } })
    await on.settled()
  }

  expect(await query(on, 'select count(*) from users')).toEqual([[0]])
  expect(await mailTo(on, person)).toHaveLength(5)
})
