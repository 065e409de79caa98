import type { CodePurpose } from '../../src/identity/codes.ts'
import { confirmToken, moved, proven } from '../address-changes.ts'
import { bodyOf, codeIn, json, mailTo, query, type Server, signedUp, somebody, tokenIn } from '../harness.ts'
import type { OneTime } from './one-time.ts'

const count = async (on: Server, text: string) => Number((await query(on, text))[0]?.[0])

/** A link whose token is spent by a route that answers nothing but that it was. */
const link = (path: string, { make, uses, trips, body = () => ({}) }: Link): OneTime => ({
  make,
  uses,
  trips,
  spend: (on, token) => on.request(`/auth/${path}`, json({ token, ...body() })),
  won: 204,
  effectOf: async () => path,
  losers: [410],
})

interface Link extends Pick<OneTime, 'make' | 'uses' | 'trips'> {
  /** What goes beside the token. */
  readonly body?: () => object
}

/** The token in the message that a registration is answered with. */
const ofInvitation = (path: string) => async (on: Server) => {
  const [mail] = await mailTo(on, (await signedUp(on)).person)
  return tokenIn(mail, path)
}

/** Signs in somebody who has no account yet: two uses would begin two sessions. */
const signIn = (make: OneTime['make']): OneTime => ({
  make,
  spend: (on, shown) => on.request('/auth/email/sign-in', json(JSON.parse(shown))),
  won: 200,
  effectOf: async (answer) => (await bodyOf(answer)).session.id,
  uses: (on) => count(on, 'select count(*) from sessions'),
  trips: 2,
  losers: [410],
})

/** By the purpose of the code, each by its own way from the request for it to the message. */
export const oneTimeMail: Readonly<Record<CodePurpose, OneTime>> = {
  verify_email: link('email/verify', {
    make: ofInvitation('email/verify'),
    uses: (on) => count(on, 'select count(*) from users where email_verified = 1'),
    trips: 1,
  }),
  disown: link('email/disown', {
    make: ofInvitation('email/disown'),
    uses: (on) => count(on, 'select 1 - count(*) from users'),
    trips: 1,
  }),
  reset_password: link('password/reset', {
    async make(on) {
      const { person } = await signedUp(on)
      await on.request('/auth/password/forgot', json({ email: person.email }))
      return tokenIn((await mailTo(on, person)).at(-1), 'password/reset')
    },
    body: () => ({ newPassword: `a new password, ${crypto.randomUUID()}` }),
    // Nobody had proven the address: whoever does is told once.
    uses: (on) => count(on, "select count(*) from outbox where kind = 'account_claimed'"),
    trips: 2,
  }),
  change_email: link('email/change/confirm', {
    make: async (on) => confirmToken(on, await proven(on), somebody().email),
    // The old address is told once.
    uses: (on) => count(on, "select count(*) from outbox where kind = 'email_changed'"),
    trips: 1,
  }),
  undo_email: link('email/change/undo', {
    async make(on) {
      const ada = await proven(on)
      return moved(on, ada, ada.person.email, somebody().email)
    },
    uses: (on) => count(on, "select count(*) from sessions where ended_reason = 'email_change_undone'"),
    trips: 1,
  }),
  sign_in_link: signIn(async (on) => {
    const { email } = somebody()
    await on.request('/auth/email/link', json({ email }))
    const [mail] = await mailTo(on, { email })
    return JSON.stringify({ token: tokenIn(mail, 'email/sign-in') })
  }),
  sign_in_code: signIn(async (on) => {
    const { email } = somebody()
    const { id } = await bodyOf(await on.request('/auth/email/code', json({ email })))
    const [mail] = await mailTo(on, { email })
    return JSON.stringify({ id, code: codeIn(mail) })
  }),
  confirm_code: {
    ...signIn(async (on) => {
      const person = somebody()
      await on.request('/auth/register', json(person))
      const { challenge } = await bodyOf(await on.request('/auth/login', json(person)))
      return JSON.stringify({ id: challenge.id, method: 'email', code: codeIn((await mailTo(on, person)).at(-1)) })
    }),
    settings: { AUTH_EMAIL_VERIFICATION: 'required' },
    spend: (on, shown) => on.request('/auth/challenge', json(JSON.parse(shown))),
  },
}
