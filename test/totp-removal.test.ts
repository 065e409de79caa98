import { expect, test } from 'vitest'
import { cookieOf } from './act.ts'
import { bodyOf, browser, json, query, server, signedUp } from './harness.ts'
import { answered, held, heldElsewhere, withTotp } from './totp-people.ts'

test('S25, S33: switched off in one trip, the app asks for nothing more, the codes that stood in for it are gone, and every other session is', async () => {
  const on = await server()
  const ada = await withTotp(on)
  const { tab, id } = await heldElsewhere(on, ada.person)
  await answered(tab, id, await ada.next())

  const removed = await ada.fetch('/auth/totp', { method: 'DELETE' })
  const trips = on.trips.last

  expect([removed.status, trips]).toEqual([204, 1])
  expect((await bodyOf(await browser(on).fetch('/auth/login', json(ada.person)))).status).toBe('signed_in')
  expect((await ada.fetch('/auth/sessions')).status).toBe(200)
  expect((await tab.fetch('/auth/sessions')).status).toBe(401)
  expect(await query(on, 'select (select count(*) from totp_secrets) + count(*) from recovery_codes')).toEqual([[0]])
})

test('where no app is on there is none to switch off: 404, also where one waits to be confirmed', async () => {
  const on = await server()
  const ada = await signedUp(on)
  await ada.fetch('/auth/totp', json({}))

  const removed = await ada.fetch('/auth/totp', { method: 'DELETE' })

  expect([removed.status, (await bodyOf(removed)).code]).toEqual([404, 'not_found'])
})

test('S25: where a second factor is required, the only one stays', async () => {
  const on = await server()
  const ada = await withTotp(on)
  const required = await server({ beside: on, settings: { AUTH_MFA: 'required' } })

  const refused = await required.request('/auth/totp', { method: 'DELETE', headers: cookieOf(ada.jar) })

  expect([refused.status, (await bodyOf(refused)).code]).toEqual([409, 'last_way_in'])
  expect((await held(browser(on), ada.person)).methods).toEqual(['totp', 'recovery'])
  expect((await bodyOf(await ada.fetch('/auth/factors'))).recoveryCodesLeft).toBe(10)
})

test('where second factors are switched off nobody switches one on, one that is on is not asked for, and may go', async () => {
  const on = await server()
  const ada = await withTotp(on)
  const off = await server({ beside: on, settings: { AUTH_MFA: 'off' } })
  const bob = await signedUp(off)

  const login = await bodyOf(await browser(off).fetch('/auth/login', json(ada.person)))
  const refused = [
    await bob.fetch('/auth/totp', json({})),
    await bob.fetch('/auth/totp/confirm', json({ code: '123456' })),
    await off.request('/auth/totp', json({ challenge: 'A'.repeat(43) })),
  ]
  const again = await held(browser(on), ada.person)
  const removed = await off.request('/auth/totp', { method: 'DELETE', headers: cookieOf(ada.jar) })

  expect([login.status, again.methods]).toEqual(['signed_in', ['totp', 'recovery']])
  expect(refused.map(({ status }) => status)).toEqual([403, 403, 403])
  expect(removed.status).toBe(204)
})

test('S32, S92: an account takes its app and its codes along', async () => {
  const on = await server()
  const ada = await withTotp(on)

  const erased = await ada.fetch('/auth/me', { method: 'DELETE' })

  expect(erased.status).toBe(204)
  expect(await query(on, 'select (select count(*) from totp_secrets) + count(*) from recovery_codes')).toEqual([[0]])
})
