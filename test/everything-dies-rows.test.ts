import { expect, test } from 'vitest'
import { cookieOf, showing } from './credentials.ts'
import { statusFor } from './forging.ts'
import { bodyOf, browser, json, query, server, signedIn, signedUp, signedUpByToken } from './harness.ts'
import { tablesOf } from './properties/secrets.ts'
import { rightCode, secondFactor } from './second-factor.ts'

test('foreign keys are enforced through the adapter, for one statement and for a batch', async () => {
  const on = await server()
  const orphan = {
    sql: "insert into devices (id, user_id, created_at, last_used_at, expires_at) values ('d', 'usr_nobody', 1, 1, 1)",
    params: [],
    writes: true,
  }

  await expect(on.world.database.run([orphan], 2000)).rejects.toThrow('SQLITE_CONSTRAINT')
  await expect(on.world.database.run([orphan, orphan], 2000)).rejects.toThrow('SQLITE_CONSTRAINT')
  await Promise.all(Array.from({ length: 10 }, () => on.world.database.run([orphan], 2000).catch(() => undefined)))
  expect(await query(on, 'select count(*) from devices')).toEqual([[0]])
})

/** A code dies with its user; whether its session lives is asked where it is used. */
const unkeyed = ['codes.session_id']

test('GHSA-2vg6-77g8-24mp: every column that names a user or a session is a foreign key that cascades', async () => {
  const on = await server()
  const names = /^(user|session)_id$/
  const found: string[] = []

  for (const table of tablesOf(on)) {
    const columns = (await query(on, 'select name from pragma_table_info(?)', table)).map(String)
    const keys = await query(on, 'select "from", "table", on_delete from pragma_foreign_key_list(?)', table)
    for (const column of columns.filter((name) => names.test(name))) {
      found.push(`${table}.${column}`)
      if (unkeyed.includes(`${table}.${column}`)) continue
      expect(keys).toContainEqual([column, column === 'user_id' ? 'users' : 'sessions', 'CASCADE'])
    }
  }

  expect(found).toEqual(
    expect.arrayContaining(['sessions.user_id', 'refresh_tokens.session_id', 'devices.user_id', 'challenges.user_id']),
  )
})

test('S32 S92 GHSA-2vg6-77g8-24mp: of a user who is deleted no row remains in any table', async () => {
  const gate = secondFactor()
  const on = await server({ plug: gate.plug })
  const native = await signedUpByToken(on)
  await on.request('/auth/token', json({ refresh_token: native.tokens.refresh_token }))
  await signedIn(on, native.person)
  const bystander = await signedUp(on)
  gate.isOn = true
  await on.request('/auth/login', json(native.person))
  const mentions = async () => {
    const rows = await Promise.all(tablesOf(on).map((table) => query(on, `select * from "${table}"`)))
    return JSON.stringify(rows).match(new RegExp(`${native.user.id}|${native.session.id}`, 'g'))?.length ?? 0
  }

  const before = await mentions()
  await query(on, 'delete from users where id = ?', native.user.id)

  expect(before).toBeGreaterThan(8)
  expect(await mentions()).toBe(0)
  expect((await bystander.api.auth.sessions.$get()).status).toBe(200)
})

test('a session row that is deleted takes its refresh tokens along, and every credential with them', async () => {
  const on = await server()
  const { tokens, session } = await signedUpByToken(on)

  await query(on, 'delete from sessions where id = ?', session.id)

  expect(await query(on, 'select count(*) from refresh_tokens')).toEqual([[0]])
  expect(await statusFor(on, tokens.access_token)).toBe(401)
  expect((await on.request('/auth/token', json({ refresh_token: tokens.refresh_token }))).status).toBe(401)
})

/** Somebody whose sign-in a gate holds up, and who is signed in elsewhere. */
const heldUp = async () => {
  const gate = secondFactor()
  const on = await server({ plug: gate.plug })
  const tab = await signedUp(on)
  gate.isOn = true
  const asked = await bodyOf(await browser(on).api.auth.login.$post({ json: tab.person }))
  const answerIt = () =>
    on.request('/auth/challenge', json({ id: asked.challenge.id, method: 'totp', code: rightCode }))
  return { on, tab, answerIt }
}

test('supabase/auth#2.195: a password change ends the sign-ins that the old password had begun', async () => {
  const { on, tab, answerIt } = await heldUp()
  const { password: currentPassword } = tab.person
  const change = { currentPassword, newPassword: 'another good long password' }
  expect((await tab.api.auth.password.change.$post({ json: change })).status).toBe(200)

  const answer = await answerIt()

  expect([answer.status, (await bodyOf(answer)).code]).toEqual([410, 'code_used_or_expired'])
  expect(await query(on, 'select count(*) from sessions where ended_at is null')).toEqual([[1]])
})

test('S32: a sign-in that waits begins no session once its user is suspended or deleted', async () => {
  for (const [text, status] of [
    ['update users set suspended_at = 1', 403],
    ['delete from users', 410],
  ] as const) {
    const { on, answerIt } = await heldUp()
    await query(on, text)

    const answer = await answerIt()

    expect([answer.status, answer.headers.getSetCookie()]).toEqual([status, []])
    expect(await query(on, 'select count(*) from sessions where authenticated_at > created_at')).toEqual([[0]])
  }
})

test.each([{}, { everywhere: true }])(
  'S31: a logout (%j) while the user is suspended stands when the suspension is lifted',
  async (body) => {
    const on = await server()
    const tab = await signedUp(on)
    const cookie = cookieOf(tab)
    await query(on, 'update users set suspended_at = 1')

    const logout = await on.request('/auth/logout', showing(cookie, json(body)))
    await query(on, 'update users set suspended_at = null')

    expect(logout.status).toBe(204)
    expect((await on.request('/auth/sessions', showing(cookie))).status).toBe(401)
    expect(await query(on, 'select ended_reason from sessions')).toEqual([['logout']])
  },
)

test('a suspension that is lifted brings back the sessions that nobody ended', async () => {
  const on = await server()
  const tab = await signedUp(on)
  await query(on, 'update users set suspended_at = 1')
  const during = await on.request('/auth/sessions', showing(cookieOf(tab)))

  await query(on, 'update users set suspended_at = null')

  expect(during.status).toBe(401)
  expect((await on.request('/auth/sessions', showing(cookieOf(tab)))).status).toBe(200)
})
