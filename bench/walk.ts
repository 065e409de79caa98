import { sql } from 'drizzle-orm'
import type { Core } from '../src/identity/core.ts'
import { bodyOf, cookiesOf } from '../test/http.ts'
import { emailOf, password, usernameOf } from './fill.ts'
import type { Call } from './http.ts'
import { type InProcess, inProcess } from './in-process.ts'
import type { Meter, Ran } from './meter.ts'
import type { Settings } from './people.ts'

/** One operation, once: its milliseconds, and what it had the database do, after the answer too. */
export interface Sample {
  readonly name: string
  readonly time: number
  readonly ran: readonly Ran[]
}

/** Measures every operation of the core once for each of `people`, users of the filled database by number. */
export const walk = async (meter: Meter, settings: Settings, people: readonly number[]): Promise<Sample[]> => {
  const samples: Sample[] = []
  const on: Services = {
    leased: inProcess(settings, { plug: gated }),
    strict: inProcess({ ...settings, AUTH_LEASE_SECONDS: '0' }),
    later: inProcess(settings, { ahead: 400 }),
    listed: inProcess(settings, { isOneOfMany: true }),
  }
  const measure = async <T>(name: string, one: InProcess, act: () => Promise<T>): Promise<T> => {
    meter.take()
    const started = performance.now()
    const result = await act()
    const time = performance.now() - started
    await one.settled()
    samples.push({ name, time, ran: meter.take() })
    return result
  }
  const go: Go = async (name, one, call, status = 200) => {
    const answer = await measure(name, one, () => one.send(call))
    if (answer.status !== status) throw new Error(`${name}: ${answer.status} ${await answer.text()}`)
    return answer
  }
  // The keys are read, the first connections opened.
  for (const one of Object.values(on)) await post(one.send, '/auth/register', { ...newcomer(), transport: 'token' })
  for (const user of people) {
    const own = await byCookie(go, on, user)
    await byToken(go, on, user)
    await endings(go, on, own)
    await others(go, on, user)
    await measure('the job, with nothing to do', on.leased, on.leased.job)
  }
  return samples
}

interface Services {
  readonly leased: InProcess
  readonly strict: InProcess
  readonly later: InProcess
  readonly listed: InProcess
}

type Go = (name: string, on: InProcess, call: Call, status?: number) => Promise<Response>

interface Browser {
  readonly cookie: string
  readonly credentials: { readonly email: string; readonly password: string }
}

const to = (path: string, json: unknown, headers = {}): Call => ({ method: 'POST', path, json, headers })

const post = async (send: InProcess['send'], path: string, json: unknown) => bodyOf(await send(to(path, json)))

const newcomer = (name = 'new') => ({ email: `${name}.${crypto.randomUUID()}@example.com`, password })

/** Whoever's address begins with `gated` is asked for a code, too. */
const gated = ({ signIn }: Core): void =>
  signIn.addGate({
    reads: () => [],
    decide: (_, { user, methods }) =>
      user.email.startsWith('gated') && !methods.includes('totp') ? { methods: ['totp'] } : undefined,
    check: async () => ({ holds: sql`true`, burn: async () => [] }),
  })

const byCookie = async (go: Go, { leased, strict, later, listed }: Services, user: number): Promise<Browser> => {
  const credentials = { email: emailOf(user), password }
  const cookie = cookiesOf(await go('login', leased, to('/auth/login', credentials)))
  const headers = { cookie }
  await go('login by username', leased, to('/auth/login', { username: usernameOf(user), password }))
  await go('login from a known device', leased, to('/auth/login', credentials, headers))
  const again = { cookie: cookiesOf(await leased.send(to('/auth/login', credentials))) }
  await go('session, in lease', leased, { path: '/auth/session', headers: again })
  await go('session, strict', strict, { path: '/auth/session', headers: again })
  await go('session, renewed', later, { path: '/auth/session', headers: again })
  await go('session, and the list of what ended', listed, { path: '/auth/session', headers: again })
  await go('PATCH me', leased, { method: 'PATCH', path: '/auth/me', json: { name: 'Countess' }, headers: again })
  await go('sessions', leased, { path: '/auth/sessions', headers: again })
  await go('token by cookie', leased, to('/auth/token', {}, again))
  return { cookie: again.cookie, credentials }
}

const byToken = async (go: Go, { leased }: Services, user: number): Promise<void> => {
  const asked = to('/auth/login', { email: emailOf(user), password, transport: 'token' })
  const { tokens } = await bodyOf(await go('login for tokens', leased, asked))
  const headers = { authorization: `Bearer ${tokens.access_token}` }
  await go('me by bearer', leased, { path: '/auth/me', headers })
  const refresh = (refresh_token: string) => to('/auth/token', { refresh_token })
  const first = await bodyOf(await go('refresh', leased, refresh(tokens.refresh_token)))
  await go('refresh, repeated', leased, refresh(tokens.refresh_token))
  await go('refresh', leased, refresh(first.refresh_token))
  await go('refresh, stolen', leased, refresh(tokens.refresh_token), 401)
  const { tokens: other } = await bodyOf(await leased.send(asked))
  await go('revoke', leased, to('/auth/token/revoke', { token: other.refresh_token }))
}

const endings = async (go: Go, { leased }: Services, { cookie, credentials }: Browser): Promise<void> => {
  const headers = { cookie }
  const { session } = await post(leased.send, '/auth/login', credentials)
  await go('end one session', leased, { method: 'DELETE', path: `/auth/sessions/${session.id}`, headers }, 204)
  await go('end the others', leased, { method: 'DELETE', path: '/auth/sessions', headers }, 204)
  const newPassword = 'another good long password'
  const there = to('/auth/password/change', { currentPassword: password, newPassword }, headers)
  const changed = { cookie: cookiesOf(await go('change the password', leased, there)) }
  const back = to('/auth/password/change', { currentPassword: newPassword, newPassword: password }, changed)
  const last = { cookie: cookiesOf(await leased.send(back)) }
  await go('logout', leased, to('/auth/logout', {}, last), 204)
  const signedIn = { cookie: cookiesOf(await leased.send(to('/auth/login', credentials))) }
  await go('logout everywhere', leased, to('/auth/logout', { everywhere: true }, signedIn), 204)
}

const others = async (go: Go, { leased }: Services, user: number): Promise<void> => {
  const person = newcomer()
  await go('register', leased, to('/auth/register', person), 201)
  await go('register, repeated', leased, to('/auth/register', person), 201)
  await go('register, taken', leased, to('/auth/register', { email: emailOf(user), password }), 409)
  const { challenge } = await post(leased.send, '/auth/register', newcomer('gated'))
  await go('challenge', leased, to('/auth/challenge', { id: challenge.id, method: 'totp', code: '123456' }))
  await go('login, wrong password', leased, to('/auth/login', { email: emailOf(user), password: 'not it at all' }), 401)
  await go('login, unknown account', leased, to('/auth/login', newcomer()), 401)
  await go('JWKS', leased, { path: '/auth/.well-known/jwks.json' })
  await go('readyz', leased, { path: '/auth/readyz' })
}
