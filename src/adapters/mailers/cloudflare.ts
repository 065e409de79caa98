import { within } from '../../base/deadline.ts'
import type { Delivery, Mailer } from '../../base/ports.ts'
import { guarded, headersOf, notTaken } from './outgoing.ts'

/**
 * Cloudflare Email Service, by a `send_email` binding. It makes MIME, Date and Message-ID itself and takes none of ours.
 * @see https://developers.cloudflare.com/email-service/api/send-emails/workers-api/
 */
export const cloudflare = (binding: { send(message: EmailMessageBuilder): Promise<unknown> }): Mailer =>
  guarded({
    name: 'cloudflare',
    async send(mail, limit) {
      const { id, from, to, subject, text, html } = mail
      const headers = { ...headersOf(mail), 'X-Entity-Ref-ID': id }
      const sender = { email: from.address, name: from.name }
      const sent = binding.send({ from: sender, to, subject, text, html, headers })
      return within(limit, sent.then(taken, judge), 'Cloudflare Email')
    },
  })

const taken = (): Delivery => ({ status: 'taken' })

/** What no later attempt mends: the recipient bounced or complained before, or the message is not to be sent at all. */
const final = ['E_RECIPIENT_SUPPRESSED', 'E_VALIDATION_ERROR', 'E_CONTENT_TOO_LARGE']

/** @throws Problem with the code; the message may quote the address */
const judge = (error: unknown): Delivery => {
  const { code }: { code?: unknown } = Object(error)
  const known = typeof code === 'string' && /^[A-Z_]{1,64}$/i.test(code) ? code : 'failed'
  const reason = `Cloudflare Email: ${known}`
  if (final.includes(known)) return { status: 'refused', reason }
  throw notTaken(reason)
}
