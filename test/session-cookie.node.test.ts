import { expect, test } from 'vitest'
import { underName } from './credentials.ts'

// In Node, because workerd warns of every header that a test makes of such bytes.
test.each([
  ['after a NBSP', '\u00a0__Host-session'],
  ['before a NBSP', '__Host-session\u00a0'],
  ['after a NBSP in UTF-8', '\u00c2\u00a0__Host-session'],
  ['before a NEL', '__Host-session\u0085'],
  ['after a soft hyphen', '\u00ad__Host-session'],
])('GHSA-r5rp-j6wh-rvv4, S53: the name %s is another cookie and shadows nothing', async (_, name) => {
  const { alone, beside, ada } = await underName(name)

  expect(alone).toBeNull()
  expect(beside?.id).toBe(ada.user.id)
})
