import { expect, test } from 'vitest'
import { linkFor } from './by-mail.ts'
import { bodyOf, browser, codeIn, json, mailTo, query, server, signedUp, somebody, tokenIn } from './harness.ts'
import { newAuthenticator } from './passkey-authenticator.ts'
import { optionsOf, post, showPasskey, signedUpByPasskey, signUp } from './passkeys.ts'

const required = { settings: { AUTH_EMAIL_VERIFICATION: 'required' } }

test('somebody signs up with a passkey and nothing else, and is asked to prove their address', async () => {
  const on = await server()
  const [tab, authenticator, { email }] = [browser(on), newAuthenticator(), somebody()]
  const options = await optionsOf(tab, 'passkeys/sign-up/options', { email, name: 'Ada' })

  const attestation = await authenticator.create(options)
  const answer = await post(tab, 'passkeys/sign-up', {
    email,
    name: 'Ada',
    username: 'ada_l',
    locale: 'de',
    attestation,
  })

  const { user, session } = await bodyOf(answer)
  expect(answer.status).toBe(201)
  expect(user).toMatchObject({ email, emailVerified: false, name: 'Ada', username: 'ada_l', locale: 'de' })
  expect(session.methods).toEqual(['passkey'])
  expect(options).toMatchObject({
    user: { id: btoa(user.id).replace(/=*$/, ''), name: email, displayName: 'Ada' },
    authenticatorSelection: { residentKey: 'required', requireResidentKey: true, userVerification: 'required' },
    excludeCredentials: [],
  })
  expect(tokenIn((await mailTo(on, { email }))[0], 'email/verify')).toMatch(/./)
  expect((await showPasskey(browser(on), { authenticator })).status).toBe(200)
  expect(await query(on, 'select count(*) from passwords')).toEqual([[0]])
})

test('options to sign up look nobody up: an address that is taken gets the same', async () => {
  const on = await server()
  const { person } = await signedUp(on)

  const [taken, free] = [
    await optionsOf(browser(on), 'passkeys/sign-up/options', { email: person.email }),
    await optionsOf(browser(on), 'passkeys/sign-up/options', { email: somebody().email }),
  ]

  expect(Object.keys(taken)).toEqual(Object.keys(free))
  expect(taken.user.id).toHaveLength(free.user.id.length)
})

test.each([
  ['the address', 'email_taken', (person: { email: string }) => ({ email: person.email })],
  ['the username', 'username_taken', () => ({ username: 'ada_l' })],
])('where %s is taken, nobody signs up', async (_, code, taken) => {
  const on = await server()
  const { person } = await signedUp(on, { username: 'ada_l' })

  const answer = await on.request('/auth/passkeys/sign-up', json({ ...(await signUp(on)), ...taken(person) }))

  expect(await bodyOf(answer)).toMatchObject({ status: 409, code })
  expect(await query(on, 'select count(*) from passkeys')).toEqual([[0]])
})

test('A81, S79: of ten sign-ups by one answer at once, one makes an account', async () => {
  const on = await server()
  const given = json(await signUp(on))

  const answers = await Promise.all(Array.from({ length: 10 }, () => on.request('/auth/passkeys/sign-up', given)))
  const late = await on.request('/auth/passkeys/sign-up', given)

  expect(answers.filter(({ status }) => status === 201)).toHaveLength(1)
  expect(answers.filter(({ status }) => ![201, 409, 410].includes(status))).toEqual([])
  expect(late.status).toBe(410)
  expect(await query(on, 'select count(*) from users')).toEqual([[1]])
})

test.each([
  ['its user was not verified', { userVerified: false }],
  ['it was made on another origin', { origin: 'https://evil.example' }],
  ['it is for another domain', { rpId: 'evil.example' }],
  ['it was made in a frame of another site', { crossOrigin: true }],
  ['it was made to sign in', { type: 'webauthn.get' }],
])('S26: nobody signs up where %s, and the challenge is burned', async (_, knobs) => {
  const on = await server()
  const [tab, { email }] = [browser(on), somebody()]
  const options = await optionsOf(tab, 'passkeys/sign-up/options', { email })

  const wrong = await post(tab, 'passkeys/sign-up', {
    email,
    attestation: await newAuthenticator().create(options, knobs),
  })
  const right = await post(tab, 'passkeys/sign-up', { email, attestation: await newAuthenticator().create(options) })

  expect(await bodyOf(wrong)).toMatchObject({ status: 422, fields: { attestation: expect.any(String) } })
  expect(right.status).toBe(410)
  expect(await query(on, 'select count(*) from users')).toEqual([[0]])
})

test('S26: another browser answers no options to sign up', async () => {
  const on = await server()
  const { email } = somebody()
  const attestation = await newAuthenticator().create(
    await optionsOf(browser(on), 'passkeys/sign-up/options', { email }),
  )

  const answer = await post(browser(on), 'passkeys/sign-up', { email, attestation })

  expect(answer.status).toBe(410)
})

test('where an address has to be proven, a sign-up waits for that: the passkey and a mailed code sign in together', async () => {
  const on = await server(required)
  const [tab, authenticator, { email }] = [browser(on), newAuthenticator(), somebody()]
  const options = await optionsOf(tab, 'passkeys/sign-up/options', { email })

  const answer = await post(tab, 'passkeys/sign-up', { email, attestation: await authenticator.create(options) })

  expect([answer.status, await bodyOf(answer)]).toEqual([202, { status: 'pending' }])
  expect(tab.jar.has('__Host-session')).toBe(false)
  const token = tokenIn((await mailTo(on, { email }))[0], 'email/verify')
  expect((await on.request('/auth/email/verify', json({ token }))).status).toBe(401)
  const { challenge } = await bodyOf(await showPasskey(tab, { authenticator }))
  expect(challenge.methods).toEqual(['email'])
  const code = codeIn((await mailTo(on, { email })).at(-1))
  const finished = await post(tab, 'challenge', { id: challenge.id, method: 'email', code })
  expect(await bodyOf(finished)).toMatchObject({ status: 'signed_in', session: { methods: ['passkey', 'email'] } })
})

test('S13: where an address has to be proven, one that is taken is answered the same, and its owner is told', async () => {
  const on = await server(required)
  const person = somebody()
  await on.request('/auth/register', json(person))
  const before = (await mailTo(on, person)).length

  const answer = await on.request('/auth/passkeys/sign-up', json(await signUp(on, person)))

  expect([answer.status, await bodyOf(answer)]).toEqual([202, { status: 'pending' }])
  expect(await mailTo(on, person)).toHaveLength(before + 1)
  expect(await query(on, 'select count(*) from passkeys')).toEqual([[0]])
})

test('GHSA-qq9h-g4jm-xgf3: whoever proves an address rids it of the passkey that somebody else left there', async () => {
  const on = await server()
  const { authenticator, person } = await signedUpByPasskey(on)

  const claimed = await on.request('/auth/email/sign-in', json({ token: await linkFor(on, person) }))
  const squatter = await showPasskey(browser(on), { authenticator })

  expect([claimed.status, squatter.status]).toEqual([200, 401])
  expect(await query(on, 'select count(*) from passkeys')).toEqual([[0]])
})

test('S13: where an address has to be proven, the same sign-up sent again tells nothing of who has it', async () => {
  const on = await server(required)
  const taken = somebody()
  await on.request('/auth/register', json(taken))

  for (const person of [taken, somebody()]) {
    const sent = json(await signUp(on, person))
    const answers = [await on.request('/auth/passkeys/sign-up', sent), await on.request('/auth/passkeys/sign-up', sent)]
    expect(answers.map(({ status }) => status)).toEqual([202, 202])
  }
})

test.each([{}, required])(
  'a passkey that is registered makes no second account, and no row that takes an address: %j',
  async (mode) => {
    const on = await server(mode)
    const [first, second] = [somebody(), somebody()]
    const authenticator = newAuthenticator()
    const shown = async ({ email }: { email: string }) => {
      const tab = browser(on)
      const options = await optionsOf(tab, 'passkeys/sign-up/options', { email })
      const attestation = await authenticator.create(options, { credential: { id: 'AAECAwQFBgcICQoLDA0ODw' } })
      return post(tab, 'passkeys/sign-up', { email, attestation })
    }
    await shown(first)

    await shown(second)

    expect(await query(on, 'select email from users')).toEqual([[first.email]])
  },
)
