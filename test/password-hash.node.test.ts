import { argon2Sync } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import fc from 'fast-check'
import { afterEach, expect, test } from 'vitest'
import { argon2idNode } from '../src/adapters/password-hash/native.ts'
import { argon2idWasm } from '../src/adapters/password-hash/wasm.ts'
import { utf8 } from '../src/base/crypto.ts'

const file = createRequire(import.meta.url).resolve('@phi-ag/argon2/argon2.wasm')
const module = await WebAssembly.compile(await readFile(file))
const cheap = { memory: 64, passes: 1, lanes: 1 }
const current = { memory: 19_456, passes: 2, lanes: 1 }
const salt = utf8('sixteen bytes ok')

/** The instances that were made since, the newest last. */
const instances: WebAssembly.Instance[] = []
const { Instance } = WebAssembly
const watchInstances = () => {
  WebAssembly.Instance = class extends Instance {
    constructor(...given: ConstructorParameters<typeof Instance>) {
      super(...given)
      instances.push(this)
    }
  }
}
afterEach(() => {
  WebAssembly.Instance = Instance
  instances.length = 0
})

test("RFC 9106, 5.3: Node's Argon2id, by which the wasm is measured, gives the vector of the standard", () => {
  const fill = (length: number, byte: number) => new Uint8Array(length).fill(byte)

  const tag = argon2Sync('argon2id', {
    message: fill(32, 1),
    nonce: fill(16, 2),
    secret: fill(8, 3),
    associatedData: fill(12, 4),
    memory: 32,
    passes: 3,
    parallelism: 4,
    tagLength: 32,
  })

  expect(tag.toString('hex')).toBe('0d640df58d78766c08c037a34a8b53c9d01ef0452d75b65eb52520e96b01e659')
})

const text = fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme' }), fc.string()).map(utf8)
const cases = fc.record({
  password: fc.oneof(text, fc.uint8Array({ maxLength: 300 })),
  salt: fc.uint8Array({ minLength: 8, maxLength: 64 }),
  cost: fc.record({
    memory: fc.integer({ min: 32, max: 2048 }),
    passes: fc.integer({ min: 1, max: 4 }),
    lanes: fc.integer({ min: 1, max: 4 }),
  }),
  length: fc.integer({ min: 4, max: 96 }),
})

test("S8: the wasm gives the bytes of Node's Argon2id", async () => {
  const [wasm, native] = [argon2idWasm(module), await argon2idNode()]

  const same = fc.asyncProperty(cases, async ({ password, salt, cost, length }) => {
    const [ours, theirs] = await Promise.all([wasm(password, salt, cost, length), native(password, salt, cost, length)])
    expect([...ours]).toEqual([...theirs])
  })

  await fc.assert(same, { numRuns: 100 })
})

test('S8: the wasm, too, reads a password of a mebibyte to its end', async () => {
  const [wasm, native] = [argon2idWasm(module), await argon2idNode()]
  const password = utf8('пароль'.repeat(87_382))

  const hash = await wasm(password, salt, cheap, 32)

  expect([...hash]).toEqual([...(await native(password, salt, cheap, 32))])
  password[password.length - 1] = 0
  expect([...hash]).not.toEqual([...(await wasm(password, salt, cheap, 32))])
})

test('hashes that run at once do not mix', async () => {
  const [wasm, native] = [argon2idWasm(module), await argon2idNode()]
  const passwords = Array.from({ length: 8 }, (_, i) => utf8(`password number ${i}`))

  const ours = await Promise.all(passwords.map((password) => wasm(password, salt, cheap, 32)))
  const theirs = await Promise.all(passwords.map((password) => native(password, salt, cheap, 32)))

  expect(ours.map((hash) => [...hash])).toEqual(theirs.map((hash) => [...hash]))
})

test('the event loop turns between two hashes of the wasm, so that others are served', async () => {
  const wasm = argon2idWasm(module)
  let turns = 0
  let ticker = setImmediate(function tick() {
    turns++
    ticker = setImmediate(tick)
  })
  const turnOf = async () => {
    await wasm(utf8('password'), salt, current, 32)
    return turns
  }

  const ended = await Promise.all([turnOf(), turnOf(), turnOf(), turnOf()])
  clearImmediate(ticker)

  // Not 4: a busy machine may take more than a millisecond to call the next timer.
  expect(new Set(ended).size).toBeGreaterThanOrEqual(3)
})

test('no trace of password, salt or hash stays in the memory of the wasm', async () => {
  watchInstances()
  const password = utf8('a quite long пароль '.repeat(20))

  const hash = await argon2idWasm(module)(password, salt, current, 32)

  expect(instances).toHaveLength(1)
  const memory = Buffer.from(memoryOf(instances[0]).buffer)
  for (const secret of [password.subarray(0, 8), password.subarray(-8), salt.subarray(0, 8), hash.subarray(0, 8)])
    expect(memory.includes(secret)).toBe(false)
})

test('one instance serves all hashes, and its memory does not grow', async () => {
  watchInstances()
  const wasm = argon2idWasm(module)
  await wasm(utf8('password'), salt, current, 32)
  const before = memoryOf(instances[0]).buffer.byteLength

  for (let i = 0; i < 5; i++) await wasm(utf8('password'), salt, current, 32)

  expect(instances).toHaveLength(1)
  expect(memoryOf(instances[0]).buffer.byteLength).toBe(before)
  expect(before).toBeLessThan(24 * 1024 * 1024)
})

test('after a hash that found no memory the next one is right', async () => {
  const wasm = argon2idWasm(module)
  const before = await wasm(utf8('password'), salt, current, 32)

  await expect(wasm(utf8('password'), salt, { ...current, memory: 2 ** 21 }, 32)).rejects.toThrow('code -22')

  expect([...(await wasm(utf8('password'), salt, current, 32))]).toEqual([...before])
})

test('after a trap the next hash is right, on a new instance', async () => {
  watchInstances()
  const wasm = argon2idWasm(module)
  const before = await wasm(utf8('password'), salt, current, 32)
  new Uint8Array(memoryOf(instances[0]).buffer).fill(255)

  await expect(wasm(utf8('password'), salt, current, 32)).rejects.toThrow(WebAssembly.RuntimeError)

  expect([...(await wasm(utf8('password'), salt, current, 32))]).toEqual([...before])
  expect(instances).toHaveLength(2)
})

test('an instance that grew for a costly hash is let go', async () => {
  watchInstances()
  const wasm = argon2idWasm(module)
  await wasm(utf8('password'), salt, { ...current, memory: 65_536 }, 32)

  await wasm(utf8('password'), salt, current, 32)

  expect(instances).toHaveLength(2)
})

test('a module that is not this Argon2 is refused', async () => {
  const empty = await WebAssembly.compile(Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0))

  await expect(argon2idWasm(empty)(utf8('password'), salt, cheap, 32)).rejects.toThrow(TypeError)
})

const memoryOf = (instance: WebAssembly.Instance | undefined): WebAssembly.Memory => {
  const memory = instance?.exports.memory
  if (!(memory instanceof WebAssembly.Memory)) throw new TypeError('no memory')
  return memory
}
