import type { Email } from '../../base/email.ts'
import {
  conflict,
  emailTaken,
  Problem,
  type ProblemType,
  unauthenticated,
  usernameTaken,
  wrongCredentials,
} from '../../base/errors.ts'
import { newId } from '../../base/ids.ts'
import type { PasswordHasher } from '../../base/phc.ts'
import type { Caller } from '../../identity/callers.ts'
import { dropChallenges } from '../../identity/challenges.ts'
import { endCodes } from '../../identity/codes.ts'
import type { Context } from '../../identity/context.ts'
import type { Core } from '../../identity/core.ts'
import { endOthersFor, sessionsStore, standsFor } from '../../identity/sessions.ts'
import type { Challenge, SignedIn } from '../../identity/sign-in.ts'
import type { Attempt } from '../../identity/throttle.ts'
import { usersStore } from '../../identity/users.ts'
import { checkPassword } from './policy.ts'
import {
  changePassword,
  isStored,
  isYoung,
  type PasswordAccount,
  passwordStore,
  userIdBy,
  wipePassword,
} from './store.ts'

export const wrongPassword: ProblemType = { ...wrongCredentials, status: 403, title: 'The current password is wrong.' }

interface Manner {
  readonly transport: 'cookie' | 'token'
  readonly remember: boolean
  readonly device_token?: string | undefined
}

export interface Registration extends Manner {
  readonly email: Email
  readonly password: string
  readonly name?: string | null | undefined
  readonly locale?: string | undefined
  readonly username?: string | undefined
}

export interface Credentials extends Manner {
  readonly email?: Email | undefined
  readonly username?: string | undefined
  readonly password: string
}

export interface PasswordChange {
  readonly currentPassword: string
  readonly newPassword: string
  readonly transport?: 'cookie' | 'token' | undefined
  readonly device_token?: string | undefined
}

/** Seconds during which registering again with the same password answers as the first time did. */
const repeatable = 120

export const passwordService = (core: Core, hasher: PasswordHasher) => {
  const { config, credentials, devices, facts, sessionCookie, signIn, throttle } = core
  core.tables.set('passwords', 3)
  credentials.add({
    method: 'password',
    count: (userId) => passwordStore.count({ userId }),
    wipe: wipePassword,
  })

  const mannerOf = async (context: Context, { transport, remember, device_token }: Manner) => ({
    transport,
    remember,
    device: await devices.shown(context, device_token),
  })

  /** @throws Problem `too_many_attempts` (429) */
  const judge = (context: Context, attempt: Attempt, rows: Parameters<Attempt['judge']>) => {
    try {
      attempt.judge(...rows)
    } catch (error) {
      facts.tell(context, { type: 'sign_in.throttled' })
      throw error
    }
  }

  /** The right password of an account that was read: begins the session, where that very hash is still stored. */
  const begin = async (context: Context, given: Manner & { password: string }, found: Found) => {
    const { account, hash, attempt, gateRows, weak } = found
    const upgrade = weak ? await hasher.hash(given.password) : undefined
    const userId = account.user.id
    return signIn.complete(context, {
      account,
      manner: await mannerOf(context, given),
      holds: isStored(userId, hash),
      gateRows,
      after: [attempt.refund, ...(upgrade ? [passwordStore.upgrade({ userId, from: hash, to: upgrade })] : [])],
    })
  }

  const refuse = (context: Context, found: PasswordAccount | undefined): never => {
    facts.tell(context, { type: 'sign_in.refused', userId: found?.account.user.id, reason: 'password' })
    throw new Problem(wrongCredentials)
  }

  /** Undefined where the hash that was right is no longer stored. @throws Problem `wrong_credentials` (401) */
  const check = async (context: Context, given: Credentials, found: PasswordAccount | undefined, rest: Rest) => {
    const { ok, weak } = await hasher.verify(given.password, found?.hash)
    if (!ok || found?.hash === undefined) return refuse(context, found)
    return begin(context, given, { ...found, ...rest, hash: found.hash, weak })
  }

  /** What a registration reads in the batch in which it writes, before it writes. */
  const watch = (context: Context, attempt: Attempt, canonical: string, username: string | undefined): Seen => {
    const seen: Seen = { counted: [], full: [], holders: [], gateRows: [] }
    const [count, full] = attempt.statements
    context.ride(count, (rows) => {
      seen.counted = rows
    })
    context.ride(full, (rows) => {
      seen.full = rows
    })
    context.ride(passwordStore.holders({ canonical, username: username ?? null }), (rows) => {
      seen.holders = rows
    })
    for (const [i, read] of signIn.reads(userIdBy('email_canonical', canonical)).entries()) {
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
    if (holder === undefined) throw new Problem(holders.length > 0 ? usernameTaken : conflict)
    const { account, hash } = holder
    if (hash === undefined || account.user.createdAt <= context.now - repeatable) throw new Problem(emailTaken)
    judge(context, attempt, [counted, full])
    const { ok, weak } = await hasher.verify(given.password, hash)
    const again = ok ? await begin(context, given, { account, hash, weak, attempt, gateRows }) : undefined
    if (again === undefined) throw new Problem(emailTaken)
    return again
  }

  return {
    /**
     * Makes an account and signs it in. One trip: the unique indexes decide, in the batch that begins the session.
     * Repeated within two minutes with the same password, it answers as the first time did (two trips).
     * @throws Problem `invalid_request` (422), `email_taken`, `username_taken` (409), `account_suspended` (403),
     *   `too_many_attempts` (429)
     */
    async register(context: Context, given: Registration): Promise<SignedIn | Challenge> {
      const { email, password, name = null, username, locale = null } = given
      checkPassword(password, config.passwordMin, { email: email.address, username, name }, 'password')
      const hash = await hasher.hash(password)
      const { now } = context
      const userId = newId('usr')
      const { canonical } = email
      const where = isYoung(canonical, now - repeatable, userId)
      const attempt = await throttle.on(context, { identifier: canonical, where })
      const seen = watch(context, attempt, canonical, username)

      const user = { id: userId, email: email.address, username: username ?? null, name, locale }
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
      if (result !== undefined) {
        fact.happened()
        return result
      }
      return repeat(context, given, attempt, seen)
    },

    /**
     * Checks a password and hands the user to sign-in, which may still ask for more. Two trips. An unknown account and
     * a wrong password take the same time and give the same answer (CWE-204, CWE-208).
     * @throws Problem `wrong_credentials` (401), `account_suspended` (403), `too_many_attempts` (429)
     */
    async login(context: Context, given: Credentials): Promise<SignedIn | Challenge> {
      const identifier = given.email?.canonical ?? given.username ?? ''
      const userId = userIdBy(given.email ? 'email_canonical' : 'username', identifier)
      const device = await devices.shown(context, given.device_token)
      const knownDevice = device && { id: device.id, holds: devices.belongsTo(context, device, userId) }
      const attempt = await throttle.on(context, { identifier, knownDevice })
      const account = given.email
        ? passwordStore.byEmail({ canonical: identifier })
        : passwordStore.byUsername({ username: identifier })

      const [counted, full, [found], ...gateRows] = await context.batch([
        ...attempt.statements,
        account,
        ...signIn.reads(userId),
      ])
      judge(context, attempt, [counted, full])
      const result = await check(context, given, found, { attempt, gateRows })
      if (result !== undefined) return result
      // Another hash is stored since: a better one of the same password, which another login has made, or a new password.
      const [[now]] = await context.batch([account])
      return (await check(context, given, now, { attempt, gateRows })) ?? refuse(context, now)
    },

    /**
     * Changes the password, begins a new session and ends every other. Two trips. A guess counts like one at login.
     * @throws Problem `wrong_credentials` (403), `invalid_request` (422), `too_many_attempts` (429), `unauthenticated`
     *   (401) also where the session ended between the two
     */
    async change(context: Context, caller: Caller, given: PasswordChange): Promise<SignedIn> {
      const { userId, evidence } = caller
      checkPassword(given.newPassword, config.passwordMin, {}, 'newPassword')
      const stands = standsFor(evidence)
      const device = await devices.shown(context, given.device_token)
      const knownDevice = device && { id: device.id, holds: devices.belongsTo(context, device, userId) }
      const attempt = await throttle.on(context, { identifier: userId, knownDevice, where: stands })
      const [counted, full, [found]] = await context.batch([...attempt.statements, passwordStore.byId({ id: userId })])
      judge(context, attempt, [counted, full])
      const { user, session } = caller.standing
      checkPassword(given.newPassword, config.passwordMin, user, 'newPassword')
      const { ok } = await hasher.verify(given.currentPassword, found?.hash)
      const from = found?.hash
      if (!ok || found === undefined || from === undefined) {
        facts.tell(context, { type: 'sign_in.refused', userId, reason: 'password_change' })
        throw new Problem(wrongPassword)
      }
      const to = await hasher.hash(given.newPassword)
      const sessionId = newId('ses')
      const isChanged = isStored(userId, to)
      const fact = await facts.of(context, { type: 'password.changed', userId, sessionId, when: isChanged })
      const transport = given.transport ?? caller.via
      let isStanding = false
      context.ride(sessionsStore.proof(evidence), ([row]) => {
        isStanding = row !== undefined
      })
      const result = await signIn.resume(context, {
        account: { ...found.account, methods: [...new Set([...session.methods, 'password' as const])] },
        manner: { transport, remember: session.remember, device },
        holds: isChanged,
        before: [
          changePassword({ userId, from, to, now: context.now, stands }),
          dropChallenges(userId, isChanged),
          endCodes(userId, isChanged),
          ...fact.statements,
        ],
        after: [attempt.refund],
        ends: endOthersFor(userId, sessionId, context.now, 'password_changed'),
        sessionId,
      })
      if (result === undefined) throw new Problem(isStanding ? wrongPassword : unauthenticated)
      fact.happened()
      if (transport === 'token' && caller.via === 'cookie') sessionCookie.clear(context)
      return result
    },
  }
}

/** What a registration reads before it writes. */
interface Seen {
  counted: Parameters<Attempt['judge']>[0]
  full: Parameters<Attempt['judge']>[1]
  holders: readonly (PasswordAccount & { readonly hasEmail: boolean })[]
  /** Of the account that holds the address: a repeat passes the gates that a login passes. */
  readonly gateRows: (readonly unknown[])[]
}

interface Rest {
  readonly attempt: Attempt
  readonly gateRows: readonly (readonly unknown[])[]
}

interface Found extends Rest {
  readonly account: PasswordAccount['account']
  readonly hash: string
  readonly weak: boolean
}
