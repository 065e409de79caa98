import type { Dice } from '../../bench/dice.ts'
import { cookiesOf, post } from '../http.ts'
import { somebody } from './service.ts'
import type { Answer, Ask } from './traffic.ts'

/** What its writer knows of an account: only what was acknowledged. */
export interface Account {
  readonly email: string
  password: string
  isRegistered: boolean
  name: string | null
  /** The name that is being asked for: until that is answered either may stand. */
  wanted: string | null
  /** Session ids by the cookie that opens them. */
  readonly cookies: Map<string, string>
  /** The last of each chain. */
  readonly refreshTokens: Set<string>
  /** Cookies and refresh tokens whose sessions have ended. */
  readonly ended: { readonly cookies: Set<string>; readonly refreshTokens: Set<string> }
  acknowledged: number
}

type Act = (account: Account, ask: Ask) => Promise<void>

/** Registers people, one after another, who then do a few things each, until it is over. */
export const write = async (accounts: Account[], ask: Ask, dice: Dice, isOver: () => boolean): Promise<void> => {
  while (!isOver()) {
    const account = newAccount()
    accounts.push(account)
    await register(account, ask, dice.pick(['cookie', 'token']))
    for (let left = dice.below(10); left > 0 && !isOver(); left--) await dice.pick(possible(account))(account, ask)
  }
}

const newAccount = (): Account => ({
  ...somebody(),
  isRegistered: false,
  name: null,
  wanted: null,
  cookies: new Map(),
  refreshTokens: new Set(),
  ended: { cookies: new Set(), refreshTokens: new Set() },
  acknowledged: 0,
})

const register = async (account: Account, ask: Ask, transport: 'cookie' | 'token') => {
  const { email, password } = account
  begun(account, await ask('/auth/register', post({ email, password, transport })), 201)
  account.isRegistered = true
}

/** Cheap acts stand more often than those that hash. */
const possible = ({ cookies, refreshTokens }: Account): [Act, ...Act[]] => {
  const all: [Act, ...Act[]] = [byLogin('cookie'), byLogin('token')]
  if (refreshTokens.size > 0) all.push(...new Array<Act>(6).fill(refresh))
  if (cookies.size > 0) all.push(rename, rename, rename, rename, exchange, exchange, logout, changePassword)
  if (cookies.size > 1) all.push(endAnother, endAnother)
  return all
}

const byLogin =
  (transport: 'cookie' | 'token'): Act =>
  async (account, ask) => {
    const { email, password } = account
    begun(account, await ask('/auth/login', post({ email, password, transport })), 200)
  }

const rename: Act = async (account, ask) => {
  account.wanted = `Ada ${account.acknowledged}`
  const [cookie] = oldest(account)
  expected(account, 200, await ask('/auth/me', { ...post({ name: account.wanted }, { cookie }), method: 'PATCH' }))
  account.name = account.wanted
}

const exchange: Act = async (account, ask) => {
  const [cookie] = oldest(account)
  expected(account, 200, await ask('/auth/token', post({}, { cookie })))
}

/** A repeat of a refresh that got lost answers the same successor: it is no theft. */
export const refresh: Act = async (account, ask) => {
  const [token = ''] = account.refreshTokens
  const { body } = expected(account, 200, await ask('/auth/token', post({ refresh_token: token })))
  account.refreshTokens.delete(token)
  account.refreshTokens.add(body.refresh_token)
}

const logout: Act = async (account, ask) => {
  const [cookie] = oldest(account)
  account.cookies.delete(cookie)
  expected(account, 204, await ask('/auth/logout', post({}, { cookie })))
  account.ended.cookies.add(cookie)
}

const endAnother: Act = async (account, ask) => {
  const [[cookie], [other = '', id] = []] = [oldest(account), [...account.cookies][1]]
  account.cookies.delete(other)
  expected(account, 204, await ask(`/auth/sessions/${id}`, { method: 'DELETE', headers: { cookie } }))
  account.ended.cookies.add(other)
}

/** Where the answer got lost, the new password shows whether it happened. */
const changePassword: Act = async (account, ask) => {
  const [cookie] = oldest(account)
  const newPassword = `another good password ${account.acknowledged}`
  const before = { cookies: [...account.cookies.keys()], refreshTokens: [...account.refreshTokens] }
  account.cookies.clear()
  account.refreshTokens.clear()
  const change = { currentPassword: account.password, newPassword }
  const answer = await ask('/auth/password/change', post(change, { cookie }))
  account.password = newPassword
  if (answer.isRepeat && answer.status === 401) await byLogin('cookie')(account, ask)
  else begun(account, answer, 200)
  for (const one of before.cookies) account.ended.cookies.add(one)
  for (const one of before.refreshTokens) account.ended.refreshTokens.add(one)
}

const oldest = ({ cookies }: Account): [cookie: string, sessionId: string] => [...cookies][0] ?? ['', '']

/** @throws where the answer is another than it must be, also to a repeat */
const expected = (account: Account, status: number, answer: Answer): Answer => {
  if (answer.status !== status) {
    throw new Error(`${account.email} got ${answer.status} for ${status}: ${JSON.stringify(answer.body)}`)
  }
  account.acknowledged += 1
  return answer
}

/** A session that was acknowledged, by the cookie or the refresh token that came with it. */
const begun = (account: Account, answer: Answer, status: number): void => {
  const { body, headers } = expected(account, status, answer)
  if (body.tokens === undefined) account.cookies.set(cookiesOf({ headers }), body.session.id)
  else account.refreshTokens.add(body.tokens.refresh_token)
}
