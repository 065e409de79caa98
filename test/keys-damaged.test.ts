import type { JWK } from 'jose'
import { expect, test } from 'vitest'
import { fromBase64url, toBase64url } from '../src/base/crypto.ts'
import { acts, gated, titled } from './acts.ts'
import { openLimiter, quick } from './faulty-ports.ts'
import { partsOf, statusFor } from './forging.ts'
import { bodyOf, json, query, type Server, server, signedUpByToken } from './harness.ts'

const jwksPath = '/auth/.well-known/jwks.json'
const kidsOf = async (on: Server): Promise<string[]> =>
  (await bodyOf(await on.request(jwksPath))).keys.map(({ kid }: { kid: string }) => kid)
const bugsOf = (on: Server) => on.logs.filter(({ event }) => event === 'bug')

const anotherKey = async (): Promise<string> => {
  const other = await server()
  await kidsOf(other)
  return String((await query(other, 'select public_jwk from signing_keys'))[0]?.[0])
}

/** A point of P-256 has a twin of the same x, whose y is what is left to the prime. @see FIPS 186-5, SP 800-186 */
const mirrored = (jwk: string): string => {
  const prime = 2n ** 256n - 2n ** 224n + 2n ** 192n + 2n ** 96n - 1n
  const { y, ...rest }: JWK = JSON.parse(jwk)
  const bytes = [...(fromBase64url(y ?? '') ?? [])]
  const twin = prime - bytes.reduce((sum, byte) => sum * 256n + BigInt(byte), 0n)
  const written = Uint8Array.from({ length: 32 }, (_, i) => Number((twin >> BigInt(8 * (31 - i))) & 255n))
  return JSON.stringify({ ...rest, y: toBase64url(written) })
}

const damages: [string, (jwk: string) => string | Promise<string>][] = [
  ['nothing', () => ''],
  ['half of it', (jwk) => jwk.slice(0, 40)],
  ['null', () => 'null'],
  ['an empty object', () => '{}'],
  ['a symmetric key', () => '{"kty":"oct","k":"c2VjcmV0"}'],
  ['a point off the curve', (jwk) => jwk.replace(/"x":"./, (start) => `${start.slice(0, -1)}_`)],
  ['a coordinate less', (jwk) => jwk.replace('"y"', '"z"')],
  ['another key', anotherKey],
  ['the other point of its x', mirrored],
]

/** A service whose one signing key was damaged, and whose keys no isolate remembers. */
const damaged = async (damage: (jwk: string) => string | Promise<string>) => {
  const before = await server({ argon2id: quick })
  const app = await signedUpByToken(before)
  const [[kid, jwk] = []] = await query(before, 'select id, public_jwk from signing_keys')
  await query(before, 'update signing_keys set public_jwk = ?', await damage(String(jwk)))
  return { before, app, kid: String(kid), on: await server({ beside: before, argon2id: quick }) }
}

test.each(damages)(
  'S80, S88: one damaged signing key stops nobody: with %s for it another is made',
  async (_, damage) => {
    const { on, kid } = await damaged(damage)

    const { tokens } = await signedUpByToken(on)

    expect(partsOf(tokens.access_token).header.kid).not.toBe(kid)
    expect(await statusFor(on, tokens.access_token)).toBe(200)
    expect(await kidsOf(on)).toContain(partsOf(tokens.access_token).header.kid)
    expect(on.logs).toContainEqual(expect.objectContaining({ event: 'key.unreadable', reason: kid }))
    const rows = await query(on, 'select retired_at from signing_keys where id = ?', kid)
    expect(rows).toEqual([[on.clock.now]])
    expect(bugsOf(on)).toEqual([])
  },
)

test.each(damages)(
  'S80: a token of a key that is now %s is 401, never 500, and its refresh token works',
  async (_, damage) => {
    const { on, app } = await damaged(damage)

    const shown = await statusFor(on, app.tokens.access_token)
    const refreshed = await on.request('/auth/token', json({ refresh_token: app.tokens.refresh_token }))

    expect([shown, refreshed.status]).toEqual([401, 200])
    expect(await statusFor(on, (await bodyOf(refreshed)).access_token)).toBe(200)
    expect(bugsOf(on)).toEqual([])
  },
)

test('S80: where the key that signs is damaged, whoever asks for the keys gets the one that signs in its place', async () => {
  const { on, kid } = await damaged(() => '{}')

  const kids = await kidsOf(on)
  const { tokens } = await signedUpByToken(on)
  const rows = await query(on, 'select id from signing_keys where retired_at is null')

  expect(kids).toEqual([partsOf(tokens.access_token).header.kid])
  expect(kids).not.toContain(kid)
  expect(rows).toEqual([kids])
  expect(on.logs).toContainEqual(expect.objectContaining({ event: 'key.unreadable', reason: kid }))
})

test('S80: a damaged key is not published, and the good ones beside it are', async () => {
  const { on, kid, app, before } = await damaged(() => '{"kty":')
  await signedUpByToken(on)
  const cold = await server({ beside: on })

  const kids = await kidsOf(cold)

  expect(kids).toHaveLength(1)
  expect(kids).not.toContain(kid)
  expect(await statusFor(before, app.tokens.access_token)).toBe(200)
})

test('S80: a next key that is damaged before it signs is replaced when its time has come', async () => {
  const on = await server({ argon2id: quick })
  await signedUpByToken(on)
  on.clock.pass(30 * 86_400 - 3600)
  await on.job()
  await query(on, "update signing_keys set public_jwk = 'x' where signs_from > ?", on.clock.now)
  const cold = await server({ beside: on, argon2id: quick })

  const early = await signedUpByToken(cold)
  on.clock.pass(3600)
  const { tokens } = await signedUpByToken(cold)

  expect(await statusFor(cold, early.tokens.access_token)).toBe(401)
  expect(await statusFor(cold, tokens.access_token)).toBe(200)
  expect(await query(on, 'select count(*) from signing_keys where retired_at is null')).toEqual([[1]])
})

test('S80: where the key that signs is damaged, the next one still waits for its hour: another signs meanwhile', async () => {
  const on = await server({ argon2id: quick })
  const [first] = await kidsOf(on)
  on.clock.pass(30 * 86_400 - 3600)
  await on.job()
  const [[next] = []] = await query(on, 'select id from signing_keys where signs_from > ?', on.clock.now)
  await query(on, "update signing_keys set public_jwk = 'x' where id = ?", String(first))
  const cold = await server({ beside: on, argon2id: quick })

  const { tokens } = await signedUpByToken(cold)

  expect([first, next]).not.toContain(partsOf(tokens.access_token).header.kid)
  expect(await statusFor(cold, tokens.access_token)).toBe(200)
})

const bearing = (title: string) => title.includes('by bearer') || title.includes('of an access token')

test.each(titled(acts))('S80: %s answers as ever on an isolate that meets a damaged key', async (title, act) => {
  const on = await server({ plug: gated, argon2id: quick, limiter: openLimiter })
  await signedUpByToken(on)
  const { path, init } = await act.prepare(on)
  await query(on, "update signing_keys set public_jwk = 'x'")
  const cold = await server({ beside: on, plug: gated, argon2id: quick, limiter: openLimiter })

  const answer = await cold.request(path, init)

  const isRefused = bearing(title) && act.route !== 'GET /auth/session' && !act.route.endsWith('/revoke')
  expect(answer.status).toBe(isRefused ? 401 : act.status)
  expect(bugsOf(cold)).toEqual([])
})
