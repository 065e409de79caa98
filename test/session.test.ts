import { expect, test } from 'vitest'
import { sha256 } from '../src/base/crypto.ts'
import { newId } from '../src/base/ids.ts'
import { accountHolder, cookieName, cookieOf, quickServer, secretOf, showing } from './credentials.ts'
import { bodyOf, browser, json, query, type Server, signedIn, signedUp } from './harness.ts'

/** Every table as it stands, but for what sliding moves. */
const everything = async (on: Server): Promise<string> => {
  const names = await query(
    on,
    "select name from sqlite_schema where type = 'table' and name not like 'sqlite%' order by name",
  )
  const tables: unknown[] = []
  for (const [name] of names) {
    const columns = (await query(on, `select name from pragma_table_info('${name}')`)).flat()
    const kept = columns.filter((column) => column !== 'last_seen_at' && column !== 'expires_at')
    tables.push(name, await query(on, `select ${kept.join(', ')} from ${name} order by 1`))
  }
  return JSON.stringify(tables)
}

test('S28: a session has a new id and a new secret of 256 bits at every sign-in; the database keeps its SHA-256', async () => {
  const on = await quickServer()
  const tab = await signedUp(on)
  const cookies = [cookieOf(tab)]
  for (let i = 0; i < 4; i++) cookies.push(cookieOf(await signedIn(on, tab.person)))

  const found = cookies.map(secretOf)
  const hashes = (await query(on, 'select secret_hash from sessions')).flat()

  expect(new Set(found).size).toBe(5)
  for (const secret of found) expect(secret).toMatch(/^[\w-]{43}$/)
  expect(new Set(hashes)).toEqual(new Set(await Promise.all(found.map(sha256))))
})

test('S28: of 100,000 ids none repeats', () => {
  const ids = new Set(Array.from({ length: 100_000 }, () => newId('ses')))

  expect(ids.size).toBe(100_000)
})

test.each([
  ['a login', (tab: Awaited<ReturnType<typeof signedUp>>) => tab.api.auth.login.$post({ json: tab.person })],
  [
    'a registration',
    (tab: Awaited<ReturnType<typeof signedUp>>) =>
      tab.api.auth.register.$post({ json: { email: `new.${tab.person.email}`, password: tab.person.password } }),
  ],
  [
    'a password change',
    (tab: Awaited<ReturnType<typeof signedUp>>) =>
      tab.api.auth.password.change.$post({
        json: { currentPassword: tab.person.password, newPassword: 'another good long password' },
      }),
  ],
])('S29: after %s the cookie from before is dead, and the new one is another session', async (_, signIn) => {
  const on = await quickServer()
  const tab = await signedUp(on)
  const before = cookieOf(tab)

  const answer = await signIn(tab)
  const replays = await Promise.all(['/auth/me', '/auth/sessions'].map((path) => on.request(path, showing(before))))

  expect(answer.ok).toBe(true)
  expect(replays.map(({ status }) => status)).toEqual([401, 401])
  expect((await bodyOf(answer)).session.id).not.toBe(tab.session.id)
  expect(secretOf(cookieOf(tab))).not.toBe(secretOf(before))
})

test('S29: a cookie that somebody else planted does not become the victim’s session', async () => {
  const on = await quickServer()
  const [mallory, victim] = [await signedUp(on), await signedUp(on)]
  const tab = browser(on)
  const planted = cookieOf(mallory)
  tab.jar.set(cookieName, planted)

  await tab.api.auth.login.$post({ json: victim.person })
  const replay = await on.request('/auth/session', showing(planted))

  expect(cookieOf(tab)).not.toBe(planted)
  expect(await bodyOf(replay)).toEqual({ user: null, session: null })
})

test('S33: a password change ends every other session', async () => {
  const on = await quickServer()
  const tab = await signedUp(on)
  const others = [await signedIn(on, tab.person), await signedIn(on, tab.person)]

  await tab.api.auth.password.change.$post({
    json: { currentPassword: tab.person.password, newPassword: 'another good long password' },
  })
  const statuses = await Promise.all([tab, ...others].map(async ({ fetch }) => (await fetch('/auth/sessions')).status))

  expect(statuses).toEqual([200, 401, 401])
})

test('S54: with cookies no body holds a secret: not the cookie’s, not the device’s, no token and no hash', async () => {
  const on = await quickServer()
  const tab = await signedUp(on, { name: 'Ada' })
  const other = await signedIn(on, tab.person)
  const kept: string[] = [
    cookieOf(tab),
    secretOf(cookieOf(tab)),
    secretOf(cookieOf(other)),
    tab.jar.get('__Host-device') ?? '',
  ]
  const param = { id: other.session.id }

  const answers = [
    await tab.api.auth.login.$post({ json: tab.person }),
    await tab.api.auth.session.$get(),
    await tab.api.auth.me.$get(),
    await tab.api.auth.me.$patch({ json: { name: 'Augusta' } }),
    await tab.api.auth.sessions.$get(),
    await tab.api.auth.sessions[':id'].$delete({ param, json: {} }),
    await tab.fetch('/auth/sessions/ses_AAAAAAAAAAAAAAAAAAAAAA', { method: 'DELETE' }),
    await tab.api.auth.sessions.$delete({ json: {} }),
    await tab.api.auth.password.change.$post({
      json: { currentPassword: tab.person.password, newPassword: 'another good long password' },
    }),
  ]
  kept.push(cookieOf(tab), secretOf(cookieOf(tab)))
  const bodies = (await Promise.all(answers.map((answer) => answer.text()))).join('\n')
  const stored = (await query(on, 'select secret_hash from sessions union select hash from passwords')).flat()

  for (const secret of [...kept, ...stored]) expect(bodies).not.toContain(secret)
  expect(bodies).not.toMatch(/token|secret|hash|\$argon2|pst_rt_|eyJ/i)
})

test('S83: the log of a session’s life holds no cookie, secret, token, password or address of mail', async () => {
  const on = await quickServer()
  const tab = await signedUp(on)
  const app = await accountHolder(on)
  const said = [cookieOf(tab), secretOf(cookieOf(tab)), app.tokens.refresh_token, app.account.authorization.slice(7)]
  await tab.api.auth.me.$patch({ json: { name: 'Ada' } })
  await tab.api.auth.sessions.$delete({ json: {} })
  await on.request('/auth/me', { headers: { cookie: `${cookieName}=${cookieOf(tab)}x` } })
  await tab.api.auth.logout.$post({ json: {} })

  const log = JSON.stringify(on.logs)

  for (const secret of [...said, tab.person.password, tab.person.email]) expect(log).not.toContain(secret)
  expect(on.logs.map(({ event }) => event)).toEqual(
    expect.arrayContaining(['session.started', 'user.changed', 'cookie.forged', 'session.ended']),
  )
})

test('S59: GET and HEAD change nothing but the sliding of the own session', async () => {
  const on = await quickServer()
  const tab = await signedUp(on)
  const app = await accountHolder(on)
  on.clock.pass(300)
  await on.request('/auth/token', json({ refresh_token: app.tokens.refresh_token }))
  const fresh = (await bodyOf(await tab.api.auth.token.$post({ json: {} }))).access_token
  const before = await everything(on)
  const shown: Record<string, string>[] = [
    { cookie: `${cookieName}=${cookieOf(tab)}` },
    { authorization: `Bearer ${fresh}` },
    { cookie: `${cookieName}=deadbeef` },
    {},
  ]

  for (const headers of shown) {
    for (const path of [
      '/auth/session',
      '/auth/me',
      '/auth/sessions',
      `/auth/sessions/${tab.session.id}`,
      '/auth/logout',
    ]) {
      for (const method of ['GET', 'HEAD']) await on.request(path, { method, headers })
    }
  }
  await on.settled()

  expect(await everything(on)).toBe(before)
})

test('with an Authorization header the cookie is ignored, whatever the header is worth', async () => {
  const on = await quickServer()
  const tab = await signedUp(on)
  const app = await accountHolder(on)
  const both = (authorization: string) => showing(cookieOf(tab), { headers: { authorization } })

  const worthless = ['', 'Bearer', 'Bearer x', 'Basic YWRhOmFkYQ==', `Token ${app.tokens.access_token}`, 'garbage']
  const answers = await Promise.all(worthless.map((header) => on.request('/auth/me', both(header))))
  const own = await on.request('/auth/session', both(app.bearer.authorization))

  expect(answers.map(({ status }) => status)).toEqual(Array(6).fill(401))
  expect((await bodyOf(own)).user.id).toBe(app.user.id)
})

test('GET /session is never 401: anonymous, forged, ended and expired are all nobody', async () => {
  const on = await quickServer()
  const tab = await signedUp(on)
  const ended = await signedUp(on)
  const endedCookie = cookieOf(ended)
  await ended.api.auth.logout.$post({ json: {} })
  on.clock.pass(31 * 24 * 60 * 60)
  const shown: Record<string, string>[] = [
    {},
    { cookie: `${cookieName}=` },
    { cookie: `${cookieName}=deadbeef` },
    { cookie: `${cookieName}=${endedCookie}` },
    { cookie: `${cookieName}=${cookieOf(tab)}` },
    { authorization: 'Bearer deadbeef' },
    { authorization: 'Basic deadbeef' },
  ]

  const answers = await Promise.all(shown.map((headers) => on.request('/auth/session', { headers })))

  expect(answers.map(({ status }) => status)).toEqual(Array(7).fill(200))
  expect(await Promise.all(answers.map(bodyOf))).toEqual(Array(7).fill({ user: null, session: null }))
})
