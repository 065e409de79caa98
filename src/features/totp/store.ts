import { type SQL, sql } from 'drizzle-orm'
import type { Statement } from '../../base/ports.ts'
import type { Wiping } from '../../identity/credentials.ts'
import { statement } from '../../identity/statement.ts'

/** What an app shares with us, as it is stored. */
export interface SealedSecret {
  readonly id: string
  readonly sealed: string
  /** The time step of the last code that counted. */
  readonly lastStep: number
}

const sealedSecret = ([id, sealed, lastStep]: readonly unknown[]): SealedSecret => ({
  id: String(id),
  sealed: String(sealed),
  lastStep: Number(lastStep),
})

export interface NewSecret {
  readonly id: string
  readonly userId: SQL
  readonly sealed: string
  /** Unix seconds. */
  readonly now: number
}

/** Stores a secret that is yet to be confirmed, where `when` holds; an older one that was not is over. */
export const storePending = ({ id, userId, sealed, now }: NewSecret, when: SQL): Statement[] => [
  statement(
    sql`delete from totp_secrets where user_id = ${userId} and confirmed_at is null and id <> ${id} and ${when}`,
  ),
  statement(sql`insert into totp_secrets (id, user_id, secret, created_at)
    select ${id}, ${userId}, ${sealed}, ${now} where ${when} on conflict do nothing`),
]

/** The one that waits for its first code. */
export const pendingSecret = (userId: SQL): Statement<SealedSecret> =>
  statement(
    sql`select id, secret, last_step from totp_secrets where user_id = ${userId} and confirmed_at is null`,
    sealedSecret,
  )

/** Seconds for which one may wait: a day. */
const patience = 24 * 60 * 60

/** What nobody has confirmed, for the job to delete. */
export const isForgotten = (now: number): SQL => sql`confirmed_at is null and created_at <= ${now - patience}`

/** The one whose codes count. */
export const confirmedSecret = (userId: SQL): Statement<SealedSecret> =>
  statement(
    sql`select id, secret, last_step from totp_secrets where user_id = ${userId} and confirmed_at is not null`,
    sealedSecret,
  )

interface Confirmation {
  readonly id: string
  readonly userId: SQL
  /** The time step of the code that confirms: it counts for nothing more. */
  readonly step: number
  /** Marks who confirmed it, so that a repeat of the batch finds its own mark. */
  readonly by: string
  readonly now: number
}

/** Of two who confirm a secret one wins, where `when` holds; the secret whose place it takes is over. */
export const confirm = ({ id, userId, step, by, now }: Confirmation, when: SQL): Statement[] => {
  const isPending = sql`exists (select 1 from totp_secrets where id = ${id} and confirmed_at is null)`
  return [
    statement(sql`delete from totp_secrets where user_id = ${userId} and confirmed_at is not null and ${isPending}
      and ${when}`),
    statement(sql`update totp_secrets set confirmed_at = ${now}, confirmed_by = ${by}, last_step = ${step}
      where id = ${id} and confirmed_at is null and ${when}`),
  ]
}

/** Holds once it was confirmed by `by`. */
export const isConfirmedBy = ({ id, by }: Pick<Confirmation, 'id' | 'by'>): SQL =>
  sql`exists (select 1 from totp_secrets where id = ${id} and confirmed_by = ${by})`

/** Holds while the codes of the user's app count: of another than the one whose row is `except`, where that is given. */
export const isOn = (userId: SQL | string, except: SQL | string = ''): SQL =>
  sql`exists (select 1 from totp_secrets where user_id = ${userId} and confirmed_at is not null and id <> ${except})`

/** JSON array: when it was switched on, in Unix seconds; empty where it is not. */
export const addedAt = (userId: string): SQL =>
  sql`(select json_group_array(confirmed_at) from totp_secrets where user_id = ${userId} and confirmed_at is not null)`

/** The id of the one whose codes count, as SQL. */
export const idOf = (userId: string): SQL =>
  sql`(select id from totp_secrets where user_id = ${userId} and confirmed_at is not null)`

/** Holds where there is one to remove, the caller stands, and it is not the last that the account must have. */
export const mayRemove = (userId: string, { stands, mayGo }: { stands: SQL; mayGo: SQL }): SQL =>
  sql`${isOn(userId)} and ${stands} and ${mayGo}`

/** Holds while this very secret is the user's, and its codes count. */
export const isKept = (id: SQL, userId: SQL | string): SQL =>
  sql`exists (select 1 from totp_secrets where id = ${id} and user_id = ${userId} and confirmed_at is not null)`

/** Holds while no code of this time step, or of a later one, has counted. */
export const isUnspent = (id: string, step: number): SQL =>
  sql`exists (select 1 from totp_secrets where id = ${id} and confirmed_at is not null and last_step < ${step})`

/** The code of a time step counts no more, nor does any before it. */
export const spend = (id: string, step: number, when: SQL): Statement =>
  statement(sql`update totp_secrets set last_step = max(last_step, ${step}) where id = ${id} and ${when}`)

/** Where `when` holds, with what is yet to be confirmed. A row for each whose codes counted. */
export const remove = (userId: string, when: SQL): Statement<boolean> =>
  statement(
    sql`delete from totp_secrets where user_id = ${userId} and ${when} returning confirmed_at is not null`,
    ([wasOn]) => wasOn === 1,
  )

/** What is yet to be confirmed goes in any case; else it is by when it was confirmed, not by when it was asked for. */
export const wipeTotp = ({ userId, since, when }: Wiping): Statement =>
  statement(sql`delete from totp_secrets where user_id = ${userId}
    and coalesce(confirmed_at >= ${since}, 1) and ${when}`)
