import { expect, test } from 'vitest'
import { fromBase64url, toBase64url } from '../src/base/crypto.ts'
import { forger, otherTails, partsOf, statusFor } from './forging.ts'
import { bodyOf, json, server, signedUpByToken } from './harness.ts'

/** A token has one spelling: whatever a library would forgive is refused before one sees it. */
const setUp = async () => {
  const on = await server()
  const person = await signedUpByToken(on)
  return { on, person, forge: await forger(on, person) }
}

test('S46: changed trailing bits of header, payload or signature are refused, though they decode alike', async () => {
  const { on, forge } = await setUp()
  // Payloads of three lengths, so that each part is met with spare bits.
  for (const jti of ['a', 'ab', 'abc']) {
    const parts = (await forge.token({ claims: { jti } })).split('.')

    expect(await statusFor(on, parts.join('.'))).toBe(200)
    for (const [i, part] of parts.entries()) {
      for (const tail of otherTails(part)) expect(await statusFor(on, parts.with(i, tail).join('.'))).toBe(401)
    }
  }
})

test('S46: padding, white space, the other Base64 alphabet and stray bytes are refused', async () => {
  const { on, forge } = await setUp()
  const good = await forge.token()
  const [header = '', payload = '', signature = ''] = good.split('.')
  const spoiled = [
    ...[`${header}=.${payload}.${signature}`, `${header}.${payload}=.${signature}`, `${good}=`, `${good}==`],
    ...[
      `${header}. ${payload}.${signature}`,
      `${header}.\t${payload}.${signature}`,
      `${header} .${payload}.${signature}`,
    ],
    ...[`${good}.`, `.${good}`, `${header}..${payload}.${signature}`, `${header}.${payload}`, header, '..', '.'],
    ...[`${good}A`, `${good}AAAA`, good.slice(0, -1), good.slice(0, -4), `${header}.${payload}.${payload}`],
    ...[good.replaceAll('-', '+').replaceAll('_', '/'), `${good}%00`, `${good}#`, `${good}?a=b`],
  ].filter((token) => token !== good)

  for (const token of spoiled) expect(await statusFor(on, token), token).toBe(401)
})

test('S46: the parsed form is asked of a token in a body too: a misspelled one revokes nothing', async () => {
  const { on, forge } = await setUp()
  const good = await forge.token()
  const [tail = ''] = otherTails(good.slice(good.lastIndexOf('.') + 1))

  for (const token of [
    `${good}=`,
    ` ${good}`,
    `${good}\n`,
    `Bearer ${good}`,
    good.slice(0, good.lastIndexOf('.') + 1) + tail,
  ]) {
    expect((await on.request('/auth/token/revoke', json({ token }))).status).toBe(200)
  }
  expect(await statusFor(on, good)).toBe(200)
})

test('S48: a member that stands twice is refused in header and payload, first or last, alike or not', async () => {
  const { on, forge } = await setUp()
  const { header, claims } = forge.good()
  const headers = [...Object.entries(header).map(([name, value]) => ({ ...header, [name]: value })), { ...header }].map(
    (member) => JSON.stringify(member),
  )
  const [text = ''] = headers
  const twice = (whole: string, name: string, value: unknown) => [
    whole.replace('{', `{${JSON.stringify(name)}:${JSON.stringify(value)},`),
    whole.replace(/}$/, `,${JSON.stringify(name)}:${JSON.stringify(value)}}`),
    whole.replace('{', `{"\\u00${name.charCodeAt(0).toString(16)}${name.slice(1)}":${JSON.stringify(value)},`),
  ]

  for (const [name, value] of [...Object.entries(header), ['alg', 'none'], ['kid', 'x']] as [string, unknown][]) {
    for (const spelled of twice(text, name, value)) {
      expect(await statusFor(on, await forge.raw({ header: spelled })), spelled).toBe(401)
    }
  }
  for (const [name, value] of [...Object.entries(claims), ['exp', 9e10], ['sub', 'usr_x']] as [string, unknown][]) {
    for (const spelled of twice(JSON.stringify(claims), name, value)) {
      expect(await statusFor(on, await forge.raw({ payload: spelled })), spelled).toBe(401)
    }
  }
})

test('S48: JSON that reads alike but is written otherwise, and what is no object, is refused', async () => {
  const { on, forge } = await setUp()
  const text = JSON.stringify(forge.good().claims)
  const payloads = [
    ...[` ${text}`, `${text} `, `${text}\n`, text.replace('{', '{ '), text.replace(',', ', '), `\ufeff${text}`],
    ...[text.replace('"iss"', '"\\u0069ss"'), text.replace(/\//g, '\\/'), text.replace(/"exp":(\d+)/, '"exp":$1.0')],
    ...[text.replace(/"exp":(\d+)/, '"exp":$1e0'), `${text},`, `${text}${text}`, text.replace('}', ',}')],
    ...[
      text.replace('{', '{"__proto__":{"a":1},'),
      text.replace('{', '{"constructor":{},'),
      text.replace('{', '{"admin":true,'),
    ],
    ...['', '{}', '[]', 'null', 'true', '1', '"', JSON.stringify([forge.good().claims]), JSON.stringify(text), '{'],
  ]

  for (const payload of payloads) expect(await statusFor(on, await forge.raw({ payload })), payload).toBe(401)
  expect('admin' in {}).toBe(false)
})

test('S46: a token above 8 KiB is refused, and a good one just below is read', async () => {
  const { on, forge } = await setUp()
  const sized = async (roles: number) => forge.token({ claims: { roles: ['r'.repeat(roles)] } })
  const empty = (await sized(0)).length
  const most = Math.floor(((8192 - empty) * 3) / 4) - 2
  const below = await sized(most)
  const above = await sized(most + 8)

  expect(below.length).toBeGreaterThan(8184)
  expect([below.length <= 8192, above.length > 8192]).toEqual([true, true])
  expect([await statusFor(on, below), await statusFor(on, above)]).toEqual([200, 401])
  const before = on.trips.total
  await statusFor(on, above)
  expect(on.trips.total).toBe(before)
})

/** The order of P-256. */
const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n

/** (r, s) and (r, n - s) sign alike. */
const mirrored = (token: string): string => {
  const at = token.lastIndexOf('.') + 1
  const signature = fromBase64url(token.slice(at)) ?? new Uint8Array(64)
  const s = BigInt(`0x${[...signature.slice(32)].map((byte) => byte.toString(16).padStart(2, '0')).join('')}`)
  const other = (order - s).toString(16).padStart(64, '0')
  const bytes = Uint8Array.from(other.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16))
  return token.slice(0, at) + toBase64url(Uint8Array.from([...signature.slice(0, 32), ...bytes]))
}

test('the second form of an ES256 signature is the same token: it is worth as much, and dies with it', async () => {
  const { on, person } = await setUp()
  const { access_token } = person.tokens
  const twin = mirrored(access_token)
  const statuses = async () => [await statusFor(on, access_token), await statusFor(on, twin)]

  const before = await statuses()
  await on.request('/auth/token/revoke', json({ token: twin }))
  const after = await statuses()

  expect(twin).not.toBe(access_token)
  expect(partsOf(twin)).toEqual(partsOf(access_token))
  expect([before, after]).toEqual([
    [200, 200],
    [401, 401],
  ])
})

test('a signature of zeroes, of the order, or in DER is refused (CVE-2022-21449)', async () => {
  const { on, forge } = await setUp()
  const good = await forge.token()
  const input = good.slice(0, good.lastIndexOf('.'))
  const n = Uint8Array.from(order.toString(16).match(/../g) ?? [], (pair) => Number.parseInt(pair, 16))
  const zero = new Uint8Array(32)
  const der = Uint8Array.from([0x30, 0x44, 0x02, 0x20, ...n, 0x02, 0x20, ...n])

  for (const bytes of [[...zero, ...zero], [...n, ...n], [...zero, ...n], [...n, ...zero], [...der]]) {
    expect(await statusFor(on, `${input}.${toBase64url(Uint8Array.from(bytes))}`)).toBe(401)
  }
  expect(await bodyOf(await on.request('/auth/session', { headers: { authorization: `Bearer ${input}.` } }))).toEqual({
    user: null,
    session: null,
  })
})
