import { expect } from 'vitest'
import { type Browser, bodyOf, browser, json, type Server, signedUp } from './harness.ts'
import { codeAt } from './totp-app.ts'

type Tab = Pick<Browser, 'fetch'>

/** Switches an app on, by the session of a browser or by a challenge. */
export const enrol = async (on: Server, tab: Tab, by: { challenge?: string } = {}) => {
  const started = await tab.fetch('/auth/totp', json(by))
  expect(started.status).toBe(200)
  const { secret } = await bodyOf(started)
  const code = await codeAt(secret, on.clock.now)
  const confirmed = await tab.fetch('/auth/totp/confirm', json({ ...by, code }))
  expect(confirmed.status).toBe(200)
  const recoveryCodes: string[] = (await bodyOf(confirmed)).recoveryCodes
  return { secret: String(secret), recoveryCodes, code }
}

/** Somebody in a browser of theirs in which they have just switched an app on. `next` is a code that is yet to count. */
export const withTotp = async (on: Server, extra: Parameters<typeof signedUp>[1] = {}) => {
  const tab = await signedUp(on, extra)
  const enrolled = await enrol(on, tab)
  let steps = 0
  return {
    ...tab,
    ...enrolled,
    /** A code that is yet to count: of a step ahead, which drift allows, and then of the next one. */
    async next() {
      if (steps++ > 0) on.clock.pass(30)
      return codeAt(enrolled.secret, on.clock.now + 30)
    },
  }
}

/** What a right password is answered with where a factor is on. */
export const held = async (tab: Tab, person: object): Promise<{ id: string; methods: string[] }> => {
  const { status, challenge } = await bodyOf(await tab.fetch('/auth/login', json(person)))
  expect(status).toBe('challenge')
  return challenge
}

/** The same in a browser that nobody has used. */
export const heldElsewhere = async (on: Server, person: object) => {
  const tab = browser(on)
  return { tab, ...(await held(tab, person)) }
}

/** Answers a challenge. */
export const answered = (tab: Tab, id: string, code: string, more: object = {}): Promise<Response> =>
  tab.fetch('/auth/challenge', json({ id, method: 'totp', code, ...more }))
