import { expect, test } from 'vitest'
import { type Browser, bodyOf, browser, json, mailTo, query, server, signedIn, signedUp } from './harness.ts'
import { newAuthenticator } from './passkey-authenticator.ts'
import { addPasskey, optionsOf, post, showPasskey, signedUpByPasskey, withPasskey } from './passkeys.ts'

const remove = ({ fetch }: Pick<Browser, 'fetch'>, id: string) => fetch(`/auth/passkeys/${id}`, { method: 'DELETE' })
const rename = ({ fetch }: Pick<Browser, 'fetch'>, id: string, name: string) =>
  fetch(`/auth/passkeys/${id}`, { ...json({ name }), method: 'PATCH' })
const listed = async ({ fetch }: Pick<Browser, 'fetch'>) => (await bodyOf(await fetch('/auth/passkeys'))).passkeys

test('options say whose passkey it is to be, where, and how', async () => {
  const on = await server({ settings: { AUTH_PRODUCT_NAME: 'Acme' } })
  const { passkey: _, authenticator, ...tab } = await withPasskey(on)

  const options = await optionsOf(tab, 'passkeys/options')

  expect(options).toEqual({
    rp: { id: 'app.example.com', name: 'Acme' },
    user: { id: btoa(tab.user.id).replace(/=*$/, ''), name: tab.person.email, displayName: tab.person.email },
    challenge: expect.stringMatching(/^[\w-]{43}$/),
    pubKeyCredParams: [-7, -8, -257].map((alg) => ({ type: 'public-key', alg })),
    timeout: 300_000,
    excludeCredentials: [{ type: 'public-key', id: authenticator.passkeys[0]?.id, transports: ['internal', 'hybrid'] }],
    authenticatorSelection: { residentKey: 'preferred', requireResidentKey: false, userVerification: 'required' },
    attestation: 'none',
  })
})

test('passkeys are listed, the oldest first, with what their owner calls them', async () => {
  const on = await server()
  const tab = await withPasskey(on, { backupEligible: true, backedUp: true })
  on.clock.pass(60)
  await addPasskey(tab, { authenticator: newAuthenticator(), name: 'The blue one' })

  const passkeys = await listed(tab)

  expect(passkeys).toEqual([
    {
      id: expect.stringMatching(/^pky_/),
      name: 'Firefox on Linux',
      createdAt: expect.any(String),
      lastUsedAt: null,
      synced: true,
      backedUp: true,
      transports: ['internal', 'hybrid'],
    },
    expect.objectContaining({ name: 'The blue one', synced: false, backedUp: false }),
  ])
})

test('S20, S32: a new passkey ends every other session, its own gets a new secret, and its owner is told', async () => {
  const on = await server()
  const tab = await signedUp(on)
  const other = await signedIn(on, tab.person)
  const old = tab.jar.get('__Host-session') ?? ''

  const answer = await addPasskey(tab, { authenticator: newAuthenticator(), name: 'The blue one' })

  expect(answer.status).toBe(201)
  await on.settled()
  const stolen = await on.request('/auth/sessions', { headers: { cookie: `__Host-session=${old}` } })
  expect([(await other.fetch('/auth/sessions')).status, stolen.status]).toEqual([401, 401])
  const { session } = await bodyOf(await tab.fetch('/auth/session'))
  expect(session).toMatchObject({ id: tab.session.id, methods: ['password', 'passkey'] })
  expect((await mailTo(on, tab.person)).at(-1)?.text).toContain('The blue one')
})

test('the first second factor comes with recovery codes, the next does not', async () => {
  const on = await server()
  const tab = await withPasskey(on)

  const second = await bodyOf(await addPasskey(tab, { authenticator: newAuthenticator() }))

  expect(tab.recoveryCodes).toHaveLength(10)
  expect(second).toEqual({ passkey: expect.anything() })
  expect(await query(on, 'select count(*) from recovery_codes')).toEqual([[10]])
})

test('a passkey is registered once, and one authenticator makes no second one', async () => {
  const on = await server()
  const { authenticator, ...tab } = await withPasskey(on)
  const other = await signedUp(on)
  const options = await optionsOf(other, 'passkeys/options')
  const [passkey] = authenticator.passkeys
  const copy = await newAuthenticator().create(options, passkey ? { credential: passkey } : {})

  const answer = await post(other, 'passkeys', { attestation: copy })

  expect(await bodyOf(answer)).toMatchObject({
    status: 409,
    code: 'conflict',
    detail: expect.stringContaining('registered'),
  })
  await expect(addPasskey(tab, { authenticator })).rejects.toThrow('InvalidStateError')
})

test('an account has twenty passkeys and no more', async () => {
  const on = await server()
  const tab = await withPasskey(on)
  await query(
    on,
    `insert into passkeys select 'pky_' || value, user_id, value, public_key, 0, '[]', 0, 0, '', 'One of many', 1, null
      from passkeys, (with recursive n(value) as (select 1 union all select value + 1 from n where value < 18) select value from n)`,
  )

  const [twentieth, next] = [
    await addPasskey(tab, { authenticator: newAuthenticator() }),
    await addPasskey(tab, { authenticator: newAuthenticator() }),
  ]

  expect([twentieth.status, next.status]).toEqual([201, 409])
  expect(await bodyOf(next)).toMatchObject({ code: 'conflict', detail: expect.stringContaining('20') })
})

test.each([
  ['with an empty name', { name: '' }],
  ['with an invisible name', { name: 'a\u202eb' }],
  ['without an answer', { attestation: undefined }],
  ['for somebody else', { userId: 'usr_AAAAAAAAAAAAAAAAAAAAAA' }],
])('S68: a registration %s is 422', async (_, more) => {
  const on = await server()
  const tab = await signedUp(on)
  const attestation = await newAuthenticator().create(await optionsOf(tab, 'passkeys/options'))

  const answer = await post(tab, 'passkeys', { attestation, ...more })

  expect(await bodyOf(answer)).toMatchObject({
    status: 422,
    fields: { [Object.keys(more)[0] ?? '']: expect.any(String) },
  })
})

test('a passkey gets another name', async () => {
  const on = await server()
  const tab = await withPasskey(on)

  const answer = await rename(tab, tab.passkey.id, 'The blue one')

  expect(await bodyOf(answer)).toEqual({ ...tab.passkey, name: 'The blue one' })
  expect(await listed(tab)).toMatchObject([{ name: 'The blue one' }])
})

test('GHSA-4vcf-q4xf-f48m, S34: the passkey of another user is not there, and stays as it is', async () => {
  const on = await server()
  const [ada, bob] = [await withPasskey(on), await withPasskey(on)]
  const other = browser(on)
  await showPasskey(other, { authenticator: bob.authenticator })

  const answers = [await rename(bob, ada.passkey.id, 'Mine'), await remove(bob, ada.passkey.id)]

  expect(answers.map(({ status }) => status)).toEqual([404, 404])
  expect(await listed(ada)).toEqual([ada.passkey])
  expect((await other.fetch('/auth/sessions')).status).toBe(200)
})

test('S20: a passkey that is deleted signs nobody in, every other session ends, and its owner is told', async () => {
  const on = await server()
  const tab = await withPasskey(on)
  await rename(tab, tab.passkey.id, 'The blue one')

  const answer = await remove(tab, tab.passkey.id)

  expect(answer.status).toBe(204)
  expect(await listed(tab)).toEqual([])
  expect((await mailTo(on, tab.person)).at(-1)?.text).toContain('The blue one')
  expect(await query(on, 'select count(*) from recovery_codes')).toEqual([[0]])
  expect((await remove(tab, tab.passkey.id)).status).toBe(404)
})

test('to add and to delete a passkey wants a recent sign-in', async () => {
  const on = await server()
  const tab = await withPasskey(on)
  on.clock.pass(601)

  const answers = [
    await post(tab, 'passkeys/options'),
    await remove(tab, tab.passkey.id),
    await rename(tab, tab.passkey.id, 'Renamed'),
  ]

  expect(answers.map(({ status }) => status)).toEqual([403, 403, 200])
  expect(await listed(tab)).toHaveLength(1)
})

test('S79: the last way into an account stays, also of two that go at once', async () => {
  const on = await server()
  const tab = await signedUpByPasskey(on)
  const [only] = await listed(tab)
  const refused = await remove(tab, only.id)
  const added = await bodyOf(await addPasskey(tab, { authenticator: newAuthenticator() }))

  const both = await Promise.all([remove(tab, only.id), remove(tab, added.passkey.id)])

  expect(await bodyOf(refused)).toMatchObject({ status: 409, code: 'last_way_in' })
  expect(both.map(({ status }) => status).toSorted()).toEqual([204, 409])
  expect(await listed(tab)).toHaveLength(1)
})

test('a refused deletion ends no session and tells nobody', async () => {
  const on = await server()
  const tab = await signedUpByPasskey(on)
  const [only] = await listed(tab)
  const mails = (await mailTo(on, tab.person)).length

  await remove(tab, only.id)

  expect((await tab.fetch('/auth/sessions')).status).toBe(200)
  expect(await mailTo(on, tab.person)).toHaveLength(mails)
})

test('a mailbox that is proven is a way in: then the last passkey may go', async () => {
  const on = await server()
  const tab = await signedUpByPasskey(on)
  await query(on, 'update users set email_verified = 1')
  const [only] = await listed(tab)

  const answer = await remove(tab, only.id)

  expect(answer.status).toBe(204)
})

test('where a second factor is required, the last one stays, password or not', async () => {
  const on = await server()
  const tab = await withPasskey(on)
  const strict = await server({ beside: on, settings: { AUTH_MFA: 'required' } })
  const headers = { cookie: `__Host-session=${tab.jar.get('__Host-session')}` }

  const answer = await strict.request(`/auth/passkeys/${tab.passkey.id}`, { method: 'DELETE', headers })

  expect(await bodyOf(answer)).toMatchObject({ status: 409, code: 'last_way_in' })
})
