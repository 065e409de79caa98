import { sql } from 'drizzle-orm'
import type { Config } from '../base/config.ts'
import { prepare } from './statement.ts'

export interface KeyRow {
  readonly id: string
  readonly publicJwk: string
  readonly privateJwk: string
  readonly signsFrom: number
  readonly retiredAt: number | null
  readonly expiresAt: number | null
}

/** When the last token of a key that retires at `retiredAt` is dead: its life, an isolate's memory, and skew. */
export const keyTimes = (config: Config, retiredAt: number) => ({ expiresAt: retiredAt + config.access + 300 + 60 })
/** Seconds between publishing a key and signing with it. */
keyTimes.lead = 3600

const read = (columns: readonly unknown[]): KeyRow => ({
  id: String(columns[0]),
  publicJwk: String(columns[1]),
  privateJwk: String(columns[2]),
  signsFrom: Number(columns[3]),
  retiredAt: columns[4] === null ? null : Number(columns[4]),
  expiresAt: columns[5] === null ? null : Number(columns[5]),
})

const insert = sql.raw('insert into signing_keys (id, public_jwk, private_jwk, created_at, signs_from)')

export const keysStore = {
  all: prepare(
    ['now'],
    (p) => sql`select id, public_jwk, private_jwk, signs_from, retired_at, expires_at from signing_keys
      where expires_at is null or expires_at > ${p.now} order by signs_from, id`,
    read,
  ),
  /** A key that signs at once: only where none does, so that of many isolates that boot one wins. */
  insertFirst: prepare(
    ['id', 'publicJwk', 'privateJwk', 'now', 'signsFrom'],
    (p) => sql`${insert} select ${p.id}, ${p.publicJwk}, ${p.privateJwk}, ${p.now}, ${p.signsFrom}
      where not exists (select 1 from signing_keys
        where signs_from <= ${p.now} and (retired_at is null or retired_at > ${p.now}))`,
  ),
  /** The next key: only where none newer than `latest` stands already, so that of many jobs one wins. */
  insertNext: prepare(
    ['id', 'publicJwk', 'privateJwk', 'now', 'signsFrom', 'latest'],
    (p) => sql`${insert} select ${p.id}, ${p.publicJwk}, ${p.privateJwk}, ${p.now}, ${p.signsFrom}
      where not exists (select 1 from signing_keys where signs_from > ${p.latest}) returning id`,
    ([id]) => String(id),
  ),
  retire: prepare(
    ['id', 'now', 'expiresAt'],
    (p) => sql`update signing_keys set retired_at = ${p.now}, expires_at = ${p.expiresAt}
      where id = ${p.id} and (retired_at is null or retired_at > ${p.now})`,
  ),
  /** Older keys retire when the key `id` begins to sign. Nothing where `id` did not win. */
  retireBefore: prepare(
    ['id', 'signsFrom', 'expiresAt'],
    (p) => sql`update signing_keys set retired_at = ${p.signsFrom}, expires_at = ${p.expiresAt}
      where retired_at is null and signs_from < ${p.signsFrom}
        and exists (select 1 from signing_keys where id = ${p.id})`,
  ),
  sealedByAnother: prepare(
    ['sealer', 'now'],
    (p) => sql`select id, public_jwk, private_jwk, signs_from, retired_at, expires_at from signing_keys
      where substr(private_jwk, 1, length(${p.sealer})) <> ${p.sealer} and (expires_at is null or expires_at > ${p.now})`,
    read,
  ),
  reseal: prepare(
    ['id', 'from', 'to'],
    (p) => sql`update signing_keys set private_jwk = ${p.to} where id = ${p.id} and private_jwk = ${p.from}`,
  ),
  deleteExpired: prepare(
    ['now'],
    (p) => sql`delete from signing_keys where expires_at <= ${p.now} returning id`,
    ([id]) => String(id),
  ),
}
