import { env } from 'cloudflare:workers'
import { expect, test } from 'vitest'
import { quickServer } from './credentials.ts'
import { signedIn, signedUp } from './harness.ts'

test('KV holds sr:<session id>: ended, or stale with the second of the change', async () => {
  const on = await quickServer()
  const tab = await signedUp(on)
  const [ended, changed] = [await signedIn(on, tab.person), await signedIn(on, tab.person)]

  await ended.api.auth.logout.$post({ json: {} })
  await tab.api.auth.me.$patch({ json: { name: 'Ada' } })
  await on.settled()

  const hints = await Promise.all(
    [ended, changed].map(({ session }) => env.REVOCATIONS.getWithMetadata(`sr:${session.id}`)),
  )
  expect(hints).toMatchObject([
    { value: 'ended', metadata: null },
    { value: 'stale', metadata: { at: on.clock.now } },
  ])
})
