import { expect } from 'vitest'
import { languages } from '../../src/messages/languages.ts'
import { password, test } from './browser.ts'

const { pages, messages } = languages.en
const verification = 'required'

test('where a proven address is required, somebody registers, proves it, and then signs in', async ({ visit }) => {
  const { email, open, post, session } = await visit({ verification })
  const registered = await post('/auth/register', { email, password })
  expect(registered).toEqual({ status: 202, body: { status: 'pending' } })
  expect(await session()).toEqual({ user: null, session: null })

  const opened = await open('email/verify')
  await opened.getByRole('button', { name: pages.verify.button }).click()
  await opened.getByRole('heading', { name: pages.verify.done.title }).waitFor()

  const { body } = await post('/auth/login', { email, password })
  expect(body).toMatchObject({ status: 'signed_in', user: { email, emailVerified: true } })
})

test('a sign-in with an unproven address asks for the code that it mails, and the code finishes it', async ({
  visit,
}) => {
  const { email, page, post, session } = await visit({
    verification,
    permissions: ['clipboard-read', 'clipboard-write'],
  })
  await post('/auth/register', { email, password })
  const { body: asked } = await post('/auth/login', { email, password })
  expect(asked).toMatchObject({ status: 'challenge', challenge: { methods: ['email'] } })
  await page.goto('/dev/mailbox')
  const subject = messages.confirm_code.subject.replace('{product}', 'Acme')
  await page.getByRole('navigation').getByRole('link', { name: subject }).filter({ hasText: email }).click()

  await page.getByRole('button', { name: /^Copy / }).click()
  const code = await page.evaluate('navigator.clipboard.readText()')
  await post('/auth/challenge', { id: asked.challenge.id, method: 'email', code })

  expect((await session()).user).toMatchObject({ email, emailVerified: true })
})

test('whoever registers an address that has an account gets the same answer, and its owner a message', async ({
  visit,
}) => {
  const [owner, stranger] = [await visit({ verification }), await visit({ verification })]
  const { email, page } = owner
  const first = await owner.post('/auth/register', { email, password })
  const opened = await owner.open('email/verify')
  await opened.getByRole('button', { name: pages.verify.button }).click()
  await opened.getByRole('heading', { name: pages.verify.done.title }).waitFor()

  const second = await stranger.post('/auth/register', { email, password: 'the password of somebody else' })

  expect(second).toEqual(first)
  const subject = messages.account_exists.subject.replace('{product}', 'Acme')
  await page.getByRole('navigation').getByRole('link', { name: subject }).filter({ hasText: email }).waitFor()
})
