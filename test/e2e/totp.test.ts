import { Secret, TOTP } from 'otpauth'
import { expect } from 'vitest'
import { languages } from '../../src/messages/languages.ts'
import { password, test, type Visitor } from './browser.ts'

const { pages, pageFailures, signInStep } = languages.en
const { totp, recovery } = signInStep.methods

/** Seconds for which a code is shown. */
const period = 30

/** The code that an app shows, now or in its next period: near the end of one either may be read as late. */
const codeOf = (secret: string, when: 'now' | 'next'): string =>
  new TOTP({ secret: Secret.fromBase32(secret) }).generate({
    timestamp: Date.now() + (when === 'next' ? period * 1000 : 0),
  })

/** Somebody with an authenticator app beside their password, and the link that signs them in, on hold until it shows a code. */
const onHold = async ({ email, page, post, link }: Visitor) => {
  await post('/auth/register', { email, password })
  await post('/auth/email/verify', { token: new URL(await link('email/verify')).hash.replace('#token=', '') })
  const { secret } = (await post('/auth/totp', {})).body
  const used = codeOf(secret, 'now')
  const { recoveryCodes } = (await post('/auth/totp/confirm', { code: used })).body
  await post('/auth/logout', {})
  await post('/auth/email/link', { email })
  await page.goto(await link('email/sign-in'))
  await page.getByRole('button', { name: pages.signIn.button }).click()
  await page.getByLabel(totp.label).waitFor()
  return { used, next: () => codeOf(secret, 'next'), codes: recoveryCodes as string[] }
}

test('a sign-in by link is finished on our own page by the code of an app, but not by one that was used', async ({
  visit,
}) => {
  const ada = await visit()
  const { used, next } = await onHold(ada)
  const { page } = ada
  await page.keyboard.type(used)
  await page.keyboard.press('Enter')
  await page.getByText(pageFailures.wrongCode).waitFor()
  expect(await ada.session()).toEqual({ user: null, session: null })

  await page.keyboard.type(next())
  await page.keyboard.press('Enter')

  await page.getByRole('heading', { name: pages.signIn.done.title }).waitFor()
  expect(await ada.session()).toMatchObject({ user: { email: ada.email }, session: { methods: ['email', 'totp'] } })
})

test('a device that was trusted with a code is not asked for one again', async ({ visit }) => {
  const ada = await visit()
  const { next } = await onHold(ada)
  await ada.page.getByLabel(signInStep.trust).check()
  await ada.page.getByLabel(totp.label).fill(next())
  await ada.page.keyboard.press('Enter')
  await ada.page.getByRole('heading', { name: pages.signIn.done.title }).waitFor()
  await ada.post('/auth/logout', {})

  const again = await ada.post('/auth/login', { email: ada.email, password })

  expect(again.body.status).toBe('signed_in')
})

test('a recovery code finishes a sign-in on our own page in place of the app', async ({ visit }) => {
  const ada = await visit()
  const { codes } = await onHold(ada)
  await ada.page.getByRole('button', { name: recovery.choose }).click()

  await ada.page.keyboard.type((codes[0] ?? '').toLowerCase())
  await ada.page.keyboard.press('Enter')

  await ada.page.getByRole('heading', { name: pages.signIn.done.title }).waitFor()
  expect(await ada.session()).toMatchObject({ session: { methods: ['email', 'recovery'] } })
})

test('whoever gets a code wrong too often is told that the sign-in is over', async ({ visit }) => {
  const ada = await visit()
  await onHold(ada)

  for (let time = 0; time < 5; time++) {
    await ada.page.getByLabel(totp.label).fill('000000')
    const answered = ada.page.waitForResponse('**/auth/challenge')
    await ada.page.keyboard.press('Enter')
    await answered
    await ada.page.getByText(pageFailures.wrongCode).waitFor()
  }
  await ada.page.keyboard.press('Enter')

  await ada.page.getByText(pageFailures.stepOver).waitFor()
  expect(await ada.page.getByRole('button').count()).toBe(0)
})
