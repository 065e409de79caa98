import { expect } from 'vitest'
import { password, test } from './browser.ts'

test('somebody registers, opens the link from the mailbox, and their address is verified', async ({ visit }) => {
  const { email, page, post, session } = await visit()
  await post('/auth/register', { email, password })
  await page.goto('/dev/mailbox')
  await page.getByRole('link', { name: email }).click()

  const [opened] = await Promise.all([
    page.waitForEvent('popup'),
    page.getByRole('link', { name: 'Open /auth/email/verify' }).click(),
  ])
  await opened.getByRole('button', { name: 'Confirm email address' }).click()

  await opened.getByRole('heading', { name: 'Address confirmed' }).waitFor()
  expect((await session()).user).toMatchObject({ email, emailVerified: true })
})
