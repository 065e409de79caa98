import { expect, test } from 'vitest'
import { bodyOf, browser, json, type Server, server, signedUp, somebody } from './harness.ts'
import { newAuthenticator } from './passkey-authenticator.ts'
import { addPasskey, optionsOf, withPasskey } from './passkeys.ts'

const asked = (on: Server, name: Readonly<Record<string, string>>) =>
  optionsOf(browser(on), 'passkeys/sign-in/options', name)
const idsOf = (options: { allowCredentials: { id: string }[] }) => options.allowCredentials.map(({ id }) => id)

test('S13, CWE-204: options by name are alike for an account with a passkey, one without, and nobody', async () => {
  const on = await server()
  const [withOne, without] = [await withPasskey(on), await signedUp(on)]
  const names = [withOne.person.email, without.person.email, somebody().email]

  const answers = await Promise.all(names.map((email) => asked(on, { email })))

  for (const options of answers) {
    expect(options.allowCredentials).toHaveLength(3)
    for (const one of options.allowCredentials) {
      expect(one).toEqual({ type: 'public-key', id: expect.stringMatching(/^[\w-]+$/) })
      expect([22, 27, 43, 86]).toContain(one.id.length)
    }
    expect(idsOf(options)).toEqual(idsOf(options).toSorted())
  }
  expect(new Set(answers.map((options) => Object.keys(options).join())).size).toBe(1)
})

test('S13: they are the same at every question, and of no two names', async () => {
  const on = await server()
  const { person } = await withPasskey(on)
  const nobody = somebody().email
  const ask = async (email: string) => idsOf(await asked(on, { email }))

  const [known, knownAgain] = [await ask(person.email), await ask(person.email)]
  const [unknown, unknownAgain] = [await ask(nobody), await ask(nobody.toUpperCase())]

  expect(knownAgain).toEqual(known)
  expect(unknownAgain).toEqual(unknown)
  expect(known.filter((id) => unknown.includes(id))).toEqual([])
})

test('the real ones are among them, all of them where there are more', async () => {
  const on = await server()
  const { authenticator, person, ...tab } = await withPasskey(on)
  const one = idsOf(await asked(on, { email: person.email }))
  for (let i = 0; i < 4; i++) await addPasskey(tab, { authenticator: newAuthenticator() })

  const five = idsOf(await asked(on, { email: person.email }))

  expect([one.length, five.length]).toEqual([3, 5])
  expect(one).toContain(authenticator.passkeys[0]?.id)
  expect(five).toContain(authenticator.passkeys[0]?.id)
})

test.each([
  ['two names', { email: 'ada@example.com', username: 'ada_l' }],
  ['a name and a sign-in on hold', { email: 'ada@example.com', id: 'A'.repeat(43) }],
  ['a name and a session', { username: 'ada_l', stepUp: true }],
  ['a sign-in on hold and a session', { id: 'A'.repeat(43), stepUp: true }],
])('options for %s are none', async (_, both) => {
  const on = await server()

  const answer = await on.request('/auth/passkeys/sign-in/options', json(both))

  expect(await bodyOf(answer)).toMatchObject({ status: 422, code: 'invalid_request' })
})

test('S13: they are as long as the ids of the usual authenticators, of which no two are alike', async () => {
  const on = await server()
  const names = Array.from({ length: 20 }, () => somebody().email)

  const answers = await Promise.all(names.map((email) => asked(on, { email })))

  const lengths = new Set(answers.flatMap(idsOf).map((id) => id.length))
  expect([...lengths].toSorted((a, b) => a - b)).toEqual([22, 27, 43, 86])
})
