import { expect } from 'vitest'
import { languages } from '../../src/messages/languages.ts'
import { password, test } from './browser.ts'

const { en } = languages
const { pages, pageFailures, pageLabels } = en

const newPassword = 'another good long password'
const firefox = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0'

test('somebody registers, opens the link from the mailbox, and their address is verified', async ({ visit }) => {
  const visitor = await visit()
  const { email, post, session } = visitor
  await post('/auth/register', { email, password })

  const opened = await visitor.open('email/verify')
  await opened.getByRole('button', { name: pages.verify.button }).click()

  await opened.getByRole('heading', { name: pages.verify.done.title }).waitFor()
  expect((await session()).user).toMatchObject({ email, emailVerified: true })
})

test('whoever did not register erases the account with their address, from the same message', async ({ visit }) => {
  const visitor = await visit()
  const { email, post, session } = visitor
  await post('/auth/register', { email, password })

  const opened = await visitor.open('email/disown')
  await opened.getByRole('button', { name: pages.disown.button }).click()

  await opened.getByRole('heading', { name: pages.disown.done.title }).waitFor()
  expect(await session()).toEqual({ user: null, session: null })
  expect((await post('/auth/login', { email, password })).status).toBe(401)
})

test('whoever forgot their password chooses another, a weak one not, and signs in with it', async ({ visit }) => {
  const visitor = await visit()
  const { email, post, session } = visitor
  await post('/auth/register', { email, password })
  await post('/auth/password/forgot', { email })
  const opened = await visitor.open('password/reset')
  const field = opened.getByLabel(pages.reset.label)
  await field.fill('password')
  await opened.keyboard.press('Enter')
  await opened.getByText(pageFailures.weakPassword).waitFor()
  expect(await opened.locator(':focus').getAttribute('aria-invalid')).toBe('true')

  await field.fill(newPassword)
  await opened.getByRole('button', { name: pages.reset.button }).click()

  await opened.getByRole('heading', { name: pages.reset.done.title }).waitFor()
  expect(await session()).toEqual({ user: null, session: null })
  expect((await post('/auth/login', { email, password })).status).toBe(401)
  const signedIn = await post('/auth/login', { email, password: newPassword })
  expect(signedIn.body.user).toMatchObject({ email, emailVerified: true })
})

test('somebody changes their address by a link to the new one, and undoes it by a link to the old', async ({
  visit,
}) => {
  const [visitor, other] = [await visit(), await visit()]
  const { email, post, session } = visitor
  await post('/auth/register', { email, password })
  const proof = await visitor.open('email/verify')
  await proof.getByRole('button', { name: pages.verify.button }).click()
  await proof.getByRole('heading', { name: pages.verify.done.title }).waitFor()
  await post('/auth/email/change', { newEmail: other.email })

  const confirmation = await other.open('email/change/confirm')
  await confirmation.getByRole('button', { name: pages.confirmChange.button }).click()
  await confirmation.getByRole('heading', { name: pages.confirmChange.done.title }).waitFor()
  const changed = await post('/auth/login', { email: other.email, password })
  const undoing = await visitor.open('email/change/undo')
  await undoing.getByRole('button', { name: pages.undoChange.button }).click()
  await undoing.getByRole('heading', { name: pages.undoChange.done.title }).waitFor()

  expect(changed.body.user).toMatchObject({ email: other.email, emailVerified: true })
  expect(await session()).toEqual({ user: null, session: null })
  for (const one of [email, other.email]) expect((await post('/auth/login', { email: one, password })).status).toBe(401)
  await post('/auth/password/forgot', { email })
  const renewing = await visitor.open('password/reset')
  await renewing.getByLabel(pages.reset.label).fill(newPassword)
  await renewing.getByRole('button', { name: pages.reset.button }).click()
  await renewing.getByRole('heading', { name: pages.reset.done.title }).waitFor()
  const signedIn = await post('/auth/login', { email, password: newPassword })
  expect(signedIn.body.user).toMatchObject({ email, emailVerified: true })
})

test('somebody signs up by a link alone', async ({ visit }) => {
  const visitor = await visit()
  const { email, post, session } = visitor
  await post('/auth/email/link', { email })

  const opened = await visitor.open('email/sign-in')
  expect(await session()).toEqual({ user: null, session: null })
  await opened.getByRole('button', { name: pages.signIn.button }).click()

  await opened.getByRole('heading', { name: pages.signIn.done.title }).waitFor()
  expect((await session()).user).toMatchObject({ email, emailVerified: true })
  const onward = opened.getByRole('link', { name: pageLabels.goOn.replace('{product}', 'Acme') })
  expect(await onward.getAttribute('href')).toBe('/')
})

test('somebody signs in by a code that is copied from the mailbox', async ({ visit }) => {
  const { email, page, post, session } = await visit({ permissions: ['clipboard-read', 'clipboard-write'] })
  const { body: sent } = await post('/auth/email/code', { email })
  await page.goto('/dev/mailbox')
  await page.getByRole('navigation').getByRole('link', { name: email }).click()

  await page.getByRole('button', { name: /^Copy [2-9A-Z]{8}$/ }).click()
  const code = await page.evaluate('navigator.clipboard.readText()')
  const answer = await post('/auth/email/sign-in', { id: sent.id, code })

  expect(answer.body).toMatchObject({ status: 'signed_in' })
  expect((await session()).user).toMatchObject({ email, emailVerified: true })
})

test('whoever leaves gets a receipt of what was erased', async ({ visit }) => {
  const { email, page, post, erase, session } = await visit()
  await post('/auth/register', { email, password })
  await erase('/auth/me')

  await page.goto('/dev/mailbox')
  const entry = page.getByRole('navigation').getByRole('link', { name: email })
  await entry.filter({ hasText: en.messages.account_deleted.subject.replace('{product}', 'Acme') }).click()

  await page.frameLocator('iframe').getByText(en.labels.erased).waitFor()
  expect(await session()).toEqual({ user: null, session: null })
})

test('a sign-in from another device is told to the owner of the account', async ({ visit }) => {
  const [owner, other] = [await visit(), await visit({ userAgent: firefox })]
  const { email, page, post } = owner
  await post('/auth/register', { email, password })
  const proof = await owner.open('email/verify')
  await proof.getByRole('button', { name: pages.verify.button }).click()
  await proof.getByRole('heading', { name: pages.verify.done.title }).waitFor()
  // An account has no other device in the second in which it was made.
  await page.waitForFunction((next) => Date.now() > next, Date.now() + 1000)

  await other.post('/auth/login', { email, password })

  await page
    .getByRole('navigation')
    .getByRole('link', { name: 'New sign-in to Acme' })
    .filter({ hasText: email })
    .click()
  await page.frameLocator('iframe').getByText('Firefox on Linux').waitFor()
})

test('a new password is hidden until its writer wants to see it', async ({ visit }) => {
  const { page } = await visit()
  await page.goto('/auth/password/reset#token=x')
  const field = page.getByLabel(pages.reset.label)
  expect(await field.getAttribute('type')).toBe('password')

  await page.getByRole('button', { name: pageLabels.show }).click()
  expect(await field.getAttribute('type')).toBe('text')
  await page.getByRole('button', { name: pageLabels.hide }).click()

  expect(await field.getAttribute('type')).toBe('password')
  expect(await field.getAttribute('autocomplete')).toBe('new-password')
})
