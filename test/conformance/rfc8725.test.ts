import { CompactEncrypt, exportJWK, exportSPKI, FlattenedSign, generateKeyPair, importJWK } from 'jose'
import { expect, test, vi } from 'vitest'
import { fromBase64url, toBase64url, utf8 } from '../../src/base/crypto.ts'
import { encoded, type Forger, forger, signed, statusFor } from '../forging.ts'
import { json, type Server, server, signedUpByToken } from '../harness.ts'

/**
 * JSON Web Token best current practices: every token here names a live session and would be good but for one thing.
 * @see https://www.rfc-editor.org/rfc/rfc8725
 */
const setUp = async (): Promise<{ on: Server; forge: Forger }> => {
  const on = await server()
  return { on, forge: await forger(on, await signedUpByToken(on)) }
}

/** Every spelling of "none" by upper and lower case that differs, and what else careless checks let through. */
const nones = [
  'none',
  'None',
  'NONE',
  'nONE',
  'NoNe',
  'nOnE',
  'noNE',
  'nonE',
  'none ',
  ' none',
  'none\u0000',
  '',
  'null',
  'n\u043ene',
]

test('a token of the forger is good until something is wrong with it', async () => {
  const { on, forge } = await setUp()

  const token = await forge.token()

  expect(await statusFor(on, token)).toBe(200)
})

test('S40 GHSA-9h47-pqcx-hjr4: alg "none" is refused in 14 spellings, with no signature, with an empty one and with a good one', async () => {
  const { on, forge } = await setUp()

  for (const alg of nones) {
    const good = await forge.token({ header: { alg } })
    const unsigned = good.slice(0, good.lastIndexOf('.'))

    for (const token of [good, unsigned, `${unsigned}.`]) expect(await statusFor(on, token), alg).toBe(401)
  }
})

test('S40 CVE-2026-22817: HMAC under our public key is refused, in 14 encodings of that key', async () => {
  const { on, forge } = await setUp()
  const { publicJwk } = forge
  const spki = await exportSPKI(await publicKeyOf(forge))
  const base64 = spki.split('\n').slice(1, -1).join('')
  const [x, y] = [bytesOf(publicJwk.x), bytesOf(publicJwk.y)]
  const raw = Uint8Array.from([4, ...x, ...y])
  const jwks = await (await on.request('/auth/.well-known/jwks.json')).text()
  const encodings: (Uint8Array | string)[] = [
    ...[spki, spki.trim(), `${spki}\n`, spki.replaceAll('\n', '\r\n'), spki.replaceAll('\n', '')],
    ...[base64, Uint8Array.from(atob(base64), (byte) => byte.charCodeAt(0))],
    ...[raw, raw.slice(1), toBase64url(raw), x, y],
    ...[JSON.stringify(publicJwk), jwks],
  ]

  expect(encodings.length).toBe(14)
  for (const secret of encodings) {
    for (const alg of ['HS256', 'ES256']) {
      const token = await hmacSigned(secret, JSON.stringify({ ...forge.good().header, alg }), forge)

      expect(await statusFor(on, token)).toBe(401)
    }
  }
})

test('S40: no algorithm but ES256, spelled just so, is read', async () => {
  const { on, forge } = await setUp()
  const algorithms = ['HS256', 'RS256', 'PS256', 'ES384', 'ES512', 'ES256K', 'EdDSA', 'Ed25519', 'ML-DSA-44']
  const odd = ['es256', 'Es256', 'ES256 ', ['ES256'], { ES256: 1 }, null, true, 256, undefined]

  for (const alg of [...algorithms, ...odd]) {
    expect(await statusFor(on, await forge.token({ header: { alg } })), String(alg)).toBe(401)
  }
})

test('S41: a kid that is missing, unknown, another type or a path is refused, and only ever looked up by name', async () => {
  const { on, forge } = await setUp()
  const kids = [
    ...[undefined, '', null, 1, [forge.kid], { kid: forge.kid }, 'key_AAAAAAAAAAAAAAAAAAAAAA', forge.kid.toUpperCase()],
    ...[
      `${forge.kid} `,
      `../${forge.kid}`,
      '../../../dev/null',
      '/dev/null',
      "' or '1'='1",
      '__proto__',
      'constructor',
    ],
    ...['https://evil.example/key', 'x'.repeat(5000)],
  ]

  for (const kid of kids) {
    expect(await statusFor(on, await forge.token({ header: { kid } })), JSON.stringify(kid)).toBe(401)
  }
})

test('S39: a token that another key signed under our kid is refused', async () => {
  const { on, forge } = await setUp()
  const { header, claims } = forge.good()
  const pair = await generateKeyPair('ES256', { extractable: true })

  const token = await signed(pair.privateKey, JSON.stringify(header), JSON.stringify(claims))

  expect(await statusFor(on, token)).toBe(401)
})

test('S41 CVE-2026-27962 CVE-2025-59420: no header member brings a key, an extension or a URL, and none is fetched', async () => {
  const { on, forge } = await setUp()
  const pair = await generateKeyPair('ES256', { extractable: true })
  const jwk = await exportJWK(pair.publicKey)
  const outbound = vi.spyOn(globalThis, 'fetch')
  const extras: Record<string, unknown>[] = [
    { jwk },
    { jwk: forge.publicJwk },
    { jku: 'https://canary.example/jwks.json' },
    { x5u: 'https://canary.example/chain.pem' },
    { x5c: ['MIIB'] },
    { x5t: 'AAAA' },
    { 'x5t#S256': 'AAAA' },
    { crit: ['exp'], exp: 1 },
    { crit: [] },
    { b64: false, crit: ['b64'] },
    { b64: true },
    { zip: 'DEF' },
    { enc: 'A256GCM' },
    { cty: 'JWT' },
    { nonce: 'a' },
  ]

  for (const header of extras) {
    const own = await forge.token({ header })
    const foreign = await signed(
      pair.privateKey,
      JSON.stringify({ ...forge.good().header, ...header }),
      JSON.stringify(forge.good().claims),
    )

    for (const token of [own, foreign]) expect(await statusFor(on, token), JSON.stringify(header)).toBe(401)
  }
  const hosts = outbound.mock.calls.map(([input]) => new URL(input instanceof Request ? input.url : input).hostname)
  expect(hosts.filter((host) => host !== '127.0.0.1')).toEqual([])
  outbound.mockRestore()
})

test('S43: no typ but at+jwt, spelled just so, is read', async () => {
  const { on, forge } = await setUp()
  const types = ['JWT', 'jwt', 'AT+JWT', 'at+JWT', 'application/at+jwt', 'id+jwt', 'rt+jwt', 'logout+jwt', 'dpop+jwt']

  for (const typ of [...types, '', ' at+jwt', null, ['at+jwt'], undefined]) {
    expect(await statusFor(on, await forge.token({ header: { typ } })), String(typ)).toBe(401)
  }
})

test('S47 CVE-2024-28176: a JWE of five parts is refused, compressed or not, without being opened', async () => {
  const { on, forge } = await setUp()
  const secret = new Uint8Array(32)
  const claims = utf8(JSON.stringify(forge.good().claims))
  const jwe = await new CompactEncrypt(claims)
    .setProtectedHeader({ alg: 'dir', enc: 'A256GCM', typ: 'at+jwt', kid: forge.kid })
    .encrypt(secret)
  const good = await forge.token()
  const p2 = encoded(JSON.stringify({ alg: 'PBES2-HS256+A128KW', enc: 'A256GCM', p2c: 2_147_483_647, p2s: 'AAAA' }))

  for (const token of [jwe, `${good}.a.a`, `${p2}.AAAA.AAAA.AAAA.AAAA`, `${good}.a`, good.replace('.', '')]) {
    expect(await statusFor(on, token)).toBe(401)
  }
})

test('a JWS in JSON serialisation, detached or nested is refused', async () => {
  const { on, forge } = await setUp()
  const good = await forge.token()
  const [header, , signature] = good.split('.')
  const flattened = await new FlattenedSign(utf8(JSON.stringify(forge.good().claims)))
    .setProtectedHeader(forge.good().header)
    .sign(forge.privateKey)
  const nested = await forge.raw({ payload: JSON.stringify(good) })

  for (const token of [JSON.stringify(flattened), `${header}..${signature}`, nested, encoded(good)]) {
    expect(await statusFor(on, token)).toBe(401)
    expect((await on.request('/auth/token/revoke', json({ token }))).status).toBe(200)
  }
  expect(await statusFor(on, good)).toBe(200)
})

const bytesOf = (part: string | undefined): Uint8Array => fromBase64url(part ?? '') ?? new Uint8Array()

const publicKeyOf = async ({ publicJwk }: Forger): Promise<CryptoKey> => {
  const key = await importJWK(publicJwk, 'ES256', { extractable: true })
  if (key instanceof Uint8Array) throw new Error('A public key is no secret of bytes.')
  return key
}

/** A token whose signature is an HMAC. */
const hmacSigned = async (secret: Uint8Array | string, header: string, forge: Forger): Promise<string> => {
  const bytes = typeof secret === 'string' ? utf8(secret) : secret
  const key = await crypto.subtle.importKey('raw', Uint8Array.from(bytes), { name: 'HMAC', hash: 'SHA-256' }, false, [
    'sign',
  ])
  const input = `${encoded(header)}.${encoded(JSON.stringify(forge.good().claims))}`
  const mac = new Uint8Array(await crypto.subtle.sign('HMAC', key, utf8(input)))
  // Some libraries compare no lengths: a signature of 64 bytes as ES256 has, and one of 32.
  return `${input}.${toBase64url(header.includes('ES256') ? Uint8Array.from([...mac, ...mac]) : mac)}`
}
