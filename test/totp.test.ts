import { expect, test } from 'vitest'
import { byAccountToken, cookieOf } from './act.ts'
import { bodyOf, browser, json, mailTo, query, server, signedIn, signedUp, signedUpByToken } from './harness.ts'
import { codeAt } from './totp-app.ts'
import { answered, enrol, held, heldElsewhere, withTotp } from './totp-people.ts'

test('S22: an app is switched on by a code of it, in one trip and then two, and from then on a password alone signs nobody in', async () => {
  const on = await server()
  const ada = await signedUp(on)
  const started = await ada.fetch('/auth/totp', json({}))
  const trips = [on.trips.last]
  const { secret, uri, qr } = await bodyOf(started)
  const before = await bodyOf(await browser(on).fetch('/auth/login', json(ada.person)))

  const confirmed = await ada.fetch('/auth/totp/confirm', json({ code: await codeAt(secret, on.clock.now) }))
  trips.push(on.trips.last)
  const after = await bodyOf(await browser(on).fetch('/auth/login', json(ada.person)))

  expect([started.status, confirmed.status, trips]).toEqual([200, 200, [1, 2]])
  expect(uri).toContain(`:${encodeURIComponent(ada.person.email)}?issuer=app.example.com&secret=${secret}&`)
  expect(qr).toMatch(/^<svg /)
  expect(before.status).toBe('signed_in')
  expect(after).toMatchObject({ status: 'challenge', challenge: { methods: ['totp', 'recovery'] } })
})

test('S22: the confirmation shows ten recovery codes', async () => {
  const on = await server()
  const { recoveryCodes } = await withTotp(on)

  expect(recoveryCodes).toHaveLength(10)
  expect(new Set(recoveryCodes).size).toBe(10)
})

test('S29, S33: the session that confirmed has shown the app, under a new secret, and every other ends', async () => {
  const on = await server()
  const ada = await signedUp(on)
  const other = await signedIn(on, ada.person)
  const old = cookieOf(ada.jar)
  on.clock.pass(400)
  await enrol(on, ada)
  await on.settled()

  const { sessions } = await bodyOf(await ada.fetch('/auth/sessions'))

  expect(sessions).toHaveLength(1)
  expect(sessions[0]).toMatchObject({ id: ada.session.id, methods: ['password', 'totp'], current: true })
  expect(Date.parse(sessions[0].authenticatedAt) / 1000).toBe(on.clock.now)
  expect((await on.request('/auth/sessions', { headers: old })).status).toBe(401)
  expect((await other.fetch('/auth/sessions')).status).toBe(401)
  expect((await bodyOf(await other.fetch('/auth/session'))).user).toBeNull()
})

test('by bearer an app is switched on as well, and the tokens of the session say so from then on', async () => {
  const on = await server()
  const { bearer, tokens } = await byAccountToken(on)
  const start = await on.request('/auth/totp', json({}, bearer))
  const code = await codeAt((await bodyOf(start)).secret, on.clock.now)

  const confirmed = await on.request('/auth/totp/confirm', json({ code }, bearer))

  expect([confirmed.status, confirmed.headers.getSetCookie()]).toEqual([200, []])
  expect((await on.request('/auth/me', { headers: bearer })).status).toBe(200)
  expect((await on.request('/auth/token', json({ refresh_token: tokens.refresh_token }))).status).toBe(200)
})

test('S20: a message tells of the app, and another of its end, neither with a code or the secret', async () => {
  const on = await server()
  const ada = await withTotp(on)
  const added = await mailTo(on, ada.person)

  await ada.fetch('/auth/totp', { method: 'DELETE' })
  const removed = await mailTo(on, ada.person)

  expect(added.at(-1)?.subject).toContain('added')
  expect(removed.at(-1)?.subject).toContain('removed')
  expect(removed).toHaveLength(added.length + 1)
  for (const secret of [ada.secret, ada.code, ...ada.recoveryCodes]) {
    expect(JSON.stringify(removed)).not.toContain(secret)
  }
})

test('S22: the secret is sealed at rest, at its row, and neither log nor export nor any other answer has it again', async () => {
  const on = await server()
  const ada = await withTotp(on)

  const told = await Promise.all(
    ['/auth/factors', '/auth/sessions', '/auth/me', '/auth/session', '/auth/me/export'].map(async (path) => {
      const answer = await ada.fetch(path)
      return answer.text()
    }),
  )

  const [[id, sealed] = []] = await query(on, 'select id, secret from totp_secrets')
  expect(await on.core.ring.open(`totp_secrets/secret/${id}`, String(sealed))).toBe(ada.secret)
  expect(await on.core.ring.open('totp_secrets/secret/otp_another', String(sealed))).toBeUndefined()
  const written = JSON.stringify([told, on.logs, await query(on, 'select * from totp_secrets'), on.mailbox])
  for (const secret of [ada.secret, ada.code, ...ada.recoveryCodes]) expect(written).not.toContain(secret)
  expect(told[4]).toContain(String(id))
  expect(told.join()).not.toContain(String(sealed))
})

test('S6: an old sign-in switches nothing on or off', async () => {
  const on = await server()
  const ada = await withTotp(on)
  on.clock.pass(600)

  const stale = [
    await ada.fetch('/auth/totp', json({})),
    await ada.fetch('/auth/totp/confirm', json({ code: '123456' })),
    await ada.fetch('/auth/totp', { method: 'DELETE' }),
  ]

  expect(await Promise.all(stale.map(async (answer) => [answer.status, (await bodyOf(answer)).code]))).toEqual(
    Array(3).fill([403, 'fresh_sign_in_required']),
  )
  expect((await held(browser(on), ada.person)).methods).toContain('totp')
})

test('S6: nor does it end the secret that waits for its first code', async () => {
  const on = await server()
  const ada = await signedUp(on)
  const { secret } = await bodyOf(await ada.fetch('/auth/totp', json({})))
  on.clock.pass(600)
  const proof = { method: 'password', password: ada.person.password }

  const stale = await ada.fetch('/auth/totp', json({}))
  await ada.fetch('/auth/session/refresh-auth', json(proof))
  const confirmed = await ada.fetch('/auth/totp/confirm', json({ code: await codeAt(secret, on.clock.now) }))

  expect([stale.status, confirmed.status]).toEqual([403, 200])
})

test('S36: the token that an app hands to other APIs switches nothing on or off', async () => {
  const on = await server()
  const { bearer } = await signedUpByToken(on)

  const refused = [
    await on.request('/auth/totp', json({}, bearer)),
    await on.request('/auth/totp/confirm', json({ code: '123456' }, bearer)),
    await on.request('/auth/totp', { method: 'DELETE', headers: bearer }),
  ]

  expect(await Promise.all(refused.map(async (answer) => [answer.status, (await bodyOf(answer)).code]))).toEqual(
    Array(3).fill([403, 'forbidden']),
  )
  expect(await query(on, 'select * from totp_secrets')).toEqual([])
})

test('S92: a secret that nobody confirms within a day is deleted, and one that is on stays', async () => {
  const on = await server()
  const [ada, bob] = [await withTotp(on), await signedUp(on)]
  await bob.fetch('/auth/totp', json({}))

  on.clock.pass(86_399)
  await on.job()
  const before = await query(on, 'select count(*) from totp_secrets')
  on.clock.pass(1)
  await on.job()

  expect(before).toEqual([[2]])
  expect(await query(on, 'select user_id from totp_secrets')).toEqual([[ada.user.id]])
})

test('a code of another secret switches nothing on: 403, and the session stays', async () => {
  const on = await server()
  const ada = await signedUp(on)
  const { secret } = await bodyOf(await ada.fetch('/auth/totp', json({})))
  const right = await codeAt(secret, on.clock.now)

  const wrong = await ada.fetch('/auth/totp/confirm', json({ code: right === '000000' ? '000001' : '000000' }))
  const late = await ada.fetch('/auth/totp/confirm', json({ code: await codeAt(secret, on.clock.now - 60) }))

  expect([wrong.status, (await bodyOf(wrong)).code, late.status]).toEqual([403, 'wrong_credentials', 403])
  expect((await ada.fetch('/auth/sessions')).status).toBe(200)
  expect((await bodyOf(await browser(on).fetch('/auth/login', json(ada.person)))).status).toBe('signed_in')
})

test('S78: where no app waits for it, a confirmation is 409', async () => {
  const on = await server()
  const ada = await signedUp(on)
  const [never, { code }] = [await ada.fetch('/auth/totp/confirm', json({ code: '123456' })), await enrol(on, ada)]

  const again = await ada.fetch('/auth/totp/confirm', json({ code }))

  expect([never.status, again.status, (await bodyOf(again)).code]).toEqual([409, 409, 'conflict'])
})

test.each([
  ['no code', {}],
  ['a number', { code: 123456 }],
  ['a list', { code: ['123456'] }],
  ['null', { code: null }],
  ['a long text', { code: '1'.repeat(65) }],
  ['another member', { code: '123456', userId: 'usr_AAAAAAAAAAAAAAAAAAAAAA' }],
  ['a challenge that is no text', { code: '123456', challenge: 1 }],
])('S68: %s confirms nothing: 422 names the field', async (_, body) => {
  const on = await server()
  const ada = await signedUp(on)
  await ada.fetch('/auth/totp', json({}))

  const refused = await ada.fetch('/auth/totp/confirm', json(body))

  expect(refused.status).toBe(422)
  expect(Object.keys((await bodyOf(refused)).fields)).toHaveLength(1)
})

test('asked for twice, the newer secret alone can be confirmed', async () => {
  const on = await server()
  const ada = await signedUp(on)
  const secrets = [await ada.fetch('/auth/totp', json({})), await ada.fetch('/auth/totp', json({}))]
  const [older, newer] = await Promise.all(secrets.map(async (answer) => (await bodyOf(answer)).secret))

  const refused = await ada.fetch('/auth/totp/confirm', json({ code: await codeAt(older, on.clock.now) }))
  const confirmed = await ada.fetch('/auth/totp/confirm', json({ code: await codeAt(newer, on.clock.now) }))

  expect(older).not.toBe(newer)
  expect([refused.status, confirmed.status]).toEqual([403, 200])
  expect(await query(on, 'select count(*) from totp_secrets')).toEqual([[1]])
})

test('S25: another app takes the place of the first when it is confirmed, and not before', async () => {
  const on = await server()
  const ada = await withTotp(on)
  const { secret } = await bodyOf(await ada.fetch('/auth/totp', json({})))
  const early = await heldElsewhere(on, ada.person)
  const [byNew, byOld] = [
    await answered(early.tab, early.id, await codeAt(secret, on.clock.now)),
    await answered(early.tab, early.id, await ada.next()),
  ]

  const confirmed = await ada.fetch('/auth/totp/confirm', json({ code: await codeAt(secret, on.clock.now) }))
  on.clock.pass(60)
  const late = await heldElsewhere(on, ada.person)
  const [afterOld, afterNew] = [
    await answered(late.tab, late.id, await codeAt(ada.secret, on.clock.now)),
    await answered(late.tab, late.id, await codeAt(secret, on.clock.now)),
  ]

  expect([byNew.status, byOld.status, confirmed.status]).toEqual([401, 200, 200])
  expect([afterOld.status, afterNew.status]).toEqual([401, 200])
  expect((await bodyOf(confirmed)).recoveryCodes).not.toContain(ada.recoveryCodes[0])
})

test('whoever lost their phone signs in by a recovery code, and switches another app on in its place', async () => {
  const on = await server()
  const ada = await withTotp(on)
  on.clock.pass(3600)
  const { tab, id } = await heldElsewhere(on, ada.person)
  await answered(tab, id, ada.recoveryCodes[3] ?? '', { method: 'recovery' })

  const { secret, recoveryCodes } = await enrol(on, tab)
  const factors = await bodyOf(await tab.fetch('/auth/factors'))

  expect(secret).not.toBe(ada.secret)
  expect(recoveryCodes).toHaveLength(10)
  expect(factors).toEqual({
    required: false,
    totp: { createdAt: '2027-01-15T09:00:00Z' },
    passkeys: 0,
    recoveryCodesLeft: 10,
  })
})
