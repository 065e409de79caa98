import { expect, test } from 'vitest'
import { bodyOf, browser, json, query, server, signedUp } from './harness.ts'
import { newAuthenticator } from './passkey-authenticator.ts'
import { addPasskey, optionsByToken, optionsOf, post, shown, showPasskey, signIn, withPasskey } from './passkeys.ts'

const challenges = 'select count(*) from passkey_challenges'

test('A81, S26: an answer signs in once', async () => {
  const on = await server()
  const given = json(await signIn(on))

  const [first, again] = [
    await on.request('/auth/passkeys/sign-in', given),
    await on.request('/auth/passkeys/sign-in', given),
  ]

  expect([first.status, again.status]).toEqual([200, 410])
})

test('S79, S26: of two passkeys that answer one challenge at once, one signs in', async () => {
  const on = await server()
  const people = [await withPasskey(on), await withPasskey(on)]
  const tab = browser(on)
  const options = await optionsOf(tab, 'passkeys/sign-in/options')
  const assertions = await Promise.all(people.map(({ authenticator }) => authenticator.get(options)))

  const answers = await Promise.all(assertions.map((assertion) => post(tab, 'passkeys/sign-in', { assertion })))

  expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 410])
})

test('S79: of one answer shown ten times at once, by an authenticator that does not count, one signs in', async () => {
  const on = await server()
  const { authenticator } = await withPasskey(on)
  const tab = browser(on)
  const options = await optionsOf(tab, 'passkeys/sign-in/options')
  const assertion = await authenticator.get(options, { counter: 0 })

  const answers = await Promise.all(Array.from({ length: 10 }, () => post(tab, 'passkeys/sign-in', { assertion })))

  expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
  expect(answers.filter(({ status }) => ![200, 410].includes(status))).toEqual([])
})

test.each([
  [299, 200],
  [300, 410],
])('S26: %i seconds after it was asked for, a challenge answers %i', async (seconds, status) => {
  const on = await server()
  const { authenticator } = await withPasskey(on)
  const tab = browser(on)
  const options = await optionsOf(tab, 'passkeys/sign-in/options')
  on.clock.pass(seconds)

  const answer = await post(tab, 'passkeys/sign-in', { assertion: await authenticator.get(options) })

  expect(answer.status).toBe(status)
})

test('a challenge that is over is deleted by the job', async () => {
  const on = await server()
  await optionsOf(browser(on), 'passkeys/sign-in/options')
  on.clock.pass(300)

  const { deleted } = await on.job()

  expect(deleted).toMatchObject({ passkey_challenges: 1 })
  expect(await query(on, challenges)).toEqual([[0]])
})

test('S26: a challenge belongs to the browser that asked for it', async () => {
  const on = await server()
  const { authenticator } = await withPasskey(on)
  const [tab, thief] = [browser(on), browser(on)]
  const options = await optionsOf(tab, 'passkeys/sign-in/options')
  await optionsOf(thief, 'passkeys/sign-in/options')
  const assertion = await authenticator.get(options)

  const elsewhere = await post(thief, 'passkeys/sign-in', { assertion })
  const nowhere = await post(browser(on), 'passkeys/sign-in', { assertion })
  const asToken = await post(tab, 'passkeys/sign-in', { assertion, transport: 'token' })
  const here = await post(tab, 'passkeys/sign-in', { assertion })

  expect([elsewhere.status, nowhere.status, asToken.status, here.status]).toEqual([410, 410, 410, 200])
})

test('the tabs of one browser keep their challenges beside each other', async () => {
  const on = await server()
  const { authenticator } = await withPasskey(on)
  const tab = browser(on)
  const first = await optionsOf(tab, 'passkeys/sign-in/options')
  await optionsOf(tab, 'passkeys/sign-in/options')

  const answer = await post(tab, 'passkeys/sign-in', { assertion: await authenticator.get(first) })

  expect(answer.status).toBe(200)
})

test('the binding of a browser is a cookie that no script reads and no other site sends', async () => {
  const on = await server()
  const tab = browser(on)

  await optionsOf(tab, 'passkeys/sign-in/options')

  expect(tab.setCookies).toEqual([
    expect.stringMatching(
      /^__Host-passkey=[\w-]{43}; (?=.*HttpOnly)(?=.*Secure)(?=.*SameSite=Lax)(?=.*Path=\/)(?=.*Max-Age=300)/,
    ),
  ])
})

test('an app gets its binding in the body, and no cookie', async () => {
  const on = await server()

  const answer = await on.request('/auth/passkeys/sign-in/options', json({ transport: 'token' }))

  expect(answer.headers.getSetCookie()).toEqual([])
  expect((await bodyOf(answer)).binding).toMatch(/^[\w-]{43}$/)
})

test.each([undefined, '', 'A'.repeat(42), 'A'.repeat(64), '../../etc'])(
  'S43: a binding %j is none',
  async (binding) => {
    const on = await server()
    const given = await signIn(on)

    const answer = await on.request('/auth/passkeys/sign-in', json({ ...given, binding }))

    expect(answer.status).toBe(410)
  },
)

test('S26, S43: a challenge is good for what it was asked for, and nothing else', async () => {
  const on = await server()
  const { tab, authenticator, person } = await shown(on)
  const held = (await bodyOf(await on.request('/auth/login', json(person)))).challenge.id
  const forSignIn = () => optionsOf(tab, 'passkeys/sign-in/options')
  const forSignUp = async () => ({
    ...(await forSignIn()),
    challenge: (await optionsOf(tab, 'passkeys/sign-up/options', { email: 'mallory@example.com' })).challenge,
  })
  const forStepUp = () => optionsOf(tab, 'passkeys/sign-in/options', { stepUp: true })
  const forGate = () => optionsOf(tab, 'passkeys/sign-in/options', { id: held })
  const elevate = async (options: Awaited<ReturnType<typeof optionsOf>>) =>
    post(tab, 'session/refresh-auth', { method: 'passkey', assertion: await authenticator.get(options) })
  const enter = async (options: Awaited<ReturnType<typeof optionsOf>>) =>
    post(tab, 'passkeys/sign-in', { assertion: await authenticator.get(options) })
  const finish = async (options: Awaited<ReturnType<typeof optionsOf>>) =>
    post(tab, 'challenge', { id: held, method: 'passkey', assertion: await authenticator.get(options) })

  const wrong = [
    await enter(await forSignUp()),
    await enter(await forStepUp()),
    await enter(await forGate()),
    await elevate(await forSignIn()),
    await elevate(await forGate()),
    await finish(await forSignIn()),
    await finish(await forStepUp()),
  ]

  expect(wrong.map(({ status }) => status)).toEqual([410, 410, 410, 403, 403, 401, 401])
  const right = [await finish(await forGate()), await elevate(await forStepUp()), await enter(await forSignIn())]
  expect(right.map(({ status }) => status)).toEqual([200, 200, 200])
})

test('S26: a challenge to register is none to sign up, nor that of another session, and the other way round', async () => {
  const on = await server()
  const [ada, bob] = [await signedUp(on), await signedUp(on)]
  const email = 'mallory@example.com'
  const [ofAda, ofSignUp] = [
    await optionsOf(ada, 'passkeys/options'),
    await optionsOf(bob, 'passkeys/sign-up/options', { email }),
  ]
  const answerTo = (options: Parameters<ReturnType<typeof newAuthenticator>['create']>[0]) =>
    newAuthenticator().create(options)

  const [elsewhere, asSignUp, asRegistration] = [
    await post(bob, 'passkeys', { attestation: await answerTo(ofAda) }),
    await post(bob, 'passkeys/sign-up', { email, attestation: await answerTo(ofAda) }),
    await post(bob, 'passkeys', { attestation: await answerTo(ofSignUp) }),
  ]

  expect([elsewhere.status, asSignUp.status, asRegistration.status]).toEqual([422, 410, 422])
  expect(await query(on, 'select count(*) from passkeys')).toEqual([[0]])
  expect((await addPasskey(ada, { authenticator: newAuthenticator() })).status).toBe(201)
})

test('a challenge that was made up is nothing', async () => {
  const on = await server()
  const { authenticator } = await withPasskey(on)
  const { binding, options } = await optionsByToken(on, 'passkeys/sign-in/options')
  const assertion = await authenticator.get(options, { challenge: 'A'.repeat(43) })

  const answer = await on.request('/auth/passkeys/sign-in', json({ assertion, binding, transport: 'token' }))

  expect(answer.status).toBe(410)
})

test('a passkey signs in beside the session of another user, which ends', async () => {
  const on = await server()
  const [ada, bob] = [await withPasskey(on), await signedUp(on)]

  const answer = await showPasskey(bob, { authenticator: ada.authenticator })

  expect((await bodyOf(answer)).user.id).toBe(ada.user.id)
  expect(await query(on, 'select ended_reason from sessions where id = ?', bob.session.id)).toEqual([['replaced']])
})
