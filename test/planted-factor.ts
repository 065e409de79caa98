import { type SQL, sql } from 'drizzle-orm'
import { newContext } from '../src/identity/context.ts'
import type { Core } from '../src/identity/core.ts'
import { openLimiter } from './faulty-ports.ts'
import { bodyOf, json, query, type Server, server, signedUp } from './harness.ts'

const id = 'planted'

/** The name of whoever has it. */
export const factorName = 'Has a second factor'

/** What shows it. */
export const plantedCode = '246810'

const isOn = (userId: SQL | string, except: SQL | string = ''): SQL =>
  sql`exists (select 1 from users where id = ${userId} and name = ${factorName} and ${except} <> ${id})`

/** A second factor that exists only here, so that no feature has to: on for whoever has its name, and shown by `plantedCode`. */
export const plantFactor = ({ factors }: Core): void =>
  factors.add({
    method: 'social',
    kind: 'second',
    isOn,
    isKept: (factorId, userId) => sql`(${factorId} = ${id} and ${isOn(userId)})`,
    reads: async () => [],
    check: async (_, { user }, { code }) =>
      code === plantedCode ? { holds: isOn(user.id), burn: async () => [], method: 'totp', factorId: id } : undefined,
  })

/** Somebody who has that factor, and ten recovery codes. */
export const withFactor = async (on: Server) => {
  const tab = await signedUp(on)
  await haveFactor(on, tab.user.id)
  return { ...tab, recoveryCodes: await recoveryCodesFor(on, tab.user.id) }
}

/** From now on somebody has that factor. */
export const haveFactor = (on: Server, userId: string) =>
  query(on, 'update users set name = ? where id = ?', factorName, userId)

/** A set of ten, past every route. */
export const recoveryCodesFor = async (on: Server, userId: string): Promise<string[]> => {
  const nobody = { headers: new Headers(), isSafe: false, address: undefined, country: undefined, waitUntil: () => {} }
  const context = newContext({ ...on.core.ports, ...nobody })
  const set = await on.core.recoveryCodes.make()
  await context.batch(on.core.recoveryCodes.store(context, userId, set, sql`1`))
  return set.codes
}

/** The id of the challenge with which a sign-in is held up. */
export const heldUp = async (on: Server, person: object): Promise<string> => {
  const { challenge } = await bodyOf(await on.request('/auth/login', json(person)))
  return challenge.id
}

/** The ids of so many. */
export const heldUpTimes = async (on: Server, person: object, times: number): Promise<string[]> => {
  const ids: string[] = []
  while (ids.length < times) ids.push(await heldUp(on, person))
  return ids
}

/** An isolate beside another, that puts every sign-in on hold until a second factor is set up. */
export const demanding = (beside: Server): Promise<Server> => {
  const argon2id = () => beside.core.ports.argon2id
  return server({ beside, settings: { AUTH_MFA: 'required' }, limiter: openLimiter, argon2id })
}

/** The id of one that asks to set up a second factor. */
export const heldUpToEnrol = async (on: Server, person: object): Promise<string> => heldUp(await demanding(on), person)
