import { expect, test } from 'vitest'
import { quick } from './faulty-ports.ts'
import { bodyOf, json, query, server, signedUp } from './harness.ts'

/** Hashes that one isolate takes on at once: about two seconds of work. */
const most = 64

/** A service whose hashes wait until they are let go, and a user who signed in before. */
const held = async () => {
  const gate = Promise.withResolvers<void>()
  const full = Promise.withResolvers<void>()
  const state = { isOpen: true, waiting: 0 }
  const on = await server({
    argon2id:
      (real) =>
      async (...given) => {
        if (!state.isOpen) {
          state.waiting += 1
          if (state.waiting === most) full.resolve()
          await gate.promise
        }
        return quick(real)(...given)
      },
  })
  const user = await signedUp(on)
  state.isOpen = false
  const crowd = Array.from({ length: most }, (_, i) =>
    on.request('/auth/login', json({ username: `nobody-${i}`, password: 'not this one at all' }), {
      address: `192.0.2.${i}`,
    }),
  )
  await full.promise
  const letGo = () => {
    state.isOpen = true
    gate.resolve()
    return Promise.all(crowd)
  }
  return { on, state, ...user, letGo }
}

test('S74: with as many hashes under way as finish in two seconds, the next is 503, unhashed, wherever it comes from', async () => {
  const { on, state, api, person, letGo } = await held()
  const newcomer = { email: 'newcomer@example.com', password: 'f7 Qz!x 9Kp, m' }
  const body = { currentPassword: person.password, newPassword: 'a new one, much better' }

  const refused = [
    await on.request('/auth/login', json(person)),
    await on.request('/auth/register', json(newcomer)),
    await api.auth.password.change.$post({ json: body }),
  ]
  const waiting = state.waiting
  const others = await letGo()

  for (const answer of refused) {
    expect(await bodyOf(answer)).toMatchObject({ status: 503, code: 'unavailable' })
    expect(answer.headers.get('retry-after')).toBe('2')
  }
  expect(waiting).toBe(most)
  expect(new Set(others.map(({ status }) => status))).toEqual(new Set([401]))
  expect(await query(on, 'select count(*) from users')).toEqual([[1]])
})

test('S74: meanwhile whatever needs no hash is answered', async () => {
  const { on, api, bearer, letGo } = await held().then(async (all) => ({ ...all, bearer: await tokenOf(all) }))

  const answers = [
    await on.request('/auth/healthz'),
    await api.auth.session.$get(),
    await api.auth.sessions.$get(),
    await on.request('/auth/me', { headers: bearer }),
    await on.request('/auth/.well-known/jwks.json'),
  ]
  await letGo()

  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200])
})

const tokenOf = async ({ api }: Pick<Awaited<ReturnType<typeof held>>, 'api'>) => {
  const { access_token } = await bodyOf(await api.auth.token.$post({ json: {} }))
  return { authorization: `Bearer ${access_token}` }
}

test('S74: once the queue is empty, everybody is let in again', async () => {
  const { on, api, person, letGo } = await held()
  expect((await on.request('/auth/login', json(person))).status).toBe(503)

  await letGo()

  const body = { currentPassword: person.password, newPassword: 'a new one, much better' }
  expect((await on.request('/auth/login', json(person))).status).toBe(200)
  expect((await api.auth.password.change.$post({ json: body })).status).toBe(200)
})

test('a hash that fails leaves its place', async () => {
  const state = { fails: false }
  const on = await server({
    argon2id:
      (real) =>
      async (...given) => {
        if (state.fails) throw new RangeError('Argon2 refused with code -22.')
        return quick(real)(...given)
      },
  })
  const { person } = await signedUp(on)
  state.fails = true
  for (let i = 0; i < most + 1; i++) {
    const attempt = json({ username: `nobody-${i}`, password: 'not this one at all' })
    expect((await on.request('/auth/login', attempt, { address: `192.0.2.${i}` })).status).toBe(500)
  }

  state.fails = false

  expect((await on.request('/auth/login', json(person))).status).toBe(200)
})
