import { expect, test } from 'vitest'
import { isCommon } from '../src/features/password/common-passwords.ts'

test.each([
  'password',
  'baseball',
  'trustno1',
  'q1w2e3r4t5y6',
  'administrator',
  'unbelievable',
  'philadelphia',
  'correcthorsebatterystaple',
])('S5: %s is common, for it is on the list', (password) => {
  expect(isCommon(password)).toBe(true)
})

test.each([
  ['a listed word again and again', ['passwordpassword', 'monkeymonkey', 'trustno1trustno1']],
  ['a few characters again and again', ['aaaaaaaaaaaa', 'abababababab', 'testtesttest', '121212121212']],
  ['a run', ['123456789012', '987654321098', 'abcdefghijkl', 'zyxwvutsrqpo']],
  ['a walk on the keyboard', ['qwertyuiopas', '1qaz2wsx3edc', 'zxcvbnm,./zxc', 'qazwsxedcrfv', 'qweasdzxc123']],
  ['a listed word and a run', ['password1234', 'iloveyou12345', 'Password123!', 'admin1234567']],
  ['a listed word and a year', ['football2024', 'Welcome2026!', 'superman1987']],
  ['a date', ['01012024', '19870523', '311219992000']],
])('S5: %s is common by rule', (_, passwords) => {
  for (const password of passwords) expect(password).toSatisfy(isCommon)
})

test('S5: neither case nor compatibility forms of Unicode hide a common password', () => {
  for (const password of ['PASSWORD1234', 'pAsSwOrDpAsSwOrD', 'ｐａｓｓｗｏｒｄ１２３４', '𝐪𝐰𝐞𝐫𝐭𝐲𝐮𝐢𝐨𝐩𝐚𝐬'])
    expect(password).toSatisfy(isCommon)
})

test.each([
  'correct horse battery staple',
  'not this one at all',
  'purplemonkeydishwasher',
  'Sup3rS3cret!pass',
  'zu7Ahb4ohqu9',
  'a password of mine',
  'парольпароль',
  '正确的马电池订书钉十二字',
  '🔑'.repeat(12),
  'x'.repeat(64),
  '',
])('S5: %j is not common', (password) => {
  expect(isCommon(password)).toBe(false)
})

test('S5: nothing is stripped: a common password in a phrase, or with spaces around it, is another password', () => {
  for (const password of [' administrator', 'administrator ', 'my password is the best'])
    expect(isCommon(password)).toBe(false)
})

test('a text of a mebibyte is answered at once', () => {
  expect(isCommon('password'.repeat(131_072))).toBe(false)
})
