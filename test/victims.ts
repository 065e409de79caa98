import { expect } from 'vitest'
import { routesOf } from '../src/http/contract.ts'
import { confirm } from './address-changes.ts'
import { bearer } from './forging.ts'
import { type Browser, bodyOf, json, mailTo, type Server, signedUp, somebody, tokenIn } from './harness.ts'
import { bodies, targetOf } from './route-access.ts'

/** One session, and every secret of it that is out in the world. */
export interface Victim {
  readonly kind: 'cookie' | 'token'
  readonly person: { readonly email: string; readonly password: string }
  readonly userId: string
  readonly sessionId: string
  readonly tab: Browser | undefined
  readonly cookies: readonly string[]
  /** For other APIs, and for the account. */
  readonly access: readonly string[]
  readonly account: readonly string[]
  readonly refresh: readonly string[]
  /** Of a link that it asked for, which gives the account another address. */
  readonly change: string
}

const newPassword = 'another good long password'
export const change = ({ person }: Victim) => ({ currentPassword: person.password, newPassword })

/** What is out in the world of a secret that the database keeps, or why no end of a session concerns it. */
export type Outstanding = keyof Victim | 'of no session yet' | 'of the user' | 'of a message'

const tokensFor = async (on: Server, body: object, headers: Record<string, string> = {}) =>
  bodyOf(await on.request('/auth/token', json(body, headers)))

const changeBy = async (on: Server, accountToken: string): Promise<string> => {
  const newEmail = somebody('mallory').email
  await on.request('/auth/email/change', json({ newEmail }, bearer(accountToken)))
  return tokenIn((await mailTo(on, { email: newEmail })).at(-1), 'email/change/confirm')
}

/** Somebody who has registered in a browser. */
export const cookieVictim = async (on: Server): Promise<Victim> => {
  const { person, user, session, ...tab } = await signedUp(on)
  const cookie = `__Host-session=${tab.jar.get('__Host-session')}`
  const access = await tokensFor(on, {}, { cookie })
  const account = await tokensFor(on, { audience: 'account' }, { cookie })
  const ids = { kind: 'cookie' as const, person, userId: user.id, sessionId: session.id, tab }
  return {
    ...ids,
    cookies: [cookie],
    access: [access.access_token],
    account: [account.access_token],
    refresh: [],
    change: await changeBy(on, account.access_token),
  }
}

/** Somebody who has registered in a native app. */
export const tokenVictim = async (on: Server): Promise<Victim> => {
  const person = somebody()
  const { user, session, tokens } = await bodyOf(
    await on.request('/auth/register', json({ ...person, transport: 'token' })),
  )
  const second = await tokensFor(on, { refresh_token: tokens.refresh_token, audience: 'account' })
  const third = await tokensFor(on, { refresh_token: second.refresh_token })
  const ids = { kind: 'token' as const, person, userId: user.id, sessionId: session.id, tab: undefined }
  return {
    ...ids,
    cookies: [],
    access: [tokens.access_token, third.access_token],
    account: [second.access_token],
    refresh: [tokens.refresh_token, second.refresh_token, third.refresh_token],
    change: await changeBy(on, second.access_token),
  }
}

/** Every route that asks the database who calls, off the app's own routing table, with a body that it would take. */
export const strictRequests = (on: Server, victim: Victim): [path: string, init: RequestInit][] =>
  routesOf(on.app)
    .filter(({ guard }) => guard?.includes('asked of the database'))
    .map(({ method, path }) => {
      const body = bodies[`${method} ${path}`] ?? {}
      const target = targetOf(path.replace('sessions/:id', `sessions/${victim.sessionId}`))
      return [target, method === 'GET' ? {} : { ...json(body), method }]
    })

/** Every secret of the session is refused wherever the database is asked, and so is the link that it asked for. */
export const expectDead = async (on: Server, victim: Victim) => {
  const headers = [
    ...victim.cookies.map((cookie) => ({ cookie })),
    ...[...victim.account, ...victim.access].map(bearer),
  ]
  const isForOthers = (given: object) => victim.access.some((token) => JSON.stringify(given).includes(token))
  for (const given of headers) {
    const shown = (init: RequestInit): RequestInit => ({
      ...init,
      headers: { ...Object.fromEntries(new Headers(init.headers)), ...given },
    })
    const refusals = isForOthers(given) ? [401, 403] : [401]
    for (const [path, init] of [...strictRequests(on, victim), ['/auth/token', json({})] as const]) {
      expect(refusals, path).toContain((await on.request(path, shown(init))).status)
    }
    if ('authorization' in given) expect((await on.request('/auth/me', shown({}))).status).toBe(401)
  }
  for (const refresh_token of victim.refresh) {
    expect((await on.request('/auth/token', json({ refresh_token }))).status).toBe(401)
  }
  expect((await confirm(on, victim.change)).status).toBe(410)
}
