import module from '@phi-ag/argon2/argon2.wasm?module'
import { argon2idWasm } from './wasm.ts'

export const argon2id = argon2idWasm(module)
