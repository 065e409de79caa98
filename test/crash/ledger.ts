import type { Database } from '../../src/base/ports.ts'
import { post } from '../http.ts'
import type { Ask } from './traffic.ts'
import { type Account, refresh } from './writers.ts'

/** What was acknowledged and does not stand in the rows, before anything is asked for again. */
export const lostRows = async (database: Database, accounts: readonly Account[]): Promise<string[]> => {
  const sql = 'select email, name from users where email in (select value from json_each(?))'
  const emails = JSON.stringify(accounts.map(({ email }) => email))
  const [rows = []] = await database.run([{ sql, params: [emails], writes: false }], 10_000)
  const names = new Map(rows.map(([email, name]) => [email, name]))
  return accounts.flatMap(({ email, isRegistered, name, wanted }) => {
    if (isRegistered && !names.has(email)) return [`${email} is not registered`]
    const stands = names.get(email) ?? null
    return stands === name || stands === wanted ? [] : [`${email} is called ${stands}, not ${name}`]
  })
}

/** What of the sessions that were acknowledged, begun and ended, is not so. */
export const lostSessions = (ask: Ask, accounts: readonly Account[]): Promise<string[]> =>
  inGroups(accounts, async (account) => {
    const { email, cookies, ended, refreshTokens } = account
    const lost: string[] = []
    const check = async (what: string, status: number, path: string, init: RequestInit) => {
      const answer = await ask(path, init)
      if (answer.status !== status) lost.push(`${email}: ${what} is ${answer.status}`)
    }
    // Strict: no lease may hide what is lost.
    for (const cookie of cookies.keys()) await check('a session', 200, '/auth/sessions', { headers: { cookie } })
    for (const cookie of ended.cookies) await check('an ended one', 401, '/auth/sessions', { headers: { cookie } })
    for (const token of ended.refreshTokens) {
      await check('an ended refresh token', 401, '/auth/token', post({ refresh_token: token }))
    }
    for (const _ of [...refreshTokens]) {
      await refresh(account, ask).catch((error) => lost.push(`a refresh token: ${error}`))
    }
    return lost
  })

/** Whom the last password that was acknowledged does not let in, under the last name. */
export const lostPasswords = (ask: Ask, accounts: readonly Account[]): Promise<string[]> =>
  inGroups(accounts, async ({ email, password, name }) => {
    const { status, body } = await ask('/auth/login', post({ email, password }))
    if (status !== 200) return [`${email}: the password is ${status}`]
    return body.user.name === name ? [] : [`${email} is called ${body.user.name}, not ${name}`]
  })

/** No more at once than may hash. */
const inGroups = async (accounts: readonly Account[], lostOf: (account: Account) => Promise<string[]>) => {
  const lost: string[] = []
  for (let at = 0; at < accounts.length; at += 16) {
    lost.push(...(await Promise.all(accounts.slice(at, at + 16).map(lostOf))).flat())
  }
  return lost
}
