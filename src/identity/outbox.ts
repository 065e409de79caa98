import { type SQL, sql } from 'drizzle-orm'
import type { Config } from '../base/config.ts'
import type { KeyRing } from '../base/crypto.ts'
import { noMailer, Problem } from '../base/errors.ts'
import { newId } from '../base/ids.ts'
import type { Statement } from '../base/ports.ts'
import { chooseLanguage } from '../messages/languages.ts'
import type { Asked, MessageKind, Messages } from '../messages/message.ts'
import type { Context } from './context.ts'
import { type Due, dueJson, type MailPorts, newPostman, placeOf, readDue } from './postman.ts'
import { deviceName, userAgentOf } from './session-views.ts'
import { statement, taking } from './statement.ts'
import { messagesKept } from './sweeps.ts'

/** Seconds after which the job takes over a message that was to follow the answer. */
const inlineLease = 60

/** Seconds in which a recipient gets so many messages that a stranger may cause, and no more; and between two clocks. */
const [hour, skew] = [60 * 60, 5]

/** Seconds for which a message is tried whose text does not say. */
const usualLife = 3 * 24 * 60 * 60

export interface Message<K extends MessageKind> {
  readonly kind: K
  /** What its text needs, beside who asked and what is left of its life when it leaves. */
  readonly data: Omit<Messages[K], 'asked' | 'life'>
  /** Of whose account it tells; null where there is none, or none for long. */
  readonly userId: SQL | string | null
  /** Byte for byte as stored; null sends nothing. */
  readonly to: SQL | string
  /** It is sent where this holds, in the batch that makes it true. */
  readonly when: SQL
  /** Where this does not hold nothing leaves: the row only counts for its recipient, as that of any other would. */
  readonly leaves?: SQL
  /** Where this holds it is not counted for its recipient, whose own device asked for it. */
  readonly byOwner?: SQL
  /** Tells of what happened to an account. Not counted where its address is proven: then no stranger can cause it. */
  readonly isNotice?: boolean
  /** A notice of the batch that proves the address, before its row says so. */
  readonly proves?: boolean
  /** Its row names no user: it outlives the account of which it tells, and no export lists it. */
  readonly outlives?: boolean
  /** It says when, but not from where: nobody asked, or its reader may not be whoever has the account. */
  readonly hidesAsker?: boolean
  /** JSON for its text that only the batch knows. Never a secret: it is not sealed. */
  readonly details?: SQL
  /** Seconds; past them its text, or the link in it, is worth nothing. */
  readonly life?: number
  /** Left to the job, where the batch itself follows the answer. */
  readonly isLate?: boolean
}

/**
 * Messages on their way: a row written in the batch that makes the message true, its text sealed until it is delivered.
 * Delivery follows the answer; what fails is the job's.
 */
export const newOutbox = (config: Config, ring: KeyRing, ports: MailPorts) => {
  const { mailer } = ports
  const postman = newPostman(config, ring, ports)
  return {
    ...postman,

    canSend: mailer !== undefined,

    /** For routes that are worth nothing without mail. @throws Problem `misconfigured` (500) */
    require(): void {
      if (mailer === undefined) throw new Problem(noMailer)
    },

    /** Holds where `when` does and a message would find room for its recipient: else nothing is made that only it tells of. */
    mayWrite: (context: Context, to: SQL | string, when: SQL): SQL =>
      sql`(${when} and ${fullUntil(config, context, { recipient: to })} is null)`,

    /**
     * Statements for the end of the operation's batch. Whatever they wrote is delivered after the answer, with no more to
     * be done. Empty where no mail can be sent.
     */
    async post<K extends MessageKind>(context: Context, message: Message<K>): Promise<Statement[]> {
      if (mailer === undefined) return []
      const id = newId('msg')
      const data = { ...message.data, asked: message.hidesAsker ? askedAt(context) : askedBy(context) }
      const sealed = await ring.seal(placeOf(id), JSON.stringify(data))
      const insert = insertMessage(config, context, { ...message, id, sealed })
      if (message.isLate) return [insert]
      const written = taking(readMessage(id), (rows) => {
        const [due] = rows
        if (due !== undefined) context.after(() => postman.deliver(context, [due]))
      })
      return [insert, written]
    },
  }
}

export type Outbox = ReturnType<typeof newOutbox>

/**
 * The only count of what a recipient is sent, known or not: null while there is room, and else when there will be (Unix
 * seconds). Codes that finish a sign-in with the right password have a room of their own: what strangers ask for shuts
 * nobody out. The hour slides; a repeat of the batch does not count its own row, nor does anybody that of a clock that
 * has fallen back since.
 */
export const fullUntil = ({ limits }: Config, { now, requestId }: Context, { recipient, kind }: Room): SQL =>
  sql`(select o.created_at + ${hour} from outbox o where lower(o.recipient) = lower(${recipient}) and o.limited = 1
    and (o.kind = 'confirm_code') = ${kind === 'confirm_code' ? 1 : 0}
    and o.created_at between ${now - hour + 1} and ${now + skew} and o.request_id <> ${requestId}
    order by o.created_at desc limit 1 offset ${limits.mail - 1})`

interface Room {
  readonly recipient: SQL | string
  /** Of the message that wants room; undefined where strangers may ask for it. */
  readonly kind?: MessageKind | undefined
}

/** Who asks, for the reader of the message to judge. */
const askedBy = (context: Context): Asked => ({
  at: context.now,
  device: deviceName(userAgentOf(context)),
  address: context.address ?? null,
  country: context.country ?? null,
})

const askedAt = ({ now }: Context): Asked => ({ at: now, device: null, address: null, country: null })

interface Row extends Omit<Message<MessageKind>, 'data'> {
  readonly id: string
  readonly sealed: string
}

const insertMessage = (config: Config, context: Context, row: Row): Statement => {
  const { id, kind, userId, to, when, leaves = sql`true`, sealed, details, isLate = false, life = usualLife } = row
  const { now, headers, requestId } = context
  const language = chooseLanguage(null, headers.get('accept-language'))
  const isFree = row.isNotice ? toOwner(row) : (row.byOwner ?? sql`0`)
  const full = fullUntil(config, context, { recipient: sql`t.recipient`, kind })
  const [attempts, nextAt] = isLate ? [0, now] : [1, now + inlineLease]
  return statement(sql`insert into outbox (id, user_id, kind, request_id, recipient, language, sealed, details, limited,
      attempts, created_at, next_at, expires_at, done_at)
    select ${id}, iif(${row.outlives ? 1 : 0}, null, t.user_id), ${kind}, ${requestId}, t.recipient,
      coalesce(u.locale, ${language}), iif(t.leaves, ${sealed}, null), ${details ?? null}, not ${isFree},
      iif(t.leaves, ${attempts}, 0), ${now}, iif(t.leaves, ${nextAt}, null), ${now + life}, iif(t.leaves, null, ${now + hour - messagesKept})
    from (select ${userId} as user_id, ${to} as recipient, ${leaves} as leaves) t left join users u on u.id = t.user_id
    where t.recipient is not null and ${when}
      and (${isFree} or ${full} is null) on conflict do nothing`)
}

/** Holds where the recipient is the proven address of the account: whoever signs up may give another's. */
const toOwner = ({ proves = false }: Row): SQL =>
  sql`(coalesce(u.email_verified = 1 and u.email_canonical = lower(t.recipient), 0) or ${proves ? 1 : 0})`

const readMessage = (id: string): Statement<Due> =>
  statement(sql`select ${dueJson} from outbox where id = ${id} and next_at is not null`, readDue)
