import { expect, test } from 'vitest'
import type { Delivery, Mail, Mailer } from '../src/base/ports.ts'
import { acts, gated } from './acts.ts'
import { openLimiter, quick } from './faulty-ports.ts'
import { type LogLine, mailTo, type Server, server, signedUp } from './harness.ts'

const lines = (on: Server): LogLine[] => on.logs.filter(({ event }) => /^mail\./.test(String(event)))

/** A mailer that does this with whatever it is given. */
const mailerThat = (send: (mail: Mail) => Promise<Delivery>): Mailer => ({ name: 'smtp', send })

test('S84: a message that was taken writes one line: which, of what kind, at which attempt, by whom', async () => {
  const on = await server()

  const { person } = await signedUp(on)

  const [mail] = await mailTo(on, person)
  expect(lines(on)).toEqual([
    {
      event: 'mail.sent',
      requestId: expect.stringMatching(/^req_/),
      messageId: mail?.id,
      kind: 'verify_email',
      attempts: 1,
      mailer: 'mailbox',
      status: 'taken',
    },
  ])
})

test('S83: a mailer that quotes the message in its error is logged by the name of the error alone', async () => {
  const on = await server({
    mailer: mailerThat(({ to, text }) => Promise.reject(new TypeError(`550 <${to}>: ${text}`))),
  })

  const { person } = await signedUp(on)

  expect(lines(on)).toMatchObject([{ event: 'mail.failed', kind: 'verify_email', error: 'TypeError' }])
  expect(JSON.stringify(on.logs)).not.toContain(person.email)
  expect(JSON.stringify(on.logs)).not.toContain('#token=')
})

/** What must stay between a message and its reader: where it goes, and every token and code in it. */
const secretsOf = ({ to, text }: Mail): string[] => [
  to,
  ...[...text.matchAll(/#token=([\w-]{43})|\b([2-9B-DF-HJ-NP-TV-Z]{8})\b/g)].map(
    ([, token, code]) => token ?? code ?? '',
  ),
]

test.each<[string, (mail: Mail) => Promise<Delivery>]>([
  ['takes', async () => ({ status: 'taken' })],
  ['refuses', async () => ({ status: 'refused', reason: 'mailbox unavailable' })],
  ['fails at', async () => Promise.reject(new Error('marker-mailer'))],
])(
  'S83: no address, token or code of a message that a mailer %s is ever logged, by any route or the job',
  async (_, send) => {
    const given: Mail[] = []
    const mailer = mailerThat((mail) => {
      given.push(mail)
      return send(mail)
    })
    const on = await server({ plug: gated, argon2id: quick, limiter: openLimiter, mailer })
    const mailbox = { ...on, mailbox: given }

    for (const act of acts) {
      const { path, init } = await act.prepare(mailbox)
      await on.request(path, init)
      await on.settled()
    }
    on.clock.pass(60)
    await on.job()

    const log = JSON.stringify(on.logs)
    const secrets = new Set(given.flatMap(secretsOf))
    expect(secrets.size).toBeGreaterThan(40)
    expect([...secrets].filter((secret) => log.includes(secret))).toEqual([])
    expect(log).not.toContain('marker-mailer')
  },
)
