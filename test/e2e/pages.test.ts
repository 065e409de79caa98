import { expect } from 'vitest'
import { languages } from '../../src/messages/languages.ts'
import { password, test } from './browser.ts'

const { en, ar } = languages
const { verify, disown } = en.pages

test('opening a link, as often as a scanner of mail likes, consumes nothing', async ({ visit }) => {
  const { email, page, post, link, session } = await visit()
  await post('/auth/register', { email, password })
  const url = await link('email/verify')
  for (let time = 0; time < 3; time++) {
    // From the page itself only the fragment would change.
    await page.goto('about:blank')
    await page.goto(url)
  }
  await page.context().request.get(url)
  expect((await session()).user.emailVerified).toBe(false)

  await page.getByRole('button', { name: verify.button }).click()

  await page.getByRole('heading', { name: verify.done.title }).waitFor()
  expect((await session()).user.emailVerified).toBe(true)
})

test('the token of a link leaves the address bar at once, and is sent in the body of one request alone', async ({
  visit,
}) => {
  const { email, page, post, link } = await visit()
  await post('/auth/register', { email, password })
  const url = await link('email/verify')
  const token = new URL(url).hash.replace('#token=', '')
  const requests: { url: string; headers: string; body: string | null }[] = []
  page.on('request', (one) =>
    requests.push({ url: one.url(), headers: JSON.stringify(one.headers()), body: one.postData() }),
  )

  await page.goto(url)
  await page.getByRole('button', { name: verify.button }).click()
  await page.getByRole('heading', { name: verify.done.title }).waitFor()

  expect(page.url()).toBe(url.replace(/#.*/, ''))
  expect(requests.filter((one) => (one.url + one.headers).includes(token) && !one.url.includes('#'))).toEqual([])
  expect(requests.filter(({ body }) => body?.includes(token)).map((one) => one.body)).toEqual([
    JSON.stringify({ token }),
  ])
})

test('a link that was used says so, and offers no button any more', async ({ visit }) => {
  const { email, page, post, link } = await visit()
  await post('/auth/register', { email, password })
  const url = await link('email/verify')
  await post('/auth/email/verify', { token: new URL(url).hash.replace('#token=', '') })
  await page.goto(url)

  await page.getByRole('button', { name: verify.button }).click()

  await page.getByText(en.pageFailures.usedOrExpired).waitFor()
  expect(await page.getByRole('button').count()).toBe(0)
})

test.for([
  ['without a token', '/auth/email/verify'],
  ['with an empty token', '/auth/email/verify#token='],
] as const)('a link %s says that it is incomplete', async ([, path], { visit }) => {
  const { page } = await visit()

  await page.goto(path)

  await page.getByText(en.pageFailures.incomplete).waitFor()
  expect(await page.getByRole('button').count()).toBe(0)
})

test('another link that is opened in the same tab counts for itself', async ({ visit }) => {
  const { email, page, post, link, session } = await visit()
  await post('/auth/register', { email, password })
  await page.goto('/auth/email/verify#token=incomplete')

  await page.goto(await link('email/verify'))
  await page.getByRole('button', { name: verify.button }).click()

  await page.getByRole('heading', { name: verify.done.title }).waitFor()
  expect((await session()).user.emailVerified).toBe(true)
})

test('a page is used by the keyboard alone: what it does has the focus, and then what became of it', async ({
  visit,
}) => {
  const { email, page, post, link } = await visit()
  await post('/auth/register', { email, password })
  await page.goto(await link('email/verify'))
  expect(await page.locator(':focus').textContent()).toBe(verify.button)

  await page.keyboard.press('Enter')

  await page.getByRole('heading', { name: verify.done.title }).waitFor()
  expect(await page.locator(':focus').textContent()).toBe(verify.done.title)
  expect(await page.getByRole('status').textContent()).toBe(verify.done.body)
})

test('an Enter in passing erases no account', async ({ visit }) => {
  const { email, page, post, link, session } = await visit()
  await post('/auth/register', { email, password })
  await page.goto(await link('email/disown'))

  await page.keyboard.press('Enter')
  expect((await session()).user.email).toBe(email)
  await page.getByRole('button', { name: disown.button }).click()

  await page.getByRole('heading', { name: disown.done.title }).waitFor()
  expect((await post('/auth/login', { email, password })).status).toBe(401)
})

test.for([
  ['does not answer', undefined, 'unavailable'],
  ['is unavailable', { status: 503, json: { code: 'unavailable' } }, 'unavailable'],
  ['has had too many attempts', { status: 429, json: { code: 'rate_limited' } }, 'tooManyAttempts'],
  ['answers an error', { status: 500, json: { code: 'internal' } }, 'unexpected'],
] as const)(
  'where the service %s, the page says so, and a second try works',
  async ([, answer, failure], { visit }) => {
    const { email, page, post, link, session } = await visit()
    await post('/auth/register', { email, password })
    await page.goto(await link('email/verify'))
    await page.route('**/auth/email/verify', (route) => (answer ? route.fulfill(answer) : route.abort()), { times: 1 })
    await page.getByRole('button', { name: verify.button }).click()
    await page.getByText(en.pageFailures[failure]).waitFor()

    await page.getByRole('button', { name: verify.button }).click()

    await page.getByRole('heading', { name: verify.done.title }).waitFor()
    expect((await session()).user.emailVerified).toBe(true)
  },
)

test('a page without script says what is missing, and shows nothing that does not work', async ({ visit }) => {
  const { page } = await visit({ javaScriptEnabled: false })

  await page.goto('/auth/email/verify#token=x')

  expect(await page.locator('main').innerText()).toBe(`${verify.title}\n\n${en.pageFailures.scriptNeeded}`)
  expect(await page.getByRole('button').count()).toBe(0)
})

test('a page in Arabic runs from right to left, button and refusal too', async ({ visit }) => {
  const { page } = await visit({ locale: 'ar' })
  await page.goto('/auth/email/verify#token=x')
  expect(await page.evaluate('getComputedStyle(document.querySelector("main")).direction')).toBe('rtl')

  await page.getByRole('button', { name: ar.pages.verify.button }).click()

  await page.getByText(ar.pageFailures.usedOrExpired).waitFor()
})
