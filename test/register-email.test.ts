import { expect, test } from 'vitest'
import { openLimiter, quick } from './faulty-ports.ts'
import { bodyOf, json, password, query, type Server, server } from './harness.ts'

const register = (on: Server, email: unknown) => on.request('/auth/register', json({ email, password }))

test.each([
  'ada@example.com',
  'Ada.Lovelace@Example.COM',
  "o'neil+tag=x@mail.example.co.uk",
  '!#$%&*/=?^_`{|}~-@example.com',
  'ada@xn--bcher-kva.example',
  `${'a'.repeat(64)}@example.com`,
  `a@${`${'b'.repeat(61)}.`.repeat(4)}exam`,
])('S19, GHSA-5jpx-9hw9-2fx4: %s is stored byte for byte, and compared in lower case', async (email) => {
  const on = await server()

  const answer = await register(on, email)

  expect(answer.status).toBe(201)
  expect((await bodyOf(answer)).user.email).toBe(email)
  expect(await query(on, 'select email, email_canonical from users')).toEqual([[email, email.toLowerCase()]])
})

test('S19: another spelling of a stored address is the same account, and the stored one stays', async () => {
  const on = await server()
  await register(on, 'Ada@Example.com')
  on.clock.pass(121)

  const again = await register(on, 'aDA@eXAMPLE.COM')

  expect(again.status).toBe(409)
  expect(await bodyOf(again)).toMatchObject({ code: 'email_taken' })
  const login = await on.request('/auth/login', json({ email: 'ADA@EXAMPLE.COM', password }))
  expect((await bodyOf(login)).user.email).toBe('Ada@Example.com')
  expect(await query(on, 'select email from users')).toEqual([['Ada@Example.com']])
})

test('an address with a tag or dots is not that without: nobody else decides what a provider drops', async () => {
  const on = await server()

  const answers = await Promise.all(['ada@gmail.com', 'a.da@gmail.com', 'ada+1@gmail.com'].map((e) => register(on, e)))

  expect(answers.map(({ status }) => status)).toEqual([201, 201, 201])
})

const quoted: [string, unknown][] = [
  ['a quoted local part', '"e@attacker.com"@victim.com'],
  ['a quoted space', '"ada lovelace"@example.com'],
  ['a comment', 'ada(comment)@example.com'],
  ['a list', 'ada@example.com,eve@example.com'],
  ['a list by semicolon', 'ada@example.com;eve@example.com'],
  ['a display name', 'Ada <ada@example.com>'],
  ['angle brackets', '<ada@example.com>'],
  ['a group', 'friends:ada@example.com;'],
  ['two @', 'ada@eve@example.com'],
  ['a source route', '@eve.com:ada@example.com'],
  ['an address literal', 'ada@[192.0.2.1]'],
  ['a bare address', 'ada@192.0.2.1'],
  ['CR LF', 'ada@example.com\r\nBcc: eve@example.com'],
  ['a line feed at the end', 'ada@example.com\n'],
  ['NUL', 'ada@example.com\0.eve.com'],
  ['space around', ' ada@example.com '],
  ['a tab', 'ada\t@example.com'],
  ['two dots', 'ada..lovelace@example.com'],
  ['a dot first', '.ada@example.com'],
  ['a dot last', 'ada.@example.com'],
  ['one label', 'ada@localhost'],
  ['a dot at the end', 'ada@example.com.'],
  ['a hyphen first', 'ada@-example.com'],
  ['a percent-encoded @', 'ada%40eve.com@'],
  ['no local part', '@example.com'],
  ['nothing', ''],
  ['a local part of 65', `${'a'.repeat(65)}@example.com`],
  ['255 characters', `a@${`${'b'.repeat(61)}.`.repeat(4)}examp`],
  ['64 KiB less a little', `${'a'.repeat(60_000)}@example.com`],
  ['null', null],
  ['a list of JSON', ['ada@example.com']],
  ['an object', { toString: 'ada@example.com' }],
]

test.each(quoted)('GHSA-5jpx-9hw9-2fx4: an e-mail address with %s is refused', async (_, email) => {
  const on = await server()

  const answer = await register(on, email)

  expect(answer.status).toBe(422)
  expect(Object.keys((await bodyOf(answer)).fields)).toEqual(['email'])
  expect(on.trips.total).toBe(0)
})

const lookalike = [
  ['a full-width @', 'ada\uff20example.com'],
  ['a small @', 'ada\ufe6bexample.com'],
  ['a full-width dot', 'ada@example\uff0ecom'],
  ['an ideographic dot', 'ada@example\u3002com'],
  ['full-width letters', '\uff41da@example.com'],
  ['a Kelvin sign', 'kevin@\u212aexample.com'.replace('k', '\u212a')],
  ['a dotless i', 'm\u0131ke@example.com'],
  ['a dotted capital I', 'M\u0130KE@example.com'],
  ['a long s', 'a\u017fa@example.com'],
  ['a decomposed letter', 'ade\u0301@example.com'],
  ['a composed letter', 'ad\u00e9@example.com'],
  ['a Cyrillic a', '\u0430da@example.com'],
  ['an umlaut in the domain', 'ada@b\u00fccher.example'],
  ['a zero-width space', 'ada\u200b@example.com'],
  ['a soft hyphen', 'ada\u00ad@example.com'],
  ['a right-to-left override', 'ada\u202e@example.com'],
  ['a byte order mark', '\ufeffada@example.com'],
  ['half of a surrogate pair', 'ada\ud83d@example.com'],
]

test.each(lookalike)(
  'S19, GHSA-7rqj-j65f-68wh: an e-mail address with %s is refused, never folded',
  async (_, email) => {
    const on = await server({ argon2id: quick, limiter: openLimiter })
    await register(on, 'ada@example.com')

    const answers = [await register(on, email), await on.request('/auth/login', json({ email, password }))]

    for (const answer of answers) {
      expect(answer.status).toBe(422)
      expect(Object.keys((await bodyOf(answer)).fields)).toEqual(['email'])
    }
    expect(await query(on, 'select email from users')).toEqual([['ada@example.com']])
  },
)
