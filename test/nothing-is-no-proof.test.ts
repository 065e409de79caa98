import { expect, test } from 'vitest'
import { timingSafeEqual } from '../src/base/crypto.ts'
import { passwordHasher } from '../src/base/phc.ts'
import { gated } from './acts.ts'
import { openLimiter, quick } from './faulty-ports.ts'
import { json, query, type Server, server, signedUp, signedUpByToken, somebody } from './harness.ts'
import { operationsOf, takesText } from './properties/operations.ts'
import { routes } from './raw.ts'
import { bodies } from './route-access.ts'

/** What is there when nothing is: as it may stand in a row, in a header or in a body. */
const nothings = ['', ' ', 'undefined', 'null', 'NaN', '0', 'false', '[object Object]', '.', '..']

test.each([
  ['two empty texts', '', '', false],
  ['nothing and something', '', 'a', false],
  ['something and nothing', 'a', '', false],
  ['a text and itself', 'a', 'a', true],
])('GHSA-fm3f-ch8h-qw8q: the comparison of secrets says of %s: equal is %s', (_, one, other, isEqual) => {
  expect(timingSafeEqual(one, other)).toBe(isEqual)
})

test.each(nothings)('GHSA-fm3f-ch8h-qw8q: %j is the signature of nothing', async (nothing) => {
  const { core } = await server()

  for (const message of ['', nothing, 'message']) {
    expect(await core.ring.verify('session-cookie', message, nothing)).toBe(false)
    expect(await core.ring.open('place', nothing)).toBeUndefined()
  }
})

test.each([undefined, ...nothings])(
  'GHSA-fm3f-ch8h-qw8q: %j in the place of a stored hash is nobody’s password',
  async (stored) => {
    const { core } = await server({ argon2id: quick })
    const hasher = passwordHasher(quick(core.ports.argon2id))

    for (const given of nothings) expect(await hasher.verify(given, stored)).toEqual({ ok: false, weak: false })
  },
)

/** The cookies that say who somebody is. */
const isSomebodys = /^__Host-(session|device)=/

/** Every secret of the database is gone, as after a migration that went wrong. */
const emptied = async (nothing: string): Promise<Server> => {
  const on = await server({ plug: gated, argon2id: quick, limiter: openLimiter })
  await signedUp(on)
  await signedUpByToken(on)
  await on.request('/auth/register', json(somebody('gated')))
  await query(on, 'update sessions set secret_hash = ?', nothing)
  await query(on, 'update passwords set hash = ?', nothing)
  await query(on, 'update challenges set hash = ?', nothing)
  await query(on, 'update refresh_tokens set hash = ?', nothing)
  return on
}

test.each(nothings)(
  'GHSA-fm3f-ch8h-qw8q: where every stored secret is %j, no route takes it, or nothing, for one',
  async (nothing) => {
    const on = await emptied(nothing)
    const [[email] = []] = await query(on, 'select email from users')
    const before = await query(on, 'select count(*) from sessions where ended_at is null')

    for (const { name, method, path, fields = {} } of await operationsOf(on)) {
      const target = path.replace(/\{\w+\}/g, nothing.trim() || 'x')
      for (const value of [nothing, undefined]) {
        const texts = Object.keys(fields).filter((field) => fields[field] && takesText(fields[field]))
        const secrets = Object.fromEntries(texts.map((field) => [field, value]))
        const bodies = [secrets, { email, password: value }, { id: value, method: 'totp', code: '123456' }]
        for (const body of method === 'GET' ? [undefined] : bodies) {
          const answer = await on.request(target, { ...(body ? json(body) : {}), method })

          expect
            .soft(
              answer.headers.getSetCookie().filter((line) => isSomebodys.test(line) && !line.includes('Max-Age=0')),
              name,
            )
            .toEqual([])
          expect.soft(await answer.text(), name).not.toMatch(/"access_token":"|"status":"signed_in"|usr_[\w-]{22}/)
        }
      }
    }
    expect(await query(on, 'select count(*) from sessions where ended_at is null')).toEqual(before)
  },
)

test.each(nothings)(
  'GHSA-fm3f-ch8h-qw8q, GHSA-hp74-gm6m-2qm5: %j for a cookie or a token opens no route that wants a caller',
  async (nothing) => {
    const on = await emptied('')
    const shown = [`Bearer ${nothing}`, nothing, 'Bearer'].map((authorization) => ({ authorization }))

    for (const { name, method, target } of routes(on).filter(({ guard }) => guard !== undefined)) {
      for (const headers of [{ cookie: `__Host-session=${nothing}` }, { cookie: '__Host-session' }, ...shown]) {
        const body = name in bodies ? json(bodies[name], headers) : { headers }
        const answer = await on.request(target, { ...body, method })

        expect.soft(answer.status, `${name} ${JSON.stringify(headers)}`).toBe(401)
      }
    }
  },
)

test.each(['', 'undefined', 'null', 'Bearer', 'Bearer ', 'Bearer undefined', 'Bearer null'])(
  'GHSA-fm3f-ch8h-qw8q: the job does not run for %j, with a secret or without',
  async (authorization) => {
    const on = await server({ settings: { CRON_SECRET: 'a-secret-of-the-scheduler' } })
    const without = await server()

    const answers = [
      await on.request('/auth/cron', { headers: { authorization } }),
      await on.request('/auth/cron'),
      await without.request('/auth/cron', { headers: { authorization } }),
    ]

    expect(answers.map(({ status }) => status)).toEqual([401, 401, 404])
  },
)
