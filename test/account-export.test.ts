import { expect, test } from 'vitest'
import { rfc3339 } from '../src/base/clock.ts'
import { accountHolder, quickServer } from './credentials.ts'
import { bodyOf, query, type Server, signedIn, signedUp } from './harness.ts'
import { tablesOf } from './properties/secrets.ts'
import { countOf } from './rows.ts'
import { somebodyWithEverything } from './somebody-with-everything.ts'

/** Tables that hold something of users, by the foreign keys of the database. */
const tablesOfUsers = async (on: Server): Promise<string[]> => {
  const keys = await query(
    on,
    `select m.name, f."table" from sqlite_master m join pragma_foreign_key_list(m.name) f where m.type = 'table'`,
  )
  const found = new Set(['users'])
  for (let size = 0; size < found.size; ) {
    size = found.size
    for (const [table, parent] of keys) if (found.has(String(parent))) found.add(String(table))
  }
  return tablesOf(on)
    .filter((table) => found.has(table))
    .sort()
}

test('a user gets all that is stored of them as one document, in one trip', async () => {
  const { on, ada, native } = await somebodyWithEverything()

  const answer = await ada.fetch('/auth/me/export')

  const told = await bodyOf(answer)
  expect([answer.status, on.trips.last]).toEqual([200, 1])
  expect(answer.headers.get('content-disposition')).toBe('attachment; filename="account.json"')
  expect(told).toMatchObject({
    exportedAt: rfc3339(on.clock.now),
    incomplete: [],
    user: { id: ada.user.id, email: ada.person.email, emailVerified: false, roles: [], createdAt: ada.user.createdAt },
    passwords: [{ changedAt: ada.user.createdAt }],
    challenges: [{ userId: ada.user.id, tries: 0 }],
  })
  expect(told.sessions.map(({ id, remember }: { id: string; remember: boolean }) => [id, remember])).toEqual(
    expect.arrayContaining([
      [ada.session.id, true],
      [native.session.id, true],
    ]),
  )
  expect(told.sessions[0].methods).toEqual(['password'])
  expect(told.refreshTokens).toHaveLength(2)
  expect(told.devices).toHaveLength(2)
  expect(told.codes.map(({ purpose }: { purpose: string }) => purpose)).toContain('sign_in_code')
  expect(told.outbox.map(({ kind }: { kind: string }) => kind)).toContain('verify_email')
})

test('a token for another API fetches nothing of the account, one for the account everything', async () => {
  const on = await quickServer()
  const app = await accountHolder(on)

  const foreign = await on.request('/auth/me/export', { headers: app.bearer })
  const own = await on.request('/auth/me/export', { headers: app.account })

  expect([foreign.status, (await bodyOf(foreign)).code]).toEqual([403, 'forbidden'])
  expect(own.status).toBe(200)
})

test('every table with a key to users is in it, with every row', async () => {
  const { on, ada } = await somebodyWithEverything()
  const names = await tablesOfUsers(on)

  const told = await bodyOf(await ada.fetch('/auth/me/export'))

  expect(on.core.userData.map(({ table }) => table).sort()).toEqual(names)
  expect(names.length).toBeGreaterThan(7)
  for (const table of names.filter((name) => name !== 'users')) {
    const rows = told[table.replace(/_(\w)/g, (_, letter) => letter.toUpperCase())]
    expect.soft(rows.length, table).toBe(await countOf(on, table))
    expect.soft(rows.length, table).toBeGreaterThan(0)
  }
})

/** What columns are called that hold secrets, or what is kept of them; a public key is none. */
const secretName = /(?:^|_)(?:hash|mac|sealed|(?<!public_)key|jwk|secret|token)$/

test('no secret, and nothing that is kept of one, is ever told', async () => {
  const { on, ada } = await somebodyWithEverything()
  const secrets: string[] = []
  for (const table of tablesOf(on)) {
    const columns = (await query(on, 'select name from pragma_table_info(?)', table)).map(String)
    for (const column of columns.filter((name) => secretName.test(name))) {
      const cells = await query(on, `select ${column} from ${table} where ${column} is not null`)
      secrets.push(...cells.flat().map(String))
    }
  }

  const text = await (await ada.fetch('/auth/me/export')).text()

  expect(secrets.length).toBeGreaterThan(12)
  expect(secrets.filter((secret) => text.includes(secret))).toEqual([])
  expect(on.core.userData.flatMap(({ fields }) => Object.keys(fields)).filter((name) => secretName.test(name))).toEqual(
    [],
  )
})

test('nobody else is in it', async () => {
  const { on, gate, ada } = await somebodyWithEverything()
  const bob = await somebodyWithEverything(gate, on)

  const text = await (await ada.fetch('/auth/me/export')).text()

  const ids = await query(on, 'select id from sessions where user_id = ?', bob.ada.user.id)
  const others = [bob.ada.user.id, bob.ada.person.email, bob.ada.user.username ?? '', ...ids.flat().map(String)]
  expect(others.filter((one) => text.includes(one))).toEqual([])
  expect(others.length).toBeGreaterThan(4)
})

test('of each kind 10,000 rows are told, and where there are more it says so', async () => {
  const on = await quickServer()
  const ada = await signedUp(on)
  const fill = (from: number, to: number) =>
    query(
      on,
      `with recursive n(i) as (select ${from} union all select i + 1 from n where i < ${to})
       insert into refresh_tokens (hash, session_id, created_at, expires_at) select 'h' || i, ?, 1, 9999999999 from n`,
      ada.session.id,
    )
  await fill(1, 10_000)
  const full = await bodyOf(await ada.fetch('/auth/me/export'))
  await fill(10_001, 10_001)

  const cut = await bodyOf(await ada.fetch('/auth/me/export'))

  expect([full.incomplete, full.refreshTokens.length]).toEqual([[], 10_000])
  expect([cut.incomplete, cut.refreshTokens.length]).toEqual([['refreshTokens'], 10_000])
})

test.each([
  ['nobody', 401, 'unauthenticated', async () => ({})],
  [
    'whoever signed in a while ago',
    403,
    'fresh_sign_in_required',
    async (on: Server) => {
      const { jar } = await signedUp(on)
      on.clock.pass(600)
      return { cookie: [...jar].map(([name, value]) => `${name}=${value}`).join('; ') }
    },
  ],
])('%s is told nothing', async (_, status, code, headersOf) => {
  const on = await quickServer()
  const headers = await headersOf(on)

  const answer = await on.request('/auth/me/export', { headers })

  expect(await bodyOf(answer)).toMatchObject({ status, code })
  expect(answer.headers.has('content-disposition')).toBe(false)
})

test('asking slides nothing but the session that asks, and can be done again from any of them', async () => {
  const on = await quickServer()
  const ada = await signedUp(on)
  const elsewhere = await signedIn(on, ada.person)

  const answers = [await ada.fetch('/auth/me/export'), await elsewhere.fetch('/auth/me/export')]

  expect(answers.map(({ status }) => status)).toEqual([200, 200])
  expect((await bodyOf(answers[0] as Response)).sessions).toEqual((await bodyOf(answers[1] as Response)).sessions)
})
