import { describe, expect, test } from 'vitest'
import { browser, mailTo, somebody } from './harness.ts'
import { mailingBy, sender, transports } from './mailers/transports.ts'

const { password } = somebody()
const unique = () => crypto.randomUUID().slice(0, 8)

describe.each(transports())('by $name', (transport) => {
  test.each([
    ['upper case and a plus', () => `Ada.B+News-${unique()}@Example.COM`],
    ['every sign that may stand in one', () => `${unique()}!#$%&'*+/=?^_\`{|}~-@example.com`],
    ['a domain in another script', () => `ada.${unique()}@XN--Bcher-KVA.example`],
    // One more is in order, and smtp-server refuses it.
    ['64 and 253 characters', () => `${unique()}${'A'.repeat(56)}@${`${'B'.repeat(61)}.`.repeat(3)}de`],
  ])('what is stored is mailed, byte for byte: an address of %s', async (_, newAddress) => {
    const on = await mailingBy(transport)
    const email = newAddress()
    const { api } = browser(on)
    const registered = await api.auth.register.$post({ json: { email, password } })

    const asked = await api.auth.password.forgot.$post({ json: { email: email.toLowerCase() } })

    expect([registered.status, asked.status]).toEqual([201, 202])
    const letters = await mailTo(on, { email })
    expect(letters).toHaveLength(2)
    expect(letters).toEqual(Array(2).fill(expect.objectContaining({ to: email, recipients: [email] })))
  })

  test.each([
    ['de', 'ltr', 'Passwort für شركة أكمي zurücksetzen'],
    ['ar', 'rtl', 'إعادة تعيين كلمة المرور في شركة أكمي'],
  ] as const)('sender, subject and headers arrive as they are, in %s', async (locale, direction, subject) => {
    const on = await mailingBy(transport, {
      settings: { AUTH_PRODUCT_NAME: 'شركة أكمي', AUTH_EMAIL_VERIFICATION: 'off' },
    })
    const person = somebody()
    const { api } = browser(on)
    await api.auth.register.$post({ json: { ...person, locale } })

    await api.auth.password.forgot.$post({ json: { email: person.email } }, { headers: { 'accept-language': 'en' } })

    const [letter] = await mailTo(on, person)
    expect(letter).toMatchObject({
      from: sender,
      subject,
      language: locale,
      headers: { 'auto-submitted': 'auto-generated', 'content-language': locale },
      html: expect.stringContaining(`<html lang="${locale}" dir="${direction}"`),
    })
  })

  test('who has no language of their own is written to in that of the request', async () => {
    const on = await mailingBy(transport)
    const { email } = somebody()

    await browser(on).api.auth.email.link.$post(
      { json: { email } },
      { headers: { 'accept-language': 'ar-EG, en;q=0.5' } },
    )

    const [letter] = await mailTo(on, { email })
    expect(letter).toMatchObject({ language: 'ar', subject: 'تسجيل الدخول إلى app.example.com' })
  })
})
