import fc from 'fast-check'
import { expect, test } from 'vitest'
import { cookieOf } from '../act.ts'
import { openLimiter, quick } from '../faulty-ports.ts'
import { json, server, signedUp, somebody } from '../harness.ts'
import { replayed } from './replayed.ts'

/** Every attribute of a cookie of ours, and nothing else: no byte of a value can end it. */
const ours = /^__Host-(?:session|device)=[\w.-]*; Path=\/(?:; Max-Age=\d+)?; HttpOnly; Secure; SameSite=Lax$/

const unit = fc.constantFrom(
  ...[';', ',', '=', ' ', '\t', '\r', '\n', '\0', '"', '\\', '%0d%0a', '; Domain=evil.example', 'é', '🙂', '\u2028'],
  ...['; Path=/x', '; Secure', '; SameSite=None', '; Priority=High', 'Set-Cookie: a=b', 'a', 'Z', '0', '_', '.', '-'],
)
const text = fc.string({ unit, minLength: 1, maxLength: 12 })

test('GHSA-5pq2-9x2x-5p6w, GHSA-26pp-8wgv-hjvm, GHSA-3hrh-pfw6-9m5x: whatever people are called or send, every cookie has our attributes alone', async () => {
  const on = await server({ argon2id: quick, limiter: openLimiter })
  const { jar } = await signedUp(on)

  await fc.assert(
    fc.asyncProperty(text, text, async (name, other) => {
      const headers = { 'user-agent': encodeURIComponent(other), 'x-forwarded-for': encodeURIComponent(other) }
      const cookie = `${cookieOf(jar).cookie}; other=${encodeURIComponent(other)}`
      const answers = [
        await on.request('/auth/register', json({ ...somebody(), name }, headers)),
        await on.request('/auth/register', json({ ...somebody(), username: other, device_token: name }, headers)),
        await on.request('/auth/me', { ...json({ name }, { ...headers, cookie }), method: 'PATCH' }),
        await on.request('/auth/logout', json({}, { cookie: `__Host-session=${encodeURIComponent(name)}` })),
      ]

      const lines = answers.flatMap((answer) => answer.headers.getSetCookie())
      expect(lines.length).toBeGreaterThan(0)
      expect(lines.filter((line) => !ours.test(line))).toEqual([])
      expect(lines.filter((line) => line.length > 4096)).toEqual([])
    }),
    { numRuns: 60, ...replayed },
  )
})
