import { expect, test } from 'vitest'
import { keyRing } from '../src/base/crypto.ts'
import { cookieOf, showing } from './credentials.ts'
import { signerOf, statusFor } from './forging.ts'
import { bodyOf, json, query, type Server, secrets, server, signedUp, signedUpByToken } from './harness.ts'

const [old, fresh] = secrets
const third = 'h7Vw2YkQf9LbX3sRm8ZpT1cNd6JuGa4oEi0yWtKxBqM'

/** Another isolate of the same service, with this ring. */
const withRing = (beside: Server, ...ring: string[]) => server({ beside, settings: { AUTH_SECRET: ring.join(',') } })

const sealedByOld = async (on: Server): Promise<number> =>
  (await bodyOf(await on.request('/auth/readyz'))).sealedByOldSecret

test('S56: a new secret in front signs nobody out: cookies, devices, tokens and keys of the old go on', async () => {
  const before = await server()
  const tab = await signedUp(before)
  const native = await signedUpByToken(before)
  const after = await withRing(before, fresh, old)

  const session = await after.request('/auth/me', showing(cookieOf(tab)))
  const trips = after.trips.last
  const strict = await after.request('/auth/sessions', showing(cookieOf(tab)))
  const access = await statusFor(after, native.tokens.access_token)
  const { refresh_token, device_token } = native.tokens
  const refreshed = await after.request('/auth/token', json({ refresh_token }))
  const login = await after.request('/auth/login', json({ ...native.person, transport: 'token', device_token }))

  expect([session.status, trips, strict.status, access, refreshed.status]).toEqual([200, 0, 200, 200, 200])
  const [device] = device_token.split('.')
  expect((await bodyOf(login)).tokens.device_token.startsWith(`${device}.`)).toBe(true)
  expect(await query(before, 'select count(*) from signing_keys')).toEqual([[1]])
})

test('S56: what is signed anew is signed by the first; an isolate that knows only the old cannot read it', async () => {
  const before = await server()
  const after = await withRing(before, fresh, old)
  const { ...tab } = await signedUp(after)
  const [payload = '', mac = ''] = cookieOf(tab).split('.')

  expect(mac).toBe(await keyRing([fresh]).mac('session-cookie', payload))
  expect((await after.request('/auth/me', showing(cookieOf(tab)))).status).toBe(200)
  expect((await before.request('/auth/me', showing(cookieOf(tab)))).status).toBe(401)
})

test('S56: every secret of a ring of three verifies, whatever its place; one that left it does not', async () => {
  const by = { old: await server(), fresh: undefined, third: undefined }
  const tab = await signedUp(by.old)
  const rings: [string[], number][] = [
    [[old, fresh, third], 200],
    [[fresh, old, third], 200],
    [[fresh, third, old], 200],
    [[fresh, third], 401],
  ]

  for (const [ring, status] of rings) {
    const on = await withRing(by.old, ...ring)
    expect((await on.request('/auth/me', showing(cookieOf(tab)))).status, ring.join()).toBe(status)
    expect(on.logs.some(({ event }) => event === 'cookie.forged')).toBe(status === 401)
  }
})

test('S88: readyz counts the rows of an old secret, the job re-seals them, and then the old may be dropped', async () => {
  const before = await server()
  const native = await signedUpByToken(before)
  const both = await withRing(before, fresh, old)

  const counts = [await sealedByOld(before), await sealedByOld(both)]
  const report = await both.job()
  counts.push(await sealedByOld(both))
  const again = await both.job()
  const dropped = await withRing(before, fresh)
  const next = await dropped.request('/auth/token', json({ refresh_token: native.tokens.refresh_token }))

  expect([counts, report.resealed, again.resealed]).toEqual([[0, 1, 0], 1, 0])
  expect([next.status, await statusFor(dropped, (await bodyOf(next)).access_token)]).toEqual([200, 200])
  expect(await statusFor(dropped, native.tokens.access_token)).toBe(200)
  expect(await query(before, 'select count(*) from signing_keys')).toEqual([[1]])
  expect(await sealedByOld(dropped)).toBe(0)
})

test('S88: an isolate that still knows the old alone goes on signing after the re-seal, without a new key', async () => {
  const before = await server()
  const { tokens } = await signedUpByToken(before)
  const both = await withRing(before, fresh, old)
  await both.job()

  const next = await before.request('/auth/token', json({ refresh_token: tokens.refresh_token }))

  expect(next.status).toBe(200)
  expect(await query(before, 'select count(*) from signing_keys')).toEqual([[1]])
})

test('S79: jobs that re-seal at once leave one row that opens', async () => {
  const before = await server()
  await signedUpByToken(before)
  const all = await Promise.all(Array.from({ length: 4 }, () => withRing(before, fresh, old)))

  await Promise.all(all.map((on) => on.job()))

  const dropped = await withRing(before, fresh)
  expect((await signerOf(dropped)).privateJwk.d).toMatch(/^[\w-]{43}$/)
  expect(await sealedByOld(dropped)).toBe(0)
})

test('S88: what no secret of the ring opens is left as it stands, and counted', async () => {
  const before = await server()
  await signedUpByToken(before)
  const [row] = await query(before, 'select private_jwk from signing_keys')
  const without = await withRing(before, fresh, third)

  const report = await without.job()

  expect([report.resealed, await sealedByOld(without)]).toEqual([0, 1])
  expect(await query(before, 'select private_jwk from signing_keys')).toEqual([row])
  expect(without.logs.some(({ event }) => event === 'job_step_failed')).toBe(false)
})

test('a cookie renewed under the new ring outlives the old secret; one that never came back does not', async () => {
  const before = await server()
  const active = await signedUp(before)
  const absent = await signedUp(before)
  const both = await withRing(before, fresh, old)
  both.clock.pass(301)
  const renewal = await both.request('/auth/me', showing(cookieOf(active)))
  const [renewed = ''] = renewal.headers.getSetCookie().map((line) => line.replace(/^[^=]+=([^;]*).*$/, '$1'))

  const dropped = await withRing(before, fresh)

  expect((await dropped.request('/auth/me', showing(renewed))).status).toBe(200)
  expect((await dropped.request('/auth/me', showing(cookieOf(absent)))).status).toBe(401)
})

test('no purpose shares a key with another: one HMAC is no other', async () => {
  const ring = keyRing([old])
  const purposes = ['session-cookie', 'device-cookie', 'throttle', 'refresh-token'] as const

  const macs = await Promise.all(purposes.map((purpose) => ring.mac(purpose, 'the same text')))

  expect(new Set(macs).size).toBe(4)
  for (const [i, purpose] of purposes.entries()) {
    for (const [j, mac] of macs.entries()) expect(await ring.verify(purpose, 'the same text', mac)).toBe(i === j)
  }
})

test('S88: a sealed value opens in its own table, column and row alone, and only whole', async () => {
  const ring = keyRing([fresh, old])
  const place = 'signing_keys/private_jwk/key_1'
  const [one, two] = [await ring.seal(place, 'secret'), await ring.seal(place, 'secret')]
  const [name = '', iv = '', text = ''] = one.split('.')
  const spoiled = [
    ...[
      '',
      '.',
      '..',
      name,
      `${name}.${iv}`,
      `${name}..${text}`,
      `.${iv}.${text}`,
      `${name}.${iv}.`,
      `${iv}.${name}.${text}`,
    ],
    ...[
      `${name}.${iv}.${text.slice(0, -4)}`,
      `${name}.${iv}.${text}AAAA`,
      `${name}.${two.split('.')[1]}.${text}`,
      ` ${one}`,
    ],
    ...[`${name}.${iv}=.${text}`, `${name}.${iv}.${text.replace(/^./, (first) => (first === 'A' ? 'B' : 'A'))}`],
  ]

  expect(await ring.open(place, one)).toBe('secret')
  expect(one).not.toBe(two)
  for (const other of [
    'signing_keys/private_jwk/key_2',
    'signing_keys/public_jwk/key_1',
    'keys/private_jwk/key_1',
    '',
  ]) {
    expect(await ring.open(other, one), other).toBeUndefined()
  }
  for (const sealed of spoiled) expect(await ring.open(place, sealed), sealed).toBeUndefined()
})

test('a seal names its secret without telling it, and only the first seals', async () => {
  const ring = keyRing([fresh, old])
  const [sealed, byOld] = [await ring.seal('a/b/c', 'x'), await keyRing([old]).seal('a/b/c', 'x')]

  expect(sealed.startsWith(`${await ring.sealer()}.`)).toBe(true)
  expect(await keyRing([old]).open('a/b/c', sealed)).toBeUndefined()
  expect([await ring.open('a/b/c', byOld), await keyRing([fresh]).open('a/b/c', byOld)]).toEqual(['x', undefined])
  expect(fresh).not.toContain(await ring.sealer())
})
