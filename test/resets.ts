import { openLimiter, quick } from './faulty-ports.ts'
import { json, mailTo, query, type Server, type ServerOptions, server, signedUp, tokenIn } from './harness.ts'

export const newPassword = 'a new one, much better'

/** A service that mails nothing but what is asked for, as often as it is, with hashes at a hundredth of their cost. */
export const resetServer = ({ settings, ...options }: ServerOptions = {}): Promise<Server> =>
  server({
    argon2id: quick,
    limiter: openLimiter,
    ...options,
    settings: { AUTH_EMAIL_VERIFICATION: 'off', ...settings },
  })

export const forgot = (on: Server, email: string, more: object = {}) =>
  on.request('/auth/password/forgot', json({ email, ...more }))

export const reset = (on: Server, token: string, password = newPassword) =>
  on.request('/auth/password/reset', json({ token, newPassword: password }))

/** Somebody who has registered and proven the address. */
export const owner = async (on: Server, extra: Parameters<typeof signedUp>[1] = {}) => {
  const tab = await signedUp(on, extra)
  await query(on, 'update users set email_verified = 1 where id = ?', tab.user.id)
  return tab
}

/** The token of the link that is mailed to whoever forgot a password. */
export const forgotten = async (on: Server, person: { readonly email: string }): Promise<string> => {
  await forgot(on, person.email)
  return tokenIn((await mailTo(on, person)).at(-1), 'password/reset')
}
