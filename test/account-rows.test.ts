import { expect, test } from 'vitest'
import { dump } from './acts.ts'
import { quickServer } from './credentials.ts'
import { openLimiter } from './faulty-ports.ts'
import { bodyOf, json, mailTo, query, type Server, signedIn, somebody, tokenIn } from './harness.ts'
import { tablesOf } from './properties/secrets.ts'
import { forgot } from './resets.ts'
import { somebodyWithEverything } from './somebody-with-everything.ts'
import { expectDead, tokenVictim } from './victims.ts'

const leave = { method: 'DELETE' }

/** `table.column` of every cell, of whatever table, that mentions one of these, in either case. */
const mentions = async (on: Server, texts: readonly string[]): Promise<string[]> => {
  const found: string[] = []
  for (const table of tablesOf(on)) {
    const columns = (await query(on, 'select name from pragma_table_info(?)', table)).map(String)
    for (const column of columns) {
      const cells = (await query(on, `select ${column} from ${table}`)).flat().map((cell) => String(cell).toLowerCase())
      const hits = cells.filter((cell) => texts.some((text) => cell.includes(text.toLowerCase())))
      found.push(...hits.map(() => `${table}.${column}`))
    }
  }
  return found.sort()
}

test('S32 S92 GHSA-2vg6-77g8-24mp: of whoever leaves nothing remains but which sessions ended and whom messages of the last hour went to, and soon not that', async () => {
  const { on, ada } = await somebodyWithEverything()
  const newEmail = somebody().email
  await ada.api.auth.email.change.$post({ json: { newEmail } })
  await forgot(on, ada.person.email)
  await on.settled()
  const ids = (await query(on, 'select id from sessions union select id from devices')).flat().map(String)
  const texts = [ada.user.id, ada.person.email, newEmail, String(ada.user.username), ...ids]
  const before = await mentions(on, texts)

  const answer = await ada.fetch('/auth/me', leave)
  await on.settled()

  expect([answer.status, before.length > 20]).toEqual([204, true])
  expect([...new Set(await mentions(on, texts))]).toEqual(['erased_sessions.id', 'outbox.recipient'])
  expect(await query(on, 'select distinct user_id, sealed from outbox')).toEqual([[null, null]])
  on.clock.pass(3600)
  await on.job()
  expect(await query(on, 'select kind from outbox')).toEqual([])
  expect(await mentions(on, texts)).toEqual([])
})

test('nor of what was mailed to the address before there was the account', async () => {
  const on = await quickServer()
  const email = 'ada@example.com'
  await on.request('/auth/email/link', json({ email }))
  const token = tokenIn((await mailTo(on, { email })).at(-1), 'email/sign-in')
  const signIn = json({ token, transport: 'token' })
  const { tokens } = await bodyOf(await on.request('/auth/email/sign-in', signIn))
  const asked = json({ refresh_token: tokens.refresh_token, audience: 'account' })
  const { access_token } = await bodyOf(await on.request('/auth/token', asked))

  await on.request('/auth/me', { ...leave, headers: { authorization: `Bearer ${access_token}` } })
  await on.settled()
  on.clock.pass(3600)
  await on.job()

  expect(await mentions(on, [email])).toEqual([])
})

test('S34: whoever leaves takes no row of another along', async () => {
  const { on, gate, ada } = await somebodyWithEverything()
  const bob = await somebodyWithEverything(gate, on)
  const rowsOfBob = async () =>
    Object.entries(await dump(on)).map(([name, rows]) => [
      name,
      rows.filter((row) => JSON.stringify(row).includes(bob.ada.user.id)),
    ])
  const before = await rowsOfBob()

  await ada.fetch('/auth/me', leave)
  await on.settled()

  expect(await rowsOfBob()).toEqual(before)
  expect((await bob.ada.api.auth.sessions.$get()).status).toBe(200)
})

test('GHSA-2vg6-77g8-24mp: with a grace, too, every credential is dead at once', async () => {
  const on = await quickServer({ settings: { AUTH_DELETE_GRACE_DAYS: '1' }, limiter: openLimiter })
  const victim = await tokenVictim(on)
  const other = await signedIn(on, victim.person)

  const answer = await other.fetch('/auth/me', leave)

  expect(answer.status).toBe(202)
  await expectDead(on, victim)
})
