import fc from 'fast-check'
import { expect, test } from 'vitest'
import { languageTags } from '../../src/messages/languages.ts'
import type { Rendered } from '../../src/messages/render.ts'
import { acme, asked, renderAll, samples } from './sample.ts'

const hostile = [
  ['a script', '<script>alert(1)</script>'],
  ['an image that runs', '<img src=x onerror=alert(1)>'],
  ['an end of an attribute', '" onload="alert(1)" x="'],
  ['an end of a quoted style', `'"/*--></style></title><svg onload=alert(1)>`],
  ['an entity', '&lt;script&gt;&#60;b&#62;&amp;'],
  ['a header', 'Acme\r\nBcc: eve@example.com\r\n\r\n<h1>Hi</h1>'],
  ['other ends of a line', 'a\u2028b\u2029c\u0085d\u000be\u000cf'],
  ['a turned direction', '\u202egnp.exe\u202c \u2067abc\u2066 \u200f\u061c'],
  ['isolates that end before they began', '\u2069\u2069\u2069x\u2068\u2068'],
  ['names of values', '{product} {life} {link} {{product}}'],
  ['patterns of a replacement', "$& $1 $` $' $$"],
  ['a null', 'a\u0000b\u0007\u001b[31m'],
  ['half of a pair', '\ud800 \udc00'],
  ['ten kilobytes', '<'.repeat(10_240)],
  ['ten kilobytes of marks', `e${'\u0301'.repeat(10_240)}`],
  ['an address on the web', 'https://evil.example/login'],
] as const

/** Tags and the names of their attributes, in order: what a browser makes of it, whatever the words. */
const skeleton = ({ html }: Rendered): string[] =>
  [...html.matchAll(/<(\/?[a-z!][a-z0-9]*)((?:\s+[a-z-]+(?:="[^"]*")?)*)\s*>/gi)].map(
    ([, name = '', attributes = '']) => `${name} ${attributes.replace(/="[^"]*"/g, '')}`,
  )

const linesOf = ({ text }: Rendered): number => text.split('\n').length

/** Nothing that ends a header, breaks a line or turns what follows. */
const untidy = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/u

const checkAgainst = (usual: Rendered, given: Rendered) => {
  const opened = given.text.split('\u2068').length
  expect(skeleton(given)).toEqual(skeleton(usual))
  expect(given.html.match(/</g)).toHaveLength(usual.html.match(/</g)?.length ?? 0)
  expect(linesOf(given)).toBe(linesOf(usual))
  expect(given.subject).not.toMatch(untidy)
  expect(given.text.replace(/[\n\u2068\u2069]/g, '')).not.toMatch(untidy)
  expect(given.text.split('\u2069')).toHaveLength(opened)
  expect(given.subject.length).toBeLessThan(250)
  expect(given.html.length).toBeLessThan(20_480)
}

const withLogo = { ...acme, logo: 'https://acme.example/logo.png' }

test.each(hostile)('S18: a product called %s is a name and nothing else, in any language', (_, name) => {
  for (const tag of languageTags) {
    const usual = renderAll(tag, withLogo)

    for (const [at, [, given]] of renderAll(tag, { ...withLogo, name }).entries()) {
      const [, harmless] = usual[at] ?? expect.unreachable()
      checkAgainst(harmless, given)
    }
  }
})

test.each(hostile)('S18: %s instead of who asked is told to nobody, in any language', (_, text) => {
  for (const tag of languageTags) {
    const usual = renderAll(tag, acme, samples({ ...asked, address: null, country: null, device: '' }))

    const given = renderAll(tag, acme, samples({ ...asked, address: text, country: text, device: text }))

    expect(given).toEqual(usual)
  }
})

test.each(hostile)('S18: a sign-in method called %s is told without its name, in any language', (_, name) => {
  for (const tag of languageTags) {
    const usual = renderAll(tag, acme, samples(asked, null))

    const given = renderAll(tag, acme, samples(asked, name))

    expect(given).toEqual(usual)
  }
})

test('S18: whatever the product is called, its messages keep their shape', () => {
  const [, usual] = renderAll('ar').find(([kind]) => kind === 'verify_email') ?? expect.unreachable()
  const piece = fc.constantFrom('\r\n', '\u202e', '\u2069', '<', '>', '"', "'", '&', '{product}', 'ا', 'a', '\ud800')
  const name = fc.oneof(
    fc.string({ unit: 'binary', minLength: 1 }),
    fc.array(piece, { minLength: 1, maxLength: 90 }).map((pieces) => pieces.join('')),
  )

  fc.assert(
    fc.property(name, (text) => {
      const [, given] =
        renderAll('ar', { ...acme, name: text }).find(([kind]) => kind === 'verify_email') ?? expect.unreachable()

      checkAgainst(usual, given)
    }),
  )
})

test('a link is escaped where it stands in HTML', () => {
  const logo = `https://acme.example/"onerror="alert(1)'<b>`
  const [, { html }] = renderAll('en', { ...acme, logo })[0] ?? expect.unreachable()

  expect(html).toContain('src="https://acme.example/&quot;onerror=&quot;alert(1)&#39;&lt;b&gt;"')
})

test('a mail client is given no device that it could take for a link', () => {
  for (const device of ['evil.example', 'evil.example on Windows', 'http://evil.example', 'a@evil.example', '//evil']) {
    const [, { text }] = renderAll('de', acme, samples({ ...asked, device }))[0] ?? expect.unreachable()

    expect(text).not.toContain('evil')
    expect(text).toContain('Gerät: Unbekanntes Gerät')
  }
})

test.each(['XX', 'T1', 'de', 'D', 'DEU', '__', 'ZZ', ''])('"%s" is no country', (country) => {
  const [, { text }] = renderAll('en', acme, samples({ ...asked, country }))[0] ?? expect.unreachable()

  expect(text).not.toContain('Country')
})
