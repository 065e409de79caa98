import { sha256 } from '../../base/crypto.ts'
import type { Delivery, Mail, Mailer } from '../../base/ports.ts'
import { guarded, headersOf, notTaken, quoted } from './outgoing.ts'

/** Bytes of an answer that are read, at most. */
const mostRead = 16_384

/**
 * Resend over HTTP. Repeats are one message, for 24 hours, while their text is the same.
 * @param api For tests
 * @see https://resend.com/docs/api-reference/emails/send-email
 */
export const resend = (key: string, api = 'https://api.resend.com'): Mailer =>
  guarded({
    name: 'resend',
    async send(mail, limit) {
      const { id, from, to, subject, text, html } = mail
      const sender = `${quoted(from.name)} <${from.address}>`
      // Resend sets the Message-ID itself; by this one a mailbox does not fold two messages of one subject into one.
      const headers = { ...headersOf(mail), 'X-Entity-Ref-ID': id }
      const answer = await reached(
        fetch(`${api}/emails`, {
          method: 'POST',
          headers: {
            authorization: `Bearer ${key}`,
            'content-type': 'application/json',
            'idempotency-key': await keyOf(mail),
            // Without one Resend answers 403, and Workers send none.
            'user-agent': 'postern',
          },
          body: JSON.stringify({ from: sender, to: [to], subject, text, html, headers }),
          redirect: 'manual',
          signal: AbortSignal.timeout(limit),
        }),
      )
      const body = await reached(read(answer))
      return answer.status === 200 ? { status: 'taken' } : judge(answer.status, body)
    },
  })

/** One key for one text: a later attempt may promise less time, or come after a deploy. */
const keyOf = async ({ id, subject, text, html }: Mail): Promise<string> =>
  `${id}.${await sha256(JSON.stringify([subject, text, html]))}`

/**
 * Final is what Resend finds wrong with the recipient. The key, the domain, the quota: an operator can mend them.
 * @throws Problem with the status and the name of the error; its message may quote the address
 * @see https://resend.com/docs/api-reference/errors
 * @see https://resend.com/docs/dashboard/emails/idempotency-keys
 */
const judge = (status: number, body: string): Delivery => {
  const { name, message } = parse(body)
  const reason = `Resend: ${[status, /^[a-z_]{1,64}$/.exec(name)?.[0]].filter(Boolean).join(' ')}`
  const isOfRecipient = (status === 400 || status === 422) && /`to`/.test(message)
  if (isOfRecipient) return { status: 'refused', reason }
  throw notTaken(reason)
}

const parse = (body: string): { name: string; message: string } => {
  try {
    const { name, message }: { name?: unknown; message?: unknown } = Object(JSON.parse(body))
    return { name: String(name), message: String(message) }
  } catch {
    return { name: '', message: '' }
  }
}

/** The beginning of the body; of what follows nothing is fetched. */
const read = async (answer: Response): Promise<string> => {
  const reader = answer.body?.getReader()
  const decoder = new TextDecoder()
  let text = ''
  while (reader && text.length < mostRead) {
    const { value, done } = await reader.read()
    if (done) return text
    text += decoder.decode(value, { stream: true })
  }
  await reader?.cancel()
  return text
}

/** What `fetch` says of a connection that failed differs between runtimes. */
const reached = <T>(io: Promise<T>): Promise<T> =>
  io.catch((error) => {
    const isLate = error instanceof Error && error.name === 'TimeoutError'
    throw notTaken(isLate ? 'Resend: timeout' : 'Resend: connection failed')
  })
