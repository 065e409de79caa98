import { expect, test } from 'vitest'
import { moved, proven, undo } from './address-changes.ts'
import { linkFor } from './by-mail.ts'
import { bodyOf, browser, json, query, type Server, server, somebody } from './harness.ts'
import { codeAt } from './totp-app.ts'
import { answered, enrol, heldElsewhere, withTotp } from './totp-people.ts'

const signInByLink = async (on: Server, person: { readonly email: string }) =>
  bodyOf(await browser(on).fetch('/auth/email/sign-in', json({ token: await linkFor(on, person) })))

test('GHSA-86j7-9j95-vpqj, S25: whoever claims an account by its mailbox is asked for no app of the squatter', async () => {
  const on = await server()
  const squatter = await withTotp(on)

  const owner = await signInByLink(on, squatter.person)

  expect(owner).toMatchObject({ status: 'signed_in', user: { id: squatter.user.id }, session: { methods: ['email'] } })
  expect((await squatter.fetch('/auth/sessions')).status).toBe(401)
  expect(await query(on, 'select (select count(*) from totp_secrets) + count(*) from recovery_codes')).toEqual([[0]])
})

test('where a second factor is required, whoever claims an account sets up their own', async () => {
  const on = await server()
  const squatter = await withTotp(on)
  const required = await server({ beside: on, settings: { AUTH_MFA: 'required' } })

  const owner = await signInByLink(required, squatter.person)

  expect(owner).toMatchObject({ status: 'challenge', challenge: { methods: ['enrol'] } })
  expect(await query(on, 'select count(*) from totp_secrets')).toEqual([[0]])
})

test('S25: whoever takes an account back by its old mailbox is asked for no app that the thief has switched on', async () => {
  const on = await server()
  const thief = await proven(on)
  await thief.fetch('/auth/totp', json({}))
  on.clock.pass(10)
  const token = await moved(on, thief, thief.person.email, somebody('mallory').email)
  await enrol(on, thief)

  const undone = await undo(on, token)

  expect(undone.status).toBe(204)
  expect((await signInByLink(on, thief.person)).status).toBe('signed_in')
})

test('S25: also of one that the thief had asked for before they changed the address', async () => {
  const on = await server()
  const thief = await proven(on)
  const started = await bodyOf(await thief.fetch('/auth/totp', json({})))
  on.clock.pass(10)
  const token = await moved(on, thief, thief.person.email, somebody('mallory').email)
  await thief.fetch('/auth/totp/confirm', json({ code: await codeAt(started.secret, on.clock.now) }))

  await undo(on, token)

  expect((await signInByLink(on, thief.person)).status).toBe('signed_in')
})

test('S15: an app that the owner had before the thief came still stands between the old mailbox and the account', async () => {
  const on = await server()
  const owner = await proven(on)
  const { secret } = await enrol(on, owner)
  on.clock.pass(30)
  const token = await moved(on, owner, owner.person.email, somebody('mallory').email)

  await undo(on, token)
  const asked = await signInByLink(on, owner.person)

  expect(secret).toMatch(/^[A-Z2-7]{32}$/)
  expect(asked).toMatchObject({ status: 'challenge', challenge: { methods: ['totp', 'recovery'] } })
})

test('S32: an erased account frees its address: nobody is asked for the app of whoever had it', async () => {
  const on = await server()
  const ada = await withTotp(on)
  await ada.fetch('/auth/me', { method: 'DELETE' })

  const next = await browser(on).fetch('/auth/register', json(ada.person))

  expect(next.status).toBe(201)
})

test('a challenge of a squatter is over once the account is claimed', async () => {
  const on = await server()
  const squatter = await withTotp(on)
  const { tab, id } = await heldElsewhere(on, squatter.person)
  await signInByLink(on, squatter.person)

  const late = await answered(tab, id, await squatter.next())

  expect(late.status).toBe(410)
})

test('two people have two apps: the code of one answers no challenge of the other', async () => {
  const on = await server()
  const [ada, bob] = [await withTotp(on), await withTotp(on)]
  const { tab, id } = await heldElsewhere(on, ada.person)

  const refused = await answered(tab, id, await bob.next())

  expect(refused.status).toBe(401)
})
