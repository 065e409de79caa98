import { describe, expect, test } from 'vitest'
import { resend } from '../../src/adapters/mailers/resend.ts'
import { askedOf, httpServer, newMail, patient } from './mails.ts'

const key = 're_123_abc'

describe('a message by Resend', () => {
  test('is one POST with the key, the id as key of idempotency, and all of its parts', async () => {
    const api = await httpServer({ status: 200, body: '{"id":"49a3999c"}' })
    const mail = newMail()

    const delivery = await resend(key, api).send(mail, patient)

    const [asked, ...more] = await askedOf(api)
    expect(delivery).toEqual({ status: 'taken' })
    expect(more).toEqual([])
    expect(asked).toMatchObject({
      method: 'POST',
      url: '/emails',
      headers: {
        authorization: `Bearer ${key}`,
        'content-type': 'application/json',
        'idempotency-key': expect.stringMatching(new RegExp(`^${mail.id}\\.[\\w-]{43}$`)),
        'user-agent': 'postern',
      },
    })
    expect(JSON.parse(asked?.body ?? '')).toEqual({
      from: '"Acme \\"the best\\", Inc." <No-Reply@Acme.example>',
      to: [mail.to],
      subject: mail.subject,
      text: mail.text,
      html: mail.html,
      headers: { 'Auto-Submitted': 'auto-generated', 'Content-Language': 'ar', 'X-Entity-Ref-ID': mail.id },
    })
  })

  test('CWE-93: with a line end in its subject is refused, and nothing is asked', async () => {
    const api = await httpServer({ status: 200, body: '{}' })

    const delivery = await resend(key, api).send(newMail({ subject: 'a\r\nBcc: eve@evil.example' }), patient)

    expect(delivery.status).toBe('refused')
    expect(await askedOf(api)).toEqual([])
  })
})

const refusal = (name: string, message: string) => JSON.stringify({ statusCode: 422, name, message })

describe('an answer of Resend', () => {
  test.each([422, 400])('that finds the recipient wrong (%i) is final', async (status) => {
    const body = refusal('validation_error', 'Invalid `to` field. The email address ada@example.com is none.')
    const api = await httpServer({ status, body })

    const delivery = await resend(key, api).send(newMail(), patient)

    expect(delivery).toEqual({ status: 'refused', reason: `Resend: ${status} validation_error` })
  })

  test('a message in other words has another key: Resend refuses a known one with another body', async () => {
    const api = await httpServer({ status: 200, body: '{"id":"1"}' })
    const mail = newMail()

    for (const text of [mail.text, mail.text, `${mail.text}.`]) await resend(key, api).send({ ...mail, text }, patient)

    const keys = (await askedOf(api)).map(({ headers }) => headers['idempotency-key'])
    expect(keys.map((one) => keys.indexOf(one))).toEqual([0, 0, 2])
  })

  test.each([
    [401, refusal('missing_api_key', 'No key'), 'Resend: 401 missing_api_key'],
    [403, refusal('invalid_api_key', 'Key re_123_abc'), 'Resend: 403 invalid_api_key'],
    [403, refusal('validation_error', 'Verify a domain to send `to` others.'), 'Resend: 403 validation_error'],
    [409, refusal('concurrent_idempotent_requests', 'Under way'), 'Resend: 409 concurrent_idempotent_requests'],
    [422, refusal('invalid_from_address', 'Invalid `from` field.'), 'Resend: 422 invalid_from_address'],
    [429, refusal('rate_limit_exceeded', 'Slowly'), 'Resend: 429 rate_limit_exceeded'],
    [429, refusal('daily_quota_exceeded', 'Enough'), 'Resend: 429 daily_quota_exceeded'],
    [500, refusal('application_error', 'Oops ada@example.com'), 'Resend: 500 application_error'],
    [502, '<html>Bad gateway</html>', 'Resend: 502'],
    [422, refusal('<ada@example.com>', 'Strange'), 'Resend: 422'],
    [200.5, '', 'Resend: connection failed'],
  ])('of %s %s is tried again later', async (status, body, said) => {
    const api = await httpServer(status === 200.5 ? 'drop' : { status, body })

    const sent = resend(key, api).send(newMail(), patient)

    await expect(sent).rejects.toMatchObject({ cause: said })
  })

  test('that leads elsewhere is not followed: the key stays here', async () => {
    const elsewhere = await httpServer({ status: 200, body: '{}' })
    const api = await httpServer({ status: 307, body: '', headers: { location: `${elsewhere}/emails` } })

    await expect(resend(key, api).send(newMail(), patient)).rejects.toMatchObject({ cause: 'Resend: 307' })

    expect(await askedOf(elsewhere)).toEqual([])
  })

  test('that never comes is waited for no longer than it may take', async () => {
    const api = await httpServer('hang')

    await expect(resend(key, api).send(newMail(), 300)).rejects.toMatchObject({ cause: 'Resend: timeout' })
  }, 10_000)

  test('that never ends is not read to its end', async () => {
    const api = await httpServer('flood')

    await expect(resend(key, api).send(newMail(), patient)).rejects.toMatchObject({ cause: 'Resend: 500' })
  })

  test('that cannot be had, for nobody is there, is tried again later', async () => {
    await expect(resend(key, 'http://127.0.0.1:1').send(newMail(), patient)).rejects.toMatchObject({
      cause: 'Resend: connection failed',
    })
  })
})
