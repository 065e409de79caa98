import type { Visit } from '../src/base/ports.ts'
import { bodyOf, codeIn, json, mailTo, type Server, somebody, tokenIn } from './harness.ts'
import { cookiesOf } from './http.ts'

/** Whoever reads the mail of an address. */
export interface Reader {
  readonly email: string
}

/** Somebody without an account. */
export const nobody = (name = 'grace'): Reader => ({ email: somebody(name).email })

export const askLink = (on: Server, { email }: Reader, extra: object = {}, visit: Partial<Visit> = {}) =>
  on.request('/auth/email/link', json({ email, ...extra }), visit)

export const askCode = (on: Server, { email }: Reader, visit: Partial<Visit> = {}) =>
  on.request('/auth/email/code', json({ email }), visit)

/** The token of a link that was just asked for and mailed. */
export const linkFor = async (on: Server, reader: Reader): Promise<string> => {
  await askLink(on, reader)
  return tokenIn((await mailTo(on, reader)).at(-1), 'email/sign-in')
}

/** A code that was just asked for and mailed, and the id that was answered. */
export const codeFor = async (on: Server, reader: Reader): Promise<{ id: string; code: string }> => {
  const { id } = await bodyOf(await askCode(on, reader))
  return { id, code: codeIn((await mailTo(on, reader)).at(-1)) }
}

/** What was mailed, in either form, as the body of a sign-in. */
export const proofs: Readonly<Record<'link' | 'code', (on: Server, reader: Reader) => Promise<object>>> = {
  link: async (on, reader) => ({ token: await linkFor(on, reader) }),
  code: codeFor,
}

/** For `test.each`. */
export const ways = ['link', 'code'] as const

export const show = (on: Server, proof: object, visit: Partial<Visit> = {}, headers: Record<string, string> = {}) =>
  on.request('/auth/email/sign-in', json(proof, headers), visit)

/** Somebody who came by mail: their address is verified, and they have no password. */
export const member = async (on: Server) => {
  const reader = nobody()
  const answer = await show(on, { token: await linkFor(on, reader) })
  const { user, session } = await bodyOf(answer)
  return { ...reader, user, session, cookie: cookiesOf(answer) }
}
