import { Problem, unavailable } from '../../base/errors.ts'
import type { Mail, Mailer } from '../../base/ports.ts'

/** Refuses what would break out of a header or of an SMTP command, before the transport sees it (CWE-93). */
export const guarded = (mailer: Mailer): Mailer => ({
  ...mailer,
  send: async (mail, limit) =>
    breaksOut(mail)
      ? { status: 'refused', reason: 'A header would hold a control character.' }
      : mailer.send(mail, limit),
})

const breaksOut = ({ id, from, to, subject, language }: Mail): boolean =>
  /[\s<>\p{Cc}]/u.test(id + from.address + to + language) || /[\p{Cc}\p{Zl}\p{Zp}]/u.test(from.name + subject)

/** `auto-generated` keeps holiday replies away. @see https://www.rfc-editor.org/rfc/rfc3834#section-5 */
export const headersOf = ({ language }: Mail) => ({ 'Auto-Submitted': 'auto-generated', 'Content-Language': language })

/** The same for every attempt, so that whoever gets a message twice can tell. */
export const messageIdOf = ({ id, from }: Mail): string =>
  `<${id}@${from.address.slice(from.address.indexOf('@') + 1)}>`

/** A name as it stands before `<address>`: quoted, so that none of it is syntax. */
export const quoted = (name: string): string => `"${name.replace(/["\\]/g, '\\$&')}"`

/** What kept a message from being taken this time, as an operator reads it: no address, and nothing of the message. */
export const notTaken = (reason: string): Problem => new Problem(unavailable, { cause: reason })
