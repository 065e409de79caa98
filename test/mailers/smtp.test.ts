import { describe, expect, inject, test } from 'vitest'
import { smtp } from '#world'
import type { SmtpServer } from '../../src/base/mail-settings.ts'
import type { Misbehaviour } from '../worlds/misbehaving-smtp.ts'
import { arrivedFor, badServer, newMail, patient } from './mails.ts'

const login = { user: 'ada', password: 'secret ü' }
const ports = inject('mail')
const at = (port: number, other: Partial<SmtpServer> = {}) =>
  smtp({ host: 'localhost', port, security: 'starttls', login, ...other })
const plain = (port: number) => at(port, { host: '127.0.0.1', security: 'none', login: undefined })

describe('a message by SMTP', () => {
  test('arrives as it was written: sender, recipient, subject, text and HTML', async () => {
    const mail = newMail()

    const delivery = await plain(ports.plain).send(mail, patient)

    const [arrived, ...more] = await arrivedFor(mail.to)
    expect(delivery).toEqual({ status: 'taken' })
    expect(more).toEqual([])
    expect(arrived).toMatchObject({ from: mail.from.address, to: [mail.to], isSecure: false })
    expect(arrived?.parsed).toMatchObject({
      from: mail.from,
      to: [{ address: mail.to, name: '' }],
      subject: mail.subject,
      messageId: `<${mail.id}@Acme.example>`,
    })
    expect(arrived?.parsed.text?.trimEnd()).toBe(mail.text.trimEnd())
    expect(arrived?.parsed.html?.trimEnd()).toBe(mail.html.trimEnd())
  })

  test.each(['Acme', 'شركة أكمي', 'Söhne & "Co"', "O'Neill <no-reply@evil.example>,", 'a\\"b'])(
    'keeps the name %s of the sender',
    async (name) => {
      const mail = newMail({ from: { address: 'no-reply@acme.example', name } })

      await plain(ports.plain).send(mail, patient)

      const [arrived] = await arrivedFor(mail.to)
      expect(arrived?.parsed.from).toEqual({ address: 'no-reply@acme.example', name })
    },
  )

  test('is 7-bit, of short lines each ended by CR and LF, and says that nobody wrote it and in which language', async () => {
    const mail = newMail()

    await plain(ports.plain).send(mail, patient)

    const [arrived] = await arrivedFor(mail.to)
    const headers = arrived?.parsed.headers.map(({ key, value }) => [key, value])
    expect(headers).toEqual(
      expect.arrayContaining([
        ['auto-submitted', 'auto-generated'],
        ['content-language', 'ar'],
      ]),
    )
    expect(arrived?.raw).toMatch(/^[\t\r\n\x20-\x7e]+$/)
    expect(arrived?.raw.replaceAll('\r\n', '')).not.toMatch(/[\r\n]/)
    expect(arrived?.raw.split('\r\n').filter((line) => line.length > 120)).toEqual([])
    expect(arrived?.parsed.date).toBeDefined()
  })

  test('has the same Message-ID when it is sent again', async () => {
    const mail = newMail()

    for (const _ of [1, 2]) await plain(ports.plain).send(mail, patient)

    const ids = (await arrivedFor(mail.to)).map(({ parsed }) => parsed.messageId)
    expect(new Set(ids).size).toBe(1)
    expect(ids).toHaveLength(2)
  })

  test.each([
    ['subject', { subject: 'Hello\r\nBcc: eve@evil.example' }],
    ['subject', { subject: 'Hello\nBcc: eve@evil.example' }],
    ['name', { from: { address: 'no-reply@acme.example', name: 'Acme\r\nBcc: eve@evil.example' } }],
    ['sender', { from: { address: 'no-reply@acme.example>\r\nRCPT TO:<eve@evil.example', name: 'Acme' } }],
    ['recipient', { to: 'ada@example.com>\r\nRCPT TO:<eve@evil.example' }],
    ['recipient', { to: 'ada@example.com> <eve@evil.example' }],
    ['language', { language: 'en\r\nBcc: eve@evil.example' }],
    ['id', { id: 'a\r\nBcc: eve@evil.example' }],
  ])('CWE-93: with a line end in its %s is refused before anything is sent', async (_, other) => {
    const mail = newMail(other)

    const delivery = await plain(ports.plain).send(mail, patient)

    expect(delivery).toEqual({ status: 'refused', reason: expect.not.stringContaining('@') })
    expect(await arrivedFor('eve@evil.example')).toEqual([])
  })
})

describe('the connection of SMTP', () => {
  test.each([
    ['STARTTLS and AUTH PLAIN', () => at(ports.starttls)],
    ['STARTTLS and AUTH LOGIN', () => at(ports.login)],
    ['TLS from the first byte', () => at(ports.tls, { security: 'tls' })],
  ])('takes %s', async (_, mailer) => {
    const mail = newMail()

    const delivery = await mailer().send(mail, patient)

    expect(delivery).toEqual({ status: 'taken' })
    expect(await arrivedFor(mail.to)).toEqual([expect.objectContaining({ user: 'ada', isSecure: true })])
  })

  test('on loopback logs in without TLS', async () => {
    const mail = newMail()

    await at(ports.plain, { security: 'none' }).send(mail, patient)

    expect(await arrivedFor(mail.to)).toEqual([expect.objectContaining({ user: 'ada', isSecure: false })])
  })

  test.each([
    ['does not offer STARTTLS', () => at(ports.plain)],
    ['has a certificate that nobody trusts', () => at(ports.untrusted)],
    ['speaks TLS only later than it should', () => at(ports.starttls, { security: 'tls' })],
    ['speaks TLS sooner than it should', () => at(ports.tls)],
    ['refuses the password', () => at(ports.starttls, { login: { user: 'ada', password: 'wrong' } })],
    ['wants a login where there is none', () => at(ports.starttls, { login: undefined })],
    ['is not there', () => at(1)],
  ])('is tried again later when the server %s', async (_, mailer) => {
    const mail = newMail()

    await expect(mailer().send(mail, 4000)).rejects.toMatchObject({ cause: expect.stringMatching(/^SMTP: /) })

    expect(await arrivedFor(mail.to)).toEqual([])
  })

  const stages = ['CONN', 'EHLO', 'MAIL', 'RCPT', 'DATA', 'BODY'] as const

  test.each(stages)(
    'is waited for no longer than it may take when the server says nothing at %s',
    async (stage) => {
      const port = await badServer({ at: stage, act: 'hang' })

      await expect(plain(port).send(newMail(), 300)).rejects.toMatchObject({ cause: 'SMTP: timeout' })
    },
    10_000,
  )

  const misbehaviours: Misbehaviour[] = stages.flatMap((stage) => [
    { at: stage, act: 'drop' },
    { at: stage, act: 'flood' },
    { at: stage, act: { say: 'HTTP/1.1 400 Bad Request' } },
    { at: stage, act: { say: '421 4.3.2 Going down, ada@example.com' } },
  ])

  test.each(misbehaviours)('is tried again later when the server at $at does: $act', async (misbehaviour) => {
    const port = await badServer(misbehaviour)

    const sent = plain(port).send(newMail(), 10_000)

    await expect(sent).rejects.toMatchObject({ cause: expect.stringMatching(/^SMTP: (?!timeout)[^@]+$/) })
  })

  test('CVE-2011-0411: is tried again later when more than a reply comes before TLS', async () => {
    const port = await badServer({ at: 'STARTTLS', act: { say: '220 2.0.0 Go on\r\n250 2.0.0 Injected' } })

    const sent = at(port).send(newMail(), 10_000)

    await expect(sent).rejects.toMatchObject({ cause: expect.stringMatching(/before TLS|ETLS|ESOCKET|ECONNECTION/) })
  })
})

describe('a refusal by SMTP', () => {
  test.each([
    ['RCPT', '550 5.1.1 <ada@example.com>: no such user', 'SMTP: 550 5.1.1 to RCPT TO'],
    ['RCPT', '553-5.1.3 The address\r\n553 5.1.3 is none', 'SMTP: 553 5.1.3 to RCPT TO'],
    ['RCPT', '550 no such user', 'SMTP: 550 to RCPT TO'],
    ['DATA', '554 5.6.0 No such message', 'SMTP: 554 5.6.0 to DATA'],
    ['BODY', '552 5.3.4 Too big', 'SMTP: 552 5.3.4 to DATA'],
  ] as const)('at %s is final when it says %s', async (stage, say, reason) => {
    const port = await badServer({ at: stage, act: { say } })

    expect(await plain(port).send(newMail(), patient)).toEqual({ status: 'refused', reason })
  })

  test.each([
    ['CONN', '554 5.3.2 Not now', ''],
    ['MAIL', '550 5.1.0 <no-reply@acme.example>: sender unknown', '550'],
    ['MAIL', '451 4.3.0 Later', '451'],
    ['RCPT', '450 4.2.1 <ada@example.com> is greylisted', '450 4.2.1'],
    ['RCPT', '554 5.7.1 <ada@example.com>: Relay access denied', '554 5.7.1'],
    ['RCPT', '530 5.7.0 Log in first', '530 5.7.0'],
    ['DATA', '451 4.3.0 Later', '451 4.3.0'],
    ['BODY', '554 5.7.1 The sender is not verified', '554 5.7.1'],
    ['BODY', '452 4.2.2 ada@example.com is over quota', '452 4.2.2'],
    ['BODY', '503 5.5.1 Out of order', '503 5.5.1'],
  ] as const)('at %s is not final when it says %s', async (stage, say, codes) => {
    const port = await badServer({ at: stage, act: { say } })

    const sent = plain(port).send(newMail(), patient)

    await expect(sent).rejects.toMatchObject({ cause: expect.stringContaining(`SMTP: ${codes}`) })
    await expect(sent).rejects.not.toMatchObject({ cause: expect.stringContaining('@') })
  })
})
