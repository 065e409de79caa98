import { describe, expect, test } from 'vitest'
import { dump } from './acts.ts'
import { askLink, codeFor, linkFor, member, nobody, proofs, show, ways } from './by-mail.ts'
import { openLimiter, quick } from './faulty-ports.ts'
import { bodyOf, browser, json, mailTo, query, type Server, server, signedUp, somebody, tokenIn } from './harness.ts'
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
    ['is of an account that got another address', (on) => query(on, "update users set email_canonical = 'x'")],
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

test('S59: a link that is opened shows a page with one button, and consumes nothing', async () => {
  const on = await server({ limiter: openLimiter })
  const token = await linkFor(on, nobody())
  const before = await dump(on)

  const pages = [await on.request(signIn), await on.request(`${signIn}?token=${token}`), await on.request(signIn)]
  await on.request(signIn, { method: 'HEAD' })

  expect(pages.map(({ status }) => status)).toEqual([200, 200, 200])
  expect((await pages[0]?.text())?.match(/type="submit"/g)).toHaveLength(1)
  expect(await dump(on)).toEqual(before)
  expect((await show(on, { token })).status).toBe(200)
})

test('S43: a token that was mailed for another end signs nobody in, and is good still', async () => {
  const on = await server({ argon2id: quick })
  const { person } = await signedUp(on)
  await on.request('/auth/password/forgot', json({ email: person.email }))
  const [invitation, reset] = await mailTo(on, person)
  const tokens = [
    tokenIn(invitation, 'email/verify'),
    tokenIn(invitation, 'email/disown'),
    tokenIn(reset, 'password/reset'),
  ]

  const answers = [...tokens, (await codeFor(on, nobody())).id].map((token) => show(on, { token }))

  expect((await Promise.all(answers)).map(({ status }) => status)).toEqual([410, 410, 410, 410])
  expect(await query(on, 'select count(*) from codes where used_at is not null')).toEqual([[0]])
})

test('S43: the token of a link is no id of a code, and opens nothing else that is mailed', async () => {
  const on = await server()
  const token = await linkFor(on, nobody())
  const [{ hash } = { hash: '' }] = (await query(on, 'select hash from codes')).map(([one]) => ({ hash: String(one) }))

  const answers = [
    await show(on, { id: token, code: 'BCDFGHJK' }),
    await show(on, { token: hash }),
    await on.request('/auth/email/verify', json({ token })),
    await on.request('/auth/email/disown', json({ token })),
    await on.request('/auth/password/reset', json({ token, newPassword: 'another good long password' })),
  ]

  expect(answers.map(({ status }) => status)).toEqual([410, 410, 410, 410, 410])
  expect((await show(on, { token })).status).toBe(200)
})

test('of a link and a code of one address either is good while the other is open', async () => {
  const on = await server()
  const grace = await member(on)
  const [token, typed] = [await linkFor(on, grace), await codeFor(on, grace)]

  const answers = [await show(on, { token }), await show(on, typed)]

  expect(answers.map(({ status }) => status)).toEqual([200, 200])
})

test('a code that was asked for before the address had an account signs in the account that it has since', async () => {
  const on = await server()
  const grace = nobody()
  const typed = await codeFor(on, grace)
  const first = await bodyOf(await show(on, { token: await linkFor(on, grace) }))

  const second = await bodyOf(await show(on, typed))

  expect(second.user.id).toBe(first.user.id)
})

test.each<[string, object, Record<string, string>]>([
  ['nothing', {}, { token: 'Either the token of a link, or an id and a code.' }],
  ['both', { token: 'a', id: 'b', code: 'c' }, { token: 'Either the token of a link, or an id and a code.' }],
  ['a token and a code', { token: 'a', code: 'c' }, { token: 'Either the token of a link, or an id and a code.' }],
  ['an id alone', { id: 'b' }, { code: 'The code that was mailed.' }],
  ['a code alone', { code: 'c' }, { id: 'The id that was answered when the code was asked for.' }],
])('a sign-in with %s is 422 and says what is missing', async (_, body, fields) => {
  const on = await server()

  const answer = await show(on, body)

  expect(await bodyOf(answer)).toMatchObject({ status: 422, code: 'invalid_request', fields })
  expect(on.trips.last).toBe(0)
})

test.each([
  ['/auth/email/link', { email: 'ada' }, 'email'],
  ['/auth/email/code', { email: 'ada@example.com\r\nBcc: eve@example.com' }, 'email'],
  ['/auth/email/code', {}, 'email'],
  ['/auth/email/code', { email: 'ada@example.com', redirectTo: 'https://app.example.com/' }, 'redirectTo'],
  [signIn, { token: 1 }, 'token'],
  [signIn, { token: 'a'.repeat(65) }, 'token'],
  [signIn, { id: 'a', code: 12_345_678 }, 'code'],
])('S18, S68: %s with %j is 422', async (path, body, field) => {
  const on = await server()

  const answer = await on.request(path, json(body))

  const { code, fields } = await bodyOf(answer)
  expect([answer.status, code, Object.keys(fields)[0], on.trips.last]).toEqual([422, 'invalid_request', field, 0])
})

test('a link that leads to a page of the app carries its token in the fragment, and none leads anywhere by a header', async () => {
  const on = await server()
  const [grace, ada] = [nobody(), somebody('ada')]
  const hostile = { host: 'evil.example', 'x-forwarded-host': 'evil.example', forwarded: 'host=evil.example' }

  await askLink(on, grace, { redirectTo: 'https://app.example.com/welcome?next=%2Fhome' })
  await on.request('/auth/email/link', json({ email: ada.email }, hostile))

  const [[toPage], [toUs]] = [await mailTo(on, grace), await mailTo(on, ada)]
  expect(toPage?.text).toMatch(/^https:\/\/app\.example\.com\/welcome\?next=%2Fhome#token=[\w-]{43}$/m)
  expect(toUs?.text).toMatch(/^https:\/\/app\.example\.com\/auth\/email\/sign-in#token=[\w-]{43}$/m)
  expect(`${toPage?.html}${toUs?.html}${toUs?.text}`).not.toContain('evil')
})
