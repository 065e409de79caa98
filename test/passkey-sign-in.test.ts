import { expect, test } from 'vitest'
import { bodyOf, browser, server } from './harness.ts'
import { showPasskey, withPasskey } from './passkeys.ts'

test('a passkey signs in by itself, with two factors', async () => {
  const on = await server()
  const { authenticator, user, passkey, recoveryCodes } = await withPasskey(on)
  const tab = browser(on)

  const answer = await showPasskey(tab, { authenticator })

  expect(answer.status).toBe(200)
  expect(await bodyOf(answer)).toMatchObject({
    status: 'signed_in',
    user: { id: user.id },
    session: { methods: ['passkey'] },
  })
  expect(passkey).toMatchObject({ name: 'Firefox on Linux', lastUsedAt: null, synced: false, backedUp: false })
  expect(recoveryCodes).toHaveLength(10)
  expect((await tab.fetch('/auth/me')).status).toBe(200)
})
