import { type SQL, sql } from 'drizzle-orm'
import type { Core } from '../src/identity/core.ts'
import type { Method } from '../src/identity/sessions.ts'
import type { Gate } from '../src/identity/sign-in.ts'
import { statement } from '../src/identity/statement.ts'
import { quick } from './faulty-ports.ts'
import { bodyOf, json, query, type Server, type ServerOptions, server, signedUp } from './harness.ts'

/**
 * A second factor that exists only here: whoever has codes for `method` must give one of them, once. Its table is made
 * beside those of the service.
 */
const gate = (method: Method): Gate => ({
  reads: (_, userId) => [unused(method, userId)],
  weighs: async (_, userId) => [unused(method, userId)],
  decide: ([codes = []], { methods }) =>
    codes.length > 0 && !methods.includes(method) ? { methods: [method] } : undefined,
  async check([codes = []], { user }, answer) {
    const { code } = answer
    if (answer.method !== method || code === undefined || !codes.includes(code)) return undefined
    const own = sql`method = ${method} and user_id = ${user.id} and code = ${code}`
    return {
      holds: sql`exists (select 1 from gate_codes where ${own} and used_at is null)`,
      burn: async (when) => [statement(sql`update gate_codes set used_at = 1 where ${own} and ${when}`)],
    }
  },
})

const unused = (method: Method, userId: SQL) =>
  statement(
    sql`select code from gate_codes where method = ${method} and user_id = ${userId} and used_at is null`,
    ([code]) => String(code),
  )

/** The service with one gate for each method, in this order. */
export const gatedServer = async (methods: readonly Method[] = ['totp'], options: ServerOptions = {}) => {
  const plug = (core: Core) => {
    for (const method of methods) core.signIn.addGate(gate(method))
  }
  const on = await server({ argon2id: quick, ...options, plug })
  if (options.beside === undefined) await query(on, 'create table gate_codes (user_id, method, code, used_at)')
  return on
}

/** Somebody who has just registered, signed out again, and has two codes for each of the methods. */
export const enrolled = async (on: Server, methods: readonly Method[] = ['totp'], username?: string) => {
  const tab = await signedUp(on, username === undefined ? {} : { username })
  await tab.api.auth.logout.$post({ json: {} })
  for (const method of methods) {
    for (const code of codes) {
      await query(on, 'insert into gate_codes (user_id, method, code) values (?, ?, ?)', tab.user.id, method, code)
    }
  }
  return { person: tab.person, user: tab.user }
}

export const codes = ['123456', '654321'] as const

/** The id of the challenge that a right password is answered with. */
export const challenged = async (on: Server, person: object): Promise<string> => {
  const { challenge } = await bodyOf(await on.request('/auth/login', json(person)))
  return challenge.id
}

export const answer = (on: Server, id: string, code: string = codes[0], method: Method = 'totp') =>
  on.request('/auth/challenge', json({ id, method, code }))
