import type { Delivery } from '../../base/ports.ts'
import { notTaken } from './outgoing.ts'

/**
 * What a 4xx or 5xx reply to `command` means for a message. Final is a 5xx for the recipient or the message; one for
 * the sender, the login or the policy of the server (5.7.x), or for the order of commands, an operator can mend. The
 * text of a reply is left out: it quotes addresses.
 * @param reply Such as `550 5.1.1 <ada@example.com>: no such user`
 * @throws Problem with the command and the codes
 * @see https://www.rfc-editor.org/rfc/rfc5321#section-4.2.1
 * @see https://www.rfc-editor.org/rfc/rfc3463#section-3
 */
export const smtpRefusal = (command: string, reply: string): Delivery => {
  const [, code = '000', enhanced] = /^([2-5][0-9]{2})(?:[ -]([245]\.[0-9]{1,3}\.[0-9]{1,3}))?/.exec(reply) ?? []
  const reason = `SMTP: ${[code, enhanced].filter(Boolean).join(' ')} to ${command}`
  const isOfMessage = command === 'RCPT TO' || command === 'DATA'
  const canBeMended = code === '503' || code === '530' || enhanced?.startsWith('5.7.')
  if (isOfMessage && code.startsWith('5') && !canBeMended) return { status: 'refused', reason }
  throw notTaken(reason)
}
