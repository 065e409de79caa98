import fc from 'fast-check'
import { expect, test } from 'vitest'
import { languages, languageTags } from '../../src/messages/languages.ts'
import { render } from '../../src/messages/render.ts'
import { acme, asked, code, kinds, linkTo, renderAll, samples, seenIn } from './sample.ts'

const everywhere = languageTags.flatMap((tag) => kinds.map((kind) => ({ tag, kind })))
const withoutIsolates = (text: string) => text.replace(/[\u2066-\u2069]/g, '')

test.each(everywhere)('HTML and text of $kind say the same in "$tag"', ({ tag, kind }) => {
  const { text, html, language } = render(kind, samples()[kind], { language: tag, brand: acme })

  const seen = seenIn(html)
  const lines = withoutIsolates(text).trim().split(/\n+/)
  const [sender, ...said] = lines.reverse()
  expect(said.length).toBeGreaterThan(4)
  for (const line of said) expect(seen).toContain(line.replace(/:$/, ''))
  expect(sender).toBe('— Acme')
  expect(language).toBe(tag)
})

test.each(everywhere)('a link or a code of $kind has a line of its own in "$tag", as it is typed', ({ tag, kind }) => {
  const data: object = samples()[kind]
  const given = Object.entries(data).flatMap(([key, value]) => (['link', 'notMe', 'code'].includes(key) ? [value] : []))

  const { text, html, subject } = render(kind, samples()[kind], { language: tag, brand: acme })

  const lines = text.split('\n')
  for (const one of given) {
    expect(lines).toContain(one)
    expect(html).toContain(`>${one}</`)
    expect(subject).not.toContain(one)
  }
  expect(lines.filter((line) => /https?:/.test(line) || line.includes(code))).toEqual(given)
})

test.each(everywhere)('$kind is small in "$tag", and names its language and direction', ({ tag, kind }) => {
  const { html, text } = render(kind, samples()[kind], { language: tag, brand: acme })

  expect(html).toMatch(`<html lang="${tag}" dir="${languages[tag].direction}">`)
  expect(html.length).toBeLessThan(8192)
  expect(text).not.toMatch(/[{}]|undefined|null|NaN/)
  expect(seenIn(html)).not.toMatch(/[{}]|undefined|null|NaN/)
})

test('a button and the link in full under it lead to the same place', () => {
  const { html } = render('verify_email', samples().verify_email, { language: 'en', brand: acme })

  const hrefs = [...html.matchAll(/href="([^"]*)"/g)].map(([, href]) => href)
  expect(hrefs).toEqual([linkTo('email/verify'), linkTo('email/verify'), linkTo('email/disown')])
})

test('a code stands first in what mail clients show beside the subject', () => {
  const { html } = render('sign_in_code', samples().sign_in_code, { language: 'en', brand: acme })

  expect(/<body[^>]*>\s*<div style="display:none[^>]*>([\s\S]*?)<\/div>/.exec(html)?.[1]).toBe(
    `<bdi>${code}</bdi> · Enter this code where you asked for it.`,
  )
})

test('what came from outside is isolated in a language that runs from right to left', () => {
  const { html, text } = render('sign_in_code', samples().sign_in_code, { language: 'ar', brand: acme })

  expect(text).toContain('\u2068Acme\u2069')
  expect(text).toContain('\u2068Firefox on Windows\u2069')
  expect(text).toContain('\u2068203.0.113.7\u2069')
  expect(html).toContain('<bdi>Firefox on Windows</bdi>')
  expect(html).toContain('<bdi>203.0.113.7</bdi>')
  expect(html).toMatch(new RegExp(`<p dir="ltr"[^>]*>${code}</p>`))
})

test('in a language that runs from left to right only a name that runs the other way is isolated', () => {
  const usual = renderAll('en').map(([, { text }]) => text)
  const { text } = render('no_account', { asked }, { language: 'de', brand: { ...acme, name: 'شركة النور' } })

  expect(usual.join()).not.toMatch(/[\u2066-\u2069]/)
  expect(text).toContain('bei \u2068شركة النور\u2069 mit')
})

test('the old address of an account is offered no way back where it was never verified', () => {
  const { email_changed } = samples()
  const { html, text } = render('email_changed', { ...email_changed, link: null }, { language: 'en', brand: acme })

  expect(html).not.toContain('href')
  expect(text).not.toMatch(/https|undo/i)
  expect(text).toContain('was changed')
})

test('the receipt counts what was erased: by name where it has one, and the rest together', () => {
  const { text } = render('account_deleted', samples().account_deleted, { language: 'en', brand: acme })

  expect(text).toContain('What was erased:\nAccount: 1\nSessions: 3\nPasswords: 1\nPasskeys: 2\nOther records: 5\n')
})

test('the receipt of nothing lists nothing', () => {
  const erased = { sessions: 0, api_keys: 0 }
  const { text } = render('account_deleted', { asked, erased }, { language: 'en', brand: acme })

  expect(text).not.toMatch(/erased:|: 0/)
})

test('the receipt counts what is named as every object has it with the rest', () => {
  const erased = { constructor: 2, toString: 1 }
  const { text } = render('account_deleted', { asked, erased }, { language: 'en', brand: acme })

  expect(text).toContain('What was erased:\nOther records: 3\n')
})

test.each([
  ['en', 'Sign-in method: Passkey\nIts name: Ada’s phone\nDevice: Firefox on Windows\n'],
  ['de', 'Anmeldeverfahren: Passkey\nBezeichnung: Ada’s phone\nGerät: Firefox on Windows\n'],
  [
    'ar',
    'وسيلة تسجيل الدخول: \u2068مفتاح مرور\u2069\nالاسم: \u2068Ada’s phone\u2069\nالجهاز: \u2068Firefox on Windows\u2069\n',
  ],
] as const)('a sign-in method is told by its kind and by what its owner calls it, in "%s"', (language, lines) => {
  const { text } = render('factor_added', samples().factor_added, { language, brand: acme })

  expect(text).toContain(lines)
})

test('a sign-in method that has no name is told by its kind alone', () => {
  const { text } = render('factor_removed', samples().factor_removed, { language: 'en', brand: acme })

  expect(text).toContain('\n\nSign-in method: Authenticator app\nDevice: Firefox on Windows\n')
})

test('a name in letters of another direction, with marks, or with signs as names have them, is told', () => {
  for (const name of ['هاتف آدا', 'नेहा का फ़ोन', 'Ada & Bob’s key, (blue) 5+', "O'Neill_2-B"]) {
    const { text } = render('factor_added', { asked, factor: 'passkey', name }, { language: 'en', brand: acme })

    expect(text.replace(/[\u2068\u2069]/g, '')).toContain(`Its name: ${name}\n`)
  }
})

test.each([9, 0])('whoever used a recovery code is told that %i are left', (left) => {
  const { text } = render('recovery_code_used', { asked, left }, { language: 'en', brand: acme })

  expect(text).toContain(`Recovery codes left: ${left}\n`)
})

test('what is not known of who asked is left out', () => {
  const who = { ...asked, address: null, country: null }
  const { text } = render('new_device', { asked: who }, { language: 'en', brand: acme })

  expect(text).toContain('Device: Firefox on Windows\nTime: March 3, 2026 at 14:05 UTC\n\n')
})

test('a logo stands for the name, which is its text', () => {
  const logo = 'https://acme.example/logo.png?a=1&b=2'
  const { html, text } = render('new_device', { asked }, { language: 'en', brand: { ...acme, logo } })

  expect(html).toContain('src="https://acme.example/logo.png?a=1&amp;b=2" alt="Acme"')
  expect(text).not.toContain('logo')
})

test('a button can be read whatever the colour of the brand', () => {
  const part = fc.integer({ min: 0, max: 255 })

  fc.assert(
    fc.property(part, part, part, (...parts) => {
      const color = `#${parts.map((one) => one.toString(16).padStart(2, '0')).join('')}`
      const { html } = render('reset_password', samples().reset_password, { language: 'en', brand: { ...acme, color } })

      const [, ground, ink] = /background:(#[0-9a-f]{6});color:(#000000|#ffffff)/.exec(html) ?? []
      const [darker = 0, lighter = 0] = [luminance(parts), ink === '#ffffff' ? 1 : 0].sort((a, b) => a - b)
      expect(ground).toBe(color)
      expect((lighter + 0.05) / (darker + 0.05)).toBeGreaterThan(4.5)
    }),
  )
})

/** As WCAG 2.2 defines it. */
const luminance = (parts: readonly number[]): number => {
  const [red = 0, green = 0, blue = 0] = parts
    .map((part) => part / 255)
    .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4))
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}
