import { expect, test } from 'vitest'
import { bodyOf, browser, mailTo, type Server, somebody, tokenIn } from './harness.ts'
import { refuse } from './mailers/mails.ts'
import { mailingBy, mailServer, overSmtp, type Transport } from './mailers/transports.ts'

/** Waits no longer for a server that hangs than a test may. */
const impatient = (transport: Transport): Transport => ({
  ...transport,
  mailer: { ...transport.mailer, send: (mail) => transport.mailer.send(mail, 2000) },
})

/** The servers are those of the whole run: nobody else in it has this address. */
const stranger = () => ({ ...somebody(), email: `ada.${crypto.randomUUID()}@example.com` })

const nobodyThere = overSmtp('smtp://127.0.0.1:1')

const mailState = async (on: Server) => (await bodyOf(await on.request('/auth/readyz'))).mail

const toldOf = (on: Server, wanted: string) => on.logs.filter(({ event }) => event === wanted)

test('a message outlasts a server that is down, hangs, and refuses for now: requests succeed, and the link still works', async () => {
  const on = await mailingBy(impatient(mailServer()))
  const before = await mailingBy(nobodyThere, { beside: on })
  const person = stranger()
  await refuse(person.email, 'hang', '421 4.3.2 Going down', '451 4.3.0 Later', '550 5.7.1 Relaying denied')

  const answer = await browser(before).api.auth.register.$post({ json: person })
  await before.settled()
  const states = []
  for (const pause of [60, 5 * 60, 15 * 60, 60 * 60, 3 * 60 * 60]) {
    states.push(await mailState(on))
    on.clock.pass(pause)
    await on.job()
  }

  expect(answer.status).toBe(201)
  expect(states).toEqual(Array(5).fill({ mailer: 'smtp', waiting: 1, dead: 0 }))
  expect(toldOf(before, 'mail.failed')).toHaveLength(1)
  expect(toldOf(on, 'mail.failed').map(({ error }) => error)).toEqual([
    expect.stringContaining('timeout'),
    expect.stringContaining('421'),
    expect.stringContaining('451 4.3.0'),
    expect.stringContaining('550 5.7.1'),
  ])
  const [letter, ...more] = await mailTo(on, person)
  const token = tokenIn(letter, 'email/verify')
  expect((await browser(on).api.auth.email.verify.$post({ json: { token } })).status).toBe(204)
  expect([more, await mailState(on)]).toEqual([[], { mailer: 'smtp', waiting: 0, dead: 0 }])
})

test('a mailbox that does not exist is a dead letter at once, and the next message is another', async () => {
  const on = await mailingBy(mailServer())
  const { email } = stranger()
  const forgot = () => browser(on).api.auth.password.forgot.$post({ json: { email } })
  await refuse(email, '550 5.1.1 No such user')

  const answer = await forgot()
  await on.settled()
  const state = await mailState(on)
  on.clock.pass(60)
  const { mailed } = await on.job()
  await forgot()

  expect([answer.status, mailed]).toEqual([202, 0])
  expect(state).toEqual({ mailer: 'smtp', waiting: 0, dead: 1 })
  expect(toldOf(on, 'mail.dead')).toEqual([expect.objectContaining({ reason: 'SMTP: 550 5.1.1 to RCPT TO' })])
  expect(await mailTo(on, { email })).toHaveLength(1)
})
