import * as crypto from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { promisify } from 'node:util'
import type { Argon2id } from '../../base/ports.ts'
import { argon2idWasm } from './wasm.ts'

/** Node's own Argon2 (24.7 and later), off the event loop; before that the wasm, which blocks it. Equal bytes. */
export const argon2idNode = async (): Promise<Argon2id> =>
  typeof crypto.argon2 === 'function' ? native() : argon2idWasm(await readModule())

const native = (): Argon2id => {
  const argon2 = promisify(crypto.argon2)
  return async (message, nonce, { memory, passes, lanes }, tagLength) =>
    argon2('argon2id', { message, nonce, memory, passes, parallelism: lanes, tagLength })
}

const readModule = async (): Promise<WebAssembly.Module> =>
  WebAssembly.compile(await readFile(createRequire(import.meta.url).resolve('@phi-ag/argon2/argon2.wasm')))

/** The best that this Node has. */
export const argon2id = await argon2idNode()
