import { describe, expect, test } from 'vitest'
import { member, nobody, proofs, show, ways } from './by-mail.ts'
import { quick } from './faulty-ports.ts'
import { answer, codes, gatedServer } from './gate.ts'
import { bodyOf, browser, json, mailTo, password, query, type Server, server, signedUp, tokenIn } from './harness.ts'
import { rightCode, secondFactor } from './second-factor.ts'

const signIn = '/auth/email/sign-in'
const minutes = 60

describe.each(ways)('by %s', (way) => {
  const proofFor = proofs[way]

  test('whoever reads the mail of an address without an account gets one, verified and without a password', async () => {
    const on = await server()
    const grace = nobody()
    const proof = await proofFor(on, grace)

    const answer = await show(on, proof)

    const user = { ...grace, emailVerified: true, username: null, name: null, roles: [] }
    expect([answer.status, on.trips.last]).toEqual([200, 2])
    expect(await bodyOf(answer)).toMatchObject({ status: 'signed_in', user, session: { methods: ['email'] } })
    expect(await query(on, 'select count(*) from passwords')).toEqual([[0]])
    expect(on.logs.map(({ event }) => event)).toContain('user.registered')
    expect(await mailTo(on, grace)).toHaveLength(1)
  })

  test('of a verified account nothing changes: its password, its sessions and its devices go on', async () => {
    const on = await server({ argon2id: quick })
    const ada = await signedUp(on)
    const [mail] = await mailTo(on, ada.person)
    await on.request('/auth/email/verify', json({ token: tokenIn(mail, 'email/verify') }))
    const tab = browser(on)

    const answer = await tab.fetch(signIn, json(await proofFor(on, ada.person)))

    expect([answer.status, on.trips.last]).toEqual([200, 2])
    expect(await bodyOf(answer)).toMatchObject({ user: { id: ada.user.id }, session: { methods: ['email'] } })
    expect((await ada.api.auth.sessions.$get()).status).toBe(200)
    expect((await on.request('/auth/login', json(ada.person))).status).toBe(200)
    expect(await query(on, 'select count(*) from devices')).toEqual([[3]])
    expect((await mailTo(on, ada.person)).map(({ subject }) => subject)).toHaveLength(2)
  })

  test('the cookie says that the address is verified, within its lease and past it', async () => {
    const on = await server({ argon2id: quick })
    const { person } = await signedUp(on)
    const tab = browser(on)
    await tab.fetch(signIn, json(await proofFor(on, person)))

    const within = await (await tab.api.auth.session.$get()).json()
    const trips = on.trips.last
    on.clock.pass(301)
    const past = await (await tab.api.auth.session.$get()).json()

    expect([within.user?.emailVerified, trips, past.user?.emailVerified]).toEqual([true, 0, true])
  })

  test('with the transport `token` no cookie is set, and the tokens are good', async () => {
    const on = await server()

    const answer = await show(on, { ...(await proofFor(on, nobody())), transport: 'token' })

    const { tokens } = await bodyOf(answer)
    const refreshed = await on.request('/auth/token', json({ refresh_token: tokens.refresh_token }))
    expect([answer.status, answer.headers.getSetCookie(), refreshed.status]).toEqual([200, [], 200])
  })

  test('a session that is not to be remembered goes with the browser', async () => {
    const on = await server()

    const [remembered, forgotten] = [
      await show(on, await proofFor(on, nobody())),
      await show(on, { ...(await proofFor(on, nobody())), remember: false }),
    ]

    const sessionLine = (answer: Response) =>
      answer.headers.getSetCookie().find((line) => /^__Host-session=/.test(line))
    expect(sessionLine(remembered)).toContain('Max-Age')
    expect(sessionLine(forgotten)).not.toContain('Max-Age')
  })

  test('S15, GHSA-xg6x-h9c9-2m83: a second factor is asked for, and until it is there nothing at all is signed in', async () => {
    const gate = secondFactor()
    const on = await server({ plug: gate.plug })
    const grace = await member(on)
    gate.isOn = true
    const proof = await proofFor(on, grace)

    const held = await show(on, { ...proof, remember: false })

    const { challenge, ...rest } = await bodyOf(held)
    expect([held.status, on.trips.last, held.headers.getSetCookie()]).toEqual([200, 2, []])
    expect([rest, challenge.methods]).toEqual([{ status: 'challenge' }, ['totp']])
    expect(await query(on, 'select count(*) from sessions')).toEqual([[1]])
    expect((await show(on, proof)).status).toBe(410)
    const answered = await on.request('/auth/challenge', json({ id: challenge.id, method: 'totp', code: rightCode }))
    expect(await bodyOf(answered)).toMatchObject({
      user: { id: grace.user.id },
      session: { methods: ['email', 'totp'] },
    })
  })

  test('S15: a second factor that the account has is read in the first trip, and its answer is taken once', async () => {
    const on = await gatedServer()
    const grace = await member(on)
    await query(on, "insert into gate_codes (user_id, method, code) values (?, 'totp', ?)", grace.user.id, codes[0])

    const held = await show(on, await proofFor(on, grace))

    const trips = on.trips.last
    const { challenge } = await bodyOf(held)
    const answers = [await answer(on, challenge.id), await answer(on, challenge.id)]
    expect([trips, challenge.methods, ...answers.map(({ status }) => status)]).toEqual([2, ['totp'], 200, 410])
  })

  test('S15: nor is a new account let in without the second factor that all must have', async () => {
    const gate = secondFactor()
    const on = await server({ plug: gate.plug })
    gate.isOn = true

    const held = await show(on, await proofFor(on, nobody()))

    expect([(await bodyOf(held)).status, held.headers.getSetCookie()]).toEqual(['challenge', []])
    expect(await query(on, 'select count(*) from sessions')).toEqual([[0]])
  })

  test('a suspended owner is told so once they have proven to be it, and what they showed is not used up', async () => {
    const on = await server()
    const grace = await member(on)
    await query(on, 'update users set suspended_at = 1')
    const proof = await proofFor(on, grace)

    const answer = await show(on, proof)

    expect(await bodyOf(answer)).toMatchObject({ status: 403, code: 'account_suspended' })
    expect(answer.headers.getSetCookie()).toEqual([])
    await query(on, 'update users set suspended_at = null')
    expect((await show(on, proof)).status).toBe(200)
  })

  test('GHSA-5jpx-9hw9-2fx4: an address in other case meets the same account, and the mail goes to the one that is stored', async () => {
    const on = await server()
    const grace = await member(on)
    const typed = { email: grace.email.toUpperCase() }

    await on.request(`/auth/email/${way}`, json(typed))

    expect(await mailTo(on, typed)).toEqual([])
    expect(await mailTo(on, grace)).toHaveLength(2)
  })

  test('it is good for ten minutes', async () => {
    const on = await server()
    const [early, late] = [await proofFor(on, nobody()), await proofFor(on, nobody())]

    on.clock.pass(10 * minutes - 1)
    const first = await show(on, early)
    on.clock.pass(1)
    const second = await show(on, late)

    expect([first.status, second.status]).toEqual([200, 410])
  })

  test.each<[string, (on: Server, proof: object, reader: { email: string }) => Promise<unknown>]>([
    ['was used', (on, proof) => show(on, proof)],
    ['was followed by a newer one', (on, _, reader) => proofFor(on, reader)],
    ['is of an account that was erased', (on) => query(on, 'delete from users')],
    ['is for another end', (on) => query(on, "update codes set purpose = 'confirm_code'")],
    ['is of an account that got another address', (on) => query(on, "update users set email_canonical = 'x'")],
    [
      'is of an account whose address is another’s since',
      async (on, _, { email }) => {
        await query(on, "update users set email_canonical = 'x'")
        await on.request('/auth/register', json({ email, password }))
      },
    ],
  ])('S21, S22: it is 410 where it %s', async (_, meanwhile) => {
    const on = await server()
    const grace = await member(on)
    const proof = await proofFor(on, grace)
    await meanwhile(on, proof, grace)
    const before = await query(on, 'select count(*) from sessions')

    const answer = await show(on, proof)

    expect(await bodyOf(answer)).toMatchObject({ status: 410, code: 'code_used_or_expired' })
    expect(answer.headers.getSetCookie()).toEqual([])
    expect(await query(on, 'select count(*) from sessions')).toEqual(before)
  })

  test('an address that somebody may still take back makes no account', async () => {
    const on = await server()
    const grace = nobody()
    const proof = await proofFor(on, grace)
    const reserve = `insert into codes (hash, purpose, email, email_canonical, created_at, expires_at)
      values ('h', 'undo_email', ?, ?, 1, ?)`
    await query(on, reserve, grace.email, grace.email, on.clock.now + 1)

    const reserved = await show(on, proof)
    on.clock.pass(1)
    const free = await show(on, proof)

    expect([reserved.status, free.status]).toEqual([410, 200])
  })

  test('with AUTH_EMAIL_SIGN_UP=off nobody gets an account, also by what was mailed before', async () => {
    const on = await server()
    const off = await server({ beside: on, settings: { AUTH_EMAIL_SIGN_UP: 'off' } })
    const [grace, known] = [nobody(), await member(on)]
    const proof = await proofFor(on, grace)

    const refused = await show(off, proof)
    const mailed = await on.request(`/auth/email/${way}`, json(nobody()))
    const asked = await off.request(`/auth/email/${way}`, json(nobody()))
    const entered = await show(off, await proofFor(off, known))

    expect([refused.status, mailed.status, asked.status, entered.status]).toEqual([410, 202, 202, 200])
    await off.settled()
    expect(on.mailbox).toHaveLength(4)
    expect(await query(on, 'select count(*) from users')).toEqual([[1]])
  })

  test('without a mailer none can be asked for, and the answer names the setting', async () => {
    const on = await server({ mailer: null })

    const answer = await on.request(`/auth/email/${way}`, json(nobody()))

    expect(await bodyOf(answer)).toMatchObject({ status: 500, code: 'misconfigured' })
  })
})
