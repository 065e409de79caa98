import { expect, test } from 'vitest'
import { linkFor } from './by-mail.ts'
import { after, faultyDatabase, noFault } from './faulty-ports.ts'
import { type Browser, bodyOf, browser, firefox, json, mailTo, query, type Server, server, tokenIn } from './harness.ts'
import { answered, enrol, held, heldElsewhere, withTotp } from './totp-people.ts'

type Person = Awaited<ReturnType<typeof withTotp>>

/** Days, in seconds. */
const days = (count: number) => count * 86_400

/** Another browser of theirs, in which they have shown their app and asked to be spared it. */
const trusted = async (on: Server, ada: Person): Promise<Browser> => {
  const { tab, id } = await heldElsewhere(on, ada.person)
  const answer = await answered(tab, id, await ada.next(), { trustDevice: true })
  expect(answer.status).toBe(200)
  return tab
}

/** An address that nobody has proven is claimed by whoever reads its mail, who keeps nothing of what was there. */
const prove = async (on: Server, { person, fetch }: Person) => {
  const [mail] = await mailTo(on, person)
  await fetch('/auth/email/verify', json({ token: tokenIn(mail, 'email/verify') }))
}

const signIn = async (tab: Browser, person: object) => bodyOf(await tab.fetch('/auth/login', json(person)))

const trustOf = async (tab: Pick<Browser, 'fetch'>) => (await bodyOf(await tab.fetch('/auth/sessions'))).trustedDevices

test('S15: a device that is trusted is asked for no app for 30 days, and then for one', async () => {
  const on = await server()
  const ada = await withTotp(on)
  const tab = await trusted(on, ada)

  on.clock.pass(days(30) - 1)
  const within = await signIn(tab, ada.person)
  on.clock.pass(1)
  const past = await signIn(tab, ada.person)

  expect([within.status, past.status]).toEqual(['signed_in', 'challenge'])
})

test('a sign-in on a trusted device does not make the trust last longer', async () => {
  const on = await server()
  const ada = await withTotp(on)
  const tab = await trusted(on, ada)
  on.clock.pass(days(20))
  await signIn(tab, ada.person)

  on.clock.pass(days(10))
  const past = await signIn(tab, ada.person)

  expect(past.status).toBe('challenge')
})

test('a mailed link is enough there, too', async () => {
  const on = await server()
  const ada = await withTotp(on)
  await prove(on, ada)
  const tab = await trusted(on, ada)

  const signedIn = await tab.fetch('/auth/email/sign-in', json({ token: await linkFor(on, ada.person) }))

  expect(await bodyOf(signedIn)).toMatchObject({ status: 'signed_in', session: { methods: ['email'] } })
})

test('by token: the device token that came with the answer is trusted', async () => {
  const on = await server()
  const ada = await withTotp(on)
  const { tab, id } = await heldElsewhere(on, { ...ada.person, transport: 'token' })
  const { tokens } = await bodyOf(await answered(tab, id, await ada.next(), { trustDevice: true }))
  const login = (device_token?: string) =>
    on.request('/auth/login', json({ ...ada.person, transport: 'token', device_token }))

  const [known, unknown] = [await bodyOf(await login(tokens.device_token)), await bodyOf(await login())]

  expect([known.status, unknown.status]).toEqual(['signed_in', 'challenge'])
})

test('CVE-2024-45042: a session that began so is as old as the app was last shown: it is fresh no longer', async () => {
  const on = await server()
  const ada = await withTotp(on)
  const tab = await trusted(on, ada)
  on.clock.pass(700)

  const { session } = await signIn(tab, ada.person)
  const refused = await tab.fetch('/auth/totp', { method: 'DELETE' })

  expect(session.methods).toEqual(['password'])
  expect(Date.parse(session.authenticatedAt) / 1000).toBe(on.clock.now - 700)
  expect([refused.status, (await bodyOf(refused)).code]).toEqual([403, 'fresh_sign_in_required'])
})

test('nobody is trusted who did not ask for it', async () => {
  const on = await server()
  const ada = await withTotp(on)
  const { tab, id } = await heldElsewhere(on, ada.person)
  await answered(tab, id, await ada.next())

  const again = await signIn(tab, ada.person)

  expect([again.status, await trustOf(ada)]).toEqual(['challenge', []])
})

test('S22: a recovery code trusts nothing, though it is asked to', async () => {
  const on = await server()
  const ada = await withTotp(on)
  const { tab, id } = await heldElsewhere(on, ada.person)
  const answer = await answered(tab, id, ada.recoveryCodes[0] ?? '', { method: 'recovery', trustDevice: true })

  const again = await signIn(tab, ada.person)

  expect([answer.status, again.status]).toEqual([200, 'challenge'])
})

test('S34: the device is trusted for its user, and for nobody else who signs in there', async () => {
  const on = await server()
  const [ada, bob] = [await withTotp(on), await withTotp(on)]
  const tab = await trusted(on, ada)

  const other = await signIn(tab, bob.person)

  expect(other.status).toBe('challenge')
})

test('S34: they are listed with the sessions, with what they are, until when, and which of them this is', async () => {
  const on = await server()
  const [ada, bob] = [await withTotp(on), await withTotp(on)]
  const tab = await trusted(on, ada)

  const [here, there, others] = [await trustOf(tab), await trustOf(ada), await trustOf(bob)]

  expect(here).toEqual([
    {
      id: expect.stringMatching(/^dev_/),
      device: { name: expect.stringContaining('Firefox'), userAgent: firefox },
      trustedAt: '2027-01-15T08:00:00Z',
      trustedUntil: '2027-02-14T08:00:00Z',
      current: true,
    },
  ])
  expect(there).toEqual([{ ...here[0], current: false }])
  expect(others).toEqual([])
})

interface Setting {
  readonly on: Server
  readonly ada: Person
  readonly tab: Browser
}

/** Every way in which trust ends before its time. */
const ends: Readonly<Record<string, (setting: Setting) => Promise<unknown>>> = {
  'DELETE of the device': async ({ ada }) => {
    const [{ id }] = await trustOf(ada)
    const answer = await ada.fetch(`/auth/devices/${id}`, { method: 'DELETE' })
    expect(answer.status).toBe(204)
  },
  'DELETE of the other sessions, from another device': ({ ada }) => ada.fetch('/auth/sessions', { method: 'DELETE' }),
  'a logout everywhere': ({ ada }) => ada.fetch('/auth/logout', json({ everywhere: true })),
  'a new password': ({ ada }) =>
    ada.fetch(
      '/auth/password/change',
      json({ currentPassword: ada.person.password, newPassword: ada.person.password }),
    ),
  'a reset of the password': async ({ on, ada }) => {
    const { person } = ada
    await prove(on, ada)
    await on.request('/auth/password/forgot', json({ email: person.email }))
    const token = tokenIn((await mailTo(on, person)).at(-1), 'password/reset')
    await on.request('/auth/password/reset', json({ token, newPassword: person.password }))
  },
  'an app that is switched off and on again': async ({ on, ada }) => {
    await ada.fetch('/auth/totp', { method: 'DELETE' })
    await enrol(on, ada)
  },
  'another app in its place': ({ on, ada }) => enrol(on, ada),
  'the row of the device': ({ on, ada }) => query(on, 'delete from devices where user_id = ?', ada.user.id),
}

test.each(Object.entries(ends))('S25, S33: after %s the device is asked for the app again', async (_, end) => {
  const on = await server()
  const ada = await withTotp(on)
  const tab = await trusted(on, ada)
  expect((await signIn(tab, ada.person)).status).toBe('signed_in')

  await end({ on, ada, tab })

  expect((await signIn(tab, ada.person)).status).toBe('challenge')
})

test.each(['an app that is switched off and on again', 'another app in its place'])(
  'S34: after %s no list has the device as trusted',
  async (how) => {
    const on = await server()
    const ada = await withTotp(on)
    const tab = await trusted(on, ada)

    await ends[how]?.({ on, ada, tab })

    expect(await trustOf(ada)).toEqual([])
  },
)

test('the end of the other sessions leaves the device that asks for it trusted', async () => {
  const on = await server()
  const ada = await withTotp(on)
  const tab = await trusted(on, ada)

  await tab.fetch('/auth/sessions', { method: 'DELETE' })

  expect((await signIn(tab, ada.person)).status).toBe('signed_in')
})

test('S36: nobody ends the trust of a device of somebody else: 404', async () => {
  const on = await server()
  const [ada, bob] = [await withTotp(on), await withTotp(on)]
  const tab = await trusted(on, ada)
  const [{ id }] = await trustOf(ada)

  const refused = await bob.fetch(`/auth/devices/${id}`, { method: 'DELETE' })

  expect(refused.status).toBe(404)
  expect((await signIn(tab, ada.person)).status).toBe('signed_in')
})

test('S79: a device whose trust ends while its password is checked begins no session', async () => {
  const { next, database } = faultyDatabase()
  const on = await server({ database })
  const ada = await withTotp(on)
  const tab = await trusted(on, ada)
  const before = await query(on, 'select count(*) from sessions')
  await on.settled()
  next(
    noFault,
    after(() => query(on, 'update devices set trusted_at = null, trusted_until = null, trusted_by = null')),
  )

  const answer = await tab.fetch('/auth/login', json(ada.person))

  expect((await bodyOf(answer)).status).not.toBe('signed_in')
  expect(await query(on, 'select count(*) from sessions')).toEqual(before)
})

test('a device cookie that was never signed spares nobody anything', async () => {
  const on = await server()
  const ada = await withTotp(on)
  const tab = await trusted(on, ada)
  const [id, userId] = (tab.jar.get('__Host-device') ?? '').split('.')
  const forged = browser(on)
  forged.jar.set('__Host-device', `${id}.${userId}.${'A'.repeat(43)}`)

  const { methods } = await held(forged, ada.person)

  expect(methods).toContain('totp')
})
