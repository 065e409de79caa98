import { beforeAll, describe, expect, test } from 'vitest'
import { secretOf } from './credentials.ts'
import { bearer } from './forging.ts'
import { bodyOf, json, query, type Server, server, signedIn, signedUp, signedUpByToken } from './harness.ts'
import { operationsOf } from './properties/operations.ts'
import { kinds } from './properties/secrets.ts'
import { rightCode, secondFactor } from './second-factor.ts'

/** Everything secret, or nearly so, that the service ever gives out or stores, by its name. */
const collect = async (on: Server, gate: { isOn: boolean }) => {
  const tab = await signedUp(on)
  const native = await signedUpByToken(on)
  const account = await bodyOf(
    await on.request('/auth/token', json({ refresh_token: native.tokens.refresh_token, audience: 'account' })),
  )
  gate.isOn = true
  const asked = await bodyOf(await on.request('/auth/login', json({ ...tab.person, transport: 'token' })))
  gate.isOn = false
  const cookie = tab.jar.get('__Host-session') ?? ''
  const [payload = '', mac = ''] = cookie.split('.')
  const rows = async (text: string) => String((await query(on, text))[0]?.[0])
  const values = {
    'session cookie': cookie,
    'payload of a session cookie': payload,
    'signature of a session cookie': mac,
    'secret of a session cookie': secretOf(cookie),
    'device cookie': tab.jar.get('__Host-device') ?? '',
    'device token': native.tokens.device_token,
    'access token': native.tokens.access_token,
    'account access token': account.access_token,
    'refresh token': account.refresh_token,
    'used refresh token': native.tokens.refresh_token,
    'challenge id': asked.challenge.id,
    'session id': tab.session.id,
    'user id': tab.user.id,
    'key id': await rows('select id from signing_keys'),
    'stored secret of a session': await rows('select secret_hash from sessions'),
    'stored refresh token': await rows('select hash from refresh_tokens'),
    'stored challenge': await rows('select hash from challenges'),
    'stored password': await rows('select hash from passwords'),
    'sealed key': await rows('select private_jwk from signing_keys'),
  }
  return { tab, native, values: values as Record<string, string> }
}

const names = [
  ...['session cookie', 'payload of a session cookie', 'signature of a session cookie', 'secret of a session cookie'],
  ...['device cookie', 'device token', 'access token', 'account access token', 'refresh token', 'used refresh token'],
  ...['challenge id', 'session id', 'user id', 'key id', 'stored secret of a session', 'stored refresh token'],
  ...['stored challenge', 'stored password', 'sealed key'],
]

interface Place {
  /** What belongs there. */
  readonly takes: readonly string[]
  /** Shows the value there. The status tells whether it was taken for what it is not. */
  readonly show: (on: Server, value: string) => Promise<Response>
  readonly refused: readonly number[]
}

const cookieIs = (name: string, value: string) => ({ cookie: `${name}=${value}` })

const places: Record<string, Place> = {
  'the session cookie': {
    takes: ['session cookie'],
    show: (on, value) => on.request('/auth/me', { headers: cookieIs('__Host-session', value) }),
    refused: [401],
  },
  'the session cookie of a strict route': {
    takes: ['session cookie'],
    show: (on, value) => on.request('/auth/token', json({}, cookieIs('__Host-session', value))),
    refused: [401],
  },
  'the Authorization header': {
    takes: ['access token', 'account access token'],
    show: (on, value) => on.request('/auth/me', { headers: bearer(value) }),
    refused: [401],
  },
  'the Authorization header of a route that manages': {
    takes: ['account access token'],
    show: (on, value) => on.request('/auth/me', { ...json({ name: 'Mallory' }, bearer(value)), method: 'PATCH' }),
    refused: [401, 403],
  },
  refresh_token: {
    takes: ['refresh token', 'used refresh token'],
    show: (on, value) => on.request('/auth/token', json({ refresh_token: value })),
    refused: [401],
  },
  'refresh_token, with its prefix': {
    takes: [],
    show: (on, value) => on.request('/auth/token', json({ refresh_token: `pst_rt_${value}` })),
    refused: [401],
  },
  'the id of a challenge': {
    takes: ['challenge id'],
    show: (on, value) => on.request('/auth/challenge', json({ id: value, method: 'totp', code: rightCode })),
    refused: [410, 422],
  },
  'the id of a session': {
    takes: ['session id'],
    show: (on, value) => on.request(`/auth/sessions/${value}`, { ...json({}), method: 'DELETE' }),
    // A slash in it makes another path.
    refused: [401, 404],
  },
  'the device cookie': {
    takes: ['device cookie', 'device token'],
    show: (on, value) => on.request('/auth/me', { headers: cookieIs('__Host-device', value) }),
    refused: [401],
  },
}

describe('S43 GHSA-v64w-49xw-qq89: no credential is taken for another', () => {
  let on: Server
  let values: Record<string, string>

  beforeAll(async () => {
    const gate = secondFactor()
    on = await server({ plug: gate.plug })
    ;({ values } = await collect(on, gate))
  })

  test('the list is complete', () => {
    expect(Object.keys(values)).toEqual(names)
    expect(new Set(Object.values(values)).size).toBe(names.length)
  })

  test.each(Object.entries(places))('in the place of %s', async (_, { takes, show, refused }) => {
    for (const name of names.filter((candidate) => !takes.includes(candidate))) {
      const answer = await show(on, values[name] ?? '')

      expect(refused, `${name}: ${answer.status}`).toContain(answer.status)
      expect(answer.headers.getSetCookie(), name).toEqual([])
      expect(await answer.text(), name).not.toMatch(/access_token|usr_/)
    }
    expect(await query(on, 'select count(*) from sessions where ended_at is not null')).toEqual([[0]])
    expect(await query(on, "select count(*) from users where name = 'Mallory'")).toEqual([[0]])
  })

  test('in the place of a token to revoke: 200, and nothing ends', async () => {
    const tokens = ['access token', 'account access token', 'refresh token', 'used refresh token']
    for (const name of names.filter((candidate) => !tokens.includes(candidate))) {
      for (const token of [values[name] ?? '', `pst_rt_${values[name]}`]) {
        expect((await on.request('/auth/token/revoke', json({ token }))).status, name).toBe(200)
      }
    }
    expect(await query(on, 'select count(*) from sessions where ended_at is not null')).toEqual([[0]])
  })

  test('in the place of a password', async () => {
    const [[email] = []] = await query(on, 'select email from users')

    for (const name of names.slice(0, 8)) {
      const answer = await on.request('/auth/login', json({ email, password: values[name] }))

      expect(answer.status, name).toBe(401)
    }
  })
})

test('S43: in the place of device_token nothing but a device is known, and no device signs anybody in', async () => {
  const gate = secondFactor()
  const on = await server({ plug: gate.plug, settings: { AUTH_LIMIT_PAIR: '100' } })
  const { values, native } = await collect(on, gate)
  const [known] = native.tokens.device_token.split('.')
  const login = (password: string, device_token: string | undefined) =>
    on.request('/auth/login', json({ email: native.person.email, password, device_token, transport: 'token' }))
  const devices = new Set<unknown>()

  for (const name of names) {
    const wrong = await login('not this one at all', values[name])
    const right = await login(native.person.password, values[name])
    const { tokens } = await bodyOf(right)

    const isLong = (values[name] ?? '').length > 256
    expect([wrong.status, right.status], name).toEqual(isLong ? [422, 422] : [401, 200])
    if (isLong) continue
    const [id] = tokens.device_token.split('.')
    expect(id === known, name).toBe(name === 'device token')
    devices.add(id)
  }
  expect(devices.size).toBeGreaterThan(10)
})

test('S29: a cookie of one person beside the device of another signs in nobody else', async () => {
  const on = await server()
  const ada = await signedUp(on)
  const bob = await signedUp(on)
  const again = await signedIn(on, ada.person)
  const cookie = `__Host-session=${again.jar.get('__Host-session')}; __Host-device=${bob.jar.get('__Host-device')}`

  const me = await bodyOf(await on.request('/auth/me', { headers: { cookie } }))

  expect(me.id).toBe(ada.user.id)
})

test('S43: a challenge opens nothing but its answer, and its answer does not open it twice', async () => {
  const gate = secondFactor()
  const on = await server({ plug: gate.plug })
  const { values } = await collect(on, gate)
  const answerIt = () =>
    on.request('/auth/challenge', json({ id: values['challenge id'], method: 'totp', code: rightCode }))

  const answers = await Promise.all(Array.from({ length: 5 }, answerIt))

  expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 410, 410, 410, 410])
})

/** Where the documentation takes a secret, and which test above puts every other one there. */
const taken: Readonly<Record<string, string>> = {
  'POST /auth/token refresh_token': 'refresh_token',
  'POST /auth/token/revoke token': 'a token to revoke',
  'POST /auth/challenge id': 'the id of a challenge',
  'POST /auth/challenge code': 'compared by a gate, which is no part of the core',
  'POST /auth/challenge assertion': 'compared by a gate, which is no part of the core',
  'POST /auth/challenge device_token': 'device_token',
  'POST /auth/login password': 'a password',
  'POST /auth/login device_token': 'device_token',
  'POST /auth/register password': 'chosen, not compared',
  'POST /auth/register device_token': 'device_token',
  'POST /auth/password/change currentPassword': 'a password',
  'POST /auth/password/change newPassword': 'chosen, not compared',
  'POST /auth/password/change device_token': 'device_token',
  'DELETE /auth/sessions/:id id': 'the id of a session',
}

const takesSecret = /(?:token|code|assertion|password|secret|state|verifier|nonce|ticket|key)$|^id$/i

test('every place that the documentation has for a secret is one of these, and every stored secret is shown there', async () => {
  const on = await server()

  const found = (await operationsOf(on)).flatMap(({ name, parameters, fields = {} }) =>
    [...parameters, ...Object.keys(fields)]
      .filter((place) => takesSecret.test(place))
      .map((place) => `${name} ${place}`),
  )

  expect(found.toSorted()).toEqual(Object.keys(taken).toSorted())
  expect(Object.values(kinds).filter((kind) => kind !== 'no secret')).toHaveLength(
    names.filter((name) => /^stored|^sealed/.test(name)).length,
  )
})
