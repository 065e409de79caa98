import { expect } from 'vitest'
import { password, test, type Visitor } from './browser.ts'
import { type Authenticator, addPasskey, authenticatorOf, openApp } from './passkey-authenticator.ts'

const nobody = { user: null, session: null }

/** Somebody who has an account, a page of its app before them, and a passkey in their device. */
const withPasskey = async (visitor: Visitor) => {
  const { email, page, post } = visitor
  const authenticator = await authenticatorOf(page)
  await openApp(visitor)
  await post('/auth/register', { email, password })
  await addPasskey(visitor, authenticator)
  return { ...visitor, authenticator }
}

type Owner = Visitor & { readonly authenticator: Authenticator }

/** What a sign-in by passkey begins with, in this browser. */
const asked = async ({ post }: Visitor, more: object = {}) => (await post('/auth/passkeys/sign-in/options', more)).body

const signInBy = async (owner: Owner) => {
  const assertion = await owner.authenticator.get(await asked(owner))
  return owner.post('/auth/passkeys/sign-in', { assertion })
}

test('S26: somebody registers a passkey, and signs in by it when the browser offers it in a field', async ({
  visit,
}) => {
  const ada = await withPasskey(await visit())
  const { email, post, session, authenticator } = ada
  await post('/auth/logout', {})
  expect(await session()).toEqual(nobody)

  const assertion = await authenticator.offer(await asked(ada))
  const { status, body } = await post('/auth/passkeys/sign-in', { assertion })

  expect([status, body.status]).toEqual([200, 'signed_in'])
  expect(await session()).toMatchObject({ user: { email }, session: { methods: ['passkey'] } })
})

test('somebody signs up by a passkey alone, and comes back by it', async ({ visit }) => {
  const ada = await visit()
  const { email, page, post, session } = ada
  const authenticator = await authenticatorOf(page)
  await openApp(ada)
  const { body: options } = await post('/auth/passkeys/sign-up/options', { email })
  const attestation = await authenticator.create(options)

  const registered = await post('/auth/passkeys/sign-up', { email, attestation })

  expect([registered.status, registered.body.status]).toEqual([201, 'signed_in'])
  await post('/auth/logout', {})
  expect(await session()).toEqual(nobody)
  const back = await signInBy({ ...ada, authenticator })
  expect(back.body).toMatchObject({ status: 'signed_in', user: { email, emailVerified: false } })
})

test('S26: what a passkey signed is refused when it comes a second time', async ({ visit }) => {
  const ada = await withPasskey(await visit())
  await ada.post('/auth/logout', {})
  const assertion = await ada.authenticator.get(await asked(ada))
  const first = await ada.post('/auth/passkeys/sign-in', { assertion })
  await ada.post('/auth/logout', {})

  const second = await ada.post('/auth/passkeys/sign-in', { assertion })

  expect([first.status, second.status]).toEqual([200, 410])
  expect(await ada.session()).toEqual(nobody)
})

test('S26: what a passkey signed for one browser is refused in another', async ({ visit }) => {
  const [ada, mallory] = [await withPasskey(await visit()), await visit()]
  await ada.post('/auth/logout', {})
  const assertion = await ada.authenticator.get(await asked(ada))
  await asked(mallory)

  const stolen = await mallory.post('/auth/passkeys/sign-in', { assertion })

  expect(stolen.status).toBe(410)
  expect(await mallory.session()).toEqual(nobody)
})

test('S26: what a passkey signed at another origin of the same host is refused, and so is one that was made there', async ({
  visit,
}) => {
  const ada = await withPasskey(await visit())
  await openApp(ada, 'http://localhost:4999')
  const { body: options } = await ada.post('/auth/passkeys/options', {})
  const attestation = await ada.authenticator.create({ ...options, excludeCredentials: [] })
  const added = await ada.post('/auth/passkeys', { attestation })
  await ada.post('/auth/logout', {})
  const assertion = await ada.authenticator.get(await asked(ada))

  const signedIn = await ada.post('/auth/passkeys/sign-in', { assertion })

  expect([added.status >= 400, signedIn.status]).toEqual([true, 401])
  expect(await ada.session()).toEqual(nobody)
})

test('S26: a copy of a passkey, whose counter is behind, is refused, and the passkey itself is not', async ({
  visit,
}) => {
  const ada = await withPasskey(await visit())
  const { authenticator, post } = ada
  for (let time = 0; time < 3; time++) await signInBy(ada)
  await post('/auth/logout', {})
  const [key] = await authenticator.keys()
  if (key === undefined) expect.unreachable()
  await authenticator.rewind(key, 1)

  const copied = await signInBy(ada)

  expect(copied.status).toBe(401)
  expect(await ada.session()).toEqual(nobody)
  await authenticator.rewind(key, key.signCount)
  expect((await signInBy(ada)).status).toBe(200)
})

test('S26, GHSA-f66q-9rf6-8795: the passkey of somebody else neither finishes a sign-in on hold nor makes a session fresh', async ({
  visit,
}) => {
  const [ada, mallory] = [await withPasskey(await visit()), await withPasskey(await visit())]
  const ofAnother = (options: object) => mallory.authenticator.get({ ...options, allowCredentials: [] })
  const challenge = (await mallory.post('/auth/login', { email: ada.email, password })).body.challenge

  const finishing = await ofAnother(await asked(mallory, { id: challenge.id }))
  const finished = await mallory.post('/auth/challenge', { id: challenge.id, method: 'passkey', assertion: finishing })
  const raising = await ofAnother(await asked(ada, { stepUp: true }))
  const raised = await ada.post('/auth/session/refresh-auth', { method: 'passkey', assertion: raising })

  expect([finished.status, raised.status]).toEqual([401, 403])
})

test('a passkey makes the session of its owner fresh', async ({ visit }) => {
  const ada = await withPasskey(await visit())
  const { session: before } = await ada.session()
  const assertion = await ada.authenticator.get(await asked(ada, { stepUp: true }))

  const raised = await ada.post('/auth/session/refresh-auth', { method: 'passkey', assertion })

  expect(raised).toMatchObject({ status: 200, body: { session: { id: before.id, methods: ['password', 'passkey'] } } })
})

test('a passkey that is removed signs nobody in', async ({ visit }) => {
  const ada = await withPasskey(await visit())
  const { passkeys } = await ada.read('/auth/passkeys')
  expect(await ada.erase(`/auth/passkeys/${passkeys[0].id}`)).toBe(204)
  await ada.post('/auth/logout', {})

  expect((await signInBy(ada)).status).toBe(401)
})
