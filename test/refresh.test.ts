import { expect, test } from 'vitest'
import { anotherToken, bearer, otherTails, partsOf, statusFor } from './forging.ts'
import { bodyOf, json, query, type Server, server, signedUp, signedUpByToken } from './harness.ts'

const refresh = (on: Server, refresh_token: string) => on.request('/auth/token', json({ refresh_token }))
const rotated = async (on: Server, token: string) => bodyOf(await refresh(on, token))
const rowOf = async (on: Server, sessionId: string) => {
  const [row = []] = await query(
    on,
    'select ended_at, ended_reason, expires_at, ends_at from sessions where id = ?',
    sessionId,
  )
  const [endedAt, endedReason, expiresAt, endsAt] = row
  return { endedAt, endedReason, expiresAt, endsAt }
}

test('S97: a refresh token is replaced by its successor, in one trip, warm and in a cold isolate', async () => {
  const on = await server()
  const { tokens, session } = await signedUpByToken(on)

  const answer = await refresh(on, tokens.refresh_token)
  const cold = await server({ beside: on })
  const second = await bodyOf(answer)
  const third = await rotated(cold, second.refresh_token)

  expect([answer.status, on.trips.last, cold.trips.last]).toEqual([200, 1, 1])
  expect(second).toEqual({
    access_token: expect.any(String),
    token_type: 'Bearer',
    expires_in: 300,
    refresh_token: expect.stringMatching(/^pst_rt_[\w-]{43}$/),
  })
  expect(new Set([tokens.refresh_token, second.refresh_token, third.refresh_token]).size).toBe(3)
  expect(partsOf(third.access_token).claims.sid).toBe(session.id)
})

test('S99: refresh tokens, and what makes their successors, are stored hashed only', async () => {
  const on = await server()
  const { tokens, session } = await signedUpByToken(on)
  const next = await rotated(on, tokens.refresh_token)

  const rows = await query(on, 'select * from refresh_tokens where session_id = ?', session.id)

  const text = JSON.stringify(rows)
  expect(rows.length).toBe(2)
  for (const { refresh_token } of [tokens, next]) {
    expect(text).not.toContain(refresh_token)
    expect(text).not.toContain(refresh_token.slice('pst_rt_'.length))
  }
  expect(JSON.stringify(on.logs)).not.toContain('pst_rt_')
})

test('S32: a refresh while the user is suspended costs the token nothing, whoever else is signed in', async () => {
  const on = await server()
  const [{ tokens, user }] = [await signedUpByToken(on), await signedUpByToken(on)]
  await query(on, 'update users set suspended_at = ? where id = ?', on.clock.now, user.id)

  const suspended = await refresh(on, tokens.refresh_token)
  await query(on, 'update users set suspended_at = null')
  on.clock.pass(61)
  const lifted = await refresh(on, tokens.refresh_token)

  expect([suspended.status, lifted.status]).toEqual([401, 200])
})

test('the successor is derived under a key that serves refresh tokens alone', async () => {
  const on = await server()
  const { tokens } = await signedUpByToken(on)

  const { refresh_token } = await rotated(on, tokens.refresh_token)

  expect(refresh_token).toBe(`pst_rt_${await on.core.ring.mac('refresh-token', tokens.refresh_token)}`)
})

test('S99: what the database holds of a refresh token is no refresh token', async () => {
  const on = await server()
  const { session } = await signedUpByToken(on)
  const [[hash] = []] = await query(on, 'select hash from refresh_tokens where session_id = ?', session.id)

  const answers = [await refresh(on, String(hash)), await refresh(on, `pst_rt_${hash}`)]

  expect(answers.map(({ status }) => status)).toEqual([401, 401])
})

test.each([
  ['60 s by default', {}, 60],
  ['AUTH_REFRESH_GRACE_SECONDS', { AUTH_REFRESH_GRACE_SECONDS: '300' }, 300],
] as const)(
  'S97: a repeat within the grace (%s) answers the same successor, to the second',
  async (_, settings, grace) => {
    const on = await server({ settings })
    const { tokens, session } = await signedUpByToken(on)
    const first = await rotated(on, tokens.refresh_token)

    on.clock.pass(grace - 1)
    const repeat = await refresh(on, tokens.refresh_token)
    const again = await refresh(on, tokens.refresh_token)

    expect([repeat.status, again.status, on.trips.last]).toEqual([200, 200, 1])
    expect((await bodyOf(repeat)).refresh_token).toBe(first.refresh_token)
    expect((await bodyOf(again)).refresh_token).toBe(first.refresh_token)
    on.clock.pass(1)
    expect((await refresh(on, tokens.refresh_token)).status).toBe(401)
    expect(await rowOf(on, session.id)).toMatchObject({ endedAt: on.clock.now, endedReason: 'refresh_reuse' })
  },
)

test('S97: a repeat within the grace is a theft once the successor itself was used', async () => {
  const on = await server()
  const { tokens, session, user } = await signedUpByToken(on)
  const second = await rotated(on, tokens.refresh_token)
  const third = await rotated(on, second.refresh_token)

  const reuse = await refresh(on, tokens.refresh_token)

  expect([reuse.status, (await bodyOf(reuse)).code, on.trips.last]).toEqual([401, 'invalid_token', 1])
  expect(await rowOf(on, session.id)).toMatchObject({ endedAt: on.clock.now, endedReason: 'refresh_reuse' })
  const ids = { userId: user.id, sessionId: session.id }
  expect(on.logs).toContainEqual(expect.objectContaining({ event: 'token.reuse_detected', ...ids }))
  expect(on.logs).toContainEqual(expect.objectContaining({ event: 'session.ended', reason: 'refresh_reuse', ...ids }))
  for (const { refresh_token, access_token } of [tokens, second, third]) {
    expect((await refresh(on, refresh_token)).status).toBe(401)
    expect(await statusFor(on, access_token)).toBe(401)
  }
})

test('S97: a theft is recorded once, however often the token comes back', async () => {
  const on = await server()
  const { tokens } = await signedUpByToken(on)
  await rotated(on, tokens.refresh_token)
  on.clock.pass(61)

  await Promise.all(Array.from({ length: 10 }, () => refresh(on, tokens.refresh_token)))

  expect(on.logs.filter(({ event }) => event === 'token.reuse_detected').length).toBe(1)
})

test('S97: a theft ends that session alone', async () => {
  const on = await server()
  const { tokens, person } = await signedUpByToken(on)
  const other = await bodyOf(await on.request('/auth/login', json({ ...person, transport: 'token' })))
  await rotated(on, tokens.refresh_token)
  on.clock.pass(61)

  await refresh(on, tokens.refresh_token)

  expect((await refresh(on, other.tokens.refresh_token)).status).toBe(200)
})

test('S97: a token of long ago is known as stolen, ten rotations later', async () => {
  const on = await server()
  const { tokens, session } = await signedUpByToken(on)
  let { refresh_token } = tokens
  for (let i = 0; i < 10; i++) {
    on.clock.pass(3600)
    refresh_token = (await rotated(on, refresh_token)).refresh_token
  }

  await refresh(on, tokens.refresh_token)

  expect(await rowOf(on, session.id)).toMatchObject({ endedReason: 'refresh_reuse' })
  expect((await refresh(on, refresh_token)).status).toBe(401)
})

test('S97: with AUTH_REFRESH_GRACE_SECONDS=0 every repeat is a theft, in the same second too', async () => {
  const on = await server({ settings: { AUTH_REFRESH_GRACE_SECONDS: '0' } })
  const { tokens, session } = await signedUpByToken(on)
  const next = await rotated(on, tokens.refresh_token)

  const repeat = await refresh(on, tokens.refresh_token)

  expect(repeat.status).toBe(401)
  expect(await rowOf(on, session.id)).toMatchObject({ endedReason: 'refresh_reuse' })
  expect((await refresh(on, next.refresh_token)).status).toBe(401)
})

test('S30 S98: refreshing slides the idle limit, and never the absolute one', async () => {
  const on = await server({ settings: { AUTH_SESSION_IDLE_SECONDS: '1000', AUTH_SESSION_MAX_SECONDS: '2500' } })
  const { tokens, session } = await signedUpByToken(on)
  const start = on.clock.now
  let { refresh_token } = tokens
  const ends: unknown[] = []
  for (let i = 0; i < 3; i++) {
    on.clock.pass(800)
    refresh_token = (await rotated(on, refresh_token)).refresh_token
    ends.push((await rowOf(on, session.id)).expiresAt)
  }

  expect(ends).toEqual([start + 1800, start + 2500, start + 2500])
  expect(await query(on, 'select max(expires_at) from refresh_tokens')).toEqual([[start + 2500]])
  on.clock.pass(99)
  const last = await rotated(on, refresh_token)
  expect(last.expires_in).toBe(1)
  on.clock.pass(1)
  expect((await refresh(on, last.refresh_token)).status).toBe(401)
})

test.each([
  [true, 1000],
  [false, 86_400],
])('S30: a refresh token unused for the idle limit is dead (remember %s)', async (remember, idle) => {
  const settings: Record<string, string> = remember ? { AUTH_SESSION_IDLE_SECONDS: '1000' } : {}
  for (const [after, status] of [
    [idle - 1, 200],
    [idle, 401],
  ] as const) {
    const on = await server({ settings })
    const { person } = await signedUp(on)
    const login = await bodyOf(await on.request('/auth/login', json({ ...person, remember, transport: 'token' })))
    const { refresh_token } = await rotated(on, login.tokens.refresh_token)

    on.clock.pass(after)

    expect((await refresh(on, refresh_token)).status).toBe(status)
  }
})

test('garbage, and whatever has not our form, is 401 without a trip', async () => {
  const on = await server()
  const { tokens, session } = await signedUpByToken(on)
  const { refresh_token: good, access_token, device_token } = tokens
  const before = on.trips.total
  const strange = [
    ...['', ' ', 'x', 'pst_rt_', 'null', '\u0000', `${good} `, ` ${good}`, `${good}=`, `${good}A`, good.slice(0, -1)],
    ...[
      good.toUpperCase(),
      good.replace('pst_rt_', ''),
      good.replace('pst', 'PST'),
      `Bearer ${good}`,
      `${good}.${good}`,
    ],
    ...otherTails(good.slice(7)).map((rest) => `pst_rt_${rest}`),
    ...[access_token, device_token, session.id, 'x'.repeat(8192)],
  ]

  for (const token of strange) {
    const answer = await refresh(on, token)

    expect([answer.status, (await bodyOf(answer)).code], token.slice(0, 60)).toEqual([401, 'invalid_token'])
  }
  expect(on.trips.total).toBe(before)
})

test('a token of our form that was never given out is 401 and ends nothing', async () => {
  const on = await server()
  const { tokens, session } = await signedUpByToken(on)

  const answer = await refresh(on, anotherToken(tokens.refresh_token))

  expect([answer.status, on.trips.last]).toEqual([401, 1])
  expect(await rowOf(on, session.id)).toMatchObject({ endedAt: null })
})

test.each([
  ['the user is suspended', 'update users set suspended_at = 1 where id = ?'],
  ['the user is deleted', 'delete from users where id = ?'],
])('S32 GHSA-w6p7-2fxx-4f44: a refresh is refused once %s', async (_, text) => {
  const on = await server()
  const { tokens, user } = await signedUpByToken(on)
  await query(on, text, user.id)

  const answer = await refresh(on, tokens.refresh_token)

  expect([answer.status, (await bodyOf(answer)).code]).toEqual([401, 'invalid_token'])
  expect(on.logs.some(({ event }) => event === 'token.reuse_detected')).toBe(false)
})

test('a token in the body is all that counts: a bearer or a cookie beside it changes nothing', async () => {
  const on = await server()
  const { tokens, user } = await signedUpByToken(on)
  const stranger = await signedUpByToken(on)

  const answer = await on.request(
    '/auth/token',
    json({ refresh_token: tokens.refresh_token }, bearer(stranger.tokens.access_token)),
  )

  expect(partsOf((await bodyOf(answer)).access_token).claims.sub).toBe(user.id)
})
