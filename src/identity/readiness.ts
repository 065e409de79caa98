import { sql } from 'drizzle-orm'
import { Problem } from '../base/errors.ts'
import type { Mailer } from '../base/ports.ts'
import type { Context } from './context.ts'
import type { Core } from './core.ts'
import { prepare, statement } from './statement.ts'

export interface Readiness {
  status: 'ok' | 'unready'
  database: 'ok' | 'unavailable'
  migrations: 'ok' | 'missing' | 'unknown'
  /** Whether one signs: where a clock fell back, also before its time. `none`: the first request that signs makes one. */
  keys: 'ok' | 'none' | 'unknown'
  /** Rows that a secret other than the first of the ring sealed. */
  sealedByOldSecret: number | null
  /** Whom mail is handed to, messages that wait to be sent (1,000 are counted), and those given up in the last day. */
  mail: { mailer: Mailer['name'] | 'none'; waiting: number | null; dead: number | null }
  clientAddress: 'ok' | 'unknown' | 'proxied without AUTH_PROXY'
}

/** What an operator wants to know before sending traffic, or before dropping an old secret. One trip. */
export const readiness = async (core: Core, context: Context): Promise<Readiness> => {
  const clientAddress = addressing(core, context)
  const mailer: Readiness['mail']['mailer'] = core.ports.mailer?.name ?? 'none'
  const noMail = { mailer, waiting: null, dead: null }
  const unready = { status: 'unready', keys: 'unknown', sealedByOldSecret: null, mail: noMail, clientAddress } as const
  const sealer = `${await core.ring.sealer()}.`
  const names = JSON.stringify([...core.tables.keys()])
  try {
    const [found, [keys], [mail], [rows = 0]] = await context.batch([
      store.tables({ names }),
      store.keys({ sealer, now: context.now }),
      store.mail({ sealer, now: context.now }),
      statement(sql`select ${core.sealed.old(sealer.slice(0, -1))}`, ([count]) => Number(count)),
      store.write({}),
    ])
    const columns = new Map(found)
    const isMigrated = [...core.tables].every(([table, count]) => (columns.get(table) ?? 0) >= count)
    return {
      status: isMigrated ? 'ok' : 'unready',
      database: 'ok',
      migrations: isMigrated ? 'ok' : 'missing',
      keys: keys && keys.signing > 0 ? 'ok' : 'none',
      sealedByOldSecret: keys && mail ? keys.old + mail.old + rows : null,
      mail: { mailer, waiting: mail?.waiting ?? null, dead: mail?.dead ?? null },
      clientAddress,
    }
  } catch (error) {
    if (error instanceof Problem) return { ...unready, database: 'unavailable', migrations: 'unknown' }
    return { ...unready, database: 'ok', migrations: 'missing' }
  }
}

const store = {
  /**
   * Changes nothing, since no key is empty, and is refused where nothing could be changed: no sign-in works on a file
   * that is only read.
   */
  write: prepare([], () => sql`delete from throttle where key = ''`),
  /** Asks of our own tables alone: D1 has one of its own of which it tells nobody the columns. */
  tables: prepare(
    ['names'],
    (p) => sql`select m.value as name, count(*) as columns
      from json_each(${p.names}) m join pragma_table_info(m.value) c group by m.value`,
    ([name, count]): [string, number] => [String(name), Number(count)],
  ),
  keys: prepare(
    ['sealer', 'now'],
    (p) => sql`select
        sum(retired_at is null or retired_at > ${p.now}) as signing,
        sum(substr(private_jwk, 1, length(${p.sealer})) <> ${p.sealer}) as sealed_by_old
      from signing_keys where expires_at is null or expires_at > ${p.now}`,
    ([signing, old]) => ({ signing: Number(signing), old: Number(old) }),
  ),
  mail: prepare(
    ['sealer', 'now'],
    (p) => sql`select
        (select count(*) from (select 1 from outbox where next_at is not null limit 1000)),
        (select count(*) from outbox where next_at is not null and substr(sealed, 1, length(${p.sealer})) <> ${p.sealer}),
        (select count(*) from outbox where done_at > ${p.now} - 86400 and failure is not null)`,
    ([waiting, old, dead]) => ({ waiting: Number(waiting), old: Number(old), dead: Number(dead) }),
  ),
}

/** More hops than the platform itself makes mean a proxy: then all its users share its address. */
const addressing = ({ config }: Core, { headers, address }: Context): Readiness['clientAddress'] => {
  const hops = headers.get('x-forwarded-for')?.split(',').length ?? 0
  const own = headers.has('cf-connecting-ip') || headers.has('x-vercel-forwarded-for') ? 1 : 0
  if (hops > own && config.proxy === undefined) return 'proxied without AUTH_PROXY'
  return address === undefined ? 'unknown' : 'ok'
}
