import fc from 'fast-check'
import { expect, test } from 'vitest'
import { newSecret, qrOf, stepOf, uriOf } from '../src/features/totp/otp.ts'
import { codeAt } from './totp-app.ts'

const now = 1_800_000_000
const secret = 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP'

test('S22, S25: of any time and drift, a code counts for its own step, and for that only where the step is at most one away', async () => {
  const times = fc.integer({ min: 30, max: 4_000_000_000 })

  await fc.assert(
    fc.asyncProperty(times, fc.integer({ min: -100, max: 100 }), async (server, drift) => {
      const app = Math.max(0, server + drift)
      const code = await codeAt(secret, app)
      const near = [server, server - 30, server + 30].filter((time) => time >= 0)
      const shown = await Promise.all(near.map((time) => codeAt(secret, time)))

      const step = await stepOf(secret, code, server)

      const nearest = near[shown.indexOf(code)]
      expect(step).toBe(nearest === undefined ? undefined : Math.floor(nearest / 30))
    }),
  )
})

test('S22: a code may be typed in groups', async () => {
  const code = await codeAt(secret, now)

  expect(await stepOf(secret, `${code.slice(0, 3)} ${code.slice(3)}`, now)).toBe(now / 30)
  expect(await stepOf(secret, ` ${code} `, now)).toBe(now / 30)
})

test('S68: nothing but six digits is a code, whatever the digits are worth', async () => {
  const code = await codeAt(secret, now)
  const wide = code.replace(/\d/g, (digit) => String.fromCodePoint(0xff10 + Number(digit)))
  const hostile = [
    '',
    ' ',
    code.slice(1),
    `${code}0`,
    `0${code}`,
    `+${code}`,
    `-${code}`,
    `${code}.0`,
    `${code}\n`,
    `${code}\0`,
    `${code.slice(0, 3)}-${code.slice(3)}`,
    `${code.slice(0, 3)}\u00a0${code.slice(3)}`,
    wide,
    `0x${Number(code).toString(16)}`,
    `${code.slice(0, 5)}e0`,
    code.repeat(1000),
    '٠١٢٣٤٥',
  ]

  const found = await Promise.all(hostile.map((text) => stepOf(secret, text, now)))

  expect(found).toEqual(hostile.map(() => undefined))
})

test('S68: no text at all breaks the check', async () => {
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: 'binary' }), async (text) => {
      const step = await stepOf(secret, text, now)

      expect(step === undefined || /^(?: *[0-9]){6} *$/.test(text)).toBe(true)
    }),
  )
})

test('S22: a secret is 160 random bits in base32, another each time', async () => {
  const made = await Promise.all(Array.from({ length: 200 }, newSecret))

  expect(made.filter((one) => !/^[A-Z2-7]{32}$/.test(one))).toEqual([])
  expect(new Set(made).size).toBe(200)
  expect(new Set(made.join(''))).toHaveLength(32)
})

test('S22: a new secret is good for the codes that an app makes of it', async () => {
  const made = await newSecret()

  expect(await stepOf(made, await codeAt(made, now), now)).toBe(now / 30)
})

test('S22: the URI names issuer and account twice over as apps want it, with the secret and what every app assumes', async () => {
  const uri = await uriOf(secret, { issuer: 'Acme', account: 'ada@example.com' })

  expect(uri).toBe(
    `otpauth://totp/Acme:ada%40example.com?issuer=Acme&secret=${secret}&algorithm=SHA1&digits=6&period=30`,
  )
})

test.each([
  ['a colon', 'localhost:8787', 'localhost 8787'],
  ['an ampersand and an equals sign', 'A&secret=AAAA', 'A&secret=AAAA'],
  ['a question mark and a hash', 'What? #1', 'What? #1'],
  ['a slash and a percent sign', 'a/b%2Fc%', 'a/b%2Fc%'],
  ['quotes and angle brackets', `"'><script>alert(1)</script>`, `"'><script>alert(1)</script>`],
  ['letters of other scripts', 'Čaj à la 茶 😀', 'Čaj à la 茶 😀'],
  ['a lone surrogate', 'A\ud800B', 'A\ufffdB'],
])('S68: a name with %s stays a name in the URI', async (_, issuer, shown) => {
  const account = "o'brien+a&b=c?d#e/f%g@example.com"

  const uri = new URL(await uriOf(secret, { issuer, account }))

  expect(uri.protocol).toBe('otpauth:')
  expect(decodeURIComponent(uri.pathname).split(':')).toEqual([`${uri.host ? '' : '//totp'}/${shown}`, account])
  expect([...uri.searchParams.keys()]).toEqual(['issuer', 'secret', 'algorithm', 'digits', 'period'])
  expect(uri.searchParams.get('issuer')).toBe(shown)
  expect(uri.searchParams.get('secret')).toBe(secret)
  expect(uri.hash).toBe('')
})

/** Of the tests: the dark squares, row by row, of an SVG that is made of nothing else. */
const drawn = (svg: string): { size: number; dark: [x: number, y: number][] } => {
  const form =
    /^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" viewBox="0 0 (\d+) \1"><rect fill="white" width="\1" height="\1"\/><path fill="black" d="((?:M\d+,\d+h1v1h-1z)+)"\/><\/svg>$/
  const [, size, path = ''] = form.exec(svg) ?? []
  return {
    size: Number(size),
    dark: [...path.matchAll(/M(\d+),(\d+)/g)].map(([, x, y]) => [Number(x), Number(y)]),
  }
}

test('S61: the QR code is an image of black squares on white, and nothing that runs or is fetched', async () => {
  const { size, dark } = drawn(
    await qrOf(await uriOf(secret, { issuer: '"/><script>alert(1)</script>', account: 'a@b.cd' })),
  )

  expect(size).toBeGreaterThan(40)
  expect(dark.length).toBeGreaterThan(500)
})

test('S22: around the QR code four squares stay white, as readers need it', async () => {
  const { size, dark } = drawn(await qrOf(await uriOf(secret, { issuer: 'Acme', account: 'ada@example.com' })))

  const places = dark.flat()
  expect([Math.min(...places), Math.max(...places)]).toEqual([4, size - 5])
})

test('S68: the longest name and the longest address fit into a QR code', async () => {
  const account = `${"'".repeat(64)}@${'a.'.repeat(93)}com`

  const { size } = drawn(await qrOf(await uriOf(secret, { issuer: '😀'.repeat(64), account })))

  expect(account.length).toBe(254)
  expect(size).toBeLessThanOrEqual(177 + 8)
})
