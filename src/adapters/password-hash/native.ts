import * as crypto from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { promisify } from 'node:util'
import type { Argon2id } from '../../base/ports.ts'
import { argon2idWasm } from './wasm.ts'

/**
 * Node's own Argon2 (24.7 and later), off the event loop; before that the wasm, which blocks it. Equal bytes.
 * The HMAC of a session cookie needs a thread of the same pool, and they are given in the order of asking: one, where there
 * is more than one, is left free of hashes, or every check of a session would wait behind the whole queue of them.
 */
export const argon2idNode = async (): Promise<Argon2id> =>
  typeof crypto.argon2 === 'function' ? native() : argon2idWasm(await readModule())

const native = (): Argon2id => {
  const argon2 = promisify(crypto.argon2)
  const inTurn = atMost(Math.max(1, poolSize() - 1))
  return async (message, nonce, { memory, passes, lanes }, tagLength) =>
    inTurn(() => argon2('argon2id', { message, nonce, memory, passes, parallelism: lanes, tagLength }))
}

/** As libuv reads it: what is no number is 1. @see https://docs.libuv.org/en/v1.x/threadpool.html */
const poolSize = (): number => Number.parseInt(process.env.UV_THREADPOOL_SIZE ?? '4', 10) || 1

/** So many at once; whoever comes later waits for the end of one. */
const atMost = (count: number) => {
  let free = count
  const waiting: (() => void)[] = []
  return async <T>(work: () => Promise<T>): Promise<T> => {
    if (free > 0) free -= 1
    else await new Promise<void>((resolve) => waiting.push(resolve))
    try {
      return await work()
    } finally {
      const next = waiting.shift()
      if (next === undefined) free += 1
      else next()
    }
  }
}

const readModule = async (): Promise<WebAssembly.Module> =>
  WebAssembly.compile(await readFile(createRequire(import.meta.url).resolve('@phi-ag/argon2/argon2.wasm')))

/** The best that this Node has. */
export const argon2id = await argon2idNode()
