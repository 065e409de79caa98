import { env } from 'cloudflare:workers'
import { expect, test } from 'vitest'
import { cloudflare } from '../../src/adapters/mailers/cloudflare.ts'
import { newMail, patient } from './mails.ts'

const { EMAIL }: Partial<Env> & { EMAIL?: SendEmail } = env
const binding: SendEmail = EMAIL ?? expect.fail('The runtime has no binding EMAIL.')

/** The binding, whose service behind it answers with one of its documented errors. */
const failing = (error: unknown) => ({ send: () => Promise.reject(error) })

test('a message by the binding EMAIL is taken by the runtime', async () => {
  expect(await cloudflare(binding).send(newMail(), patient)).toEqual({ status: 'taken' })
})

test('of the headers the service is asked for none that it sets itself', async () => {
  const asked: unknown[] = []
  const watched = {
    send(message: EmailMessageBuilder) {
      asked.push(message)
      return binding.send(message)
    },
  }
  const mail = newMail()

  await cloudflare(watched).send(mail, patient)

  const headers = { 'Auto-Submitted': 'auto-generated', 'Content-Language': 'ar', 'X-Entity-Ref-ID': mail.id }
  expect(asked).toEqual([expect.objectContaining({ to: mail.to, headers })])
})

test('CWE-93: with a line end in its subject it is refused before the binding is asked', async () => {
  const delivery = await cloudflare(failing('asked')).send(newMail({ subject: 'a\r\nBcc: eve@evil.example' }), patient)

  expect(delivery.status).toBe('refused')
})

test.each(['E_RECIPIENT_SUPPRESSED', 'E_VALIDATION_ERROR', 'E_CONTENT_TOO_LARGE'])('%s is final', async (code) => {
  const error = Object.assign(new Error('ada@example.com bounced'), { code })

  expect(await cloudflare(failing(error)).send(newMail(), patient)).toEqual({
    status: 'refused',
    reason: `Cloudflare Email: ${code}`,
  })
})

test.each([
  ['E_SENDER_NOT_VERIFIED', 'E_SENDER_NOT_VERIFIED'],
  ['E_SENDER_DOMAIN_NOT_AVAILABLE', 'E_SENDER_DOMAIN_NOT_AVAILABLE'],
  ['E_RECIPIENT_NOT_ALLOWED', 'E_RECIPIENT_NOT_ALLOWED'],
  ['E_RATE_LIMIT_EXCEEDED', 'E_RATE_LIMIT_EXCEEDED'],
  ['E_DELIVERY_FAILED', 'E_DELIVERY_FAILED'],
  ['E_INTERNAL_SERVER_ERROR', 'E_INTERNAL_SERVER_ERROR'],
  ['of ada@example.com', 'failed'],
  [undefined, 'failed'],
])('%s is tried again later', async (code, said) => {
  const error = Object.assign(new Error('email to ada@example.com not allowed'), { code })

  await expect(cloudflare(failing(error)).send(newMail(), patient)).rejects.toMatchObject({
    cause: `Cloudflare Email: ${said}`,
  })
})

test('a binding that never answers is waited for no longer than it may take', async () => {
  const silent = { send: () => new Promise<never>(() => {}) }

  await expect(cloudflare(silent).send(newMail(), 50)).rejects.toMatchObject({ cause: 'Cloudflare Email: timeout' })
}, 10_000)
