import { expect, test } from 'vitest'
import { type Browser, bodyOf, browser, json, query, type Server, server, signedUp, somebody } from './harness.ts'
import { newAuthenticator } from './passkey-authenticator.ts'
import { addPasskey, optionsOf, post, shown, showPasskey, withPasskey } from './passkeys.ts'

const held = async (on: Server, person: object, tab = browser(on)) => {
  const { challenge } = await bodyOf(await post(tab, 'login', person))
  return { ...tab, id: String(challenge.id), methods: challenge.methods as string[] }
}

const optionsFor = (tab: Pick<Browser, 'fetch'>, id: string) => optionsOf(tab, 'passkeys/sign-in/options', { id })

test('S15: with a passkey on, a password alone signs in nobody: the passkey finishes it', async () => {
  const on = await server()
  const { authenticator, person, user } = await withPasskey(on)
  const { id, methods, ...tab } = await held(on, person)

  const options = await optionsFor(tab, id)
  const answer = await post(tab, 'challenge', { id, method: 'passkey', assertion: await authenticator.get(options) })

  expect(methods).toEqual(['passkey', 'recovery'])
  expect(options).toMatchObject({
    allowCredentials: [{ id: authenticator.passkeys[0]?.id, transports: ['internal', 'hybrid'] }],
    userVerification: 'preferred',
  })
  expect(await bodyOf(answer)).toMatchObject({ user: { id: user.id }, session: { methods: ['password', 'passkey'] } })
})

test('S26: beside a password the presence of its user is enough, and presence it takes', async () => {
  const on = await server()
  const { authenticator, person } = await withPasskey(on)
  const { id, ...tab } = await held(on, person)
  const answerBy = async (knobs: object) =>
    post(tab, 'challenge', {
      id,
      method: 'passkey',
      assertion: await authenticator.get(await optionsFor(tab, id), { userVerified: false, ...knobs }),
    })

  const [absent, present] = [await answerBy({ userPresent: false }), await answerBy({})]

  expect([absent.status, present.status]).toEqual([401, 200])
})

test('GHSA-f66q-9rf6-8795: the passkey of another user finishes nobody else’s sign-in', async () => {
  const on = await server()
  const [ada, bob] = [await withPasskey(on), await withPasskey(on)]
  const { id, ...tab } = await held(on, ada.person)
  const [passkey] = bob.authenticator.passkeys
  if (passkey === undefined) throw new Error('Bob has one.')
  const knobs = [{ passkey }, { passkey, userHandle: ada.user.id }, { passkey, userHandle: null }]

  const statuses: number[] = []
  for (const one of knobs) {
    const assertion = await bob.authenticator.get(await optionsFor(tab, id), one)
    statuses.push((await post(tab, 'challenge', { id, method: 'passkey', assertion })).status)
  }

  expect(statuses).toEqual([401, 401, 401])
  expect(await query(on, 'select count(*) from sessions where user_id = ?', ada.user.id)).toEqual([[1]])
})

test('S24: an answer for one sign-in on hold finishes no other', async () => {
  const on = await server()
  const { authenticator, person } = await withPasskey(on)
  const [first, second] = [await held(on, person), await held(on, person)]
  const assertion = await authenticator.get(await optionsFor(first, first.id))

  const [elsewhere, here] = [
    await post(second, 'challenge', { id: second.id, method: 'passkey', assertion }),
    await post(first, 'challenge', { id: first.id, method: 'passkey', assertion }),
  ]

  expect([elsewhere.status, here.status]).toEqual([401, 200])
})

test.each(['A'.repeat(43), 'x', ''])('there are no options for a sign-in on hold that is none: %j', async (id) => {
  const on = await server()

  const answer = await post(browser(on), 'passkeys/sign-in/options', { id })

  expect(answer.status).toBe(410)
})

test('there are no options for a sign-in that a passkey cannot finish', async () => {
  const on = await server({ settings: { AUTH_EMAIL_VERIFICATION: 'required' } })
  const person = somebody()
  await on.request('/auth/register', json(person))
  const { id, methods, ...tab } = await held(on, person)

  const answer = await post(tab, 'passkeys/sign-in/options', { id })

  expect(methods).toEqual(['email'])
  expect(answer.status).toBe(410)
})

test('a device where the passkey was shown is spared it, until the passkey is gone', async () => {
  const on = await server()
  const { authenticator, person, fetch, passkey } = await withPasskey(on)
  await addPasskey({ fetch }, { authenticator: newAuthenticator() })
  const { id, ...tab } = await held(on, person)
  const assertion = await authenticator.get(await optionsFor(tab, id))
  await post(tab, 'challenge', { id, method: 'passkey', assertion, trustDevice: true })

  const trusted = await bodyOf(await post(tab, 'login', person))
  await fetch(`/auth/passkeys/${passkey.id}`, { method: 'DELETE' })
  const after = await bodyOf(await post(tab, 'login', person))

  expect([trusted.status, after.status]).toEqual(['signed_in', 'challenge'])
})

test('GHSA-hp74-gm6m-2qm5: a passkey makes the session fresh, under the same id and a new secret', async () => {
  const on = await server()
  const { authenticator, tab } = await shown(on)
  const old = tab.jar.get('__Host-session')
  on.clock.pass(601)
  const stale = await post(tab, 'passkeys/options')

  const options = await optionsOf(tab, 'passkeys/sign-in/options', { stepUp: true })
  const answer = await post(tab, 'session/refresh-auth', {
    method: 'passkey',
    assertion: await authenticator.get(options),
  })

  expect([stale.status, answer.status]).toEqual([403, 200])
  expect((await post(tab, 'passkeys/options')).status).toBe(200)
  const stolen = await on.request('/auth/sessions', { headers: { cookie: `__Host-session=${old}` } })
  expect(stolen.status).toBe(401)
})

test('GHSA-f66q-9rf6-8795, GHSA-hp74-gm6m-2qm5: the passkey of another user makes no session fresh', async () => {
  const on = await server()
  const [ada, bob] = [await shown(on), await shown(on)]
  const [passkey] = bob.authenticator.passkeys
  if (passkey === undefined) throw new Error('Bob has one.')
  on.clock.pass(601)
  const mine = await optionsOf(ada.tab, 'passkeys/sign-in/options', { stepUp: true })
  const his = await optionsOf(bob.tab, 'passkeys/sign-in/options', { stepUp: true })

  const answers = [
    await post(ada.tab, 'session/refresh-auth', {
      method: 'passkey',
      assertion: await bob.authenticator.get(mine, { passkey }),
    }),
    await post(ada.tab, 'session/refresh-auth', { method: 'passkey', assertion: await bob.authenticator.get(his) }),
  ]

  expect(answers.map(({ status }) => status)).toEqual([403, 403])
  expect((await post(ada.tab, 'passkeys/options')).status).toBe(403)
})

test('S26: an answer for one session makes no other session of the same user fresh', async () => {
  const on = await server()
  const { authenticator, tab } = await shown(on)
  const other = browser(on)
  await showPasskey(other, { authenticator })
  const options = await optionsOf(tab, 'passkeys/sign-in/options', { stepUp: true })
  const assertion = await authenticator.get(options)

  const [elsewhere, here] = [
    await post(other, 'session/refresh-auth', { method: 'passkey', assertion }),
    await post(tab, 'session/refresh-auth', { method: 'passkey', assertion }),
  ]

  expect([elsewhere.status, here.status]).toEqual([403, 200])
})

test('S79: of one answer shown ten times at once, one makes the session fresh', async () => {
  const on = await server()
  const { authenticator, headers, tab } = await shown(on)
  const options = await optionsOf(tab, 'passkeys/sign-in/options', { stepUp: true })
  const given = json({ method: 'passkey', assertion: await authenticator.get(options) }, headers)

  const answers = await Promise.all(Array.from({ length: 10 }, () => on.request('/auth/session/refresh-auth', given)))

  expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
  expect(answers.filter(({ status }) => status >= 500)).toEqual([])
})

test.each([undefined, null, 'x', {}, [], { id: 'x' }, { response: {} }])(
  'S68: an assertion %j is wrong, at the gate and to step up',
  async (assertion) => {
    const on = await server()
    const { tab, person } = await shown(on)
    const { id, ...gate } = await held(on, person)

    const answers = [
      await post(gate, 'challenge', { id, method: 'passkey', assertion }),
      await post(tab, 'session/refresh-auth', { method: 'passkey', assertion }),
    ]

    expect(answers.map(({ status }) => status)).toEqual([401, 403])
  },
)

test('options to step up want a session', async () => {
  const on = await server()

  const answer = await post(browser(on), 'passkeys/sign-in/options', { stepUp: true })

  expect(answer.status).toBe(401)
})

test('where a second factor is required, a sign-in on hold sets up a passkey and goes on', async () => {
  const on = await server({ settings: { AUTH_MFA: 'required' } })
  const [tab, person, authenticator] = [browser(on), somebody(), newAuthenticator()]
  const { challenge } = await bodyOf(await post(tab, 'register', person))

  const added = await addPasskey(tab, { authenticator, challenge: challenge.id })
  const answer = await post(tab, 'challenge', { id: challenge.id, method: 'enrol' })

  expect(challenge.methods).toEqual(['enrol'])
  expect((await bodyOf(added)).recoveryCodes).toHaveLength(10)
  expect(await bodyOf(answer)).toMatchObject({ session: { methods: ['password', 'passkey'] } })
})

test('where a second factor is required, a passkey is enough by itself', async () => {
  const on = await server()
  const { authenticator } = await withPasskey(on)
  const strict = await server({ beside: on, settings: { AUTH_MFA: 'required' } })

  const answer = await showPasskey(browser(strict), { authenticator })

  expect((await bodyOf(answer)).status).toBe('signed_in')
})

test('where second factors are switched off, passkeys sign in and hold up nobody', async () => {
  const on = await server({ settings: { AUTH_MFA: 'off' } })
  const tab = await signedUp(on)
  const authenticator = newAuthenticator()
  const added = await addPasskey(tab, { authenticator })

  const [byPassword, byPasskey] = [
    await post(browser(on), 'login', tab.person),
    await showPasskey(browser(on), { authenticator }),
  ]

  expect((await bodyOf(added)).recoveryCodes).toBeUndefined()
  expect([(await bodyOf(byPassword)).status, (await bodyOf(byPasskey)).status]).toEqual(['signed_in', 'signed_in'])
})

test('a passkey whose user is only there makes nothing fresh: nothing else is shown', async () => {
  const on = await server()
  const { authenticator, tab } = await shown(on)
  on.clock.pass(601)
  const options = await optionsOf(tab, 'passkeys/sign-in/options', { stepUp: true })

  const answer = await post(tab, 'session/refresh-auth', {
    method: 'passkey',
    assertion: await authenticator.get(options, { userVerified: false }),
  })

  expect(options.userVerification).toBe('required')
  expect(answer.status).toBe(403)
})
