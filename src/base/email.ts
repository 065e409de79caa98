export interface Email {
  /** As stored, and mailed byte for byte. */
  readonly address: string
  /** What two addresses are compared by: lower case. */
  readonly canonical: string
}

/**
 * An e-mail address, or undefined: a dot-atom of at most 64 characters, `@`, a domain of at least two labels, at most
 * 254 characters in all. No quoted local part, comment, list, angle bracket, address literal, control or white space.
 *
 * ASCII as given, which NFKC leaves as it is. Whatever NFKC would fold into ASCII is refused rather than folded (the
 * full-width `@` U+FF20 and U+FE6B, full-width letters and dots, the Kelvin sign), and what it would not (dotless i,
 * zero-width and bidirectional characters) no ASCII grammar takes: two accounts never meet in one mailbox by
 * normalisation (GHSA-7rqj-j65f-68wh), and what was checked is what is mailed (GHSA-5jpx-9hw9-2fx4). A domain in
 * another script is given in its `xn--` form.
 * @see https://www.rfc-editor.org/rfc/rfc5322#section-3.2.3
 * @see https://www.rfc-editor.org/rfc/rfc5321#section-4.5.3.1
 */
export const parseEmail = (given: string): Email | undefined => {
  if (given.length > 254) return undefined
  const at = given.indexOf('@')
  const [local, domain] = [given.slice(0, at), given.slice(at + 1)]
  if (at < 1 || at > 64 || !dotAtom.test(local) || !isMailDomain(domain)) return undefined
  return { address: given, canonical: given.toLowerCase() }
}

const dotAtom = /^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*$/

const isMailDomain = (domain: string): boolean => {
  const labels = domain.split('.')
  return labels.length > 1 && labels.every((label) => hostLabel.test(label)) && !/^[0-9]+$/.test(labels.at(-1) ?? '')
}

const hostLabel = /^[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/
