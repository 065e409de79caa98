import { expect, test } from 'vitest'
import { cookieOf } from './act.ts'
import { askLink, codeFor, linkFor } from './by-mail.ts'
import { openLimiter } from './faulty-ports.ts'
import { decoded } from './forging.ts'
import {
  bodyOf,
  browser,
  json,
  mailTo,
  query,
  type Server,
  type ServerOptions,
  server,
  signedUp,
  signedUpByToken,
  somebody,
  tokenIn,
} from './harness.ts'
import { routes } from './raw.ts'
import { access, bodies } from './route-access.ts'
import { codeAt } from './totp-app.ts'
import { answered, enrol, held, heldElsewhere, withTotp } from './totp-people.ts'

type Person = Awaited<ReturnType<typeof withTotp>>

/** Somebody whose address is proven, whose app is on. */
const member = async (on: Server): Promise<Person> => {
  const ada = await withTotp(on)
  const [mail] = await mailTo(on, ada.person)
  await ada.fetch('/auth/email/verify', json({ token: tokenIn(mail, 'email/verify') }))
  return ada
}

const newPassword = 'another good long password'

/** Every way in, but a passkey. */
const waysIn: Readonly<Record<string, (on: Server, ada: Person) => Promise<Response>>> = {
  'a password': async (on, { person }) => browser(on).fetch('/auth/login', json(person)),
  'a user name and a password': async (on, { person: { password }, user }) =>
    browser(on).fetch('/auth/login', json({ username: user.username, password })),
  'a password, for tokens': async (on, { person }) =>
    browser(on).fetch('/auth/login', json({ ...person, transport: 'token' })),
  'a mailed link': async (on, { person }) =>
    browser(on).fetch('/auth/email/sign-in', json({ token: await linkFor(on, person) })),
  'a mailed code': async (on, { person }) => browser(on).fetch('/auth/email/sign-in', json(await codeFor(on, person))),
  'a registration that is repeated': async (on, { person }) => browser(on).fetch('/auth/register', json(person)),
  'a reset of the password, and then that': async (on, { person: { email } }) => {
    await on.request('/auth/password/forgot', json({ email }))
    const token = tokenIn((await mailTo(on, { email })).at(-1), 'password/reset')
    const reset = await on.request('/auth/password/reset', json({ token, newPassword }))
    expect([reset.status, reset.headers.getSetCookie()]).toEqual([204, []])
    return browser(on).fetch('/auth/login', json({ email, password: newPassword }))
  },
}

test.each(Object.entries(waysIn))(
  'S15, S16, CVE-2024-45042, CVE-2025-3910: %s alone opens nothing to whoever has an app; with a code it signs in',
  async (_, way) => {
    const on = await server()
    await signedUpByToken(on)
    const username = `u${crypto.randomUUID().slice(0, 8)}`
    const ada = await member(on)
    await ada.fetch('/auth/me', { ...json({ username }), method: 'PATCH' })
    const before = await query(on, 'select count(*) from sessions')

    const asked = await way(on, { ...ada, user: { ...ada.user, username } })
    const trips = on.trips.last
    const body = await bodyOf(asked)
    const between = await query(on, 'select count(*) from sessions')
    const right = await on.request(
      '/auth/challenge',
      json({ id: body.challenge.id, method: 'totp', code: await ada.next() }),
    )

    expect(body).toMatchObject({ status: 'challenge', challenge: { methods: ['totp', 'recovery'] } })
    expect([asked.headers.getSetCookie(), trips]).toEqual([[], 2])
    expect(between).toEqual(before)
    expect([right.status, on.trips.last]).toEqual([200, 2])
    expect((await bodyOf(right)).session.methods.at(-1)).toBe('totp')
  },
)

const leases: [string, ServerOptions['settings']][] = [
  ['the usual lease', {}],
  ['no lease', { AUTH_LEASE_SECONDS: '0' }],
  ['the longest lease', { AUTH_LEASE_SECONDS: '900' }],
  ['failing revocations closed', { AUTH_REVOCATION_FAIL: 'closed' }],
]

test.each(leases)(
  'GHSA-xg6x-h9c9-2m83, S78: with %s, between the two steps no route at all takes what was answered',
  async (_, settings) => {
    const on = await server({ limiter: openLimiter, ...(settings ? { settings } : {}) })
    const ada = await withTotp(on)
    const { tab, id } = await heldElsewhere(on, { ...ada.person, transport: 'token' })
    const shown = [
      { authorization: `Bearer ${id}` },
      { cookie: `__Host-session=${id}` },
      { cookie: `__Host-device=${id}` },
      cookieOf(tab.jar),
    ]

    for (const { name, method, target } of routes(on).filter((route) => access[route.name] !== 'public')) {
      for (const headers of shown) {
        const init = name in bodies ? json(bodies[name], headers) : { headers }
        const answer = await on.request(target, { ...init, method })

        expect.soft(answer.status, name).toBe(401)
        expect.soft(answer.headers.getSetCookie(), name).toEqual([])
      }
    }
    for (const headers of shown) {
      expect(await bodyOf(await on.request('/auth/session', { headers }))).toEqual({ user: null, session: null })
    }
    expect(tab.jar.size).toBe(0)
    expect((await on.request('/auth/totp', json({ challenge: id }))).status).toBe(410)
    expect((await on.request('/auth/totp/confirm', json({ challenge: id, code: '123456' }))).status).toBe(410)
  },
)

test('the tokens of a session say that two factors were shown, and of which one they were', async () => {
  const on = await server()
  const ada = await withTotp(on)
  const { tab, id } = await heldElsewhere(on, { ...ada.person, transport: 'token' })
  const { tokens } = await bodyOf(await answered(tab, id, await ada.next()))
  const bob = await bodyOf(await on.request('/auth/register', json({ ...somebody(), transport: 'token' })))

  const [two, one] = [tokens, bob.tokens].map(({ access_token }) => JSON.parse(decoded(access_token.split('.')[1])))

  expect(two).toMatchObject({ amr: expect.arrayContaining(['mfa']), acr: 'aal2', auth_time: on.clock.now })
  expect([one.acr, one.amr.includes('mfa')]).toEqual(['aal1', false])
})

test('S13: of an unknown account a login says what it says of one with an app and a wrong password', async () => {
  const on = await server()
  const ada = await withTotp(on)
  const wrong = { password: 'not this one at all' }

  const known = await on.request('/auth/login', json({ ...ada.person, ...wrong }))
  const unknown = await on.request('/auth/login', json({ ...somebody(), ...wrong }))

  const [{ requestId: _, ...one }, { requestId: __, ...other }] = await Promise.all([bodyOf(known), bodyOf(unknown)])
  expect(one).toEqual(other)
})

test('S13: whoever asks for a link is told nothing of an app', async () => {
  const on = await server()
  const [ada, bob] = [await withTotp(on), await signedUp(on)]

  const answers = await Promise.all([askLink(on, ada.person), askLink(on, bob.person), askLink(on, somebody())])

  expect(await Promise.all(answers.map((answer) => answer.text()))).toEqual(Array(3).fill('{"status":"pending"}'))
})

const required = { AUTH_MFA: 'required' }

/** Somebody who has registered where a second factor is required, and so waits for it. */
const newcomer = async (on: Server) => {
  const tab = browser(on)
  const person = somebody()
  const answer = await tab.fetch('/auth/register', json(person))
  return { tab, person, answer, challenge: (await bodyOf(answer)).challenge }
}

test('CVE-2025-3910, S15: where a second factor is required, a sign-in without one gets a challenge that opens enrolment alone', async () => {
  const on = await server({ settings: required })
  const { tab, answer, challenge } = await newcomer(on)
  const early = await answered(tab, challenge.id, '', { method: 'enrol' })

  const { recoveryCodes } = await enrol(on, tab, { challenge: challenge.id })
  const between = await query(on, 'select count(*) from sessions')
  const signedIn = await answered(tab, challenge.id, '', { method: 'enrol' })

  expect([answer.status, challenge.methods, answer.headers.getSetCookie()]).toEqual([201, ['enrol'], []])
  expect([early.status, recoveryCodes.length, between]).toEqual([401, 10, [[0]]])
  expect(await bodyOf(signedIn)).toMatchObject({ status: 'signed_in', session: { methods: ['password', 'totp'] } })
  expect((await bodyOf(await tab.fetch('/auth/factors'))).recoveryCodesLeft).toBe(10)
  expect((await answered(tab, challenge.id, '', { method: 'enrol' })).status).toBe(410)
})

test('S78: a challenge to enrol is answered by nothing else, and opens no other route', async () => {
  const on = await server({ settings: required })
  const { tab, challenge } = await newcomer(on)

  const { secret } = await bodyOf(await tab.fetch('/auth/totp', json({ challenge: challenge.id })))
  const code = await codeAt(secret, on.clock.now)
  const answers = [
    await answered(tab, challenge.id, code),
    await answered(tab, challenge.id, code, { method: 'recovery' }),
    await answered(tab, challenge.id, code, { method: 'enrol' }),
    await tab.fetch('/auth/recovery-codes', json({})),
    await tab.fetch('/auth/factors'),
    await tab.fetch('/auth/totp', { method: 'DELETE' }),
  ]

  expect(answers.map(({ status }) => status)).toEqual([401, 401, 401, 401, 401, 401])
  expect(await query(on, 'select count(*) from sessions')).toEqual([[0]])
})

test('S22: a wrong code confirms nothing by a challenge either: 401', async () => {
  const on = await server({ settings: required })
  const { tab, challenge } = await newcomer(on)
  await tab.fetch('/auth/totp', json({ challenge: challenge.id }))

  const wrong = await tab.fetch('/auth/totp/confirm', json({ challenge: challenge.id, code: 'no code' }))

  expect([wrong.status, (await bodyOf(wrong)).code]).toEqual([401, 'wrong_credentials'])
})

test('S15: who knows the password adds no app beside the one of its owner: a challenge to enrol ends with the first', async () => {
  const on = await server({ settings: required })
  const { tab, person, challenge } = await newcomer(on)
  const thief = await heldElsewhere(on, person)
  await thief.tab.fetch('/auth/totp', json({ challenge: thief.id }))
  await enrol(on, tab, { challenge: challenge.id })

  const refused = [
    await thief.tab.fetch('/auth/totp', json({ challenge: thief.id })),
    await thief.tab.fetch('/auth/totp/confirm', json({ challenge: thief.id, code: '123456' })),
    await answered(thief.tab, thief.id, '', { method: 'enrol' }),
  ]

  expect(thief.methods).toEqual(['enrol'])
  expect(refused.map(({ status }) => status)).toEqual([410, 410, 401])
  expect(await query(on, 'select count(*) from totp_secrets')).toEqual([[1]])
})

test('S79: of two who enrol at once by two challenges one app is on, and one of them is signed in by it', async () => {
  const on = await server({ settings: required })
  const beside = await server({ beside: on, settings: required })
  const { tab, person, challenge } = await newcomer(on)
  const other = await heldElsewhere(beside, person)
  const enrolling = async (by: typeof tab, id: string) => {
    const { secret } = await bodyOf(await by.fetch('/auth/totp', json({ challenge: id })))
    const code = await codeAt(secret ?? '', on.clock.now)
    await by.fetch('/auth/totp/confirm', json({ challenge: id, code }))
    return (await answered(by, id, '', { method: 'enrol' })).status
  }

  const statuses = await Promise.all([enrolling(tab, challenge.id), enrolling(other.tab, other.id)])

  expect(statuses.filter((status) => status === 200).length).toBeLessThanOrEqual(1)
  expect(await query(on, 'select count(*) from totp_secrets where confirmed_at is not null')).toEqual([
    [statuses.filter((status) => status === 200).length],
  ])
})

test('an app that is removed before its challenge is answered signs nobody in', async () => {
  const on = await server({ settings: required })
  const { tab, challenge } = await newcomer(on)
  await enrol(on, tab, { challenge: challenge.id })
  await query(on, 'delete from totp_secrets')

  const refused = await answered(tab, challenge.id, '', { method: 'enrol' })

  expect(refused.status).toBe(401)
  expect(await query(on, 'select count(*) from sessions')).toEqual([[0]])
})

test('whoever has an app already is asked for that where one is required', async () => {
  const on = await server()
  const ada = await withTotp(on)
  const strict = await server({ beside: on, settings: required })

  const { methods } = await held(browser(strict), ada.person)

  expect(methods).toEqual(['totp', 'recovery'])
})
