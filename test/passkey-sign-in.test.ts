import { expect, test } from 'vitest'
import { partsOf } from './forging.ts'
import { bodyOf, browser, json, query, server, signedUp, somebody } from './harness.ts'
import { type Knobs, newAuthenticator } from './passkey-authenticator.ts'
import { byToken, optionsByToken, optionsOf, post, showPasskey, signIn, withPasskey } from './passkeys.ts'

test('a passkey signs in by itself, whoever does not say who they are', async () => {
  const on = await server()
  const { authenticator, user } = await withPasskey(on)
  const tab = browser(on)

  const options = await optionsOf(tab, 'passkeys/sign-in/options')
  const answer = await post(tab, 'passkeys/sign-in', { assertion: await authenticator.get(options) })

  expect(options).toEqual({
    rpId: 'app.example.com',
    challenge: expect.stringMatching(/^[\w-]{43}$/),
    timeout: 300_000,
    allowCredentials: [],
    userVerification: 'required',
  })
  expect(answer.status).toBe(200)
  expect(await bodyOf(answer)).toMatchObject({
    status: 'signed_in',
    user: { id: user.id },
    session: { methods: ['passkey'] },
  })
  expect((await tab.fetch('/auth/me')).status).toBe(200)
})

test('S26: it is two factors by itself, and its tokens say so', async () => {
  const on = await server()
  const given = await signIn(on)

  const { tokens } = await bodyOf(await on.request('/auth/passkeys/sign-in', json(given)))

  expect(partsOf(tokens.access_token).claims).toMatchObject({
    acr: 'aal2',
    amr: expect.arrayContaining(['passkey', 'mfa']),
  })
})

test.each(['email', 'username'] as const)('it signs in whoever says their %s', async (kind) => {
  const on = await server()
  const { authenticator, person, user, fetch } = await withPasskey(on)
  const username = `u${crypto.randomUUID().slice(0, 8)}`
  await fetch('/auth/me', { ...json({ username }), method: 'PATCH' })
  const asked = kind === 'email' ? { email: person.email } : { username }

  const answer = await showPasskey(browser(on), { authenticator, asked, knobs: { userHandle: null } })

  expect(answer.status).toBe(200)
  expect((await bodyOf(answer)).user.id).toBe(user.id)
})

test('an authenticator that does not count signs in again and again', async () => {
  const on = await server()
  const { authenticator } = await withPasskey(on)

  const statuses: number[] = []
  for (let i = 0; i < 3; i++) {
    statuses.push((await showPasskey(browser(on), { authenticator, knobs: { counter: 0 } })).status)
  }

  expect(statuses).toEqual([200, 200, 200])
})

test('each use is seen: when it was, and whether the passkey is kept elsewhere too', async () => {
  const on = await server()
  const { authenticator, fetch } = await withPasskey(on, { backupEligible: true })
  const listed = async () => (await bodyOf(await fetch('/auth/passkeys'))).passkeys
  const before = await listed()
  on.clock.pass(60)

  await showPasskey(browser(on), { authenticator, knobs: { backedUp: true } })

  const [after] = await listed()
  expect(before).toMatchObject([{ lastUsedAt: null, synced: true, backedUp: false }])
  expect(after).toMatchObject({ synced: true, backedUp: true })
  expect(after.lastUsedAt).toBe(new Date(on.clock.now * 1000).toISOString().replace('.000', ''))
})

const wildcard = { AUTH_TRUSTED_ORIGINS: 'https://*.preview.example.com, https://other.example.org' }

const refusals: [why: string, knobs: Knobs][] = [
  ['it was made on another origin', { origin: 'https://evil.example' }],
  ['it was made on an origin that ends alike', { origin: 'https://evil-app.example.com' }],
  ['it was made on another port', { origin: 'https://app.example.com:8443' }],
  ['it was made without TLS', { origin: 'http://app.example.com' }],
  ['its origin is trusted by a wildcard alone', { origin: 'https://pr-1.preview.example.com' }],
  ['it is for another domain', { rpId: 'evil.example' }],
  ['it is for a domain above', { rpId: 'example.com' }],
  ['nobody was there', { userPresent: false }],
  ['its user was not verified', { userVerified: false }],
  ['another key signed', { wrongKey: true }],
  ['it was made in a frame of another site', { crossOrigin: true }],
  ['it was made in a frame of a site that it names', { crossOrigin: true, topOrigin: 'https://evil.example' }],
  ['it names a site around it', { topOrigin: 'https://app.example.com' }],
  ['it was made to register', { type: 'webauthn.create' }],
  ['it says the passkey of nobody', { userHandle: 'usr_AAAAAAAAAAAAAAAAAAAAAA' }],
  ['it says nobody where nobody said', { userHandle: null }],
  ['the passkey can suddenly be kept elsewhere', { backupEligible: true }],
  ['the passkey is kept elsewhere and cannot be', { backedUp: true }],
]

test.each(refusals)('S26: an assertion is refused where %s, and its challenge is burned', async (_, knobs) => {
  const on = await server({ settings: wildcard })
  const { authenticator } = await withPasskey(on)
  const tab = browser(on)
  const options = await optionsOf(tab, 'passkeys/sign-in/options')

  const wrong = await post(tab, 'passkeys/sign-in', { assertion: await authenticator.get(options, knobs) })
  const right = await post(tab, 'passkeys/sign-in', { assertion: await authenticator.get(options) })
  const anew = await showPasskey(tab, { authenticator })

  expect(await bodyOf(wrong)).toMatchObject({ status: 401, code: 'wrong_credentials' })
  expect(await bodyOf(right)).toMatchObject({ status: 410, code: 'code_used_or_expired' })
  expect(anew.status).toBe(200)
  expect(on.logs.filter(({ event }) => event === 'sign_in.refused')).toMatchObject([{ reason: 'passkey' }])
})

test('S26: it is taken on every origin that is named, of another domain too', async () => {
  const on = await server({ settings: wildcard })
  const { authenticator } = await withPasskey(on)

  const answer = await showPasskey(browser(on), { authenticator, knobs: { origin: 'https://other.example.org' } })

  expect(answer.status).toBe(200)
})

test.each([
  ['stands still', 0],
  ['goes back', -2],
])('S26: a counter that %s is refused, and told', async (_, step) => {
  const on = await server()
  const { authenticator, user } = await withPasskey(on)
  for (let i = 0; i < 3; i++) await showPasskey(browser(on), { authenticator })

  const answer = await showPasskey(browser(on), { authenticator, knobs: { counter: 3 + step } })

  expect(answer.status).toBe(401)
  const told = on.logs.filter(({ event }) => event === 'passkey.counter_went_back')
  expect(told).toMatchObject([{ userId: user.id }])
})

test('S26: a counter that a stranger makes up is told to nobody', async () => {
  const on = await server()
  const { authenticator } = await withPasskey(on)
  await showPasskey(browser(on), { authenticator })

  await showPasskey(browser(on), { authenticator, knobs: { counter: 0, wrongKey: true } })

  expect(on.logs.map(({ event }) => event)).not.toContain('passkey.counter_went_back')
})

test('S26, S79: of two copies of a passkey that count alike, at once, one signs in', async () => {
  const on = await server()
  const { authenticator } = await withPasskey(on)
  const asked = await Promise.all(Array.from({ length: 6 }, () => optionsByToken(on, 'passkeys/sign-in/options')))
  const given: object[] = []
  for (const { binding, options } of asked) {
    given.push({ assertion: await authenticator.get(options, { counter: 7 }), binding, ...byToken })
  }

  const answers = await Promise.all(given.map((one) => on.request('/auth/passkeys/sign-in', json(one))))

  expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 401, 401, 401, 401, 401])
})

test('S26: the passkey of another user signs in nobody who said who they are', async () => {
  const on = await server()
  const [ada, bob] = [await withPasskey(on), await withPasskey(on)]
  const [passkey] = bob.authenticator.passkeys

  const answer = await showPasskey(browser(on), {
    authenticator: bob.authenticator,
    asked: { email: ada.person.email },
    ...(passkey ? { knobs: { passkey } } : {}),
  })

  expect(answer.status).toBe(401)
})

test('a passkey that nobody registered signs in nobody', async () => {
  const on = await server()
  const { user } = await withPasskey(on)
  const stranger = newAuthenticator()
  const { options } = await optionsByToken(on, 'passkeys/sign-up/options', { email: 'mallory@example.com' })
  await stranger.create(options)

  const answer = await showPasskey(browser(on), { authenticator: stranger, knobs: { userHandle: user.id } })

  expect(answer.status).toBe(401)
})

test('GHSA-2vg6-77g8-24mp: the passkey of an account that is erased signs in nobody', async () => {
  const on = await server()
  const { authenticator, fetch } = await withPasskey(on)
  expect((await fetch('/auth/me', { method: 'DELETE' })).status).toBe(204)

  const answer = await showPasskey(browser(on), { authenticator })

  expect(answer.status).toBe(401)
  expect(await query(on, 'select count(*) from passkeys')).toEqual([[0]])
})

test('whoever is suspended is told so, once they have shown who they are', async () => {
  const on = await server()
  const { authenticator, user } = await withPasskey(on)
  await query(on, 'update users set suspended_at = 1 where id = ?', user.id)

  const [right, wrong] = [
    await showPasskey(browser(on), { authenticator }),
    await showPasskey(browser(on), { authenticator, knobs: { wrongKey: true } }),
  ]

  expect([(await bodyOf(right)).code, (await bodyOf(wrong)).code]).toEqual(['account_suspended', 'wrong_credentials'])
})

test('where an address has to be proven, a passkey does not stand in for that', async () => {
  const on = await server()
  const { authenticator } = await withPasskey(on)
  const strict = await server({ beside: on, settings: { AUTH_EMAIL_VERIFICATION: 'required' } })

  const answer = await bodyOf(await showPasskey(browser(strict), { authenticator }))

  expect(answer).toMatchObject({ status: 'challenge', challenge: { methods: ['email'] } })
})

test('S13: the passkey of somebody else is as wrong for a name that nobody has as for one that somebody has', async () => {
  const on = await server()
  const { authenticator } = await withPasskey(on)
  const known = await signedUp(on)

  for (const email of [known.person.email, somebody().email]) {
    const [passkey] = authenticator.passkeys
    if (passkey === undefined) throw new Error('There is one.')
    const answer = await showPasskey(browser(on), { authenticator, knobs: { passkey }, asked: { email } })
    expect([answer.status, (await bodyOf(answer)).code]).toEqual([401, 'wrong_credentials'])
  }
})

test('S13: an id that options name is registered already, whether or not it is a real one', async () => {
  const on = await server()
  const ada = await withPasskey(on)
  const options = await optionsOf(browser(on), 'passkeys/sign-in/options', { email: ada.person.email })
  const mallory = await signedUp(on)

  const details: unknown[] = []
  for (const { id: credentialId } of options.allowCredentials) {
    const creation = await optionsOf(mallory, 'passkeys/options')
    const attestation = await newAuthenticator().create(creation, { credential: { id: credentialId } })
    const answer = await mallory.fetch('/auth/passkeys', json({ attestation }))
    details.push([answer.status, (await bodyOf(answer)).detail])
  }

  expect(details).toEqual(Array(3).fill([409, 'This passkey is registered already.']))
})
