import { beforeAll, describe, expect, test } from 'vitest'
import { everySecret, secretNames as names } from './every-secret.ts'
import { openLimiter, quick } from './faulty-ports.ts'
import { bodyOf, codeIn, json, mailTo, query, type Server, server, signedIn, signedUp, somebody } from './harness.ts'
import { places, taken } from './places.ts'
import { operationsOf } from './properties/operations.ts'
import { kinds } from './properties/secrets.ts'
import { rightCode, secondFactor } from './second-factor.ts'

/** Those that were given out beforehand: whatever is shown where it does not belong, none of them is spent. */
const openCodes = "select hash, used_at from codes where purpose <> 'sign_in_code' order by 1"

describe('S43 GHSA-v64w-49xw-qq89: no credential is taken for another', () => {
  let on: Server
  let values: Record<string, string>
  let open: unknown[][]

  beforeAll(async () => {
    const gate = secondFactor()
    on = await server({ plug: gate.plug, limiter: openLimiter })
    ;({ values } = await everySecret(on, gate))
    open = await query(on, openCodes)
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
    expect(await query(on, openCodes)).toEqual(expect.arrayContaining(open))
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
  const { values, native } = await everySecret(on, gate)
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
  const { values } = await everySecret(on, gate)
  const answerIt = () =>
    on.request('/auth/challenge', json({ id: values['challenge id'], method: 'totp', code: rightCode }))

  const answers = await Promise.all(Array.from({ length: 5 }, answerIt))

  expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 410, 410, 410, 410])
})

test('S24, S43: a code that was mailed for a challenge is good there alone, and there no other is', async () => {
  const on = await server({ settings: { AUTH_EMAIL_VERIFICATION: 'required' }, argon2id: quick })
  const [ada, bob] = [somebody('ada'), somebody('bob')]
  const challenged = async (person: typeof ada) => {
    await on.request('/auth/register', json(person))
    const { challenge } = await bodyOf(await on.request('/auth/login', json(person)))
    return { id: String(challenge.id), code: codeIn((await mailTo(on, person)).at(-1)) }
  }
  const [hers, his] = [await challenged(ada), await challenged(bob)]
  const { id } = await bodyOf(await on.request('/auth/email/code', json({ email: ada.email })))
  const signIn = { id: String(id), code: codeIn((await mailTo(on, ada)).at(-1)) }
  const answerIt = (given: typeof hers) => on.request('/auth/challenge', json({ ...given, method: 'email' }))
  const showIt = (given: typeof hers) => on.request('/auth/email/sign-in', json(given))

  const atChallenge = await Promise.all([
    answerIt({ ...hers, code: signIn.code }),
    answerIt({ ...hers, code: his.code }),
    answerIt({ ...his, code: hers.code }),
    answerIt(signIn),
    answerIt({ ...signIn, code: hers.code }),
  ])
  const atSignIn = await Promise.all([showIt({ ...signIn, code: hers.code }), showIt(hers)])

  expect(atChallenge.map(({ status }) => status)).toEqual([401, 401, 401, 410, 410])
  expect(atSignIn.map(({ status }) => status)).toEqual([401, 410])
  expect(await query(on, 'select count(*) from sessions')).toEqual([[0]])
  expect([(await answerIt(his)).status, (await showIt(signIn)).status]).toEqual([200, 200])
})

const takesSecret = /(?:challenge|token|code|assertion|password|secret|state|verifier|nonce|ticket|key)$|^id$/i

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
