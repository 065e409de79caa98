import { expect, test } from 'vitest'
import { bodyOf, browser, server } from './harness.ts'
import { optionsOf, showPasskey, withPasskey } from './passkeys.ts'

test('the origins on which passkeys may be used are told to browsers, which may keep them', async () => {
  const trusted = 'https://shop.example.org, https://*.preview.example.com'
  const on = await server({ settings: { AUTH_TRUSTED_ORIGINS: trusted } })

  const answer = await on.request('/.well-known/webauthn')

  expect(answer.status).toBe(200)
  expect(answer.headers.get('content-type')).toMatch(/^application\/json/)
  expect(answer.headers.get('cache-control')).toBe('public, max-age=300')
  expect(await bodyOf(answer)).toEqual({ origins: ['https://app.example.com', 'https://shop.example.org'] })
})

test('AUTH_RP_ID: passkeys belong to a domain above the host of the service', async () => {
  const on = await server({ settings: { AUTH_RP_ID: 'example.com' } })
  const { authenticator } = await withPasskey(on)

  const options = await optionsOf(browser(on), 'passkeys/sign-in/options')
  const answer = await showPasskey(browser(on), { authenticator })
  const below = await showPasskey(browser(on), { authenticator, knobs: { rpId: 'app.example.com' } })

  expect(options.rpId).toBe('example.com')
  expect([answer.status, below.status]).toEqual([200, 401])
})
