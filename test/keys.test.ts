import { expect, test } from 'vitest'
import { anotherKid, forger, partsOf, signerOf, statusFor } from './forging.ts'
import { bodyOf, json, query, type Server, server, signedUp, signedUpByToken } from './harness.ts'

const jwksPath = '/auth/.well-known/jwks.json'
const kidsOf = async (on: Server): Promise<string[]> =>
  (await bodyOf(await on.request(jwksPath))).keys.map(({ kid }: { kid: string }) => kid)
const count = async (on: Server) => (await query(on, 'select count(*) from signing_keys'))[0]?.[0]

/** Isolates over one new database. */
const isolates = async (number: number): Promise<[Server, ...Server[]]> => {
  const first = await server()
  return [first, ...(await Promise.all(Array.from({ length: number - 1 }, () => server({ beside: first }))))]
}

test.each([2, 5, 10])(
  'S49 S79: the first boot of %i isolates at once makes one key, the same for all',
  async (number) => {
    const all = await isolates(number)

    const sets = await Promise.all(all.map(kidsOf))

    expect(new Set(sets.flat()).size).toBe(1)
    expect(await count(all[0])).toBe(1)
    const created = all.flatMap(({ logs }) => logs).filter(({ event }) => event === 'key.created')
    expect(created.length).toBe(1)
  },
)

test('S49: isolates that boot by signing at once sign by one key, and each reads the tokens of all', async () => {
  const all = await isolates(4)

  const people = await Promise.all(all.map((on) => signedUpByToken(on)))

  expect(await count(all[0])).toBe(1)
  for (const { tokens } of people) {
    for (const on of all) expect(await statusFor(on, tokens.access_token)).toBe(200)
  }
})

test('S88: a private key is sealed at rest: no row holds it in clear', async () => {
  const on = await server()
  const { privateJwk } = await signerOf(on)

  const rows = await query(on, 'select * from signing_keys')

  expect(privateJwk.d).toMatch(/^[\w-]{43}$/)
  expect(JSON.stringify(rows)).not.toContain(privateJwk.d)
  expect(rows[0]?.[2]).toMatch(/^[\w-]{8}\.[\w-]{16}\.[\w-]{200,}$/)
})

test('S87: no two keys and no two seals are alike', async () => {
  const [one, two] = [await server(), await server()]

  const sets = await Promise.all([one, two].map(kidsOf))
  const rows = [
    ...(await query(one, 'select public_jwk, private_jwk from signing_keys')),
    ...(await query(two, 'select public_jwk, private_jwk from signing_keys')),
  ]

  expect(new Set(sets.flat()).size).toBe(2)
  expect(new Set(rows.flat()).size).toBe(4)
})

test('S41: an unknown kid is searched for once in ten seconds, and then again', async () => {
  const on = await server()
  const forge = await forger(on, await signedUpByToken(on))
  const tripsFor = async () => {
    expect(await statusFor(on, await forge.token({ header: { kid: anotherKid() } }))).toBe(401)
    return on.trips.last
  }
  on.clock.pass(1)

  const burst = [await tripsFor(), await tripsFor(), await tripsFor()]
  on.clock.pass(9)
  const tooEarly = await tripsFor()
  on.clock.pass(1)
  const later = [await tripsFor(), await tripsFor()]

  expect([burst, tooEarly, later]).toEqual([[1, 0, 0], 0, [1, 0]])
})

test('S49: an isolate whose clock fell back behind what it read reads the keys again', async () => {
  const on = await server()
  await kidsOf(on)
  on.clock.pass(-1)

  await kidsOf(on)

  expect(on.trips.last).toBe(1)
})

test('S41: a known kid is not searched for, however long ago the last search was', async () => {
  const on = await server()
  const { tokens } = await signedUpByToken(on)
  on.clock.pass(20)

  const status = await statusFor(on, tokens.access_token)

  expect([status, on.trips.last]).toEqual([200, 1])
})

test('S41: the search for unknown kids costs those who hold a known one nothing', async () => {
  const on = await server()
  const { tokens, ...person } = await signedUpByToken(on)
  const forge = await forger(on, person)
  on.clock.pass(20)

  for (let i = 0; i < 5; i++) await statusFor(on, await forge.token({ header: { kid: anotherKid() } }))
  const status = await statusFor(on, tokens.access_token)

  expect([status, on.trips.last]).toEqual([200, 1])
})

test('S49: a key that another isolate made since is found by its kid at once', async () => {
  const one = await server()
  const two = await server({ beside: one })
  await signedUpByToken(one)
  await kidsOf(two)
  one.clock.pass(1)
  await query(one, 'update signing_keys set retired_at = ?, expires_at = ?', one.clock.now, one.clock.now + 1000)
  const fresh = await server({ beside: one })
  const { tokens } = await signedUpByToken(fresh)

  const status = await statusFor(two, tokens.access_token)

  expect([status, two.trips.last]).toEqual([200, 2])
})

test('S49: a key that has expired verifies nothing more, though an isolate still remembers it', async () => {
  const on = await server()
  const forge = await forger(on, await signedUpByToken(on))
  const token = await forge.token({ claims: { exp: on.clock.now + 900 } })
  await query(on, 'update signing_keys set retired_at = ?, expires_at = ?', on.clock.now, on.clock.now + 20)
  const knows = await server({ beside: on })
  await kidsOf(knows)

  on.clock.pass(19)
  const before = await statusFor(knows, token)
  on.clock.pass(1)
  const after = await statusFor(knows, token)

  expect([before, after]).toEqual([200, 401])
})

test('a key that cannot be opened is retired and a new one made: no 500, and what it signed lives on', async () => {
  const old = await server()
  const { tokens } = await signedUpByToken(old)
  const [[kid] = []] = await query(old, 'select id from signing_keys')
  const replaced = await server({ beside: old, settings: { AUTH_SECRET: freshSecret } })

  const { tokens: newer } = await signedUpByToken(replaced)

  expect(partsOf(newer.access_token).header.kid).not.toBe(kid)
  expect([await statusFor(replaced, tokens.access_token), await statusFor(replaced, newer.access_token)]).toEqual([
    200, 200,
  ])
  expect(replaced.logs).toContainEqual(expect.objectContaining({ event: 'key.unreadable', reason: kid }))
  const [row] = await query(old, 'select retired_at, expires_at from signing_keys where id = ?', String(kid))
  expect(row).toEqual([old.clock.now, old.clock.now + 300 + 360])
  expect((await kidsOf(await server({ beside: old, settings: { AUTH_SECRET: freshSecret } }))).length).toBe(2)
})

const freshSecret = 'h7Vw2YkQf9LbX3sRm8ZpT1cNd6JuGa4oEi0yWtKxBqM'

test('with the secret replaced entirely no route answers 5xx, and the next sign-in works', async () => {
  const old = await server()
  const { jar, person } = await signedUp(old)
  const native = await signedUpByToken(old)
  const on = await server({ beside: old, settings: { AUTH_SECRET: freshSecret } })
  const cookie = { cookie: `__Host-session=${jar.get('__Host-session')}; __Host-device=${jar.get('__Host-device')}` }

  const answers = [
    await on.request('/auth/session', { headers: cookie }),
    await on.request('/auth/me', { headers: cookie }),
    await on.request('/auth/token', json({}, cookie)),
    await on.request('/auth/token', json({ refresh_token: native.tokens.refresh_token })),
    await on.request('/auth/token/revoke', json({ token: native.tokens.access_token })),
    await on.request('/auth/login', json({ ...person, device_token: native.tokens.device_token }, cookie)),
    await on.request(jwksPath),
    await on.request('/auth/readyz'),
  ]

  expect(answers.map(({ status }) => status)).toEqual([200, 401, 401, 200, 200, 200, 200, 200])
  expect(on.logs.filter(({ event }) => event === 'bug')).toEqual([])
})

test.each([
  ['another row’s', async (on: Server) => (await sealedIn(on))[1]],
  [
    'a sealed value with one byte changed',
    async (on: Server) => (await sealedIn(on))[0]?.replace(/.$/, (c) => (c === 'A' ? 'Q' : 'A')),
  ],
  ['half a sealed value', async (on: Server) => (await sealedIn(on))[0]?.slice(0, 60)],
  ['a JWK in clear', async () => '{"kty":"EC"}'],
  ['nothing', async () => ''],
])('S88: %s in the place of a private key does not open, and a new key is made', async (_, value) => {
  const on = await server()
  await kidsOf(on)
  const other = await server()
  await kidsOf(other)
  const [row = []] = await query(other, 'select id, public_jwk, private_jwk from signing_keys')
  await query(
    on,
    'insert into signing_keys (id, public_jwk, private_jwk, created_at, signs_from, retired_at, expires_at) values (?, ?, ?, 0, 0, 1, 9e9)',
    ...row.map(String),
  )
  const [first = ''] = await kidsOf(on)
  const given = (await value(on)) ?? ''
  await query(on, 'update signing_keys set private_jwk = ? where id = ?', given, first)
  const cold = await server({ beside: on })

  const { tokens } = await signedUpByToken(cold)

  expect(partsOf(tokens.access_token).header.kid).not.toBe(first)
  expect(cold.logs).toContainEqual(expect.objectContaining({ event: 'key.unreadable', reason: first }))
  expect(await statusFor(cold, tokens.access_token)).toBe(200)
})

/** Sealed private keys, the one that signs first. */
const sealedIn = async (on: Server): Promise<string[]> =>
  (await query(on, 'select private_jwk from signing_keys order by retired_at is not null')).map(String)
