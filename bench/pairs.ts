import { randomToken, sha256 } from '../src/base/crypto.ts'
import { newId } from '../src/base/ids.ts'
import {
  accounts,
  inTurn,
  newAddress,
  type Pair,
  post,
  register,
  registerAll,
  somebody,
  strangers,
  wrong,
} from './ground.ts'
import type { Call } from './http.ts'
import { mailPairs } from './mail-pairs.ts'

/** Wrong passwords, for accounts of which `change` has changed what is stored. */
const login = (title: string, change?: string): Pair => ({
  title,
  status: 401,
  async prepare(ground) {
    const people = await registerAll(ground)
    const nobodies = strangers()
    for (const { userId } of change ? people : []) await ground.sql(change ?? '', userId)
    return {
      known: (i) => post('/auth/login', { email: inTurn(people, i).email, password: wrong }),
      unknown: (i) => post('/auth/login', { email: inTurn(nobodies, i), password: wrong }),
    }
  },
})

const loginByUsername: Pair = {
  title: 'login by username',
  status: 401,
  async prepare(ground) {
    const names = Array.from({ length: 2 * accounts }, () => `u${crypto.randomUUID().slice(0, 12)}`)
    for (const username of names.slice(accounts)) await register(ground, { username })
    return {
      known: (i) => post('/auth/login', { username: inTurn(names.slice(accounts), i), password: wrong }),
      unknown: (i) => post('/auth/login', { username: inTurn(names.slice(0, accounts), i), password: wrong }),
    }
  },
}

/** Logins past a limit that one wrong password has reached. */
const limited = (title: string, setting: string, from: () => Call['headers']): Pair => ({
  title,
  status: 429,
  settings: { [setting]: '1' },
  async prepare(ground) {
    const { email } = await register(ground)
    const [ofKnown, ofUnknown, nobody] = [from(), from(), somebody()]
    const known = () => post('/auth/login', { email, password: wrong }, ofKnown)
    const unknown = () => post('/auth/login', { email: nobody, password: wrong }, ofUnknown)
    await ground.send(known())
    await ground.send(unknown())
    return { known, unknown }
  },
})

const refusedRegistration = (title: string, refused: string): Pair => ({
  title,
  status: 422,
  async prepare(ground) {
    const [people, nobodies] = [await registerAll(ground), strangers()]
    return {
      known: (i) => post('/auth/register', { email: inTurn(people, i).email, password: refused }),
      unknown: (i) => post('/auth/register', { email: inTurn(nobodies, i), password: refused }),
    }
  },
})

const passwordChange: Pair = {
  title: 'password change, with a password and without',
  status: 403,
  async prepare(ground) {
    const [people, others] = [await registerAll(ground), await registerAll(ground)]
    for (const { userId } of others) await ground.sql('delete from passwords where user_id = ?', userId)
    const change = ({ headers }: { headers: Call['headers'] }) =>
      post('/auth/password/change', { currentPassword: wrong, newPassword: 'a new one, much better' }, headers)
    return { known: (i) => change(inTurn(people, i)), unknown: (i) => change(inTurn(others, i)) }
  },
}

const challenge: Pair = {
  title: 'challenge, ended or never begun',
  status: 410,
  async prepare(ground) {
    const [{ userId }, id] = [await register(ground), randomToken()]
    const insert = `insert into challenges (hash, user_id, sign_in, throttle_key, created_at, expires_at)
      values (?, ?, '{}', 'k', 1, 2)`
    await ground.sql(insert, await sha256(id), userId)
    const answer = (given: string) => post('/auth/challenge', { id: given, method: 'totp', code: '123456' })
    return { known: () => answer(id), unknown: () => answer(randomToken()) }
  },
}

const endSession: Pair = {
  title: "end a session, somebody's or nobody's",
  status: 404,
  async prepare(ground) {
    const [{ headers }, { sessionId }] = [await register(ground), await register(ground)]
    const end = (id: string): Call => ({ ...post(`/auth/sessions/${id}`, {}, headers), method: 'DELETE' })
    return { known: () => end(sessionId), unknown: () => end(newId('ses')) }
  },
}

/** A refresh token whose session has ended, and one that was never given out. */
const deadToken = (title: string, status: number, toCall: (token: string) => Call): Pair => ({
  title,
  status,
  async prepare(ground) {
    const { tokens } = await register(ground, { transport: 'token' })
    await ground.send(post('/auth/token/revoke', { token: tokens.refresh_token }))
    return { known: () => toCall(tokens.refresh_token), unknown: () => toCall(`pst_rt_${randomToken()}`) }
  },
})

/** Every route that could tell more than the contract does. */
export const pairs: readonly Pair[] = [
  login('login by e-mail'),
  loginByUsername,
  login('login, suspended', 'update users set suspended_at = 1 where id = ?'),
  login('login, no password', 'delete from passwords where user_id = ?'),
  login('login, broken hash', "update passwords set hash = 'x' where user_id = ?"),
  limited('login, throttled', 'AUTH_LIMIT_PAIR', () => ({ 'cf-connecting-ip': newAddress() })),
  limited('login, past the daily limit', 'AUTH_LIMIT_IDENTIFIER', () => ({})),
  refusedRegistration('registration, too short', 'short'),
  refusedRegistration('registration, too common', 'password1234'),
  passwordChange,
  challenge,
  endSession,
  deadToken('refresh, ended or never given', 401, (token) => post('/auth/token', { refresh_token: token })),
  deadToken('revocation, ended or never given', 200, (token) => post('/auth/token/revoke', { token })),
  ...mailPairs,
]
