import { quickServer } from './credentials.ts'
import { openLimiter } from './faulty-ports.ts'
import { mailTo, query, type Server, type ServerOptions, signedUp } from './harness.ts'

const day = 86_400

/** A service that keeps an account for seven days after its user gave it up. */
export const withGrace = (options: ServerOptions = {}) =>
  quickServer({ settings: { AUTH_DELETE_GRACE_DAYS: '7' }, limiter: openLimiter, ...options })

/** Of what was mailed to somebody, without the name of the service. */
export const subjects = async (on: Server, person: { readonly email: string }) =>
  (await mailTo(on, person)).map(({ subject }) => subject.replace(/^.* (will be|was) deleted$/, '$1 deleted'))

/** Somebody who has just left an account with a grace of seven days. */
export const leaver = async (on: Server) => {
  const ada = await signedUp(on)
  await query(on, 'update users set email_verified = 1')
  const answer = await ada.fetch('/auth/me', { method: 'DELETE' })
  return { ...ada, answer, erasesAt: on.clock.now + 7 * day }
}
