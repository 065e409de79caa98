import type { Send } from './http.ts'
import type { People, SignedIn } from './people.ts'

/** One operation of one caller, again and again; false when it has nothing left to do it with. */
export type Operation = () => Promise<boolean>

export interface Target {
  readonly people: People
  /** The service as it ships, and with `AUTH_LEASE_SECONDS=0`. */
  readonly leased: Send
  readonly strict: Send
}

/** Makes so many callers of an operation, each with a session of its own. */
export type MakeOperations = (target: Target, callers: number, each: number) => Promise<Operation[]>

const password = 'correct horse battery staple'

/** A cookie jar with one cookie: like a browser, a caller goes on with what the service sets. */
const withCookie = (send: Send, { cookie: first }: SignedIn): Send => {
  let cookie = first
  return async (call) => {
    const reply = await send({ ...call, headers: { ...call.headers, cookie } })
    const renewed = reply.headers['set-cookie']?.find((line) => line.startsWith(`${cookie.split('=')[0]}=`))
    if (renewed !== undefined) cookie = renewed.split(';')[0] ?? ''
    return reply
  }
}

const forever = (act: () => Promise<unknown>): Operation => {
  return async () => {
    await act()
    return true
  }
}

/** Does `act` with each of `supply` once. */
const using = <T>(supply: T[], act: (one: T) => Promise<unknown>): Operation => {
  return async () => {
    const one = supply.pop()
    if (one === undefined) return false
    await act(one)
    return true
  }
}

const perSession =
  (make: (target: Target, signedIn: SignedIn) => Operation | Promise<Operation>): MakeOperations =>
  async (target, callers) => {
    const sessions = await target.people.signIn(callers)
    return Promise.all(sessions.map((signedIn) => make(target, signedIn)))
  }

const get = (path: string, which: 'leased' | 'strict'): MakeOperations =>
  perSession((target, signedIn) => {
    const send = withCookie(target[which], signedIn)
    return forever(() => send({ path }))
  })

export const sessionInLease = get('/auth/session', 'leased')
export const strictSession = get('/auth/session', 'strict')
export const listSessions = get('/auth/sessions', 'leased')
export const jwks = get('/auth/.well-known/jwks.json', 'leased')

export const meByBearer = perSession(async ({ people, leased }, signedIn) => {
  const headers = { authorization: `Bearer ${await people.accessToken(signedIn)}` }
  return forever(() => leased({ path: '/auth/me', headers }))
})

export const token = perSession((target, signedIn) => {
  const send = withCookie(target.leased, signedIn)
  return forever(() => send({ method: 'POST', path: '/auth/token', json: {} }))
})

export const refresh = perSession(({ leased }, signedIn) => {
  let refresh_token = signedIn.refreshToken
  return forever(async () => {
    const { body } = await leased({ method: 'POST', path: '/auth/token', json: { refresh_token } })
    refresh_token = JSON.parse(body).refresh_token
  })
})

export const changeProfile = perSession((target, signedIn) => {
  const send = withCookie(target.leased, signedIn)
  let count = 0
  return forever(() => send({ method: 'PATCH', path: '/auth/me', json: { name: `Ada ${count++}` } }))
})

/** Every logout ends a session that was made for it. */
export const logout: MakeOperations = async ({ people, leased }, callers, each) => {
  const supply = await people.signIn(callers * each)
  const act = ({ cookie }: SignedIn) => leased({ method: 'POST', path: '/auth/logout', headers: { cookie } })
  return Array.from({ length: callers }, () => using(supply, act))
}

export const endOneSession: MakeOperations = async ({ people, leased }, callers, each) => {
  const all = await Promise.all(Array.from({ length: callers }, () => people.signIn(1, each + 1)))
  return all.map(([own, ...others]) => {
    const headers = { cookie: own?.cookie ?? '' }
    return using(others, ({ sessionId }) => leased({ method: 'DELETE', path: `/auth/sessions/${sessionId}`, headers }))
  })
}

export const register: MakeOperations = async ({ leased }, callers) =>
  Array.from({ length: callers }, () => forever(() => leased(registration())))

export const login: MakeOperations = async ({ leased }, callers) => {
  const registrations = Array.from({ length: callers }, registration)
  await Promise.all(registrations.map(leased))
  return registrations.map(({ json }) => forever(() => leased({ method: 'POST', path: '/auth/login', json })))
}

const registration = () => {
  const json = { email: `ada.${crypto.randomUUID()}@example.com`, password }
  return { method: 'POST', path: '/auth/register', json } as const
}
