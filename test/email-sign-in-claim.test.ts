import { sql } from 'drizzle-orm'
import { describe, expect, test } from 'vitest'
import { sha256 } from '../src/base/crypto.ts'
import type { Core } from '../src/identity/core.ts'
import { statement } from '../src/identity/statement.ts'
import { byAccountToken, cookieOf } from './act.ts'
import { linkFor, proofs, show, ways } from './by-mail.ts'
import { faultyDatabase, noFault, openLimiter, quick, replyLost } from './faulty-ports.ts'
import { answer, codes, gatedServer } from './gate.ts'
import {
  bodyOf,
  browser,
  firefox,
  json,
  mailTo,
  query,
  type Server,
  server,
  signedIn,
  signedUp,
  tokenIn,
} from './harness.ts'

/** Somebody who registered the address of another, from two browsers and an app. */
const squatted = async (on: Server) => {
  const tab = await signedUp(on, { name: 'Mallory' })
  const other = await signedIn(on, tab.person)
  const login = await on.request('/auth/login', json({ ...tab.person, transport: 'token' }))
  const { tokens } = await bodyOf(login)
  return { ...tab, other, tokens: tokens as { refresh_token: string; access_token: string; device_token: string } }
}

describe.each(ways)('GHSA-qq9h-g4jm-xgf3, A9: whoever proves an address by %s that nobody had proven', (way) => {
  const proofFor = proofs[way]

  test('has the account, verified, in a session that lives', async () => {
    const on = await server({ argon2id: quick })
    const squatter = await squatted(on)
    const tab = browser(on)

    const answer = await tab.fetch('/auth/email/sign-in', json(await proofFor(on, squatter.person)))

    const { email } = squatter.person
    expect([answer.status, on.trips.last]).toEqual([200, 2])
    expect(await bodyOf(answer)).toMatchObject({
      user: { id: squatter.user.id, email, emailVerified: true },
      session: { methods: ['email'] },
    })
    expect((await tab.api.auth.sessions.$get()).status).toBe(200)
    expect(await query(on, 'select ended_reason, count(*) from sessions group by 1 order by 1')).toEqual([
      [null, 1],
      ['claimed', 3],
    ])
  })

  test('leaves whoever made it nothing: password, sessions, tokens and device are dead at once, at every isolate', async () => {
    const on = await server({ argon2id: quick })
    const beside = await server({ argon2id: quick, beside: on })
    const squatter = await squatted(on)
    await show(on, await proofFor(on, squatter.person))
    await on.settled()

    const { refresh_token, access_token, device_token } = squatter.tokens
    const bearer = { authorization: `Bearer ${access_token}` }
    const statuses = [
      await beside.request('/auth/login', json(squatter.person)),
      await beside.request('/auth/login', json({ ...squatter.person, device_token })),
      await beside.request('/auth/sessions', { headers: cookieOf(squatter.jar) }),
      await beside.request('/auth/me', { headers: cookieOf(squatter.other.jar) }),
      await beside.request('/auth/token', json({ refresh_token })),
      await beside.request('/auth/sessions', { headers: bearer }),
      await beside.request('/auth/me', { headers: bearer }),
    ].map(({ status }) => status)

    expect(statuses).toEqual(Array(7).fill(401))
    expect(await query(on, 'select count(*) from passwords')).toEqual([[0]])
    expect(await query(on, 'select count(*) from devices')).toEqual([[1]])
    const told = on.logs.map(({ event }) => event)
    expect(told.filter((event) => event === 'account.claimed' || event === 'email.verified')).toHaveLength(2)
    expect(on.logs.filter(({ event, reason }) => event === 'session.ended' && reason === 'claimed')).toHaveLength(3)
  })

  test('finds every code and sign-in on hold of before dead, those that undo a change too, and a deletion called off', async () => {
    const on = await gatedServer(['totp'])
    const squatter = await signedUp(on)
    const { email, password } = squatter.person
    const [invitation] = await mailTo(on, squatter.person)
    await on.request('/auth/password/forgot', json({ email }))
    const reset = (await mailTo(on, squatter.person)).at(-1)
    await query(on, "insert into gate_codes (user_id, method, code) values (?, 'totp', ?)", squatter.user.id, codes[0])
    const { challenge } = await bodyOf(await on.request('/auth/login', json(squatter.person)))
    const undo = `insert into codes (hash, purpose, user_id, email, email_canonical, created_at, expires_at)
      values (?, 'undo_email', ?, 'mallory@example.com', 'mallory@example.com', 1, 9999999999)`
    await query(on, undo, await sha256('A'.repeat(43)), squatter.user.id)
    await query(on, 'update users set erase_at = 9999999999')

    await show(on, await proofFor(on, squatter.person))

    const answers = [
      await on.request('/auth/email/verify', json({ token: tokenIn(invitation, 'email/verify') })),
      await on.request('/auth/email/disown', json({ token: tokenIn(invitation, 'email/disown') })),
      await on.request(
        '/auth/password/reset',
        json({ token: tokenIn(reset, 'password/reset'), newPassword: `${password}!` }),
      ),
      await answer(on, challenge.id),
    ]
    expect(answers.map(({ status }) => status)).toEqual([410, 410, 410, 410])
    expect(await query(on, 'select count(*) from codes where used_at is null')).toEqual([[0]])
    expect(await query(on, 'select email_verified, erase_at from users')).toEqual([[1, null]])
  })

  test('finds no name, user name or language of whoever made it, and is written to in their own', async () => {
    const on = await server({ argon2id: quick })
    const squatter = await signedUp(on, { name: 'Mallory', username: 'mallory', locale: 'ar' })
    await query(on, `update users set roles = '["admin"]'`)

    const { user } = await bodyOf(await show(on, await proofFor(on, squatter.person), {}, { 'accept-language': 'de' }))

    expect(user).toMatchObject({ id: squatter.user.id, name: null, username: null, locale: null, roles: ['admin'] })
    expect(await query(on, "select language from outbox where kind = 'account_claimed'")).toEqual([['de']])
    const login = { username: 'mallory', password: squatter.person.password }
    expect((await on.request('/auth/login', json(login))).status).toBe(401)
  })

  test('is not told of a new sign-in besides', async () => {
    const on = await server({ argon2id: quick })
    const { person } = await signedUp(on)
    on.clock.pass(60)

    await show(on, await proofFor(on, person))

    expect(await query(on, "select kind from outbox where kind in ('account_claimed', 'new_device')")).toEqual([
      ['account_claimed'],
    ])
    expect(on.logs.filter(({ event }) => event === 'device.added')).toEqual([])
  })

  test('is stopped by no second factor of before, which is gone with the rest', async () => {
    const on = await gatedServer()
    on.core.credentials.add(gateCodes)
    const squatter = await signedUp(on)
    await query(on, "insert into gate_codes (user_id, method, code) values (?, 'totp', ?)", squatter.user.id, codes[0])

    const claimed = await show(on, await proofFor(on, squatter.person))
    const again = await show(on, await proofFor(on, squatter.person))

    expect([(await bodyOf(claimed)).status, (await bodyOf(again)).status]).toEqual(['signed_in', 'signed_in'])
    expect(await query(on, 'select count(*) from gate_codes')).toEqual([[0]])
  })

  test('is told once, even where strangers have used up the messages of the hour', async () => {
    const { next, database } = faultyDatabase()
    const on = await server({ argon2id: quick, limiter: openLimiter, database })
    const { person } = await signedUp(on)
    for (let i = 0; i < 2; i++) await linkFor(on, person)
    await on.request('/auth/password/forgot', json({ email: person.email }))
    const proof = await proofFor(on, person)
    next(noFault, replyLost)

    await show(on, proof)

    const subjects = (await mailTo(on, person)).map(({ subject }) => subject)
    expect(subjects).toHaveLength(6)
    expect(subjects.at(-1)).toBe('Your address is confirmed at app.example.com')
  })

  test('does so once: the next sign-in ends nothing', async () => {
    const on = await server({ argon2id: quick })
    const { person } = await signedUp(on)
    const tab = browser(on)
    await tab.fetch('/auth/email/sign-in', json(await proofFor(on, person)))

    await show(on, await proofFor(on, person))

    expect((await tab.api.auth.sessions.$get()).status).toBe(200)
    expect(await mailTo(on, person)).toHaveLength(4)
  })
})

test('S36: a claim touches no other account', async () => {
  const on = await server({ argon2id: quick })
  const [squatter, eve] = [await squatted(on), await byAccountToken(on)]

  await show(on, { token: await linkFor(on, squatter.person) })

  expect((await on.request('/auth/sessions', { headers: eve.bearer })).status).toBe(200)
  const kept = 'select email_verified, (select count(*) from devices where user_id = users.id) from users where id = ?'
  expect(await query(on, kept, eve.user.id)).toEqual([[0, 1]])
  expect((await on.request('/auth/login', json(eve.person))).status).toBe(200)
})

test('a wrong code claims nothing, nor does a dead link', async () => {
  const on = await server({ argon2id: quick })
  const squatter = await signedUp(on)
  const { id } = (await proofs.code(on, squatter.person)) as { id: string }

  await show(on, { id, code: 'BCDFGHJK' })
  await show(on, { token: 'A'.repeat(43) })

  expect((await on.request('/auth/login', json(squatter.person), { address: '192.0.2.1' })).status).toBe(200)
  expect(await query(on, 'select email_verified from users')).toEqual([[0]])
  expect(
    (await on.request('/auth/sessions', { headers: { ...cookieOf(squatter.jar), 'user-agent': firefox } })).status,
  ).toBe(200)
})

/** The factor of `gate.ts`, as a feature that keeps it would plug it in. */
const gateCodes: Parameters<Core['credentials']['add']>[0] = {
  method: 'totp',
  wipe: ({ userId, when }) => statement(sql`delete from gate_codes where user_id = ${userId} and ${when}`),
}
