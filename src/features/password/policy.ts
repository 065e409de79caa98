import { invalidRequest, Problem } from '../../base/errors.ts'
import { isCommon } from './common-passwords.ts'

/** Code points at most. */
const longest = 256

/** What must not be the password: the account's own e-mail, username and name. */
export interface Own {
  readonly email?: string
  readonly username?: string | null | undefined
  readonly name?: string | null | undefined
}

/**
 * Length in code points after NFKC, any character, no rules of composition. Not on the list of common passwords, and
 * nothing that the account tells about itself.
 * @param field Where the password stands in the body
 * @throws Problem `invalid_request` (422)
 * @see https://pages.nist.gov/800-63-4/sp800-63b.html#passwordver
 */
export const checkPassword = (password: string, min: number, own: Own, field: string): void => {
  const problem = weakness(password, min, own)
  if (problem !== undefined) throw new Problem(invalidRequest, { fields: { [field]: problem } })
}

const weakness = (password: string, min: number, own: Own): string | undefined => {
  if (!password.isWellFormed()) return 'This is not well-formed Unicode.'
  const normal = password.normalize('NFKC')
  const length = [...normal].length
  if (length < min || length > longest) return `${min} to ${longest} characters.`
  if (isCommon(password)) return 'This password is too common.'
  const folded = fold(password)
  const told = [own.email, own.email?.split('@')[0], own.username, own.name]
  return told.some((text) => text && fold(text) === folded) ? 'Not your own e-mail address or name.' : undefined
}

const fold = (text: string): string => text.normalize('NFKC').toLowerCase()
