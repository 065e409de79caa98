import { type SQL, sql } from 'drizzle-orm'
import { conflict, emailTaken, Problem, type ProblemType, usernameTaken } from '../base/errors.ts'
import type { Statement } from '../base/ports.ts'
import { reservedAddress } from './codes.ts'
import type { Context } from './context.ts'
import type { Core } from './core.ts'
import type { Method } from './sessions.ts'
import type { Challenge, Manner, SignedIn } from './sign-in.ts'
import { statement, taking, whether } from './statement.ts'
import { storedAddress, userIdOf, usersStore } from './users.ts'

/** Somebody new, with what they will sign in by. */
export interface Newcomer {
  readonly user: {
    readonly id: string
    readonly email: string
    readonly username: string | null
    readonly name: string | null
    readonly locale: string | null
  }
  readonly canonical: string
  readonly credential: {
    readonly method: Method
    /** Write it where the user was inserted. */
    readonly write: readonly Statement[]
    /** Holds while nothing stands in its way: nobody is made who could not have it. */
    readonly isFree?: SQL
    /** Holds once it is written. */
    readonly isStored: SQL
  }
}

/** A registration that waits for the mailbox. */
export interface Pending {
  status: 'pending'
}

/** Whatever the credential: how an account is made, with a session or without. */
export const newRegistration = ({ facts, outbox, signIn, throttle }: Core) => ({
  /**
   * Signs the newcomer in: the unique indexes decide, in the batch that begins the session. One trip; `undefined` where
   * they refused, or a gate or whatever rides along did.
   */
  async enter(
    context: Context,
    { user, canonical, credential }: Newcomer,
    manner: Manner,
  ): Promise<SignedIn | Challenge | undefined> {
    const { now } = context
    const { method, write, isStored, isFree: canHave } = credential
    const account = { ...user, emailVerified: false, roles: [], createdAt: now }
    const fact = await facts.of(context, { type: 'user.registered', userId: user.id, when: isStored })
    const result = await signIn.complete(context, {
      account: { user: account, suspended: false, methods: [method] },
      manner,
      holds: isStored,
      gateRows: [],
      before: [usersStore.insert({ ...user, emailCanonical: canonical, now }, canHave), ...write, ...fact.statements],
    })
    if (result !== undefined) fact.happened()
    return result
  },

  /**
   * Makes the account and signs nobody in. The rest is told to whoever reads the mail of the address: an account is made,
   * or there is one. Answers and costs the same either way: only user names tell that they are taken. One trip.
   * @throws Problem `username_taken` (409), `too_many_attempts` (429)
   */
  async pend(context: Context, { user, canonical, credential }: Newcomer): Promise<Pending> {
    const { now } = context
    const { write, isStored, isFree: canHave = sql`true` } = credential
    const count = await throttle.mail(context, { recipient: canonical, where: isFree(user) })
    const fact = await facts.of(context, { type: 'user.registered', userId: user.id, when: isStored })
    const found = { isMade: false, isNameTaken: false }
    await context.batch([
      ...count.statements,
      usersStore.insert({ ...user, emailCanonical: canonical, now }, sql`${count.isCounted} and ${canHave}`),
      ...write,
      ...fact.statements,
      ...(await outbox.post(context, {
        kind: 'account_exists',
        data: {},
        userId: userIdOf(canonical),
        to: addressOfHolder(canonical, now),
        when: nobodyMade(user.id, count.isCounted),
      })),
      taking(whether(isStored), (rows) => {
        found.isMade = rows.length > 0
      }),
      taking(takenBy(user), (rows) => {
        found.isNameTaken = rows.length > 0
      }),
    ])
    if (found.isNameTaken) throw new Problem(usernameTaken)
    if (found.isMade) fact.happened()
    return { status: 'pending' }
  },
})

/** What stands in the way of a registration, read before it writes; `conflict` where nothing did. */
export const obstacle = ({ user, canonical }: Newcomer, now: number): Statement<ProblemType> =>
  statement(
    sql`select ${storedAddress(canonical)} is not null, not ${isFree(user)},
      ${reservedAddress(canonical, now)} is not null`,
    ([hasEmail, hasUsername, isReserved]) => {
      if (hasEmail === 1) return emailTaken
      if (hasUsername === 1) return usernameTaken
      return isReserved === 1 ? emailTaken : conflict
    },
  )

type Named = Pick<Newcomer['user'], 'id' | 'username'>

/** Whoever else has the username. */
const takenBy = ({ id, username }: Named): Statement<string> =>
  statement(sql`select id from users where username = ${username} and id <> ${id}`, ([other]) => String(other))

/** Holds where nobody else has the username, or none is wanted. */
const isFree = ({ id, username }: Named): SQL =>
  sql`not exists (select 1 from users where username = ${username} and id <> ${id})`

/** Holds where a registration was let pass and made no account, because the address is taken. */
const nobodyMade = (userId: string, when: SQL): SQL =>
  sql`not exists (select 1 from users where id = ${userId}) and ${when}`

/** Where to write to whoever has an address, or may still take it back: as they gave it. */
const addressOfHolder = (canonical: string, now: number): SQL =>
  sql`coalesce(${storedAddress(canonical)}, ${reservedAddress(canonical, now)})`
