import { connect } from 'cloudflare:sockets'
import { within } from '../../base/deadline.ts'
import type { SmtpServer } from '../../base/mail-settings.ts'
import type { Delivery, Mail, Mailer } from '../../base/ports.ts'
import { base64, compose } from './mime.ts'
import { guarded, notTaken } from './outgoing.ts'
import { type SmtpConnection, smtpConnection } from './smtp-connection.ts'
import { smtpRefusal } from './smtp-refusal.ts'

/**
 * SMTP from Workers, a connection for each message. Of worker-mailer 1.2.1 only what composes a message is used: its
 * own connection sends the password in clear where a server does not offer STARTTLS, and spins for ever where one hangs up.
 */
export const smtp = (server: SmtpServer): Mailer =>
  guarded({
    name: 'smtp',
    async send(mail, limit) {
      const { host: hostname, port, security } = server
      const secureTransport = ({ tls: 'on', starttls: 'starttls', none: 'off' } as const)[security]
      const connection = smtpConnection(connect({ hostname, port }, { secureTransport, allowHalfOpen: false }))
      try {
        return await within(limit, converse(connection, server, mail), 'SMTP')
      } finally {
        connection.close()
      }
    },
  })

/** @see https://www.rfc-editor.org/rfc/rfc5321#appendix-D */
const converse = async (connection: SmtpConnection, server: SmtpServer, mail: Mail): Promise<Delivery> => {
  const { ask, expect } = connection
  await expect('2', 'CONN')
  let offers = await connection.hello()
  if (server.security === 'starttls') {
    if (!offers.has('STARTTLS')) throw notTaken('SMTP: no STARTTLS offered')
    await connection.startTls()
    offers = await connection.hello()
  }
  if (server.login) await authenticate(connection, offers.get('AUTH') ?? '', server.login)
  await expect('2', 'MAIL FROM', ask(`MAIL FROM:<${mail.from.address}>`))
  const rcpt = await ask(`RCPT TO:<${mail.to}>`)
  if (!rcpt.startsWith('2')) return smtpRefusal('RCPT TO', rcpt)
  const data = await ask('DATA')
  if (!data.startsWith('3')) return smtpRefusal('DATA', data)
  const taken = await ask(compose(mail).replace(/\r\n$/, ''))
  return taken.startsWith('2') ? { status: 'taken' } : smtpRefusal('DATA', taken)
}

/** @see https://www.rfc-editor.org/rfc/rfc4954 */
const authenticate = async (
  { ask, expect }: SmtpConnection,
  mechanisms: string,
  { user, password }: NonNullable<SmtpServer['login']>,
): Promise<unknown> => {
  if (/\bPLAIN\b/.test(mechanisms)) return expect('2', 'AUTH', ask(`AUTH PLAIN ${base64(`\0${user}\0${password}`)}`))
  if (!/\bLOGIN\b/.test(mechanisms)) throw notTaken('SMTP: neither AUTH PLAIN nor AUTH LOGIN offered')
  await expect('3', 'AUTH', ask('AUTH LOGIN'))
  await expect('3', 'AUTH', ask(base64(user)))
  return expect('2', 'AUTH', ask(base64(password)))
}
