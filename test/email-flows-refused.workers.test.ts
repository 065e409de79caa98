import { expect, test } from 'vitest'
import { emailBinding } from '#world'
import { bodyOf, browser, mailTo, somebody } from './harness.ts'
import { mailingBy, overBinding } from './mailers/transports.ts'

/** The binding, whose service fails first with this one of its documented errors. */
const failingOnce = (code: string) => {
  const errors = [Object.assign(new Error('ada@example.com'), { code })]
  return overBinding({
    async send(message) {
      const error = errors.shift()
      if (error) throw error
      await emailBinding?.send(message)
    },
  })
}

test.each([
  ['E_DELIVERY_FAILED', 'kept for the job, which sends it', { waiting: 1, dead: 0 }, 1],
  ['E_RECIPIENT_SUPPRESSED', 'a dead letter', { waiting: 0, dead: 1 }, 0],
])('what the binding EMAIL answers with %s is %s', async (code, _, state, arrived) => {
  const on = await mailingBy(failingOnce(code))
  const person = somebody()

  const answer = await browser(on).api.auth.register.$post({ json: person })
  await on.settled()
  const { mail } = await bodyOf(await on.request('/auth/readyz'))
  on.clock.pass(60)
  const { mailed } = await on.job()

  expect([answer.status, mailed]).toEqual([201, arrived])
  expect(mail).toEqual({ mailer: 'cloudflare', ...state })
  expect(await mailTo(on, person)).toHaveLength(arrived)
})
