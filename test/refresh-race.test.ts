import { expect, test } from 'vitest'
import { faultyDatabase, replyLost, unreachable } from './faulty-ports.ts'
import { bearer, partsOf, statusFor } from './forging.ts'
import { bodyOf, json, query, type Server, secrets, server, signedUpByToken } from './harness.ts'

const refresh = (on: Server, refresh_token: string) => on.request('/auth/token', json({ refresh_token }))

const successorsOf = (on: Server, sessionId: string) =>
  query(
    on,
    'select hash, used_at from refresh_tokens where session_id = ? order by created_at, used_at desc',
    sessionId,
  )

test.each([2, 10, 50])(
  'S97 S79 CVE-2026-53517: %i parallel refreshes with one token make one successor, the same for all',
  async (count) => {
    const on = await server()
    const { tokens, session } = await signedUpByToken(on)

    const answers = await Promise.all(Array.from({ length: count }, () => refresh(on, tokens.refresh_token)))

    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200))
    const pairs = await Promise.all(answers.map(bodyOf))
    expect(new Set(pairs.map(({ refresh_token }) => refresh_token)).size).toBe(1)
    expect((await successorsOf(on, session.id)).length).toBe(2)
    expect((await refresh(on, pairs[0].refresh_token)).status).toBe(200)
  },
)

test('S97 CVE-2026-53517: parallel refreshes from two isolates make one successor, the same for all', async () => {
  const on = await server()
  const other = await server({ beside: on })
  const { tokens, session } = await signedUpByToken(on)

  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, i) => refresh(i % 2 ? on : other, tokens.refresh_token)),
  )

  const pairs = await Promise.all(answers.map(bodyOf))
  expect(new Set(pairs.map(({ refresh_token }) => refresh_token)).size).toBe(1)
  expect((await successorsOf(on, session.id)).length).toBe(2)
})

test('S97: with a grace of 0, of 10 parallel refreshes one wins, and the session ends as stolen', async () => {
  const on = await server({ settings: { AUTH_REFRESH_GRACE_SECONDS: '0' } })
  const { tokens, session } = await signedUpByToken(on)

  const answers = await Promise.all(Array.from({ length: 10 }, () => refresh(on, tokens.refresh_token)))

  const won = answers.filter(({ status }) => status === 200)
  expect(won.length).toBe(1)
  expect((await successorsOf(on, session.id)).length).toBe(2)
  for (const answer of won) expect((await refresh(on, (await bodyOf(answer)).refresh_token)).status).toBe(401)
})

test('S97: a whole family refreshed at once never forks: each parent has one child', async () => {
  const on = await server()
  const { tokens, session } = await signedUpByToken(on)
  let { refresh_token } = tokens
  for (let generation = 0; generation < 5; generation++) {
    const current = refresh_token
    const answers = await Promise.all(Array.from({ length: 5 }, () => refresh(on, current)))
    refresh_token = (await bodyOf(answers[0] ?? new Response('{}'))).refresh_token
  }

  const rows = await query(on, 'select successor_hash from refresh_tokens where session_id = ?', session.id)

  expect(rows.length).toBe(6)
  expect(rows.filter(([successor]) => successor === null).length).toBe(1)
})

test.each(['60', '0'])('S97: a lost reply is no theft, with a grace of %s', async (grace) => {
  const faults = faultyDatabase()
  const on = await server({ database: faults.database, settings: { AUTH_REFRESH_GRACE_SECONDS: grace } })
  const { tokens, session } = await signedUpByToken(on)
  faults.next(replyLost)

  const answer = await refresh(on, tokens.refresh_token)

  expect([answer.status, on.trips.last]).toEqual([200, 2])
  expect((await successorsOf(on, session.id)).length).toBe(2)
  expect(on.logs.some(({ event }) => event === 'token.reuse_detected')).toBe(false)
  expect((await refresh(on, (await bodyOf(answer)).refresh_token)).status).toBe(200)
})

test('S97 S80: where every reply was lost the answer is 503, and the client’s own repeat goes on', async () => {
  const faults = faultyDatabase()
  const on = await server({ database: faults.database })
  const { tokens, session } = await signedUpByToken(on)
  faults.next(replyLost, replyLost, replyLost)

  const lost = await refresh(on, tokens.refresh_token)
  on.clock.pass(30)
  const repeat = await refresh(on, tokens.refresh_token)

  expect([lost.status, lost.headers.has('retry-after'), repeat.status]).toEqual([503, true, 200])
  expect((await successorsOf(on, session.id)).length).toBe(2)
})

test('S80: a database that is down is 503, never 401, and the token is as good as before', async () => {
  const faults = faultyDatabase()
  const on = await server({ database: faults.database })
  const { tokens } = await signedUpByToken(on)
  faults.next(unreachable, unreachable, unreachable)

  const down = await refresh(on, tokens.refresh_token)
  const up = await refresh(on, tokens.refresh_token)

  expect([down.status, (await bodyOf(down)).code, up.status]).toEqual([503, 'unavailable', 200])
})

const rings: [string, string, string][] = [
  ['a new secret in front', secrets[0], `${secrets[1]},${secrets[0]}`],
  ['the old one in front again', `${secrets[1]},${secrets[0]}`, `${secrets[0]},${secrets[1]}`],
]

test.each(rings)(
  'S97: with %s between two presentations the repeat finds the same successor',
  async (_, first, then) => {
    const before = await server({ settings: { AUTH_SECRET: first } })
    const after = await server({ beside: before, settings: { AUTH_SECRET: then } })
    const { tokens, session } = await signedUpByToken(before)

    const one = await bodyOf(await refresh(before, tokens.refresh_token))
    const two = await bodyOf(await refresh(after, tokens.refresh_token))

    expect(two.refresh_token).toBe(one.refresh_token)
    expect((await successorsOf(before, session.id)).length).toBe(2)
    expect((await refresh(after, two.refresh_token)).status).toBe(200)
  },
)

test('S97: isolates with the ring in two orders race one token: one successor, the same for all', async () => {
  const one = await server({ settings: { AUTH_SECRET: `${secrets[0]},${secrets[1]}` } })
  const two = await server({ beside: one, settings: { AUTH_SECRET: `${secrets[1]},${secrets[0]}` } })
  const { tokens, session } = await signedUpByToken(one)

  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, i) => refresh(i % 2 ? one : two, tokens.refresh_token)),
  )

  const pairs = await Promise.all(answers.map(bodyOf))
  expect(new Set(pairs.map(({ refresh_token }) => refresh_token)).size).toBe(1)
  expect((await successorsOf(one, session.id)).length).toBe(2)
})

test('S31: refreshes that race a logout leave nothing alive', async () => {
  const on = await server()
  const { tokens, session } = await signedUpByToken(on)
  const account = await bodyOf(
    await on.request('/auth/token', json({ refresh_token: tokens.refresh_token, audience: 'account' })),
  )
  const requests = Array.from({ length: 10 }, () => refresh(on, account.refresh_token))

  const logout = on.request('/auth/logout', json({}, bearer(account.access_token)))
  const answers = await Promise.all([
    ...requests,
    ...Array.from({ length: 10 }, () => refresh(on, account.refresh_token)),
  ])

  expect((await logout).status).toBe(204)
  for (const answer of answers.filter(({ status }) => status === 200)) {
    const { refresh_token, access_token } = await bodyOf(answer)
    expect((await refresh(on, refresh_token)).status).toBe(401)
    expect(await statusFor(on, access_token)).toBe(401)
  }
  expect(await query(on, 'select ended_reason from sessions where id = ?', session.id)).toEqual([['logout']])
})

test('CVE-2025-67490: 40 apps that refresh at once each get tokens of their own session', async () => {
  const on = await server()
  const people = await Promise.all(Array.from({ length: 20 }, () => signedUpByToken(on)))

  const answers = await Promise.all(
    [...people, ...people].map(async ({ tokens, session, user }) => {
      const { claims } = partsOf((await bodyOf(await refresh(on, tokens.refresh_token))).access_token)
      return claims.sid === session.id && claims.sub === user.id
    }),
  )

  expect(answers).toEqual(answers.map(() => true))
})
