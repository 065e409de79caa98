import { sql } from 'drizzle-orm'
import type { Core } from '../src/identity/core.ts'
import { type Act, act, byAccountToken, byCookie, cookieOf } from './act.ts'
import { codeFor, linkFor, member, nobody } from './by-mail.ts'
import { rowsOf } from './feature-tables.ts'
import {
  bodyOf,
  browser,
  json,
  mailTo,
  password,
  type Server,
  signedUp,
  signedUpByToken,
  somebody,
  tokenIn,
} from './harness.ts'
import { heldUp, plantedCode, plantFactor, withFactor } from './planted-factor.ts'

/** Every sign-in of an account whose address begins with `gated` also asks for the code 123456; and `withFactor` works. */
export const gated = (core: Core): void => {
  core.signIn.addGate({
    reads: () => [],
    decide: (_, { user, methods }) =>
      user.email.startsWith('gated') && !methods.includes('totp') ? { methods: ['totp'] } : undefined,
    check: async (_, __, { code }) => (code === '123456' ? { holds: sql`true`, burn: async () => [] } : undefined),
  })
  plantFactor(core)
}

/** Two browsers of one account: the headers of the first, the session of the second. */
const twoSessions = async (on: Server) => {
  const { jar, person } = await signedUp(on)
  const { session } = await bodyOf(await on.request('/auth/login', json(person)))
  return { headers: cookieOf(jar), id: String(session.id) }
}

const deviceIn = (token = ''): string => token.slice(0, token.indexOf('.'))

const newPassword = 'another good long password'
const change = { currentPassword: password, newPassword }

/** The whole table of routes of the contract; trips as it promises them. */
export const acts: readonly Act[] = [
  act(['POST /auth/register'], [201, 1], async () => json(somebody())),
  act(['POST /auth/register', 'for tokens'], [201, 1], async () => json({ ...somebody(), transport: 'token' })),
  act(['POST /auth/login'], [200, 2], async (on) => json((await signedUp(on)).person)),
  act(['POST /auth/login', 'by username'], [200, 2], async (on) => {
    const username = `u${crypto.randomUUID().slice(0, 8)}`
    const { person } = await signedUp(on, { username })
    return json({ username, password: person.password })
  }),
  act(['POST /auth/login', 'for tokens'], [200, 2], async (on) =>
    json({ ...(await signedUp(on)).person, transport: 'token' }),
  ),
  act(['POST /auth/challenge'], [200, 2], async (on) => {
    const { challenge } = await bodyOf(await on.request('/auth/register', json(somebody('gated'))))
    return json({ id: challenge.id, method: 'totp', code: '123456' })
  }),
  act(['POST /auth/login', 'up to its challenge'], [200, 2], async (on) => json((await withFactor(on)).person)),
  act(['POST /auth/login', 'on a trusted device'], [200, 2], async (on) => {
    const { person } = await withFactor(on)
    const { fetch, jar } = browser(on)
    const answer = { id: await heldUp(on, person), method: 'social', code: plantedCode, trustDevice: true }
    await fetch('/auth/challenge', json(answer))
    return json(person, { cookie: `__Host-device=${jar.get('__Host-device')}` })
  }),
  act(
    ['POST /auth/challenge', 'by a second factor that the device is trusted for'],
    [200, 2],
    async (on) => {
      const id = await heldUp(on, (await withFactor(on)).person)
      return json({ id, method: 'social', code: plantedCode, trustDevice: true })
    },
    { again: 410, facts: ['session.started', 'device.trusted'] },
  ),
  act(
    ['POST /auth/challenge', 'by recovery code'],
    [200, 2],
    async (on) => {
      const { person, recoveryCodes } = await withFactor(on)
      return json({ id: await heldUp(on, person), method: 'recovery', code: recoveryCodes[0] })
    },
    { again: 410, facts: ['recovery.used', 'session.started'] },
  ),
  act(['POST /auth/logout'], [204, 1], async (on) => ({ headers: await byCookie(on) })),
  act(['POST /auth/logout', 'everywhere'], [204, 1], async (on) => json({ everywhere: true }, await byCookie(on))),
  act(['POST /auth/logout', 'by bearer'], [204, 1, 2], async (on) => ({ headers: (await byAccountToken(on)).bearer })),
  act(['POST /auth/logout', 'by nobody'], [204, 0], async () => ({})),
  act(['GET /auth/session'], [200, 0], async (on) => ({ headers: await byCookie(on) })),
  act(['GET /auth/session', 'past the lease'], [200, 1], async (on) => {
    const headers = await byCookie(on)
    on.clock.pass(300)
    return { headers }
  }),
  act(['GET /auth/session', 'by bearer'], [200, 1], async (on) => ({ headers: (await signedUpByToken(on)).bearer })),
  act(['GET /auth/session', 'by nobody'], [200, 0], async () => ({})),
  act(['GET /auth/me'], [200, 0], async (on) => ({ headers: await byCookie(on) })),
  act(['GET /auth/me', 'past the lease'], [200, 1], async (on) => {
    const headers = await byCookie(on)
    on.clock.pass(300)
    return { headers }
  }),
  act(['GET /auth/me', 'by bearer'], [200, 1], async (on) => ({ headers: (await signedUpByToken(on)).bearer })),
  act(['PATCH /auth/me'], [200, 1], async (on) => json({ name: 'Countess' }, await byCookie(on))),
  act(['PATCH /auth/me', 'by bearer'], [200, 1, 2], async (on) =>
    json({ name: 'Countess' }, (await byAccountToken(on)).bearer),
  ),
  act(['PATCH /auth/me', 'of the username'], [200, 1], async (on) =>
    json({ username: `u${crypto.randomUUID().slice(0, 8)}` }, await byCookie(on)),
  ),
  act(['GET /auth/me/export'], [200, 1], async (on) => ({ headers: await byCookie(on) })),
  act(['GET /auth/me/export', 'by bearer'], [200, 1], async (on) => ({ headers: (await byAccountToken(on)).bearer })),
  act(['DELETE /auth/me'], [204, 1], async (on) => ({ headers: await byCookie(on) })),
  act(['DELETE /auth/me', 'by bearer'], [204, 1, 2], async (on) => ({ headers: (await byAccountToken(on)).bearer })),
  act(['GET /auth/sessions'], [200, 1], async (on) => ({ headers: await byCookie(on) })),
  act(['GET /auth/sessions', 'by bearer'], [200, 1], async (on) => ({ headers: (await signedUpByToken(on)).bearer })),
  act(['DELETE /auth/sessions/:id'], [204, 1], twoSessions),
  act(['DELETE /auth/sessions/:id', 'of the session that asks'], [204, 1], async (on) => {
    const { jar, session } = await signedUp(on)
    return { headers: cookieOf(jar), id: session.id }
  }),
  act(['DELETE /auth/sessions'], [204, 1], async (on) => ({ headers: (await twoSessions(on)).headers })),
  act(['DELETE /auth/sessions', 'by bearer'], [204, 1, 2], async (on) => ({
    headers: (await byAccountToken(on)).bearer,
  })),
  act(['DELETE /auth/devices/:id'], [204, 1], async (on) => {
    const { jar } = await signedUp(on)
    return { headers: cookieOf(jar), id: deviceIn(jar.get('__Host-device')) }
  }),
  act(['DELETE /auth/devices/:id', 'by bearer'], [204, 1, 2], async (on) => {
    const { bearer, tokens } = await byAccountToken(on)
    return { headers: bearer, id: deviceIn(tokens.device_token) }
  }),
  act(
    ['POST /auth/session/refresh-auth'],
    [200, 2],
    async (on) => json({ method: 'password', password }, await byCookie(on)),
    { again: 401, facts: ['session.elevated'] },
  ),
  act(['POST /auth/session/refresh-auth', 'by bearer'], [200, 2, 3], async (on) =>
    json({ method: 'password', password }, (await byAccountToken(on)).bearer),
  ),
  act(['POST /auth/password/change'], [200, 2], async (on) => json(change, await byCookie(on))),
  act(['POST /auth/password/change', 'by bearer'], [200, 2, 3], async (on) =>
    json(change, (await byAccountToken(on)).bearer),
  ),
  act(['POST /auth/password/forgot'], [202, 1], async (on) => json({ email: (await signedUp(on)).person.email })),
  act(['POST /auth/password/forgot', 'for an unknown address'], [202, 1], async () => json(nobody())),
  act(['GET /auth/password/reset'], [200, 0], async () => ({})),
  act(['POST /auth/password/reset'], [204, 2], async (on) => {
    const { person } = await signedUp(on)
    await on.request('/auth/password/forgot', json({ email: person.email }))
    const mail = (await mailTo(on, person)).at(-1)
    return json({ token: tokenIn(mail, 'password/reset'), newPassword })
  }),
  act(['POST /auth/token'], [200, 1], async (on) => json({}, await byCookie(on))),
  act(['POST /auth/token', 'by refresh token'], [200, 1], async (on) =>
    json({ refresh_token: (await signedUpByToken(on)).tokens.refresh_token }),
  ),
  act(['POST /auth/token/revoke', 'of a refresh token'], [200, 1], async (on) =>
    json({ token: (await signedUpByToken(on)).tokens.refresh_token }),
  ),
  act(['POST /auth/token/revoke', 'of an access token'], [200, 1, 2], async (on) =>
    json({ token: (await signedUpByToken(on)).tokens.access_token }),
  ),
  act(['POST /auth/email/verify/request'], [202, 1], async (on) => json({}, await byCookie(on))),
  act(['POST /auth/email/verify/request', 'by bearer'], [202, 1, 2], async (on) =>
    json({}, (await byAccountToken(on)).bearer),
  ),
  act(['GET /auth/email/verify'], [200, 0], async () => ({})),
  act(['POST /auth/email/verify'], [204, 1], async (on) => {
    const [mail] = await mailTo(on, (await signedUp(on)).person)
    return json({ token: tokenIn(mail, 'email/verify') })
  }),
  act(['GET /auth/email/disown'], [200, 0], async () => ({})),
  act(['POST /auth/email/disown'], [204, 1], async (on) => {
    const [mail] = await mailTo(on, (await signedUp(on)).person)
    return json({ token: tokenIn(mail, 'email/disown') })
  }),
  act(['POST /auth/email/link'], [202, 1], async () => json(nobody())),
  act(['POST /auth/email/code'], [202, 1], async () => json(nobody())),
  act(['GET /auth/email/sign-in'], [200, 0], async () => ({})),
  act(['POST /auth/email/sign-in'], [200, 2], async (on) => json({ token: await linkFor(on, nobody()) })),
  act(['POST /auth/email/sign-in', 'for tokens'], [200, 2], async (on) =>
    json({ token: await linkFor(on, nobody()), transport: 'token' }),
  ),
  act(['POST /auth/email/sign-in', 'of an account that is verified'], [200, 2], async (on) =>
    json({ token: await linkFor(on, await member(on)) }),
  ),
  act(['POST /auth/email/sign-in', 'of an account that is not verified'], [200, 2], async (on) =>
    json({ token: await linkFor(on, (await signedUp(on)).person) }),
  ),
  act(['POST /auth/email/sign-in', 'by code'], [200, 2], async (on) => json(await codeFor(on, nobody()))),
  act(['GET /auth/.well-known/jwks.json'], [200, 0, 1], async (on) => {
    await signedUpByToken(on)
    return {}
  }),
  act(['GET /auth/openapi.json'], [200, 0], async () => ({})),
  act(['GET /auth/healthz'], [200, 0], async () => ({})),
  act(['GET /auth/readyz'], [200, 1], async () => ({})),
  ...rowsOf((feature) => feature.acts),
]

const titleOf = ({ route, how }: Act): string => [route, how].filter(Boolean).join(' ')

/** For `test.each`: the title beside the act. */
export const titled = (which: readonly Act[] = acts): [string, Act][] => which.map((one) => [titleOf(one), one])

/** Every row of every table, or of some. */
export const dump = async (on: Server, ...only: string[]): Promise<Record<string, unknown[][]>> => {
  const names = [...on.core.tables.keys()].filter((name) => only.length === 0 || only.includes(name))
  const reads = names.map((name) => ({ sql: `select * from ${name} order by 1`, params: [], writes: false }))
  const read = () => on.world.database.run(reads, 5000)
  const tables = await read().catch(read)
  return Object.fromEntries(names.map((name, at) => [name, tables[at] ?? []]))
}
