import { inject } from 'vitest'
import { emailBinding, smtp } from '#world'
import { chooseMailer } from '../../src/adapters/mailers/choose-mailer.ts'
import { cloudflare } from '../../src/adapters/mailers/cloudflare.ts'
import { readSettings } from '../../src/base/config.ts'
import type { Mail, Mailer } from '../../src/base/ports.ts'
import { openLimiter, quick } from '../faulty-ports.ts'
import { origin, type Server, type ServerOptions, secrets, server } from '../harness.ts'
import { type Arrived, arrivedFor } from './mails.ts'

/** A message as it came out at the far end. */
export interface Letter extends Mail {
  /** Whom the envelope named. */
  readonly recipients: readonly string[]
  /** Header fields, by their names in lower case. */
  readonly headers: Readonly<Record<string, string>>
}

/** A real way for mail to leave, and what can be read at its far end. */
export interface Transport {
  readonly name: string
  readonly mailer: Mailer
  /** What was taken for this recipient, byte for byte the address, the oldest first. */
  lettersFor(to: string): Promise<Letter[]>
}

export const sender = { name: 'شركة أكمي, Inc.', address: 'No-Reply@Acme.example' }

const settings = { AUTH_MAIL_FROM: `${sender.name} <${sender.address}>` }

/** A mail server that demands a login, over TLS. */
export const mailServer = () => overSmtp(`smtps://ada:secret%20%C3%BC@localhost:${inject('mail').tls}`)

/** All of this runtime. */
export const transports = (): Transport[] => [mailServer(), ...(emailBinding ? [overBinding(emailBinding)] : [])]

/**
 * The service, mailing this way. Its `mailbox` holds what arrived, as the far end has it: not what was sent.
 * Hashes cost a hundredth.
 */
export const mailingBy = async (transport: Transport, options: ServerOptions = {}): Promise<Server> => {
  const mailbox: Mail[] = options.beside?.mailbox ?? []
  const mailer: Mailer = {
    ...transport.mailer,
    async send(mail, limit) {
      const delivery = await transport.mailer.send(mail, limit)
      if (delivery.status === 'taken') {
        const letters = await transport.lettersFor(mail.to)
        mailbox.push(...letters.filter(({ id }) => id === mail.id))
      }
      return delivery
    },
  }
  const usual = { argon2id: quick, limiter: openLimiter, mailer }
  const on = await server({ ...usual, ...options, settings: { ...settings, ...options.settings } })
  return { ...on, mailbox }
}

export const overSmtp = (url: string): Transport => {
  const env = { AUTH_ORIGIN: origin, AUTH_SECRET: secrets[0], SMTP_URL: url, ...settings }
  const { config } = readSettings(env)
  const mailer = config && chooseMailer(config, smtp)
  if (mailer === undefined) throw new Error('The settings name no mail server.')
  return { name: 'SMTP', mailer, lettersFor: async (to) => (await arrivedFor(to)).map(letterOf) }
}

const letterOf = ({ to, parsed }: Arrived): Letter => {
  const { from, subject = '', text = '', html = '', messageId = '' } = parsed
  const headers = Object.fromEntries(parsed.headers.map(({ key, value }) => [key, value]))
  return {
    id: messageId.slice(1, messageId.indexOf('@')),
    from: { name: from?.name ?? '', address: from?.address ?? '' },
    to: parsed.to?.[0]?.address ?? '',
    ...{ subject, text, html, headers, recipients: to },
    language: headers['content-language'] ?? '',
  }
}

/** What the runtime took through the binding: it makes MIME of it only where it delivers. */
export const overBinding = (binding: { send(message: EmailMessageBuilder): Promise<unknown> }): Transport => {
  const letters: Letter[] = []
  const watched = {
    async send(message: EmailMessageBuilder) {
      await binding.send(message)
      letters.push(letterThrough(message))
    },
  }
  return {
    name: 'the binding EMAIL',
    mailer: cloudflare(watched),
    lettersFor: async (address) => letters.filter(({ to }) => to === address),
  }
}

const letterThrough = ({ from, to, subject, text = '', html = '', headers = {} }: EmailMessageBuilder): Letter => {
  if (typeof from === 'string' || typeof to !== 'string') throw new Error('Not as the mailer addresses it.')
  const fields = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))
  return {
    id: fields['x-entity-ref-id'] ?? '',
    from: { name: from.name, address: from.email },
    ...{ to, subject, text, html, headers: fields, recipients: [to] },
    language: fields['content-language'] ?? '',
  }
}
