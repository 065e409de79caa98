import type { Page } from 'playwright-core'
import { expect } from 'vitest'
import { languages } from '../../src/messages/languages.ts'
import { password, test, type Visitor } from './browser.ts'

const { pages, pageFailures, pageLabels } = languages.en

const newPassword = 'another good long password'

/** Opens the link to this path from the mailbox, as a person does. */
const openFromMailbox = async ({ email, page, link }: Visitor, path: string): Promise<Page> => {
  await link(path)
  await page.goto('/dev/mailbox')
  const messages = page.getByRole('navigation').getByRole('link', { name: email })
  const opener = page.getByRole('link', { name: `Open /auth/${path}`, exact: true })
  await messages.first().click()
  const [opened] = await Promise.all([page.waitForEvent('popup'), opener.click()])
  return opened
}

test('somebody registers, opens the link from the mailbox, and their address is verified', async ({ visit }) => {
  const visitor = await visit()
  const { email, post, session } = visitor
  await post('/auth/register', { email, password })

  const opened = await openFromMailbox(visitor, 'email/verify')
  await opened.getByRole('button', { name: pages.verify.button }).click()

  await opened.getByRole('heading', { name: pages.verify.done.title }).waitFor()
  expect((await session()).user).toMatchObject({ email, emailVerified: true })
})

test('whoever did not register erases the account with their address, from the same message', async ({ visit }) => {
  const visitor = await visit()
  const { email, post, session } = visitor
  await post('/auth/register', { email, password })

  const opened = await openFromMailbox(visitor, 'email/disown')
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
  const opened = await openFromMailbox(visitor, 'password/reset')
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
