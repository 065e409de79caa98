import { expect, test } from 'vitest'
import { quickServer } from './credentials.ts'
import { bodyOf, browser, json, signedUp } from './harness.ts'
import { codeAt } from './totp-app.ts'

test('S22: an app is switched on by a code of it, and from then on a password alone signs nobody in', async () => {
  const on = await quickServer()
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
  expect(await bodyOf(confirmed)).toEqual({ recoveryCodes: expect.any(Array) })
})
