import { sql } from 'drizzle-orm'
import { expect } from 'vitest'
import { bodyOf, browser, json, type Server, signedUp } from './harness.ts'

/**
 * Somebody with a second factor that exists only here and takes no answer, and with recovery codes: what stands in for a
 * factor does so whichever features there are.
 */
export const withRecoveryCodes = async (on: Server) => {
  const tab = await signedUp(on)
  haveFactor(on, tab.user.id)
  const made = await tab.fetch('/auth/recovery-codes', json({}))
  expect(made.status).toBe(200)
  const codes: string[] = (await bodyOf(made)).recoveryCodes
  return { ...tab, codes }
}

/** From now on this isolate asks the user for a second factor. */
const haveFactor = ({ core }: Server, userId: string): void =>
  core.factors.add({
    method: 'social',
    kind: 'second',
    isOn: (id) => sql`${id} = ${userId}`,
    reads: async () => [],
    check: async () => undefined,
  })

/** The id of the challenge that a right password is answered with. */
export const challengeFor = async (on: Server, person: object): Promise<string> => {
  const { challenge } = await bodyOf(await browser(on).fetch('/auth/login', json(person)))
  return challenge.id
}

/** Answers a challenge by a recovery code. */
export const recovered = (on: Server, id: string, code: string, more: object = {}): Promise<Response> =>
  on.request('/auth/challenge', json({ id, method: 'recovery', code, ...more }))
