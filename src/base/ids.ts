import { randomToken } from './crypto.ts'

export type IdPrefix = 'usr' | 'ses' | 'key' | 'dev' | 'req' | 'msg' | 'otp' | 'pky'

/** A type prefix and 128 random bits. An id is not a secret. */
export const newId = (prefix: IdPrefix): string => `${prefix}_${randomToken(16)}`

/** True for text of the very form that `newId` makes. */
export const isId = (prefix: IdPrefix, text: string): boolean =>
  text.length === prefix.length + 23 && text.startsWith(`${prefix}_`) && /^[A-Za-z0-9_-]+$/.test(text)
