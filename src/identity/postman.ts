import { type SQL, sql } from 'drizzle-orm'
import { bulkhead } from '../base/bulkhead.ts'
import type { Clock } from '../base/clock.ts'
import type { Config } from '../base/config.ts'
import type { KeyRing } from '../base/crypto.ts'
import { within } from '../base/deadline.ts'
import type { Delivery, Mail, Mailer, Statement } from '../base/ports.ts'
import { chooseLanguage } from '../messages/languages.ts'
import type { MessageKind } from '../messages/message.ts'
import { render } from '../messages/render.ts'
import { type Context, nameOf } from './context.ts'
import { statement } from './statement.ts'
import { messagesKept } from './sweeps.ts'

/** A message that is to be sent now. */
export interface Due {
  readonly id: string
  readonly kind: MessageKind
  readonly recipient: string
  readonly language: string
  readonly sealed: string | null
  /** JSON. */
  readonly details: string | null
  /** This one included. */
  readonly attempts: number
  readonly expiresAt: number
}

export interface MailPorts {
  /** Undefined where no mail can be sent. */
  readonly mailer: Mailer | undefined
  readonly clock: Clock
}

/** Seconds until it is tried again, after each attempt; the last for all that follow. */
const backoff = [60, 5 * 60, 15 * 60, 60 * 60, 3 * 60 * 60, 6 * 60 * 60]

/** Milliseconds for one message. */
const patience = 10_000

/** Messages under way at once in one isolate, which a mail server that hangs must not fill: more are the job's. */
const mostAtOnce = 32

/** Messages that the job sends at once, and in one run; the seconds for which those that it took are its own. */
const round = { abreast: 10, most: 60, lease: 60 }

/** Seconds for which a message counts for its recipient. */
const counted = 60 * 60

/** Takes messages to the mailer and writes down what became of them. At least once: a lost reply sends again. */
export const newPostman = (config: Config, ring: KeyRing, { mailer, clock }: MailPorts) => {
  const admit = bulkhead(clock, { most: mostAtOnce, abandonedAfter: patience / 1000 })
  const mailOf = async ({ now }: Context, due: Due): Promise<Mail | undefined> => {
    const { id, kind, recipient, language, sealed, details } = due
    const opened = await ring.open(placeOf(id), sealed ?? '')
    if (opened === undefined) return undefined
    const data = { ...JSON.parse(opened), ...JSON.parse(details ?? '{}'), life: due.expiresAt - now }
    const rendered = render(kind, data, { language: chooseLanguage(language, null), brand: config.brand })
    return { id, from: config.mail.from, to: recipient, ...rendered }
  }

  const attempt = async (context: Context, due: Due): Promise<Delivery> => {
    if (due.expiresAt <= context.now) return { status: 'refused', reason: 'expired' }
    const mail = await mailOf(context, due)
    if (mailer === undefined || mail === undefined) return { status: 'refused', reason: 'unreadable' }
    return admit(() => within(patience, mailer.send(mail, patience), mailer.name))
  }

  /** What became of one message, as the statement that says so. */
  const carry = async (context: Context, due: Due): Promise<Statement> => {
    const { id, kind, attempts } = due
    const told = { messageId: id, kind, attempts, mailer: mailer?.name }
    try {
      const delivery = await attempt(context, due)
      context.log({ event: delivery.status === 'taken' ? 'mail.sent' : 'mail.dead', ...told, ...delivery })
      return over(id, context.now, delivery.status === 'taken' ? null : delivery.reason)
    } catch (error) {
      const nextAt = context.now + (backoff[Math.min(attempts, backoff.length) - 1] ?? 0)
      const isLast = nextAt >= due.expiresAt
      context.log({ event: isLast ? 'mail.dead' : 'mail.failed', ...told, error: nameOf(error) })
      return isLast ? over(id, context.now, nameOf(error)) : again(id, nextAt)
    }
  }

  const deliver = async (context: Context, dues: readonly Due[]): Promise<Statement[]> =>
    Promise.all(dues.map((due) => carry(context, due)))

  return {
    /** Sends each; answers the statements that say what became of them. */
    deliver,

    /**
     * Part of the scheduled job: what is due, whoever failed to send it; some at least, and more until `isOver`. Where no
     * mail can be sent any more, what expired. Answers how many it took.
     */
    async deliverDue(context: Context, isOver: () => boolean): Promise<number> {
      const isMeant = mailer ? sql`true` : sql`expires_at <= ${context.now}`
      for (let taken = 0; ; ) {
        const [dues] = await context.batch([take(context.now, isMeant)])
        if (dues.length > 0) await context.batch(await deliver(context, dues))
        taken += dues.length
        if (dues.length < round.abreast || taken >= round.most || isOver()) return taken
      }
    },

    /** Part of the scheduled job: seals anew what another secret of the ring sealed. */
    async reseal(context: Context): Promise<number> {
      const sealer = `${await ring.sealer()}.`
      const [rows] = await context.batch([sealedByAnother(sealer)])
      const updates: Statement[] = []
      for (const { id, sealed } of rows) {
        const opened = await ring.open(placeOf(id), sealed)
        if (opened !== undefined) updates.push(resealed(id, sealed, await ring.seal(placeOf(id), opened)))
      }
      if (updates.length > 0) await context.batch(updates)
      return updates.length
    },
  }
}

export const placeOf = (id: string): string => `outbox/sealed/${id}`

/** Of two that take at once each message goes to one. A repeat of the batch leaves those of the first to a later run. */
const take = (now: number, isMeant: SQL): Statement<Due> =>
  statement(
    sql`update outbox set next_at = ${now + round.lease}, attempts = attempts + 1 where id in
      (select id from outbox where next_at <= ${now} and ${isMeant} order by next_at limit ${round.abreast}) returning ${dueJson}`,
    readDue,
  )

/** Of whoever has no account nothing is kept but the hour for which it counts; a dead letter stays to be seen. */
const over = (id: string, now: number, failure: string | null): Statement =>
  statement(sql`update outbox set done_at = iif(user_id is null and ${failure} is null,
      ${now + counted - messagesKept}, ${now}), next_at = null, sealed = null, failure = ${failure}
    where id = ${id} and done_at is null`)

const again = (id: string, nextAt: number): Statement =>
  statement(sql`update outbox set next_at = ${nextAt} where id = ${id} and done_at is null`)

const sealedByAnother = (sealer: string): Statement<{ id: string; sealed: string }> =>
  statement(
    sql`select id, sealed from outbox where next_at is not null and substr(sealed, 1, ${sealer.length}) <> ${sealer}
      limit 100`,
    ([id, sealed]) => ({ id: String(id), sealed: String(sealed) }),
  )

const resealed = (id: string, from: string, to: string): Statement =>
  statement(sql`update outbox set sealed = ${to} where id = ${id} and sealed = ${from}`)

/** Wants `outbox` in scope. */
export const dueJson = sql.raw(`json_object('id', outbox.id, 'kind', outbox.kind, 'recipient', outbox.recipient,
  'language', outbox.language, 'sealed', outbox.sealed, 'details', outbox.details, 'attempts', outbox.attempts,
  'expiresAt', outbox.expires_at)`)

export const readDue = ([json]: readonly unknown[]): Due => JSON.parse(String(json))
