import { expect, test } from 'vitest'
import { accountHolder, refreshed } from './credentials.ts'
import { openLimiter, quick } from './faulty-ports.ts'
import { challenged, codes, enrolled, gatedServer } from './gate.ts'
import { bodyOf, json, query, type Server, server, signedUpByToken } from './harness.ts'

const newPassword = 'a new one, much better'

const deviceIds = async (on: Server) => (await query(on, 'select id from devices')).flat()

/** A person with a second factor, signed in by token, and the device that the account knows. */
const withSecondFactor = async () => {
  const on = await gatedServer(['totp'], { limiter: openLimiter })
  const { person } = await enrolled(on)
  await query(on, 'delete from devices')
  const { challenge } = await bodyOf(await on.request('/auth/login', json({ ...person, transport: 'token' })))
  const answer = await on.request('/auth/challenge', json({ id: challenge.id, method: 'totp', code: codes[0] }))
  const { tokens } = await bodyOf(answer)
  return { on, person, device_token: tokens.device_token }
}

const answering = (on: Server, id: string, code: string, rest: object = {}) =>
  on.request('/auth/challenge', json({ id, method: 'totp', code, ...rest }))

test('S12: strangers cannot lock a native app out of its challenges: it shows its device_token', async () => {
  const { on, person, device_token } = await withSecondFactor()
  for (const _ of [1, 2]) {
    const id = await challenged(on, person)
    for (let i = 0; i < 5; i++) await answering(on, id, '000000')
  }
  const id = await challenged(on, person)

  const stranger = await answering(on, id, codes[1])
  const forged = await answering(on, id, codes[1], { device_token: `${device_token}x` })
  const known = await answering(on, id, codes[1], { device_token })

  expect([stranger.status, forged.status, known.status]).toEqual([429, 429, 200])
})

test('the device that an answer to a challenge shows goes on, also where the login showed none', async () => {
  const { on, person, device_token } = await withSecondFactor()
  const before = await deviceIds(on)
  const { challenge } = await bodyOf(await on.request('/auth/login', json({ ...person, transport: 'token' })))

  const answer = await answering(on, challenge.id, codes[1], { device_token })

  expect((await bodyOf(answer)).tokens.device_token).toBe(device_token)
  expect(await deviceIds(on)).toEqual(before)
})

test('the device that the login showed goes on where the answer shows one of another user', async () => {
  const { on, person, device_token } = await withSecondFactor()
  const eve = await signedUpByToken(on)
  const before = await deviceIds(on)
  const login = json({ ...person, transport: 'token', device_token })
  const { challenge } = await bodyOf(await on.request('/auth/login', login))

  const answer = await answering(on, challenge.id, codes[1], { device_token: eve.tokens.device_token })

  expect((await bodyOf(answer)).tokens.device_token).toBe(device_token)
  expect(await deviceIds(on)).toEqual(before)
})

const change = (on: Server, account: Record<string, string>, body: object) =>
  on.request('/auth/password/change', json(body, account))

test('the device that a change of the password shows goes on', async () => {
  const on = await server({ argon2id: quick })
  const { person, tokens, account } = await accountHolder(on)
  const { device_token } = tokens
  const before = await deviceIds(on)

  const answer = await change(on, account, { currentPassword: person.password, newPassword, device_token })

  expect((await bodyOf(answer)).tokens.device_token).toBe(device_token)
  expect(await deviceIds(on)).toEqual(before)
})

test('S12: guesses at the current password elsewhere lock out no device that the account knows', async () => {
  const on = await server({ argon2id: quick })
  const { person, tokens, account } = await accountHolder(on)
  const { device_token } = tokens
  const eve = await signedUpByToken(on)
  for (let i = 0; i < 10; i++) await change(on, account, { currentPassword: 'a guess', newPassword })
  const right = { currentPassword: person.password, newPassword }

  const stranger = await change(on, account, right)
  const another = await change(on, account, { ...right, device_token: eve.tokens.device_token })
  const known = await change(on, account, { ...right, device_token })

  expect([stranger.status, another.status, known.status]).toEqual([429, 429, 200])
})

test('S10: a known device has ten guesses at the current password of its own; the right one is refunded', async () => {
  const on = await server({ argon2id: quick })
  const { person, tokens, account, refreshToken } = await accountHolder(on)
  const { device_token } = tokens
  const statuses: number[] = []

  for (let i = 0; i < 11; i++)
    statuses.push((await change(on, account, { currentPassword: 'a guess', newPassword, device_token })).status)
  on.clock.pass(900)
  const fresh = await refreshed(on, refreshToken, 'account')
  const right = { currentPassword: person.password, newPassword, device_token }
  const changed = await change(on, fresh.bearer, right)

  expect(statuses).toEqual([...Array(10).fill(403), 429])
  expect(changed.status).toBe(200)
  expect(await query(on, 'select * from throttle where count > 0')).toEqual([])
})

test.each([7, null, ['dev'], 'x'.repeat(257)])(
  'a device_token of another form (%j) is refused',
  async (device_token) => {
    const on = await server({ argon2id: quick })
    const { person, account } = await accountHolder(on)

    const answers = [
      await on.request('/auth/challenge', json({ id: 'x', method: 'totp', code: '000000', device_token })),
      await change(on, account, { currentPassword: person.password, newPassword, device_token }),
    ]

    for (const answer of answers)
      expect(await bodyOf(answer)).toMatchObject({ status: 422, fields: { device_token: expect.any(String) } })
  },
)
