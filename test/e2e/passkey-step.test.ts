import { expect } from 'vitest'
import { languages } from '../../src/messages/languages.ts'
import { password, test, type Visitor } from './browser.ts'
import { addPasskey, authenticatorOf, openApp } from './passkey-authenticator.ts'

const { pages, pageFailures, signInStep } = languages.en
const { passkey, recovery } = signInStep.methods

/** Somebody with a passkey beside their password, and the link that signs them in, on hold until they show it. */
const onHold = async (visitor: Visitor) => {
  const { email, page, post, link } = visitor
  const authenticator = await authenticatorOf(page)
  await openApp(visitor)
  await post('/auth/register', { email, password })
  await post('/auth/email/verify', { token: new URL(await link('email/verify')).hash.replace('#token=', '') })
  const { body } = await addPasskey(visitor, authenticator, 'Blue key')
  await post('/auth/logout', {})
  await post('/auth/email/link', { email })
  await page.goto(await link('email/sign-in'))
  await page.getByRole('button', { name: pages.signIn.button }).click()
  await page.getByRole('heading', { name: signInStep.title }).waitFor()
  return { authenticator, codes: body.recoveryCodes as string[] }
}

const done = (visitor: Visitor) => visitor.page.getByRole('heading', { name: pages.signIn.done.title }).waitFor()

test('a sign-in by link is finished on our own page by a passkey', async ({ visit }) => {
  const ada = await visit()
  await onHold(ada)
  expect(await ada.page.locator(':focus').textContent()).toBe(passkey.choose)
  expect(await ada.session()).toEqual({ user: null, session: null })

  await ada.page.keyboard.press('Enter')

  await done(ada)
  expect(await ada.session()).toMatchObject({ user: { email: ada.email }, session: { methods: ['email', 'passkey'] } })
})

test('a device that was trusted with a passkey is not asked for it again, and is listed', async ({ visit }) => {
  const ada = await visit()
  await onHold(ada)
  await ada.page.getByLabel(signInStep.trust).check()
  await ada.page.getByRole('button', { name: passkey.choose }).click()
  await done(ada)
  await ada.post('/auth/logout', {})

  const again = await ada.post('/auth/login', { email: ada.email, password })

  expect(again.body.status).toBe('signed_in')
  expect((await ada.read('/auth/sessions')).trustedDevices).toMatchObject([{ current: true }])
})

test('where the passkey is not at hand the page says so, and a recovery code stands in for it, once', async ({
  visit,
}) => {
  const ada = await visit()
  const { authenticator, codes } = await onHold(ada)
  for (const key of await authenticator.keys()) await authenticator.forget(key)
  await ada.page.getByRole('button', { name: passkey.choose }).click()
  await ada.page.getByText(pageFailures.wrongPasskey).waitFor()

  await ada.page.getByRole('button', { name: recovery.choose }).click()
  await ada.page.getByLabel(recovery.label).fill(codes[0] ?? '')
  await ada.page.keyboard.press('Enter')

  await done(ada)
  expect(await ada.session()).toMatchObject({ session: { methods: ['email', 'recovery'] } })
  const subjects = (await ada.mail()).map(({ subject }) => subject)
  expect(subjects).toContain('A recovery code was used at Acme')
  expect(subjects).toContain('A sign-in method was added at Acme')
})
