import { type SQL, sql } from 'drizzle-orm'
import type { Statement } from '../../base/ports.ts'
import type { Context } from '../../identity/context.ts'
import type { Wiping } from '../../identity/credentials.ts'
import type { Account } from '../../identity/sign-in.ts'
import { statement } from '../../identity/statement.ts'
import { mayTry } from '../../identity/tries.ts'
import { userJson } from '../../identity/users.ts'

/** Seconds for which a challenge is good. */
export const challengeLife = 300

/** Passkeys that one account may have. */
const most = 20

/** What a challenge may be answered for: one that was asked for elsewhere is nothing. */
export type ChallengePurpose = 'register' | 'sign_up' | 'sign_in' | 'sign_in_named' | 'gate' | 'step_up'

export interface NewChallenge {
  /** SHA-256 of the challenge. */
  readonly hash: string
  readonly purpose: ChallengePurpose
  /** Hash of what only the one who asked can show, or the id of their session. */
  readonly boundTo: string
  /** Whose passkeys answer it; absent for anybody's. */
  readonly userId?: SQL | string
  /** Of the account that its answer makes. */
  readonly newUserId?: string
  readonly now: number
  readonly when?: SQL
}

export const issueChallenge = (challenge: NewChallenge): Statement => {
  const { hash, purpose, boundTo, userId = null, newUserId = null, now, when = sql`true` } = challenge
  return statement(sql`insert into passkey_challenges
      (hash, purpose, bound_to, user_id, new_user_id, created_at, expires_at)
    select ${hash}, ${purpose}, ${boundTo}, ${userId}, ${newUserId}, ${now}, ${now + challengeLife} where ${when}
    on conflict do nothing`)
}

/** An answer to a challenge. */
export interface ChallengeUse {
  readonly hash: string
  /** Any of which will do. */
  readonly purposes: readonly ChallengePurpose[]
  readonly boundTo: string
  /** SHA-256 of the answer. */
  readonly answer: string
  readonly now: number
}

export interface UsedChallenge {
  readonly purpose: string
  /** Whose passkeys may answer it; undefined for anybody's, and for those of a name that nobody has. */
  readonly userId: string | undefined
  readonly newUserId: string | undefined
}

/**
 * Stands in the first trip of an answer, before anything is judged: a challenge is good for one answer, right or wrong.
 * Whoever has not heard what became of that shows the very same again.
 */
export const useChallenge = ({ hash, purposes, boundTo, answer, now }: ChallengeUse): Statement<UsedChallenge> =>
  statement(
    sql`update passkey_challenges set used_at = coalesce(used_at, ${now}), used_by = ${answer}
      where hash = ${hash} and purpose in ${[...purposes]} and bound_to = ${boundTo} and expires_at > ${now}
        and coalesce(used_by, ${answer}) = ${answer} returning purpose, user_id, new_user_id`,
    ([purpose, userId, newUserId]) => ({
      purpose: String(purpose),
      userId: textOf(userId),
      newUserId: textOf(newUserId),
    }),
  )

/** Holds while the answer was neither accepted nor too late for it. */
export const isOpen = ({ hash, answer }: ChallengeUse): SQL => isMarked({ hash }, answer)

/** The answer is accepted, where `when` holds, for what has the id `by`: it is worth nothing more. */
export const acceptAnswer = ({ hash, answer }: ChallengeUse, by: string, when: SQL): Statement =>
  statement(sql`update passkey_challenges set used_by = ${by} where hash = ${hash} and used_by = ${answer} and ${when}`)

export const isMarked = ({ hash }: Pick<ChallengeUse, 'hash'>, by: string): SQL =>
  sql`exists (select 1 from passkey_challenges where hash = ${hash} and used_by = ${by})`

/** A passkey with its owner. */
export interface PasskeyRow {
  readonly id: string
  readonly publicKey: string
  readonly counter: number
  readonly backupEligible: boolean
  readonly account: Account
}

export const byCredential = (credentialId: string): Statement<PasskeyRow> =>
  statement(
    sql`select passkeys.id, public_key, counter, backup_eligible, ${userJson}, users.suspended_at
      from passkeys join users on users.id = passkeys.user_id where credential_id = ${credentialId}`,
    ([id, publicKey, counter, backupEligible, json, suspendedAt]) => ({
      id: String(id),
      publicKey: String(publicKey),
      counter: Number(counter),
      backupEligible: backupEligible === 1,
      account: { user: JSON.parse(String(json)), suspended: suspendedAt !== null, methods: ['passkey'] },
    }),
  )

/** What a passkey says when it signs. */
export interface Step {
  readonly id: string
  readonly userId: string
  readonly counter: number
  readonly backedUp: boolean
  readonly now: number
}

/** Holds while the passkey is its owner's and has not counted so far; where authenticators do not count, they say 0. */
export const isBehind = ({ id, userId, counter }: Step): SQL =>
  sql`exists (select 1 from passkeys where id = ${id} and user_id = ${userId}
    and (counter < ${counter} or (counter = 0 and ${counter} = 0)))`

/** Holds while nobody has used the answer, and the passkey has not counted so far. */
export const isAcceptable = (use: ChallengeUse, step: Step): SQL => sql`${isOpen(use)} and ${isBehind(step)}`

export const advance = ({ id, counter, backedUp, now }: Step, when: SQL): Statement =>
  statement(sql`update passkeys set counter = ${counter}, backed_up = ${backedUp ? 1 : 0}, last_used_at = ${now}
    where id = ${id} and ${when}`)

/** A passkey as options name it. */
export interface Descriptor {
  readonly id: string
  readonly transports?: readonly string[]
}

export const descriptorsOf = (userId: SQL | string): Statement<Descriptor> =>
  statement(sql`select credential_id, transports from passkeys where user_id = ${userId}`, ([id, transports]) => ({
    id: String(id),
    transports: JSON.parse(String(transports)),
  }))

/** Whose a credential is; null for nobody's. */
export const ownerOf = (credentialId: string): SQL =>
  sql`(select user_id from passkeys where credential_id = ${credentialId})`

/** Holds while a sign-in on hold can be answered with a passkey. */
export const isAsked = (hash: string, context: Context): SQL =>
  sql`exists (select 1 from challenges where challenges.hash = ${hash} and ${mayTry(context)}
    and exists (select 1 from json_each(challenges.sign_in, '$.methods') where value = 'passkey'))`

/** Whose sign-in it is. */
export const heldUp = (hash: string): SQL => sql`(select user_id from challenges where hash = ${hash})`

export interface NewPasskey {
  readonly id: string
  readonly userId: SQL | string
  readonly credentialId: string
  readonly publicKey: string
  readonly counter: number
  readonly transports: readonly string[]
  readonly backupEligible: boolean
  readonly backedUp: boolean
  readonly aaguid: string
  readonly name: string
}

/** Affects no row where the credential is known already, or the account has as many as it may. */
export const insertPasskey = (passkey: NewPasskey, now: number, when = sql`1`): Statement =>
  statement(sql`insert into passkeys (id, user_id, credential_id, public_key, counter, transports, backup_eligible,
      backed_up, aaguid, name, created_at)
    select ${passkey.id}, users.id, ${passkey.credentialId}, ${passkey.publicKey}, ${passkey.counter},
      ${JSON.stringify(passkey.transports)}, ${passkey.backupEligible ? 1 : 0}, ${passkey.backedUp ? 1 : 0},
      ${passkey.aaguid}, ${passkey.name}, ${now}
    from users where users.id = ${passkey.userId} and ${when}
      and (select count(*) from passkeys where user_id = users.id) < ${most}
    on conflict do nothing`)

export const alreadyRegistered = 'This passkey is registered already.'

/** Holds while nobody else has it. */
export const isUnknown = ({ id, credentialId }: Pick<NewPasskey, 'id' | 'credentialId'>): SQL =>
  sql`not exists (select 1 from passkeys where credential_id = ${credentialId} and id <> ${id})`

export const isStored = (id: string): SQL => sql`exists (select 1 from passkeys where id = ${id})`

/** Why a passkey was not stored, where one of these is why. */
export const refusalOf = ({ userId, credentialId }: NewPasskey): Statement<string> =>
  statement(
    sql`select exists (select 1 from passkeys where credential_id = ${credentialId}),
      (select count(*) from passkeys where user_id = ${userId})`,
    ([isKnown, count]) => {
      if (isKnown === 1) return alreadyRegistered
      return Number(count) >= most ? `An account has ${most} passkeys at most. Delete one first.` : ''
    },
  )

/** As its owner reads it; times in Unix seconds. */
export interface OwnPasskey {
  readonly id: string
  readonly name: string
  readonly createdAt: number
  readonly lastUsedAt: number | null
  readonly transports: readonly string[]
  readonly backupEligible: boolean
  readonly backedUp: boolean
}

const columns = sql.raw('id, name, created_at, last_used_at, transports, backup_eligible, backed_up')

const readOwn = ([
  id,
  name,
  createdAt,
  lastUsedAt,
  transports,
  eligible,
  backedUp,
]: readonly unknown[]): OwnPasskey => ({
  id: String(id),
  name: String(name),
  createdAt: Number(createdAt),
  lastUsedAt: lastUsedAt === null ? null : Number(lastUsedAt),
  transports: JSON.parse(String(transports)),
  backupEligible: eligible === 1,
  backedUp: backedUp === 1,
})

interface Own {
  readonly id: string
  readonly userId: SQL | string
}

export const ownPasskey = ({ id, userId }: Own): Statement<OwnPasskey> =>
  statement(sql`select ${columns} from passkeys where id = ${id} and user_id = ${userId}`, readOwn)

export const ownPasskeys = (userId: string, stands: SQL): Statement<OwnPasskey> =>
  statement(sql`select ${columns} from passkeys where user_id = ${userId} and ${stands}`, readOwn)

export const renamePasskey = ({ id, userId }: Own, name: string, stands: SQL): Statement =>
  statement(sql`update passkeys set name = ${name} where id = ${id} and user_id = ${userId} and ${stands}`)

/** Its name, as SQL: for whoever tells that it goes. */
export const nameOf = ({ id, userId }: Own): SQL =>
  sql`(select name from passkeys where id = ${id} and user_id = ${userId})`

interface Leave {
  readonly stands: SQL
  /** How many ways into the account there are. */
  readonly waysIn: SQL
  /** Holds where none of its factors is required, or another is left. */
  readonly mayGo: SQL
}

/** Holds while it is its owner's, and may go: asked in the statement that deletes it, so that of two at once one stays. */
export const isSpare = ({ id, userId }: Own, { stands, waysIn, mayGo }: Leave): SQL =>
  sql`exists (select 1 from passkeys where id = ${id} and user_id = ${userId})
    and ${waysIn} > 1 and ${mayGo} and ${stands}`

export const deletePasskey = ({ id, userId }: Own, when: SQL): Statement<true> =>
  statement(sql`delete from passkeys where id = ${id} and user_id = ${userId} and ${when} returning 1`, () => true)

/** JSON array: when each came, in Unix seconds. */
export const passkeysAddedAt = (userId: string): SQL =>
  sql`(select json_group_array(created_at) from passkeys where user_id = ${userId})`

export const countPasskeys = (userId: SQL | string): SQL =>
  sql`(select count(*) from passkeys where user_id = ${userId})`

/** Holds where the user has one, other than `except`. */
export const hasPasskey = (userId: SQL | string, except: SQL | string = ''): SQL =>
  sql`exists (select 1 from passkeys where user_id = ${userId} and id <> ${except})`

/** Holds while this one is the user's. */
export const isPasskeyOf = (id: SQL, userId: SQL | string): SQL =>
  sql`exists (select 1 from passkeys where id = ${id} and user_id = ${userId})`

export const wipePasskeys = ({ userId, since, when }: Wiping): Statement =>
  statement(sql`delete from passkeys where user_id = ${userId} and created_at >= ${since} and ${when}`)

export const isOver = (now: number): SQL => sql`expires_at <= ${now}`

const textOf = (cell: unknown): string | undefined => (cell === null ? undefined : String(cell))
