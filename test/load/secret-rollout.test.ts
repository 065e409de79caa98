import { expect, test } from 'vitest'
import { type Dice, newDice } from '../../bench/dice.ts'
import { gated } from '../acts.ts'
import { cookieName } from '../credentials.ts'
import { quick } from '../faulty-ports.ts'
import { bodyOf, json, query, type Server, secrets, server, signedUp, signedUpByToken, somebody } from '../harness.ts'

const [old, fresh] = secrets

/** As the README says: one that can read both, the new one in front, and at last the new one alone. */
const stages = [[old], [old, fresh], [fresh, old], [fresh]] as const

const options = (ring: readonly string[]) => ({
  plug: gated,
  argon2id: quick,
  settings: { AUTH_SECRET: ring.join(','), AUTH_LIMIT_ADDRESS: '1000000', AUTH_LIMIT_REQUESTS: '1000000' },
})

/** Four isolates, any of which may get the next request. */
const newFleet = async (dice: Dice) => {
  const first = await server(options([old]))
  const isolate = (ring: readonly string[]) => server({ ...options(ring), beside: first })
  const isolates = [first, await isolate([old]), await isolate([old]), await isolate([old])]
  const any = () => isolates[dice.below(isolates.length)] as Server
  return { first, isolates, isolate, any }
}

type Fleet = Awaited<ReturnType<typeof newFleet>>

/** A browser that goes on with what it is given; answers the statuses that it saw. */
const newBrowser = async ({ first, any }: Fleet) => {
  const { jar } = await signedUp(first)
  let value = jar.get(cookieName) ?? ''
  const ask = async (path: string, init: RequestInit = {}) => {
    const headers = { ...init.headers, cookie: `${cookieName}=${value}` }
    const answer = await any().request(path, { ...init, headers })
    const renewed = answer.headers.getSetCookie().find((line) => line.startsWith(`${cookieName}=`))
    if (renewed !== undefined) value = renewed.slice(cookieName.length + 1).split(';')[0] ?? ''
    return answer.status
  }
  return async () => [await ask('/auth/me'), await ask('/auth/sessions'), await ask('/auth/token', json({}))]
}

/** A native app: its refresh is repeated as if the reply had been lost, at whatever isolate, before it goes on. */
const newApp = async ({ first, any }: Fleet) => {
  let { refresh_token } = (await signedUpByToken(first)).tokens
  const refresh = () => any().request('/auth/token', json({ refresh_token }))
  return async () => {
    const [one, two] = [await refresh(), await refresh()]
    const [tokens, again] = [await bodyOf(one), await bodyOf(two)]
    refresh_token = tokens.refresh_token
    const headers = { authorization: `Bearer ${tokens.access_token}` }
    const me = await any().request('/auth/me', { headers })
    const isSame = tokens.refresh_token !== undefined && again.refresh_token === tokens.refresh_token
    return [one.status, two.status, me.status, isSame ? 200 : 'another successor']
  }
}

/** Signs in through a challenge that another isolate may have asked, on a device that every isolate has to know. */
const newSignIns = async ({ first, any }: Fleet) => {
  const person = { ...somebody('gated'), transport: 'token' }
  const answer = async (asked: Response, device_token?: string) => {
    const { id } = (await bodyOf(asked)).challenge
    return any().request('/auth/challenge', json({ id, method: 'totp', code: '123456', device_token }))
  }
  const { tokens } = await bodyOf(await answer(await first.request('/auth/register', json(person))))
  let device: string = tokens.device_token
  return async () => {
    const login = await any().request('/auth/login', json({ ...person, device_token: device }))
    const [known] = device.split('.')
    const signedIn = await answer(login, device)
    device = (await bodyOf(signedIn)).tokens.device_token
    return [login.status, signedIn.status, device.startsWith(`${known}.`) ? 200 : 'another device']
  }
}

test('S56: while a new secret is rolled out, isolate by isolate, nobody who acts is signed out', async () => {
  const dice = newDice(56)
  const fleet = await newFleet(dice)
  const { first, isolates, isolate } = fleet
  const make = <T>(count: number, one: (fleet: Fleet) => Promise<T>) =>
    Promise.all(Array.from({ length: count }, () => one(fleet)))
  const users = [...(await make(12, newBrowser)), ...(await make(12, newApp)), ...(await make(4, newSignIns))]
  const seen: (number | string)[] = []
  const everybody = async () => {
    for (const statuses of await Promise.all(users.map((act) => act()))) seen.push(...statuses)
  }

  for (const ring of stages.slice(1)) {
    const isLast = ring.length === 1
    // A device that did not sign in again is a stranger once its secret is gone; it signs nobody out.
    if (isLast) users.splice(24)
    for (const at of isolates.keys()) {
      const replaced = isolate(ring).then((next) => {
        isolates[at] = next
      })
      await Promise.all([everybody(), replaced])
      await isolates[at]?.job()
      first.clock.pass(301)
      await everybody()
    }
    expect((await bodyOf(await (isolates[0] as Server).request('/auth/readyz'))).sealedByOldSecret).toBe(0)
  }

  console.log(`${seen.length} answers over ${isolates.length * 3} replacements`)
  expect(seen.length).toBeGreaterThan(1000)
  expect(seen.filter((status) => status !== 200)).toEqual([])
  expect(await query(first, 'select count(*) from signing_keys')).toEqual([[1]])
})
