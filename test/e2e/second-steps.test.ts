import type { Page } from 'playwright-core'
import { expect } from 'vitest'
import { languages } from '../../src/messages/languages.ts'
import { test, type Visitor } from './browser.ts'

const { pages, pageFailures, pageLabels, signInStep } = languages.en
const { methods } = signInStep

const id = 'x'.repeat(43)
const challenge = (...names: string[]) => ({
  status: 'challenge',
  challenge: { id, methods: names, expiresAt: '2026-11-20T08:44:27Z' },
})

/** The page of a sign-in that is put on hold: the service asks for any of these methods. */
const onHold = async ({ page }: Visitor, ...names: string[]) => {
  await page.route('**/auth/email/sign-in', (route) =>
    route.request().method() === 'POST' ? route.fulfill({ json: challenge(...names) }) : route.continue(),
  )
  await page.goto('/auth/email/sign-in#token=x')
  await page.locator('form:not([hidden]) [type=submit]').click()
}

/** Answers what is posted to `POST /auth/challenge` in turn, and keeps it. */
const answering = async (page: Page, ...answers: { status?: number; json: object }[]) => {
  const given: unknown[] = []
  await page.route('**/auth/challenge', (route) => {
    given.push(route.request().postDataJSON())
    return route.fulfill(answers[given.length - 1] ?? { status: 500, json: { code: 'internal' } })
  })
  return given
}

const signedIn = { json: { status: 'signed_in' } }
const refused = (status: number, code: string) => ({ status, json: { code } })

const focused = (page: Page) => page.locator(':focus')

test('the code of an authenticator app has the focus, and finishes the sign-in by the keyboard alone', async ({
  visit,
}) => {
  const visitor = await visit()
  const { page } = visitor
  const given = await answering(page, signedIn)
  await onHold(visitor, 'totp', 'recovery')
  await page.getByRole('heading', { name: signInStep.title }).waitFor()
  expect(await focused(page).getAttribute('autocomplete')).toBe('one-time-code')
  expect(await focused(page).getAttribute('inputmode')).toBe('numeric')
  expect(await page.getByRole('button').allTextContents()).toEqual([signInStep.button, methods.recovery.choose])

  await page.keyboard.type('123 456')
  await page.keyboard.press('Enter')

  await page.getByRole('heading', { name: pages.signIn.done.title }).waitFor()
  expect(await focused(page).textContent()).toBe(pages.signIn.done.title)
  expect(await page.getByRole('button').count()).toBe(0)
  expect(await page.getByRole('link').textContent()).toBe(pageLabels.goOn.replace('{product}', 'Acme'))
  expect(given).toEqual([{ id, method: 'totp', code: '123456' }])
})

test('whoever wishes so has their device trusted, but never by a recovery code', async ({ visit }) => {
  const visitor = await visit()
  const { page } = visitor
  const given = await answering(page, refused(401, 'wrong_credentials'), signedIn)
  await onHold(visitor, 'totp', 'recovery')

  await page.getByLabel(signInStep.trust).check()
  await page.getByLabel(methods.totp.label).fill('123456')
  await page.keyboard.press('Enter')
  await page.getByText(pageFailures.wrongCode).waitFor()
  await page.getByRole('button', { name: methods.recovery.choose }).click()
  expect(await page.getByLabel(signInStep.trust).isVisible()).toBe(false)
  expect(await page.getByRole('status').textContent()).toBe('')
  expect(await focused(page).getAttribute('autocomplete')).toBe('off')
  await page.getByLabel(methods.recovery.label).fill('ABCD-EFGH-JKLM')
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: pages.signIn.done.title }).waitFor()

  expect(given).toEqual([
    { id, method: 'totp', code: '123456', trustDevice: true },
    { id, method: 'recovery', code: 'ABCD-EFGH-JKLM' },
  ])
})

test.for([
  ['has expired or was finished', refused(410, 'code_used_or_expired'), 'stepOver'],
  ['is of an account that is suspended', refused(403, 'account_suspended'), 'suspended'],
] as const)('a sign-in that %s says so, and offers nothing any more', async ([, answer, failure], { visit }) => {
  const visitor = await visit()
  const { page } = visitor
  await answering(page, answer)
  await onHold(visitor, 'totp', 'recovery')
  await page.getByLabel(methods.totp.label).fill('123456')

  await page.keyboard.press('Enter')

  await page.getByText(pageFailures[failure]).waitFor()
  expect(await page.getByRole('button').count()).toBe(0)
})

test.for([
  ['is wrong', refused(401, 'wrong_credentials'), 'wrongCode'],
  ['is no code at all', refused(422, 'invalid_request'), 'wrongCode'],
] as const)('a code that %s has the focus again, to be written over', async ([, answer, failure], { visit }) => {
  const visitor = await visit()
  const { page } = visitor
  const given = await answering(page, answer, signedIn)
  await onHold(visitor, 'totp')
  const field = page.getByLabel(methods.totp.label)
  await field.fill('123456')
  await page.keyboard.press('Enter')
  await page.getByText(pageFailures[failure]).waitFor()
  expect(await focused(page).getAttribute('aria-invalid')).toBe('true')

  await page.keyboard.type('654321')
  expect(await field.getAttribute('aria-invalid')).toBeNull()
  await page.keyboard.press('Enter')

  await page.getByRole('heading', { name: pages.signIn.done.title }).waitFor()
  expect(given).toMatchObject([{ code: '123456' }, { code: '654321' }])
})

test.for([
  ['has had too many attempts', refused(429, 'too_many_attempts'), 'tooManyAttempts'],
  ['is unavailable', refused(503, 'unavailable'), 'unavailable'],
  ['answers an error', refused(500, 'internal'), 'unexpected'],
] as const)(
  'where the service %s, the second step says so, and can be tried again',
  async ([, answer, failure], { visit }) => {
    const visitor = await visit()
    const { page } = visitor
    await answering(page, answer, signedIn)
    await onHold(visitor, 'totp')
    await page.getByLabel(methods.totp.label).fill('123456')
    await page.keyboard.press('Enter')
    await page.getByText(pageFailures[failure]).waitFor()

    await page.getByRole('button', { name: signInStep.button }).click()

    await page.getByRole('heading', { name: pages.signIn.done.title }).waitFor()
  },
)

test('a step may be followed by another: the code that was mailed, and then that of the app', async ({ visit }) => {
  const visitor = await visit()
  const { page } = visitor
  const given = await answering(page, { json: challenge('totp') }, signedIn)
  await onHold(visitor, 'email')
  await page.getByLabel(methods.email.label).fill('7K3M X9QP')
  expect(await page.getByLabel(signInStep.trust).isVisible()).toBe(false)
  await page.keyboard.press('Enter')

  await page.getByLabel(methods.totp.label).fill('123456')
  await page.keyboard.press('Enter')

  await page.getByRole('heading', { name: pages.signIn.done.title }).waitFor()
  expect(given).toEqual([
    { id, method: 'email', code: '7K3MX9QP' },
    { id, method: 'totp', code: '123456' },
  ])
})

test('where a second factor is to be set up first, the page says so and leads to the app', async ({ visit }) => {
  const visitor = await visit()
  await onHold(visitor, 'enrol')

  await visitor.page.getByRole('heading', { name: signInStep.enrol.title }).waitFor()

  expect(await focused(visitor.page).textContent()).toBe(signInStep.enrol.title)
  expect(await visitor.page.getByRole('status').textContent()).toBe(signInStep.enrol.body)
  expect(await visitor.page.getByRole('link').getAttribute('href')).toBe('/')
  expect(await visitor.page.getByRole('button').count()).toBe(0)
})

test.for([
  ['a method that the page does not know', ['sms']],
  ['a passkey, and the browser knows none', ['passkey']],
] as const)(
  'where a sign-in asks for %s, the page says plainly that it cannot take it',
  async ([, names], { visit }) => {
    const visitor = await visit()
    const { page } = visitor
    await page.addInitScript('delete window.PublicKeyCredential')

    await onHold(visitor, ...names)

    await page.getByText(pageFailures.moreNeeded).waitFor()
    expect(await page.getByText(pages.signIn.done.title, { exact: true }).count()).toBe(0)
    expect(await page.getByRole('button').count()).toBe(0)
  },
)

test('a browser that knows no passkeys is offered what else would do', async ({ visit }) => {
  const visitor = await visit()
  await visitor.page.addInitScript('delete window.PublicKeyCredential')

  await onHold(visitor, 'passkey', 'recovery')

  await visitor.page.getByLabel(methods.recovery.label).waitFor()
  expect(await visitor.page.getByRole('button').allTextContents()).toEqual([signInStep.button])
})

test.for(['de', 'ar'] as const)('the second step and its refusal speak "%s"', async (locale, { visit }) => {
  const words = languages[locale]
  const visitor = await visit({ locale })
  const { page } = visitor
  await answering(page, refused(401, 'wrong_credentials'))
  await onHold(visitor, 'totp', 'passkey', 'recovery')
  await page.getByLabel(words.signInStep.methods.totp.label).fill('123456')
  expect(await page.getByRole('button').allTextContents()).toEqual([
    words.signInStep.button,
    words.signInStep.methods.passkey.choose,
    words.signInStep.methods.recovery.choose,
  ])

  await page.keyboard.press('Enter')

  await page.getByText(words.pageFailures.wrongCode).waitFor()
  expect(await page.evaluate('getComputedStyle(document.querySelector("#ask")).direction')).toBe(words.direction)
})
