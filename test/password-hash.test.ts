import { expect, test } from 'vitest'
import { utf8 } from '../src/base/crypto.ts'
import { passwordHasher } from '../src/base/phc.ts'
import type { Argon2id } from '../src/base/ports.ts'

/** What the runtime of this run hashes with: the wasm in workerd, Node's own on Node. */
const argon2idHere = async (): Promise<Argon2id> => {
  if (navigator.userAgent === 'Cloudflare-Workers')
    return (await import('../src/adapters/password-hash/workers.ts')).argon2id
  return (await import('../src/adapters/password-hash/native.ts')).argon2idNode()
}
const argon2id = await argon2idHere()

const cheap = { memory: 64, passes: 1, lanes: 1 }
const current = { memory: 19_456, passes: 2, lanes: 1 }

/** An Argon2id that writes down what it was asked for. */
const recorder = () => {
  const asked: { memory: number; passes: number; salt: number; length: number }[] = []
  const recording: Argon2id = (password, salt, cost, length) => {
    asked.push({ memory: cost.memory, passes: cost.passes, salt: salt.length, length })
    return argon2id(password, salt, cost, length)
  }
  return { recording, asked }
}

const hex = (bytes: Uint8Array) => [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('')

// https://github.com/P-H-C/phc-winner-argon2/blob/master/src/test.c, version 0x13
test.each([
  [2, 65_536, 1, 'password', 'somesalt', '09316115d5cf24ed5a15a31a3ba326e5cf32edc24702987c02b6566f61913cf7'],
  [2, 256, 1, 'password', 'somesalt', '9dfeb910e80bad0311fee20f9c0e2b12c17987b4cac90c2ef54d5b3021c68bfe'],
  [2, 256, 2, 'password', 'somesalt', '6d093c501fd5999645e0ea3bf620d7b8be7fd2db59c20d9fff9539da2bf57037'],
  [1, 65_536, 1, 'password', 'somesalt', 'f6a5adc1ba723dddef9b5ac1d464e180fcd9dffc9d1cbf76cca2fed795d9ca98'],
  [4, 65_536, 1, 'password', 'somesalt', '9025d48e68ef7395cca9079da4c4ec3affb3c8911fe4f86d1a2520856f63172c'],
  [2, 65_536, 1, 'differentpassword', 'somesalt', '0b84d652cf6b0c4beaef0dfe278ba6a80df6696281d7e0d2891b817d8c458fde'],
  [2, 65_536, 1, 'password', 'diffsalt', 'bdf32b05ccc42eb15d58fd19b1f856b113da1e9a5874fdcc544308565aa8141c'],
])('S8: Argon2id with t=%i m=%i p=%i of %s and %s is that of the reference implementation', async (...vector) => {
  const [passes, memory, lanes, password, salt, expected] = vector

  expect(hex(await argon2id(utf8(password), utf8(salt), { memory, passes, lanes }, 32))).toBe(expected)
})

// Made with OpenSSL's Argon2id through Node 26, salt 'sixteen bytes ok'.
test.each([
  ['nothing', '', cheap, '9e5899710cfbd7b8ae3dcb39a8d616c700870bda12956f213c7f4839eda6c7a3'],
  ['NUL inside', 'a\0b', cheap, 'a2cab1421cb9753a3bbf06d69a3b9d1b4226ada8a072dd53e557693f32ba6be3'],
  ['NUL at the end', 'a\0', cheap, '501b7c0723db77610fa74867393a81c2770f9d36f9d039678159137cd2b3701d'],
  ['Cyrillic', 'парольпароль', current, 'abcdd787a56aeec14ca91ad9470c6f0a0436ecc7a37d5d0bcd1c18dc9ee06f65'],
  [
    'four scripts',
    '🔑 пароль 密码 ключ',
    { memory: 64, passes: 3, lanes: 2 },
    '0287d9dc61df4edb2ebd38f76f2b1d942748e0994481ffda906cce044c53f9ab',
  ],
  ['73 characters', `${'a'.repeat(72)}b`, cheap, 'c3091fa1eca234ae05563d2833600a946cbd39f67e9885b98f358c6fcc985df0'],
  [
    'a mebibyte',
    'x'.repeat(1_048_576),
    cheap,
    'a513f791360d49e7e71d40d351fb5fa429bb7e5fd199eb2c1db1640e788d2b44' +
      '14baaeafad3f8f45de8eebfd4dba7ef48a130931df193ed8cb3da2d8780ad024',
  ],
  ['four lanes', 'password', { memory: 256, passes: 2, lanes: 4 }, 'e3067bd1e348a74505d1437491a3cbff'],
])('S8: every byte of the password counts: %s', async (_, password, cost, expected) => {
  const hash = await argon2id(utf8(password), utf8('sixteen bytes ok'), cost, expected.length / 2)

  expect(hex(hash)).toBe(expected)
})

test('S8: a stored hash names Argon2id with 19 MiB, two passes and one lane', async () => {
  const stored = await passwordHasher(argon2id).hash('not this one at all')

  expect(stored).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/)
})

test('S9: of one password hashed twice, neither salt nor hash is the same', async () => {
  const hasher = passwordHasher(argon2id, { cost: cheap })

  const [, , , , salt, hash] = (await hasher.hash('not this one at all')).split('$')
  const [, , , , otherSalt, otherHash] = (await hasher.hash('not this one at all')).split('$')

  expect(salt).not.toBe(otherSalt)
  expect(hash).not.toBe(otherHash)
})

test('the right password is right, and not weak', async () => {
  const hasher = passwordHasher(argon2id)
  const stored = await hasher.hash('парольпароль')

  expect(await hasher.verify('парольпароль', stored)).toEqual({ ok: true, weak: false })
})

test.each([
  ['the second half of a password in Cyrillic', 'парольпароль', 'парольXXXXXX'],
  ['what follows NUL', 'twelve\0letters', 'twelve\0LETTERS'],
  ['a space at the end', 'not this one at all', 'not this one at all '],
  ['a space at the start', 'not this one at all', ' not this one at all'],
  ['case', 'not this one at all', 'Not this one at all'],
  ['the 73rd character', `${'a'.repeat(72)}b`, `${'a'.repeat(72)}c`],
  ['the 129th character', `${'a'.repeat(128)}b`, `${'a'.repeat(128)}c`],
  ['the last of 256 emoji', `${'🔑'.repeat(255)}🔒`, '🔑'.repeat(256)],
  ['a character that is missing', 'not this one at all', 'not this one at al'],
  ['everything', 'not this one at all', ''],
])('S3: a password that differs in %s is refused', async (_, password, other) => {
  const hasher = passwordHasher(argon2id, { cost: cheap })
  const stored = await hasher.hash(password)

  expect((await hasher.verify(other, stored)).ok).toBe(false)
  expect((await hasher.verify(password, stored)).ok).toBe(true)
})

test('S7: the composed and the decomposed form of a password are one password', async () => {
  const hasher = passwordHasher(argon2id, { cost: cheap })
  const stored = await hasher.hash('cr\u00e8me br\u00fbl\u00e9e \ufb01n')

  expect((await hasher.verify('cre\u0300me bru\u0302le\u0301e fin', stored)).ok).toBe(true)
})

test('S7: a lone surrogate, which UTF-8 cannot tell from another, is never hashed and never right', async () => {
  const hasher = passwordHasher(argon2id, { cost: cheap })
  const stored = await hasher.hash('twelve letters \ufffd')

  await expect(hasher.hash('twelve letters \ud800')).rejects.toThrow(TypeError)
  expect(await hasher.verify('twelve letters \ud800', stored)).toEqual({ ok: false, weak: false })
})

test('S13: where nothing is stored, the work is that for a hash of today, and the answer is no', async () => {
  const { recording, asked } = recorder()
  const hasher = passwordHasher(recording)
  const stored = await hasher.hash('not this one at all')
  asked.length = 0

  const known = await hasher.verify('not that one at all', stored)
  const unknown = await hasher.verify('not that one at all', undefined)

  expect(unknown).toEqual(known)
  expect(asked[1]).toEqual(asked[0])
  expect(asked).toHaveLength(2)
})

const salt = 'c2l4dGVlbiBieXRlcyBvaw'
const hash = 'A'.repeat(43)
test.each([
  ['nothing', ''],
  ['another text', 'not a hash'],
  ['Argon2i', `$argon2i$v=19$m=64,t=1,p=1$${salt}$${hash}`],
  ['an older version', `$argon2id$v=16$m=64,t=1,p=1$${salt}$${hash}`],
  ['no version', `$argon2id$m=64,t=1,p=1$${salt}$${hash}`],
  ['a cost out of order', `$argon2id$v=19$t=1,m=64,p=1$${salt}$${hash}`],
  ['leading zeros', `$argon2id$v=19$m=064,t=1,p=1$${salt}$${hash}`],
  ['no hash', `$argon2id$v=19$m=64,t=1,p=1$${salt}$`],
  ['no salt', `$argon2id$v=19$m=64,t=1,p=1$$${hash}`],
  ['a short salt', `$argon2id$v=19$m=64,t=1,p=1$c2hvcnQ$${hash}`],
  ['a long salt', `$argon2id$v=19$m=64,t=1,p=1$${'A'.repeat(88)}$${hash}`],
  ['a short hash', `$argon2id$v=19$m=64,t=1,p=1$${salt}$AAAA`],
  ['a long hash', `$argon2id$v=19$m=64,t=1,p=1$${salt}$${'A'.repeat(88)}`],
  ['padding', `$argon2id$v=19$m=64,t=1,p=1$${salt}==$${hash}=`],
  ['stray bits', `$argon2id$v=19$m=64,t=1,p=1$${salt}$${'A'.repeat(42)}B`],
  ['a line feed', `$argon2id$v=19$m=64,t=1,p=1$${salt}$${hash}\n`],
  ['more than 64 MiB', `$argon2id$v=19$m=65537,t=1,p=1$${salt}$${hash}`],
  ['4 TiB', `$argon2id$v=19$m=4294967295,t=1,p=1$${salt}$${hash}`],
  ['eleven passes', `$argon2id$v=19$m=64,t=11,p=1$${salt}$${hash}`],
  ['five lanes', `$argon2id$v=19$m=64,t=1,p=5$${salt}$${hash}`],
  ['no memory', `$argon2id$v=19$m=0,t=1,p=1$${salt}$${hash}`],
  ['too little memory for its lanes', `$argon2id$v=19$m=31,t=1,p=4$${salt}$${hash}`],
])('a stored text that is no bounded PHC string of Argon2id costs the same and is refused: %s', async (_, stored) => {
  const { recording, asked } = recorder()
  const hasher = passwordHasher(recording)

  expect(await hasher.verify('', stored)).toEqual({ ok: false, weak: false })
  expect(asked).toEqual([{ memory: 19_456, passes: 2, salt: 16, length: 32 }])
})

const zeros = (bytes: number) => 'A'.repeat(Math.ceil((bytes * 4) / 3))

test.each([
  ['64 MiB', 'm=65536,t=1,p=1', 16, 32, true],
  ['ten passes', 'm=64,t=10,p=1', 16, 32, true],
  ['four lanes on the least memory', 'm=32,t=1,p=4', 16, 32, true],
  ['a salt of 8 bytes', 'm=64,t=1,p=1', 8, 32, true],
  ['a salt of 64 bytes', 'm=64,t=1,p=1', 64, 32, true],
  ['a hash of 16 bytes', 'm=64,t=1,p=1', 16, 16, true],
  ['a hash of 64 bytes', 'm=64,t=1,p=1', 16, 64, true],
  ['a salt of 7 bytes', 'm=64,t=1,p=1', 7, 32, false],
  ['a salt of 65 bytes', 'm=64,t=1,p=1', 65, 32, false],
  ['a hash of 15 bytes', 'm=64,t=1,p=1', 16, 15, false],
  ['a hash of 65 bytes', 'm=64,t=1,p=1', 16, 65, false],
])('a stored hash is checked up to the bounds: %s', async (...[, costs, saltBytes, hashBytes, isChecked]) => {
  const asked: string[] = []
  const recording: Argon2id = async (_, salt, { memory, passes, lanes }, length) => {
    asked.push(`m=${memory},t=${passes},p=${lanes} ${salt.length} ${length}`)
    return new Uint8Array(length)
  }

  const { ok } = await passwordHasher(recording).verify(
    'not this one at all',
    `$argon2id$v=19$${costs}$${zeros(saltBytes)}$${zeros(hashBytes)}`,
  )

  expect(ok).toBe(isChecked)
  expect(asked).toEqual([isChecked ? `${costs} ${saltBytes} ${hashBytes}` : 'm=19456,t=2,p=1 16 32'])
})

test.each([
  ['less memory', { memory: 128, passes: 2, lanes: 2 }, true],
  ['fewer passes', { memory: 256, passes: 1, lanes: 2 }, true],
  ['fewer lanes', { memory: 256, passes: 2, lanes: 1 }, true],
  ['the same', { memory: 256, passes: 2, lanes: 2 }, false],
  ['more', { memory: 512, passes: 3, lanes: 4 }, false],
])("S8: a hash made at another time's cost is right, and weak if that was below today's: %s", async (_, cost, weak) => {
  const then = passwordHasher(argon2id, { cost })
  const today = passwordHasher(argon2id, { cost: { memory: 256, passes: 2, lanes: 2 } })
  const stored = await then.hash('not this one at all')

  expect(await today.verify('not this one at all', stored)).toEqual({ ok: true, weak })
  expect(await today.verify('not that one at all', stored)).toEqual({ ok: false, weak: false })
})

test('S8: a hash with a shorter salt than ours, as others make them, is right and weak', async () => {
  const stored = '$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc'

  expect(await passwordHasher(argon2id).verify('password', stored)).toEqual({ ok: true, weak: true })
})

test('no more hashes queue than are allowed: one more is 503 with Retry-After, and there is room again after', async () => {
  const hasher = passwordHasher(argon2id, { cost: cheap, maxPending: 2 })

  const tried = await Promise.allSettled([1, 2, 3].map(() => hasher.verify('not this one at all', undefined)))

  expect(tried.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected'])
  expect(tried[2]).toMatchObject({ reason: { type: { code: 'unavailable', status: 503 }, retryAfter: 2 } })
  await expect(hasher.hash('not this one at all')).resolves.toBeTypeOf('string')
})

test('a hash that fails leaves its place in the queue', async () => {
  const broken: Argon2id = () => Promise.reject(new RangeError('no memory'))
  const hasher = passwordHasher(broken, { maxPending: 1 })

  await expect(hasher.hash('not this one at all')).rejects.toThrow(RangeError)
  await expect(hasher.hash('not this one at all')).rejects.toThrow(RangeError)
})

test('requests that were cancelled while they queued do not keep their places', async () => {
  let now = 1000
  let cancelled = true
  const stuck: Argon2id = (...given) => (cancelled ? new Promise(() => {}) : argon2id(...given))
  const hasher = passwordHasher(stuck, { cost: cheap, maxPending: 1, clock: () => now })
  void hasher.hash('not this one at all')
  cancelled = false

  await expect(hasher.hash('not this one at all')).rejects.toMatchObject({ type: { status: 503 } })
  now += 6
  await expect(hasher.hash('not this one at all')).resolves.toBeTypeOf('string')
})
