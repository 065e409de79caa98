import type { SmtpServer } from '../../base/mail-settings.ts'
import type { Delivery, Mailer } from '../../base/ports.ts'
import { guarded, headersOf, messageIdOf, notTaken } from './outgoing.ts'
import { smtpRefusal } from './smtp-refusal.ts'

/** SMTP from Node, a connection for each message. Nodemailer is loaded with the first. */
export const smtp = (server: SmtpServer): Mailer =>
  guarded({
    name: 'smtp',
    async send(mail, limit) {
      const { createTransport } = await import('nodemailer')
      const { from, to, subject, text, html } = mail
      const transport = createTransport(transportOf(server))
      // Nodemailer would write the domain in lower case, in the envelope and in the header.
      transport.use('stream', ({ message }, done) => {
        Object.assign(message, { _normalizeAddress: (address: string) => address })
        done()
      })
      const body = { subject, text, html, textEncoding: 'quoted-printable' as const }
      const headers = headersOf(mail)
      try {
        const signal = AbortSignal.timeout(limit)
        await transport.sendMail({
          from,
          to: { name: '', address: to },
          ...body,
          headers,
          messageId: messageIdOf(mail),
          signal,
        })
        return { status: 'taken' }
      } catch (error) {
        return judge(error)
      }
    },
  })

const transportOf = ({ host, port, security, login }: SmtpServer) => ({
  host,
  port,
  secure: security === 'tls',
  requireTLS: security === 'starttls',
  ignoreTLS: security === 'none',
  ...(login ? { auth: { user: login.user, pass: login.password } } : {}),
  disableFileAccess: true,
  disableUrlAccess: true,
})

/** Nodemailer's message quotes the reply, and with it addresses; its code, its command and the codes of the reply do not. */
const judge = (error: unknown): Delivery => {
  const { code, command, response }: { code?: string; command?: string; response?: string } = Object(error)
  if (response && command) return smtpRefusal(command, response)
  if (code === 'EABORT') throw notTaken('SMTP: timeout')
  throw notTaken(`SMTP: ${code ?? 'failed'}${command ? ` at ${command}` : ''}`)
}
