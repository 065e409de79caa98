import type { Page } from 'playwright-core'
import { expect } from 'vitest'
import { password, test } from './browser.ts'

/** A message as the JSON twin tells it. */
const message = (more: object) => ({
  id: 'msg_1',
  to: 'ada@example.com',
  subject: 'Your code',
  text: 'The text of it',
  html: '',
  links: [],
  code: null,
  sentAt: '2026-11-20T08:44:27Z',
  ...more,
})

/** Lets the page believe that the mailbox holds this, and that nothing else ever arrives. */
const pretend = (page: Page, ...messages: object[]) =>
  page.route('**/dev/mailbox.json', (route) => {
    const isKnown = route.request().headers()['if-none-match'] === '"x"'
    return route.fulfill(isKnown ? { status: 304 } : { json: { messages }, headers: { etag: '"x"' } })
  })

test('a message appears by itself while the mailbox is open, the newest first', async ({ visit }) => {
  const { email, page, post } = await visit()
  await page.goto('/dev/mailbox')
  await post('/auth/register', { email, password })

  await page.locator('#list li:first-child').getByText(email).waitFor()

  await page.frameLocator('iframe').getByRole('link', { name: 'Confirm email address' }).waitFor()
})

test('a link in a message opens beside the mailbox, without a way back into it', async ({ visit }) => {
  const { email, page, post } = await visit()
  await post('/auth/register', { email, password })
  await page.goto('/dev/mailbox')
  await page.getByRole('link', { name: email }).click()

  const [opened] = await Promise.all([
    page.waitForEvent('popup'),
    page.frameLocator('iframe').getByRole('link', { name: 'Confirm email address' }).click(),
  ])

  await opened.getByRole('button').waitFor()
  expect(new URL(opened.url()).pathname).toBe('/auth/email/verify')
  expect(await opened.evaluate('window.opener')).toBeNull()
})

test('HTML, text and source are views of a message, turned by mouse and by arrow keys', async ({ visit }) => {
  const { email, page, post } = await visit()
  await post('/auth/register', { email, password })
  await page.goto('/dev/mailbox')
  await page.getByRole('link', { name: email }).click()

  await page.getByRole('tab', { name: 'Text' }).click()
  await page.getByText('Confirm that it is yours.').waitFor()
  await page.keyboard.press('ArrowRight')

  await page.getByText(`To: ${email}`).waitFor()
  expect(await page.getByRole('tab', { selected: true }).textContent()).toBe('Source')
  expect(await page.locator(':focus').textContent()).toBe('Source')
})

test('a code is copied by one click', async ({ visit }) => {
  const { page } = await visit({ permissions: ['clipboard-read', 'clipboard-write'] })
  await pretend(page, message({ code: '7K3MX9QP' }))
  await page.goto('/dev/mailbox')

  await page.getByRole('button', { name: 'Copy 7K3MX9QP' }).click()

  await page.getByText('Copied 7K3MX9QP').waitFor()
  expect(await page.evaluate('navigator.clipboard.readText()')).toBe('7K3MX9QP')
})

const hostile = '"><img src=x onerror=alert(1)><script>alert(1)</script>'

test('whatever a message holds is shown as text, and runs nothing', async ({ visit }) => {
  const { page } = await visit()
  const links = ['https://app.example.com/"><script>alert(1)</script>']
  await pretend(page, message({ id: hostile, to: hostile, subject: hostile, text: hostile, code: hostile, links }))
  await page.goto('/dev/mailbox')

  await page.getByRole('heading', { name: hostile }).waitFor()
  await page.getByRole('tab', { name: 'Text' }).click()

  expect(await page.locator('pre').textContent()).toBe(hostile)
  expect(await page.locator('img').count()).toBe(0)
})

test('on a phone the list comes first, a message covers it, and the way back leads to the list', async ({ visit }) => {
  const { page } = await visit({ viewport: { width: 390, height: 700 } })
  await pretend(page, message({ subject: 'Second', id: 'msg_2' }), message({ subject: 'First' }))
  await page.goto('/dev/mailbox')
  await page.getByRole('link', { name: 'First' }).click()
  await page.getByRole('heading', { name: 'First' }).waitFor()
  expect(await page.locator('nav').isVisible()).toBe(false)

  await page.getByRole('link', { name: 'All messages' }).click()

  await page.getByRole('link', { name: 'Second' }).waitFor()
  expect(await page.locator('article').isVisible()).toBe(false)
  expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(390)
})

test('the list is walked by arrow keys', async ({ visit }) => {
  const { page } = await visit()
  await pretend(page, message({ subject: 'Second', id: 'msg_2' }), message({ subject: 'First' }))
  await page.goto('/dev/mailbox')
  await page.getByRole('link', { name: 'Second' }).focus()

  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('Enter')

  await page.getByRole('heading', { name: 'First' }).waitFor()
})

test('"Clear all" empties the mailbox', async ({ visit }) => {
  const { email, page, post, mail } = await visit()
  await post('/auth/register', { email, password })
  await page.goto('/dev/mailbox')
  await page.getByRole('link', { name: email }).waitFor()

  await page.getByRole('button', { name: 'Clear all' }).click()

  await page.getByText('No message yet').waitFor()
  expect(await mail()).toEqual([])
})
