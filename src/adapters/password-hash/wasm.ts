import { stopwatch } from '../../base/clock.ts'
import type { Argon2id } from '../../base/ports.ts'

/**
 * Bytes. Memory of a wasm instance never shrinks, and a Worker has 128 MB: an instance that grew beyond this to check
 * a costly stored hash is let go. A hash of today's cost needs 24 MiB.
 */
const kept = 32 * 1024 * 1024

/**
 * Argon2id on the `argon2.wasm` of `@phi-ag/argon2`, one instance a process, so one hash at a time. The package's own
 * JavaScript is not used: it takes the length of the text for the length of its bytes, so that of a password in
 * Cyrillic only the first half counted. Here every length is that of the bytes.
 */
export const argon2idWasm = (module: WebAssembly.Module): Argon2id => {
  let engine: Engine | undefined
  let sinceLast = (): number => Number.POSITIVE_INFINITY
  return async (password, salt, cost, length) => {
    // Hashing blocks the thread, and timers that are due together run together: whoever finds that one has run in this
    // turn takes a later turn, so that other requests are served between any two. Nothing is held, so that a request
    // that workerd cancels leaves nothing behind. In workerd the time stands still for the length of a turn; elsewhere
    // the next timer is called within a millisecond.
    do await later()
    while (sinceLast() <= 1)
    const used = engine ?? start(module)
    // Kept only if this hash succeeds: after a trap the state of the instance is unknown.
    engine = undefined
    const hash = run(used, password, salt, cost, length)
    if (used.memory.buffer.byteLength <= kept) engine = used
    sinceLast = stopwatch()
    return hash
  }
}

const later = () => new Promise<void>((resolve) => setTimeout(resolve, 0))

const start = (module: WebAssembly.Module) => {
  const { memory, malloc, free, argon2_hash, _initialize } = new WebAssembly.Instance(module).exports
  if (!(memory instanceof WebAssembly.Memory) || typeof malloc !== 'function' || typeof free !== 'function')
    throw new TypeError('The module does not export its memory.')
  if (typeof argon2_hash !== 'function' || typeof _initialize !== 'function')
    throw new TypeError('The module is not the Argon2 of @phi-ag/argon2.')
  _initialize()
  return {
    memory,
    malloc: (bytes: number): number => malloc(bytes),
    free: (address: number): void => free(address),
    /** The C function of the reference implementation: 0 or an error code. */
    hash: (...given: number[]): number => argon2_hash(...given),
  }
}

type Engine = ReturnType<typeof start>

const argon2id = 2
const version = 0x13
/** No PHC string is asked for: we write our own. */
const noText = [0, 0]

const run = (engine: Engine, ...[password, salt, cost, length]: Parameters<Argon2id>): Uint8Array => {
  const size = password.length + salt.length + length
  const passwordAt = engine.malloc(size)
  if (passwordAt === 0) throw new RangeError('Argon2 found no memory for its input.')
  const saltAt = passwordAt + password.length
  const hashAt = saltAt + salt.length
  try {
    const before = new Uint8Array(engine.memory.buffer)
    before.set(password, passwordAt)
    before.set(salt, saltAt)
    const inputs = [passwordAt, password.length, saltAt, salt.length, hashAt, length]
    const failure = engine.hash(cost.passes, cost.memory, cost.lanes, ...inputs, ...noText, argon2id, version)
    if (failure !== 0) throw new RangeError(`Argon2 refused with code ${failure}.`)
    return new Uint8Array(engine.memory.buffer).slice(hashAt, hashAt + length)
  } finally {
    // The memory may have grown meanwhile, and the old view with it be detached.
    new Uint8Array(engine.memory.buffer).fill(0, passwordAt, passwordAt + size)
    engine.free(passwordAt)
  }
}
