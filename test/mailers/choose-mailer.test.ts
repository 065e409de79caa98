import { afterEach, expect, test, vi } from 'vitest'
import { smtp } from '#world'
import { chooseMailer } from '../../src/adapters/mailers/choose-mailer.ts'
import { consoleMailer } from '../../src/adapters/mailers/console.ts'
import { readSettings } from '../../src/base/config.ts'
import { newMail, patient } from './mails.ts'

const least = {
  AUTH_ORIGIN: 'https://auth.example.com',
  AUTH_SECRET: 'q8Zt4Qm9Xw2LrY7cUa5HdJ8sKp1VbN6eGfT0iRo3uMk',
  AUTH_MAIL_FROM: 'Acme <no-reply@acme.example>',
}
const configOf = (env: Record<string, string>) =>
  readSettings({ ...least, ...env }).config ?? expect.fail('These settings are refused.')
const binding: SendEmail = { send: () => Promise.reject(new Error('asked')) }

afterEach(() => vi.restoreAllMocks())

test.each([
  ['SMTP_URL', { SMTP_URL: 'smtps://mail.example.com' }, 'smtp'],
  ['RESEND_API_KEY', { RESEND_API_KEY: 're_123' }, 'resend'],
])('%s names the mailer, whatever else the runtime has', (_, env, name) => {
  expect(chooseMailer(configOf(env), smtp, binding)?.name).toBe(name)
})

test('the binding is taken where no setting names another', () => {
  expect(chooseMailer(configOf({}), smtp, binding)?.name).toBe('cloudflare')
})

test.each([
  ['http://localhost:8787', 'console'],
  ['http://127.0.0.1', 'console'],
  ['https://localhost', undefined],
  ['https://auth.example.com', undefined],
])('with neither, at %s the mailer is %s', (AUTH_ORIGIN, name) => {
  expect(chooseMailer(configOf({ AUTH_ORIGIN }), smtp)?.name).toBe(name)
})

test('a runtime without sockets never sends by SMTP, nor by anything else instead', () => {
  const config = configOf({ SMTP_URL: 'smtps://mail.example.com' })

  expect(chooseMailer(config, undefined, binding)).toBeUndefined()
})

test('the console shows recipient, subject and text, and CWE-150: nothing that a terminal obeys', async () => {
  const print = vi.spyOn(console, 'log').mockReturnValue()
  const mail = newMail({ subject: 'Sign in\u001b[2J', text: 'Your code:\n\n\tABCD-2345\r\n\u009b31m' })

  const delivery = await consoleMailer.send(mail, patient)

  expect(delivery).toEqual({ status: 'taken' })
  expect(print.mock.calls).toEqual([
    [
      [
        '',
        `  To: ${mail.to}`,
        '  Subject: Sign in\ufffd[2J',
        '  ',
        '  Your code:',
        '  ',
        '  \ufffdABCD-2345\ufffd',
        '  \ufffd31m',
        '  ',
      ].join('\n'),
    ],
  ])
})
