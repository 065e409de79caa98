import { type Clock, rfc3339 } from '../base/clock.ts'
import type { Database, Mail, Mailer, Query, Value } from '../base/ports.ts'
import { codeIn, linksIn } from './message.ts'

/** A message as `GET /dev/mailbox.json` tells it. */
export interface Message {
  readonly id: string
  readonly to: string
  readonly subject: string
  readonly text: string
  readonly html: string
  /** In the order in which the message has them, each once. */
  readonly links: string[]
  readonly code: string | null
  /** RFC 3339. */
  readonly sentAt: string
}

/** What arrives for anybody while the service is developed, in a table of the same database: every isolate sees it. */
export interface Mailbox {
  readonly mailer: Mailer
  /** Newest first; only those for the address `to` where one is given. */
  list(to?: string): Promise<Message[]>
  /** Another whenever the list is another. */
  version(): Promise<string>
  find(id: string): Promise<(Message & { readonly from: string }) | undefined>
  clear(): Promise<void>
}

/** How many messages stay. */
const capacity = 500
/** Milliseconds. */
const patience = 5000

/** `beside` is a mailer that really delivers: it gets every message too, and its answer counts. */
export const newMailbox = (database: Database, clock: Clock, beside?: Mailer): Mailbox => {
  let isThere = false
  const run = async (...queries: Query[]) => {
    const first = isThere ? [] : [table]
    const rows = await database.run([...first, ...queries], patience)
    isThere = true
    return rows.slice(first.length)
  }
  return {
    mailer: {
      name: 'mailbox',
      async send(mail, limit) {
        await run(insert(mail, clock()), forgetOldest)
        return beside === undefined ? { status: 'taken' } : beside.send(mail, limit)
      },
    },
    async list(to) {
      const [rows = []] = await run(to === undefined ? select('') : select('where recipient = ?', to))
      return rows.map(toMessage)
    },
    async version() {
      const [[newest = []] = []] = await run(query('select id from dev_mailbox order by rowid desc limit 1'))
      return String(newest[0] ?? 'empty')
    },
    async find(id) {
      const [[row] = []] = await run(select('where id = ?', id))
      return row && { ...toMessage(row), from: String(row[6]) }
    },
    clear: async () => void (await run(query('delete from dev_mailbox'))),
  }
}

const query = (sql: string, ...params: Value[]): Query => ({ sql, params, writes: !sql.startsWith('select') })

const table = query(
  'create table if not exists dev_mailbox (id text primary key, recipient text not null, subject text not null, ' +
    'text text not null, html text not null, sent_at integer not null, sender text not null)',
)
const forgetOldest = query(`delete from dev_mailbox where rowid <= (select max(rowid) from dev_mailbox) - ${capacity}`)

/** A second attempt at a message is no second message. */
const insert = ({ id, to, subject, text, html, from }: Mail, now: number): Query =>
  query(
    'insert into dev_mailbox (id, recipient, subject, text, html, sent_at, sender) values (?, ?, ?, ?, ?, ?, ?) ' +
      'on conflict do nothing',
    ...[id, to, subject, text, html, now, `${from.name} <${from.address}>`],
  )

const select = (where: '' | 'where recipient = ?' | 'where id = ?', ...params: Value[]): Query =>
  query(
    `select id, recipient, subject, text, html, sent_at, sender from dev_mailbox ${where} order by rowid desc`,
    ...params,
  )

const toMessage = (row: readonly unknown[]): Message => {
  const [id = '', to = '', subject = '', text = '', html = ''] = row.map(String)
  const sentAt = rfc3339(Number(row[5]))
  return { id, to, subject, text, html, links: linksIn(html, text), code: codeIn(text), sentAt }
}
