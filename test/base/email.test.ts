import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseEmail } from '../../src/base/email.ts'

const longDomain = `${'d'.repeat(63)}.${'d'.repeat(63)}.${'d'.repeat(58)}`

describe('an e-mail address', () => {
  test.each([
    'ada@example.com',
    'Ada.Lovelace@Example.COM',
    "!#$%&'*+/=?^_`{|}~-@example.com",
    'ada+tag@sub.example.co.uk',
    'a@b.c',
    'ada@xn--bcher-kva.example',
    'ada@1.example',
    'ada@a--b.example',
    `${'l'.repeat(64)}@example.com`,
    `ada@${'d'.repeat(63)}.com`,
    `${'l'.repeat(64)}@${longDomain}.ab`,
  ])('%s is taken, stored as given and compared in lower case', (given) => {
    const email = parseEmail(given)

    expect(email).toEqual({ address: given, canonical: given.toLowerCase() })
  })

  test.each([
    ['is empty', ''],
    ['has no @', 'ada.example.com'],
    ['has no local part', '@example.com'],
    ['has no domain', 'ada@'],
    ['has two @', 'ada@example.com@example.org'],
    ['has a local part of 65 characters', `${'l'.repeat(65)}@example.com`],
    ['has 255 characters', `${'l'.repeat(64)}@${longDomain}.abc`],
    ['has a label of 64 characters', `ada@${'d'.repeat(64)}.com`],
    ['has a domain of one label', 'ada@localhost'],
    ['ends in a dot', 'ada@example.com.'],
    ['has an empty label', 'ada@example..com'],
    ['has a domain that starts with a dot', 'ada@.example.com'],
    ['has a label that starts with a hyphen', 'ada@-example.com'],
    ['has a label that ends with a hyphen', 'ada@example-.com'],
    ['has an underscore in the domain', 'ada@exa_mple.com'],
    ['has an IPv4 address for a domain', 'ada@192.0.2.1'],
    ['has an address literal for a domain', 'ada@[192.0.2.1]'],
    ['has an IPv6 literal for a domain', 'ada@[IPv6:2001:db8::1]'],
    ['has a last label of digits', 'ada@example.123'],
    ['has a local part that starts with a dot', '.ada@example.com'],
    ['has a local part that ends with a dot', 'ada.@example.com'],
    ['has two dots in a row', 'ada..l@example.com'],
    ['is percent-encoded', 'ada%40example.com'],
  ])('is refused when it %s', (_, given) => {
    expect(parseEmail(given)).toBeUndefined()
  })

  test.each([
    ['a quoted local part with another address in it', '"e@attacker.example"@victim.example'],
    ['a quoted local part', '"ada"@example.com'],
    ['a backslash', 'ada\\@example.com'],
    ['a comment', 'ada(comment)@example.com'],
    ['a comment in the domain', 'ada@example.com(comment)'],
    ['a comma list', 'ada@example.com,eve@attacker.example'],
    ['a semicolon list', 'ada@example.com;eve@attacker.example'],
    ['a space list', 'ada@example.com eve@attacker.example'],
    ['angle brackets', '<ada@example.com>'],
    ['a display name', 'Ada <ada@example.com>'],
    ['a group', 'all:ada@example.com;'],
    ['a mailto', 'mailto:ada@example.com'],
    ['a source route', '@attacker.example:ada@example.com'],
    ['a header after CR LF', 'ada@example.com\r\nBcc: eve@attacker.example'],
    ['a line feed at the end', 'ada@example.com\n'],
    ['a carriage return in the middle', 'ada\r@example.com'],
    ['NUL', 'ada@example.com\0'],
    ['NUL in the local part', 'ada\0@example.com'],
    ['DEL', 'ada\u007f@example.com'],
    ['a tab', 'ada\t@example.com'],
    ['a space before', ' ada@example.com'],
    ['a space after', 'ada@example.com '],
  ])('GHSA-5jpx-9hw9-2fx4, S18: is refused with %s', (_, given) => {
    expect(parseEmail(given)).toBeUndefined()
  })

  test.each([
    ['the full-width @ U+FF20', 'ada\uff20example.com'],
    ['the small @ U+FE6B', 'ada\ufe6bexample.com'],
    ['the full-width @ beside a true one', 'ada\uff20attacker.example@example.com'],
    ['the full-width dot U+FF0E', 'ada@example\uff0ecom'],
    ['the ideographic dot U+3002', 'ada@example\u3002com'],
    ['the half-width ideographic dot U+FF61', 'ada@example\uff61com'],
    ['the one dot leader U+2024', 'ada@example\u2024com'],
    ['a full-width letter', '\uff41da@example.com'],
    ['a mathematical letter', '\u{1d41a}da@example.com'],
    ['a circled letter in the domain', 'ada@ex\u24d0mple.com'],
    ['a ligature', 'ada@o\ufb03ce.example'],
    ['a zero-width space', 'a\u200bda@example.com'],
    ['a zero-width joiner', 'ada@exam\u200dple.com'],
    ['a byte order mark', '\ufeffada@example.com'],
    ['a soft hyphen', 'ada@exam\u00adple.com'],
    ['a right-to-left override', 'ada@\u202emoc.elpmaxe'],
    ['a no-break space', 'ada@example.com\u00a0'],
    ['a Cyrillic letter', '\u0430da@example.com'],
    ['a variation selector', 'ada\ufe0f@example.com'],
    ['half of a surrogate pair', 'ada\ud800@example.com'],
    ['a domain not in its xn-- form', 'ada@b\u00fccher.example'],
  ])('GHSA-7rqj-j65f-68wh: is refused with %s', (_, given) => {
    expect(parseEmail(given)).toBeUndefined()
  })

  test.each([
    ['dotless i', 'm\u0131ke@example.com'],
    ['capital I with a dot', 'M\u0130KE@example.com'],
    ['the Kelvin sign', 'mi\u212ae@example.com'],
    ['the Kelvin sign in the domain', 'mike@\u212aelvin.example'],
    ['long s', 'mi\u017fe@example.com'],
    ['full-width letters', '\uff4d\uff49\uff4b\uff45@example.com'],
    ['a decomposed accent (NFD)', 'mike\u0301@example.com'],
    ['a composed accent (NFC)', 'mik\u00e9@example.com'],
    ['sharp s', 'mi\u00dfe@example.com'],
  ])('S19: does not reach an ASCII account with %s', (_, given) => {
    expect(parseEmail(given)).toBeUndefined()
  })

  test('S19: is refused with any character outside ASCII anywhere', () => {
    const outside = fc.integer({ min: 0x80, max: 0x10ffff }).map((point) => String.fromCodePoint(point))

    fc.assert(
      fc.property(outside, fc.nat({ max: 15 }), (char, at) => {
        const given = 'ada@example.com'

        expect(parseEmail(given.slice(0, at) + char + given.slice(at))).toBeUndefined()
      }),
    )
  })

  test('S19: is its own NFKC, and its canonical form is its own canonical form', () => {
    fc.assert(
      fc.property(fc.emailAddress(), (given) => {
        const email = parseEmail(given)

        expect(email?.address.normalize('NFKC')).toBe(email?.address)
        expect(email && parseEmail(email.canonical)?.canonical).toBe(email?.canonical)
      }),
    )
  })

  test('S68: whatever text is given, is two plain parts around one @', () => {
    const pieces = fc.constantFrom('a', 'Z', '9', '.', '-', '@', '"', '<', ' ', '\n', '\0', '\uff20', 'com', '[', ',')

    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: pieces })), (given) => {
        const email = parseEmail(given)

        expect(email === undefined || /^[\x21-\x3f\x41-\x7e]{1,64}@[A-Za-z0-9.-]{3,252}$/.test(email.address)).toBe(
          true,
        )
      }),
      { numRuns: 1000 },
    )
  })

  test.each([
    ['letters', 'a'],
    ['dots', 'a.'],
    ['hyphens', '-'],
    ['at signs', '@'],
    ['labels', '@a.'],
    ['ligatures that NFKC makes 18 times as long', '\ufdfa'],
  ])('S75: is refused by its length alone when it is 1 MiB of %s', (_, unit) => {
    const given = unit.repeat(2 ** 20 / unit.length)

    expect(parseEmail(`${given}@example.com`)).toBeUndefined()
    expect(parseEmail(`ada@${given}.com!`)).toBeUndefined()
  })
})
