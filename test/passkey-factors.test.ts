import { expect, test } from 'vitest'
import { bodyOf, server } from './harness.ts'
import { withPasskey } from './passkeys.ts'

test('a passkey is among the factors that an account has, with codes for when it is lost', async () => {
  const ada = await withPasskey(await server())

  const factors = await bodyOf(await ada.fetch('/auth/factors'))

  expect(factors).toEqual({ required: false, totp: null, passkeys: 1, recoveryCodesLeft: 10 })
})
