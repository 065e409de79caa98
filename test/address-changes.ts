import { type Browser, json, mailTo, type Server, signedUp, tokenIn } from './harness.ts'

/** Who changes their address: a browser that is signed in. */
export type Owner = Pick<Browser, 'api'>

/** A browser in which somebody has registered, and proven the address. */
export const proven = async (on: Server) => {
  const tab = await signedUp(on)
  const [mail] = await mailTo(on, tab.person)
  await on.request('/auth/email/verify', json({ token: tokenIn(mail, 'email/verify') }))
  return tab
}

/** The token that is mailed to the new address. */
export const confirmToken = async (on: Server, { api }: Owner, newEmail: string): Promise<string> => {
  await api.auth.email.change.$post({ json: { newEmail } })
  return tokenIn((await mailTo(on, { email: newEmail })).at(-1), 'email/change/confirm')
}

export const confirm = (on: Server, token: string): Promise<Response> =>
  on.request('/auth/email/change/confirm', json({ token }))

export const undo = (on: Server, token: string): Promise<Response> =>
  on.request('/auth/email/change/undo', json({ token }))

/** The token that is mailed to the old address, `from`, once the new one is proven. */
export const moved = async (on: Server, owner: Owner, from: string, newEmail: string): Promise<string> => {
  const answer = await confirm(on, await confirmToken(on, owner, newEmail))
  if (answer.status !== 204) throw new Error(`To ${newEmail}: ${answer.status}`)
  return tokenIn((await mailTo(on, { email: from })).at(-1), 'email/change/undo')
}
