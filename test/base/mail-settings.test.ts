import { describe, expect, test } from 'vitest'
import { readSettings } from '../../src/base/config.ts'

const least = { AUTH_ORIGIN: 'https://auth.example.com', AUTH_SECRET: 'q8Zt4Qm9Xw2LrY7cUa5HdJ8sKp1VbN6eGfT0iRo3uMk' }
const sender = 'Acme <no-reply@acme.example>'

const configOf = (env: Record<string, unknown> = {}) => {
  const { config, problems } = readSettings({ ...least, ...env })
  expect(problems).toEqual([])
  return config
}
const settingsRefused = (env: Record<string, unknown>) =>
  readSettings({ ...least, ...env }).problems.map(({ setting }) => setting)

describe('the settings of mail', () => {
  test('are none by default: nothing is mailed, and the product is called as its host', () => {
    expect(configOf()).toMatchObject({
      mail: {
        from: { address: 'no-reply@localhost', name: 'auth.example.com' },
        smtp: undefined,
        resendKey: undefined,
      },
      brand: { name: 'auth.example.com', logo: null, color: '#2563eb' },
    })
  })

  test('are read, each into its place', () => {
    const config = configOf({
      SMTP_URL: 'smtps://postern:pass%40word@mail.example.com',
      AUTH_MAIL_FROM: '"Acme, Inc." <no-reply@acme.example>',
      AUTH_PRODUCT_NAME: 'Acme ☂',
      AUTH_LOGO_URL: 'https://acme.example/logo.png?v=2',
      AUTH_BRAND_COLOR: '#AABBcc',
    })

    expect(config?.mail).toEqual({
      from: { address: 'no-reply@acme.example', name: 'Acme, Inc.' },
      smtp: {
        host: 'mail.example.com',
        port: 465,
        security: 'tls',
        login: { user: 'postern', password: 'pass@word' },
      },
      resendKey: undefined,
    })
    expect(config?.brand).toEqual({ name: 'Acme ☂', logo: 'https://acme.example/logo.png?v=2', color: '#aabbcc' })
  })

  test.each([
    ['SMTP_URL', { SMTP_URL: 'smtps://mail.example.com' }],
    ['RESEND_API_KEY', { RESEND_API_KEY: 're_123' }],
    ['the binding EMAIL', { EMAIL: { send() {} } }],
  ])('need a sender as soon as %s is there', (_, env) => {
    expect(configOf({ ...env, AUTH_MAIL_FROM: sender })).toBeDefined()
    expect(settingsRefused(env)).toEqual(['AUTH_MAIL_FROM'])
  })

  test('name one way out: SMTP_URL and RESEND_API_KEY together are refused, the binding gives way to either', () => {
    const both = { SMTP_URL: 'smtps://mail.example.com', RESEND_API_KEY: 're_123', AUTH_MAIL_FROM: sender }

    expect(settingsRefused(both)).toEqual(['RESEND_API_KEY'])
    expect(configOf({ ...both, SMTP_URL: '', EMAIL: {} })?.mail.resendKey).toBe('re_123')
  })

  test('a near miss of a name is refused, with the name that was meant', () => {
    const { problems } = readSettings({ ...least, AUTH_MAIL_FORM: sender })

    expect(problems).toEqual([
      expect.objectContaining({ setting: 'AUTH_MAIL_FORM', fix: expect.stringContaining('AUTH_MAIL_FROM') }),
    ])
  })
})

describe('SMTP_URL', () => {
  const smtpOf = (SMTP_URL: string) => configOf({ SMTP_URL, AUTH_MAIL_FROM: sender })?.mail.smtp

  test.each([
    ['smtp://mail.example.com', 'mail.example.com', 587, 'starttls'],
    ['smtp://mail.example.com:2525/', 'mail.example.com', 2525, 'starttls'],
    ['smtps://mail.example.com', 'mail.example.com', 465, 'tls'],
    ['smtps://[2001:db8::1]:8465', '2001:db8::1', 8465, 'tls'],
    ['smtp://192.168.1.5', '192.168.1.5', 587, 'starttls'],
    ['smtp://localhost:1025', 'localhost', 1025, 'none'],
    ['smtp://127.0.0.1:1025', '127.0.0.1', 1025, 'none'],
    ['smtp://[::1]:1025', '::1', 1025, 'none'],
    ['smtp://localhost.example.com', 'localhost.example.com', 587, 'starttls'],
    ['smtps://localhost', 'localhost', 465, 'tls'],
  ])('%s: without STARTTLS only on loopback', (url, host, port, security) => {
    expect(smtpOf(url)).toEqual({ host, port, security, login: undefined })
  })

  test('holds user and password percent-encoded, whatever they are', () => {
    const [user, password] = ['no-reply@acme.example', 'p:/?#[]@!$&\'()*+,;=% "<>ü日']
    const url = `smtp://${encodeURIComponent(user)}:${encodeURIComponent(password)}@mail.example.com`

    expect(smtpOf(url)?.login).toEqual({ user, password })
  })

  test.each([
    ['another scheme', 'https://mail.example.com'],
    ['no scheme', 'mail.example.com:587'],
    ['no host', 'smtp://'],
    ['upper case before the colon', 'SMTP://mail.example.com'],
    ['a user without a password', 'smtp://postern@mail.example.com'],
    ['an empty password', 'smtp://postern:@mail.example.com'],
    ['an @ that is not encoded', 'smtp://postern:pass@word@mail.example.com'],
    ['a broken encoding', 'smtp://postern:100%@mail.example.com'],
    ['a line feed in the password', 'smtp://postern:a%0Ab@mail.example.com'],
    ['NUL in the user', 'smtp://post%00ern:secret@mail.example.com'],
    ['a path', 'smtp://mail.example.com/inbox'],
    ['a parameter', 'smtp://mail.example.com?tls=0'],
    ['a fragment', 'smtp://mail.example.com#localhost'],
    ['port 0', 'smtp://mail.example.com:0'],
    ['a port beyond 65535', 'smtp://mail.example.com:65536'],
    ['STARTTLS on the port of TLS', 'smtp://mail.example.com:465'],
    ['a space', 'smtp://mail.example.com :587'],
    ['a host that CR and LF end', 'smtp://mail.example.com\r\nRCPT'],
  ])('with %s is refused', (_, SMTP_URL) => {
    expect(settingsRefused({ SMTP_URL, AUTH_MAIL_FROM: sender })).toEqual(['SMTP_URL'])
  })
})

describe('AUTH_MAIL_FROM', () => {
  const fromOf = (AUTH_MAIL_FROM: string) => configOf({ AUTH_MAIL_FROM, AUTH_PRODUCT_NAME: 'Acme' })?.mail.from

  test.each([
    ['no-reply@acme.example', 'Acme'],
    ['<no-reply@acme.example>', 'Acme'],
    ['Postern of Acme <no-reply@acme.example>', 'Postern of Acme'],
    ['"Acme, Inc." <no-reply@acme.example>', 'Acme, Inc.'],
    ['شركة أكمي <no-reply@acme.example>', 'شركة أكمي'],
    ["O'Neill & Söhne<no-reply@acme.example>", "O'Neill & Söhne"],
  ])('"%s" is %s', (given, name) => {
    expect(fromOf(given)).toEqual({ address: 'no-reply@acme.example', name })
  })

  test.each([
    ['no address', 'Acme'],
    ['an address that is none', 'Acme <no-reply>'],
    ['two addresses', 'a@acme.example, b@acme.example'],
    ['something after the address', 'Acme <no-reply@acme.example> and more'],
    ['a line feed in the name', 'Acme\nBcc: eve@evil.example <no-reply@acme.example>'],
    ['CR and LF in the address', 'Acme <no-reply@acme.example\r\nBcc:eve@evil.example>'],
    ['an override of direction in the name', 'Acme \u202e <no-reply@acme.example>'],
    ['a quote inside quotes', '"Acme "the best"" <no-reply@acme.example>'],
  ])('with %s is refused', (_, AUTH_MAIL_FROM) => {
    expect(settingsRefused({ AUTH_MAIL_FROM })).toEqual(['AUTH_MAIL_FROM'])
  })
})

describe('the brand', () => {
  test.each([
    ['AUTH_PRODUCT_NAME', 'Acme\nEvil'],
    ['AUTH_PRODUCT_NAME', 'a'.repeat(65)],
    ['AUTH_LOGO_URL', 'http://acme.example/logo.png'],
    ['AUTH_LOGO_URL', 'http://localhost.acme.example/logo.png'],
    ['AUTH_LOGO_URL', 'https://user:secret@acme.example/logo.png'],
    ['AUTH_LOGO_URL', 'https://acme.example/"onerror="alert(1)'],
    ['AUTH_LOGO_URL', 'javascript:alert(1)'],
    ['AUTH_LOGO_URL', 'data:image/png;base64,AAAA'],
    ['AUTH_LOGO_URL', '/logo.png'],
    ['AUTH_LOGO_URL', `https://acme.example/${'a'.repeat(2048)}`],
    ['AUTH_BRAND_COLOR', 'red'],
    ['AUTH_BRAND_COLOR', '#fff'],
    ['AUTH_BRAND_COLOR', '#ffffff;background:url(https://evil.example)'],
  ])('%s=%j is refused', (name, value) => {
    expect(settingsRefused({ [name]: value })).toEqual([name])
  })

  test('takes a logo from loopback, for development', () => {
    const AUTH_LOGO_URL = 'http://localhost:3000/logo.svg'

    expect(configOf({ AUTH_LOGO_URL })?.brand.logo).toBe(AUTH_LOGO_URL)
  })
})
