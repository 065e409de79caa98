import type { Email } from '../../base/email.ts'
import { conflict, emailTaken, Problem, usernameTaken } from '../../base/errors.ts'
import { newId } from '../../base/ids.ts'
import type { PasswordHasher } from '../../base/phc.ts'
import type { Context } from '../../identity/context.ts'
import type { Core } from '../../identity/core.ts'
import type { Challenge, SignedIn } from '../../identity/sign-in.ts'
import { taking } from '../../identity/statement.ts'
import type { Attempt } from '../../identity/throttle.ts'
import { userIdOf, usersStore } from '../../identity/users.ts'
import type { Admission, Manner } from './admission.ts'
import { checkPassword } from './policy.ts'
import {
  addressOfHolder,
  isFree,
  isStored,
  isYoung,
  nobodyMade,
  type PasswordAccount,
  passwordStore,
  reserved,
  takenBy,
} from './store.ts'

export interface Registration extends Manner {
  readonly email: Email
  readonly password: string
  readonly name?: string | null | undefined
  readonly locale?: string | undefined
  readonly username?: string | undefined
}

export interface Pending {
  status: 'pending'
}

/** Seconds during which registering again with the same password answers as the first time did. */
const repeatable = 120

export const registrationService = (core: Core, hasher: PasswordHasher, { begin, judge, mannerOf }: Admission) => {
  const { config, facts, outbox, signIn, throttle } = core

  /** What a registration reads in the batch in which it writes, before it writes. */
  const watch = (context: Context, attempt: Attempt, { canonical, user }: Newcomer): Seen => {
    const seen: Seen = { counted: [], full: [], holders: [], isReserved: false, gateRows: [] }
    const [count, full] = attempt.statements
    context.ride(count, (rows) => {
      seen.counted = rows
    })
    context.ride(full, (rows) => {
      seen.full = rows
    })
    context.ride(passwordStore.holders({ canonical, username: user.username }), (rows) => {
      seen.holders = rows
    })
    context.ride(reserved(canonical, context.now), (rows) => {
      seen.isReserved = rows.length > 0
    })
    for (const [i, read] of signIn.reads(userIdOf(canonical)).entries()) {
      context.ride(read, (rows) => {
        seen.gateRows[i] = rows
      })
    }
    return seen
  }

  /** A registration that found the address taken: by itself, a moment ago, if the password is the very same. */
  const repeat = async (context: Context, given: Registration, attempt: Attempt, seen: Seen) => {
    const { holders, counted, full, gateRows } = seen
    const holder = holders.find(({ hasEmail }) => hasEmail)
    if (holder === undefined) {
      throw new Problem(holders.length > 0 ? usernameTaken : seen.isReserved ? emailTaken : conflict)
    }
    const { account, hash } = holder
    if (hash === undefined || account.user.createdAt <= context.now - repeatable) throw new Problem(emailTaken)
    judge(context, attempt, [counted, full])
    const { ok, weak } = await hasher.verify(given.password, hash)
    const found = { account, hash, weak, attempt, gateRows, isExpected: true }
    const again = ok ? await begin(context, given, found) : undefined
    if (again === undefined) throw new Problem(emailTaken)
    return again
  }

  /** Signs the newcomer in: the unique indexes decide, in the batch that begins the session. */
  const enter = async (context: Context, given: Registration, newcomer: Newcomer): Promise<SignedIn | Challenge> => {
    const { user, canonical, hash } = newcomer
    const { now } = context
    const userId = user.id
    const where = isYoung(canonical, now - repeatable, userId)
    const attempt = await throttle.on(context, { identifier: canonical, where })
    const seen = watch(context, attempt, newcomer)

    const account = { ...user, emailVerified: false, roles: [], createdAt: now }
    const fact = await facts.of(context, { type: 'user.registered', userId, when: isStored(userId, hash) })
    const result = await signIn.complete(context, {
      account: { user: account, suspended: false, methods: ['password'] },
      manner: await mannerOf(context, given),
      holds: isStored(userId, hash),
      gateRows: [],
      before: [
        usersStore.insert({ ...user, emailCanonical: canonical, now }),
        passwordStore.insert({ userId, hash, now }),
        ...fact.statements,
      ],
    })
    if (result === undefined) return repeat(context, given, attempt, seen)
    fact.happened()
    return result
  }

  /** The rest is told to whoever reads the mail of the address: an account is made, or there is one. */
  const pend = async (context: Context, { user, canonical, hash }: Newcomer): Promise<Pending> => {
    const { now } = context
    const userId = user.id
    const count = await throttle.mail(context, { recipient: canonical, where: isFree(user) })
    const fact = await facts.of(context, { type: 'user.registered', userId, when: isStored(userId, hash) })
    const found = { isMade: false, isNameTaken: false }
    await context.batch([
      ...count.statements,
      usersStore.insert({ ...user, emailCanonical: canonical, now }, count.isCounted),
      passwordStore.insert({ userId, hash, now }),
      ...fact.statements,
      ...(await outbox.post(context, {
        kind: 'account_exists',
        data: {},
        userId: userIdOf(canonical),
        to: addressOfHolder(canonical, now),
        when: nobodyMade(userId, count.isCounted),
      })),
      taking(passwordStore.count({ userId }), ([made]) => {
        found.isMade = made === 1
      }),
      taking(takenBy(user), (rows) => {
        found.isNameTaken = rows.length > 0
      }),
    ])
    if (found.isNameTaken) throw new Problem(usernameTaken)
    if (found.isMade) fact.happened()
    return { status: 'pending' }
  }

  return {
    /**
     * Makes an account and signs it in. One trip; repeated within two minutes with the same password, it answers as the
     * first time did (two trips). Where an address has to be proven first it signs nobody in, and answers and costs the
     * same whether or not the address has an account: only user names tell that they are taken.
     * @throws Problem `invalid_request` (422), `email_taken`, `username_taken` (409), `account_suspended` (403),
     *   `too_many_attempts` (429)
     */
    async register(context: Context, given: Registration): Promise<SignedIn | Challenge | Pending> {
      const { email, password, name = null, username = null, locale = null } = given
      checkPassword(password, config.passwordMin, { email: email.address, username, name }, 'password')
      const hash = await hasher.hash(password)
      const user = { id: newId('usr'), email: email.address, username, name, locale }
      const newcomer: Newcomer = { user, canonical: email.canonical, hash }
      return config.emailVerification === 'required' ? pend(context, newcomer) : enter(context, given, newcomer)
    },
  }
}

interface Newcomer {
  readonly user: {
    readonly id: string
    readonly email: string
    readonly username: string | null
    readonly name: string | null
    readonly locale: string | null
  }
  readonly canonical: string
  readonly hash: string
}

/** What a registration reads before it writes. */
interface Seen {
  counted: Parameters<Attempt['judge']>[0]
  full: Parameters<Attempt['judge']>[1]
  holders: readonly (PasswordAccount & { readonly hasEmail: boolean })[]
  /** An account had the address, and may still take it back. */
  isReserved: boolean
  /** Of the account that holds the address: a repeat passes the gates that a login passes. */
  readonly gateRows: (readonly unknown[])[]
}
