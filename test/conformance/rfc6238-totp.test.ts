import { expect, test } from 'vitest'
import { stepOf } from '../../src/features/totp/otp.ts'
import { codeAt } from '../totp-app.ts'

/** Time-based one-time passwords. @see https://www.rfc-editor.org/rfc/rfc6238#appendix-B */

/** The standard's `12345678901234567890`. */
const secret = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ'

/** The last six of the eight digits that the table has for SHA-1. */
const vectors: [now: number, code: string][] = [
  [59, '287082'],
  [1_111_111_109, '081804'],
  [1_111_111_111, '050471'],
  [1_234_567_890, '005924'],
  [2_000_000_000, '279037'],
  [20_000_000_000, '353130'],
]

test.each(vectors)('appendix B: at %d the code is %s, and its step that of the time', async (now, code) => {
  expect(await stepOf(secret, code, now)).toBe(Math.floor(now / 30))
})

test.each(vectors)('appendix B: the app of these tests shows at %d the code %s', async (now, code) => {
  expect(await codeAt(secret, now)).toBe(code)
})

test('S22, section 5.2: a code is good in its own step and in those beside it, and in no other', async () => {
  const now = 1_234_567_890
  const steps = [-3, -2, -1, 0, 1, 2, 3]

  const found = await Promise.all(steps.map((off) => stepOf(secret, '005924', now + off * 30)))

  expect(found).toEqual([undefined, undefined, now / 30, now / 30, now / 30, undefined, undefined])
})

test('S22, section 5.2: to the second, a code lives from 30 before its step until 60 after it began', async () => {
  const began = 1_234_567_890

  const found = await Promise.all([-31, -30, 59, 60].map((off) => stepOf(secret, '005924', began + off)))

  expect(found).toEqual([undefined, began / 30, began / 30, undefined])
})
