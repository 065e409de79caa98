import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseName, parseUsername } from '../../src/base/people.ts'

describe('a user name', () => {
  test.each([
    ['ada', 'ada'],
    ['Ada_Lovelace-1815.x', 'ada_lovelace-1815.x'],
    ['a'.repeat(32), 'a'.repeat(32)],
    ['...', '...'],
  ])('%s is taken as %s', (given, canonical) => {
    expect(parseUsername(given)).toBe(canonical)
  })

  test.each([
    ['has 2 characters', 'ab'],
    ['has 33 characters', 'a'.repeat(33)],
    ['is empty', ''],
    ['has a space', 'ada l'],
    ['ends in a line feed', 'ada\n'],
    ['has an @', 'ada@example'],
    ['has a slash', 'ada/..'],
    ['holds NUL', 'ada\0'],
  ])('is refused when it %s', (_, given) => {
    expect(parseUsername(given)).toBeUndefined()
  })

  test.each([
    ['the Kelvin sign', 'mi\u212ae'],
    ['long s', 'a\u017fa'],
    ['dotless i', 'm\u0131ke'],
    ['capital I with a dot', 'M\u0130KE'],
    ['a full-width letter', '\uff41da'],
    ['a Cyrillic letter', '\u0430da'],
    ['a zero-width space', 'a\u200bda'],
    ['a combining accent', 'ade\u0301'],
  ])('S19: does not fold into an ASCII name with %s', (_, given) => {
    expect(parseUsername(given)).toBeUndefined()
  })

  test('S68: whatever text is given, is 3 to 32 of the alphabet, and its own canonical form', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.stringMatching(/^[A-Za-z0-9_.-]{3,32}$/)), (given) => {
        const name = parseUsername(given)

        expect(name === undefined || /^[a-z0-9_.-]{3,32}$/.test(name)).toBe(true)
        expect(name === undefined ? undefined : parseUsername(name)).toBe(name)
      }),
    )
  })
})

describe('a display name', () => {
  test.each([
    'A',
    'Ada Lovelace',
    "O'Brien-Smith, Jr.",
    '愛',
    'Zoe\u0308',
    '👩\u200d🚀',
    'می\u200cخواهم',
    '😀'.repeat(64),
    '<script>alert(1)</script>',
    ' Ada ',
  ])('%s is taken as given', (given) => {
    expect(parseName(given)).toBe(given)
  })

  test.each([
    ['is empty', ''],
    ['has 65 code points', 'a'.repeat(65)],
    ['has 65 code points of two units each', '😀'.repeat(65)],
    ['is nothing but spaces', '   '],
    ['is nothing but joiners', '\u200d\u200c'],
    ['breaks the line', 'Ada\nBcc: eve@attacker.example'],
    ['holds NUL', 'Ada\0'],
    ['holds an escape', 'Ada\u001b[31m'],
    ['holds a C1 control', 'Ada\u0085'],
    ['holds a line separator', 'Ada\u2028'],
    ['holds a paragraph separator', 'Ada\u2029'],
    ['turns the direction', 'Ada\u202emoc.live'],
    ['isolates a direction', 'Ada\u2066x\u2069'],
    ['holds a right-to-left mark', 'Ada\u200f'],
    ['holds a zero-width space', 'A\u200bda'],
    ['holds a byte order mark', '\ufeffAda'],
    ['holds a tag character', 'Ada\u{e0041}'],
    ['holds a high surrogate alone', 'Ada\ud83d'],
    ['holds a low surrogate alone', '\ude00Ada'],
  ])('is refused when it %s', (_, given) => {
    expect(parseName(given)).toBeUndefined()
  })

  test('S68: whatever text is given, is well formed, visible, at most 64 code points and unchanged', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 80 }), (given) => {
        const name = parseName(given)

        expect([undefined, given]).toContain(name)
        expect(name === undefined || (name.isWellFormed() && [...name].length <= 64 && /\S/.test(name))).toBe(true)
        expect(name === undefined || !/[\p{Cc}\p{Bidi_Control}]/u.test(name)).toBe(true)
      }),
      { numRuns: 1000 },
    )
  })

  test('S75: 1 MiB is refused', () => {
    expect(parseName('a'.repeat(2 ** 20))).toBeUndefined()
    expect(parseUsername('a'.repeat(2 ** 20))).toBeUndefined()
  })
})
