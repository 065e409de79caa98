import { expect, test } from 'vitest'
import { confirm, confirmToken, moved, proven, undo } from './address-changes.ts'
import { quickServer } from './credentials.ts'
import { bodyOf, browser, json, mailTo, query, type Server, signedIn, signedUp, somebody, tokenIn } from './harness.ts'
import { forgotten, newPassword, reset } from './resets.ts'

const emailsOf = (on: Server) => query(on, 'select email, email_verified from users')

const statusOf = (answer: Promise<Response>) => answer.then(({ status }) => status)

test('the undo gives the address back and ends every session, also the one that changed it', async () => {
  const on = await quickServer()
  const ada = await proven(on)
  const thief = await signedIn(on, ada.person)
  const token = await moved(on, thief, ada.person.email, somebody('thief').email)
  on.clock.pass(1)
  // Leases of now, which only a hint of the end cuts short.
  for (const { api } of [ada, thief]) expect((await api.auth.session.$get().then(bodyOf)).user).not.toBeNull()

  const answer = await undo(on, token)

  expect([answer.status, on.trips.last]).toEqual([204, 1])
  expect(await emailsOf(on)).toEqual([[ada.person.email, 1]])
  for (const { api } of [ada, thief]) expect((await api.auth.session.$get().then(bodyOf)).user).toBeNull()
  expect(await query(on, 'select distinct ended_reason from sessions')).toEqual([['email_change_undone']])
})

test.each([
  [72 * 60 * 60 - 1, 204],
  [72 * 60 * 60, 410],
])('%i seconds after the change the undo answers %i', async (seconds, status) => {
  const on = await quickServer()
  const ada = await proven(on)
  const token = await moved(on, ada, ada.person.email, somebody().email)
  on.clock.pass(seconds)

  const answer = await undo(on, token)

  expect(answer.status).toBe(status)
})

test('an undo works once', async () => {
  const on = await quickServer()
  const ada = await proven(on)
  const token = await moved(on, ada, ada.person.email, somebody().email)

  const answers = [await undo(on, token), await undo(on, token)]

  expect(answers.map(({ status }) => status)).toEqual([204, 410])
})

test('what came since the change goes: password, devices, links, sign-ins on hold, a deletion to come', async () => {
  const on = await quickServer()
  const ada = await proven(on)
  on.clock.pass(10)
  const thief = await signedIn(on, ada.person)
  const { email } = somebody('thief')
  const token = await moved(on, thief, ada.person.email, email)
  await thief.api.auth.password.change.$post({ json: { currentPassword: ada.person.password, newPassword } })
  await on.request('/auth/password/forgot', json({ email }))
  await confirmToken(on, thief, somebody('thief').email)
  await query(on, 'update users set erase_at = ?', on.clock.now + 1000)
  const held = ['h', ada.user.id, '{}', 'k', on.clock.now, on.clock.now + 600]
  await query(
    on,
    'insert into challenges (hash, user_id, sign_in, throttle_key, created_at, expires_at) values (?, ?, ?, ?, ?, ?)',
    ...held,
  )

  await undo(on, token)

  for (const table of ['passwords', 'challenges']) expect(await query(on, `select * from ${table}`)).toEqual([])
  expect(await query(on, 'select * from codes where used_at is null')).toEqual([])
  expect(await query(on, 'select created_at from devices')).toEqual([[on.clock.now - 10]])
  expect(await query(on, 'select erase_at from users')).toEqual([[null]])
})

test('the password goes also where it came before the change, since whoever made that may have known it', async () => {
  const on = await quickServer()
  const ada = await proven(on)
  on.clock.pass(10)
  const thief = await signedIn(on, ada.person)
  const token = await moved(on, thief, ada.person.email, somebody('thief').email)

  await undo(on, token)

  expect(await statusOf(on.request('/auth/login', json(ada.person)))).toBe(401)
  expect(await statusOf(reset(on, await forgotten(on, ada.person)))).toBe(204)
  expect(await statusOf(on.request('/auth/login', json({ ...ada.person, password: newPassword })))).toBe(200)
})

test('a password that a thief set is gone, though the clock fell back between the change and that', async () => {
  const on = await quickServer()
  const ada = await proven(on)
  const thief = await signedIn(on, ada.person)
  const token = await moved(on, thief, ada.person.email, somebody('thief').email)
  on.clock.pass(-60)
  await thief.api.auth.password.change.$post({ json: { currentPassword: ada.person.password, newPassword } })

  await undo(on, token)

  const answer = await on.request('/auth/login', json({ email: ada.person.email, password: newPassword }))
  expect(answer.status).toBe(401)
})

test('the devices that the account knew before the change stay', async () => {
  const on = await quickServer()
  const ada = await proven(on)
  on.clock.pass(10)
  const token = await moved(on, ada, ada.person.email, somebody().email)

  await undo(on, token)

  expect(await query(on, 'select * from devices')).toHaveLength(1)
})

test('the address that loses the account by an undo is told so, and not from where', async () => {
  const on = await quickServer()
  const ada = await proven(on)
  const { email } = somebody('thief')
  const token = await moved(on, ada, ada.person.email, email)
  const before = (await mailTo(on, { email })).length

  await browser(on).fetch('/auth/email/change/undo', json({ token }))

  const [mail, ...more] = (await mailTo(on, { email })).slice(before)
  expect(mail?.subject).toBe('Your email address for app.example.com was changed')
  expect(mail?.text).toContain('2027 at')
  expect(mail?.text).not.toContain('#token=')
  expect(`${mail?.text}${mail?.html}`).not.toMatch(/Firefox|Device|IP address|198\.1[89]|France/)
  expect(more).toEqual([])
  expect(await mailTo(on, ada.person)).toHaveLength(2)
})

test('a thief changes the address, the password and the address again: the first owner’s link has the last word', async () => {
  const on = await quickServer()
  const ada = await proven(on)
  on.clock.pass(60)
  const thief = await signedIn(on, ada.person)
  const [first, second] = [somebody('thief').email, somebody('thief').email]
  const owners = await moved(on, thief, ada.person.email, first)
  await thief.api.auth.password.change.$post({ json: { currentPassword: ada.person.password, newPassword } })
  const thiefs = await moved(on, thief, first, second)

  const answer = await undo(on, owners)

  expect(answer.status).toBe(204)
  expect(await emailsOf(on)).toEqual([[ada.person.email, 1]])
  expect(await statusOf(undo(on, thiefs))).toBe(410)
  for (const email of [ada.person.email, first, second]) {
    expect(await statusOf(on.request('/auth/login', json({ email, password: newPassword })))).toBe(401)
  }
  expect(await statusOf(reset(on, await forgotten(on, ada.person)))).toBe(204)
})

const thiefsWays: [
  string,
  (on: Server, thief: Awaited<ReturnType<typeof proven>>, email: string) => Promise<unknown>,
][] = [
  [
    'a reset',
    async (on, _, email) => {
      expect(await statusOf(reset(on, await forgotten(on, { email })))).toBe(204)
    },
  ],
  [
    'a change of password',
    async (_, { api, person }) => {
      const change = { currentPassword: person.password, newPassword }
      expect((await api.auth.password.change.$post({ json: change })).status).toBe(200)
    },
  ],
  ['a change of address', async (on, thief, email) => moved(on, thief, email, somebody('thief').email)],
  [
    'an undo of their own',
    async (on, thief, email) => {
      const token = await moved(on, thief, email, somebody('thief').email)
      expect(await statusOf(undo(on, token))).toBe(204)
    },
  ],
  [
    'an undo of their own, by a clock that fell back',
    async (on, thief, email) => {
      on.clock.pass(-30)
      const token = await moved(on, thief, email, somebody('thief').email)
      expect(await statusOf(undo(on, token))).toBe(204)
    },
  ],
  [
    'a sign-in by mail',
    async (on, _, email) => {
      await on.request('/auth/email/link', json({ email }))
      const token = tokenIn((await mailTo(on, { email })).at(-1), 'email/sign-in')
      expect(await statusOf(on.request('/auth/email/sign-in', json({ token })))).toBe(200)
    },
  ],
  ['a logout from everywhere', async (_, { api }) => api.auth.logout.$post({ json: { everywhere: true } })],
  [
    'a change back to the address, which goes by the link alone',
    async (on, thief) => {
      await thief.api.auth.email.change.$post({ json: { newEmail: thief.person.email } })
      const mail = (await mailTo(on, thief.person)).at(-1)
      expect(mail?.text).not.toContain('#token=')
    },
  ],
]

test.each(thiefsWays)('the link that undoes a change is not ended by %s', async (_, way) => {
  const on = await quickServer()
  const thief = await proven(on)
  const { email } = somebody('thief')
  const token = await moved(on, thief, thief.person.email, email)
  await way(on, thief, email)

  const answer = await undo(on, token)

  expect(answer.status).toBe(204)
  expect(await emailsOf(on)).toEqual([[thief.person.email, 1]])
})

test('while it may be undone nobody else gets the old address: whoever asks for it is answered as for any other', async () => {
  const on = await quickServer()
  const [ada, mallory] = [await proven(on), await signedUp(on)]
  const pending = await confirmToken(on, mallory, somebody().email)
  const token = await moved(on, ada, ada.person.email, somebody().email)
  // Sent while the address was free to take, which it is not for now.
  await query(on, "update codes set email = ?, email_canonical = ?1 where purpose = 'change_email'", ada.person.email)

  const asked = await confirm(on, pending)
  const again = await mallory.api.auth.email.change.$post({ json: { newEmail: ada.person.email } })

  expect(await bodyOf(asked)).toMatchObject({ status: 409, code: 'email_taken' })
  expect([again.status, await again.json()]).toEqual([202, { status: 'pending' }])
  const mail = (await mailTo(on, ada.person)).at(-1)
  expect(mail?.subject).toBe('Your address is already taken at app.example.com')
  expect((await undo(on, token)).status).toBe(204)
})

test('past 72 hours the old address is anybody’s who proves it', async () => {
  const on = await quickServer()
  const ada = await proven(on)
  await moved(on, ada, ada.person.email, somebody().email)
  on.clock.pass(72 * 60 * 60)
  const bob = await signedUp(on)

  const answer = await confirm(on, await confirmToken(on, bob, ada.person.email))

  expect(answer.status).toBe(204)
})

test('where somebody else has the old address all the same, the undo says so, and stays good', async () => {
  const on = await quickServer()
  const [ada, bob] = [await proven(on), await signedUp(on)]
  const token = await moved(on, ada, ada.person.email, somebody().email)
  await query(on, 'update users set email = ?, email_canonical = ?1 where id = ?2', ada.person.email, bob.user.id)

  const answer = await undo(on, token)
  await query(on, 'delete from users where id = ?', bob.user.id)
  const again = await undo(on, token)

  expect(await bodyOf(answer)).toMatchObject({ status: 409, code: 'email_taken' })
  expect(again.status).toBe(204)
})

test('a suspended user’s address comes back, and they stay suspended', async () => {
  const on = await quickServer()
  const ada = await proven(on)
  const token = await moved(on, ada, ada.person.email, somebody().email)
  await query(on, 'update users set suspended_at = 1')

  const answer = await undo(on, token)

  expect(answer.status).toBe(204)
  expect(await query(on, 'select email, suspended_at from users')).toEqual([[ada.person.email, 1]])
})

test.each(['confirm', 'undo'])('GET of the link to %s shows a page, and consumes nothing', async (what) => {
  const on = await quickServer()
  const ada = await proven(on)
  const token =
    what === 'undo'
      ? await moved(on, ada, ada.person.email, somebody().email)
      : await confirmToken(on, ada, somebody().email)
  const before = await query(on, 'select * from codes order by 1')

  const answer = await on.request(`/auth/email/change/${what}`)

  expect([answer.status, on.trips.last]).toEqual([200, 0])
  expect(answer.headers.get('content-type')).toBe('text/html; charset=UTF-8')
  expect(await query(on, 'select * from codes order by 1')).toEqual(before)
  expect((await on.request(`/auth/email/change/${what}`, json({ token }))).status).toBe(204)
})
