import type { Email } from '../../base/email.ts'
import { conflict, emailTaken, Problem, type ProblemType } from '../../base/errors.ts'
import { newId } from '../../base/ids.ts'
import type { PasswordHasher } from '../../base/phc.ts'
import type { Context } from '../../identity/context.ts'
import type { Core } from '../../identity/core.ts'
import { type Newcomer, newRegistration, obstacle, type Pending } from '../../identity/registration.ts'
import type { Challenge, Manner as SessionManner, SignedIn } from '../../identity/sign-in.ts'
import type { Attempt } from '../../identity/throttle.ts'
import { userIdOf } from '../../identity/users.ts'
import type { Admission, Manner } from './admission.ts'
import { checkPassword } from './policy.ts'
import { isStored, isYoung, type PasswordAccount, passwordStore } from './store.ts'

export interface Registration extends Manner {
  readonly email: Email
  readonly password: string
  readonly name?: string | null | undefined
  readonly locale?: string | undefined
  readonly username?: string | undefined
}

/** Seconds during which registering again with the same password answers as the first time did. */
const repeatable = 120

export const registrationService = (core: Core, hasher: PasswordHasher, { begin, judge, mannerOf }: Admission) => {
  const { config, signIn, throttle } = core
  const { enter, pend } = newRegistration(core)

  /** What a registration reads in the batch in which it writes, before it writes. */
  const watch = (context: Context, attempt: Attempt, newcomer: Newcomer & Pick<SessionManner, 'device'>): Seen => {
    const { canonical, device } = newcomer
    const seen: Seen = { counted: [], full: [], holder: undefined, obstacle: conflict, gateRows: [] }
    const [count, full] = attempt.statements
    context.ride(count, (rows) => {
      seen.counted = rows
    })
    context.ride(full, (rows) => {
      seen.full = rows
    })
    context.ride(passwordStore.byEmail({ canonical }), ([holder]) => {
      seen.holder = holder
    })
    context.ride(obstacle(newcomer, context.now), ([found = conflict]) => {
      seen.obstacle = found
    })
    for (const [i, read] of signIn.reads(context, userIdOf(canonical), device).entries()) {
      context.ride(read, (rows) => {
        seen.gateRows[i] = rows
      })
    }
    return seen
  }

  /** A registration that found the address taken: by itself, a moment ago, if the password is the very same. */
  const repeat = async (context: Context, given: Registration, attempt: Attempt, seen: Seen) => {
    const { holder, obstacle, counted, full, gateRows } = seen
    if (holder === undefined) throw new Problem(obstacle)
    const { account, hash } = holder
    if (hash === undefined || account.user.createdAt <= context.now - repeatable) throw new Problem(emailTaken)
    judge(context, attempt, [counted, full])
    const { ok, weak } = await hasher.verify(given.password, hash)
    const found = { account, hash, weak, attempt, gateRows, isExpected: true }
    const again = ok ? await begin(context, given, found) : undefined
    if (again === undefined) throw new Problem(emailTaken)
    return again
  }

  /** Signs the newcomer in, or whoever was one a moment ago. */
  const enterOrRepeat = async (context: Context, given: Registration, newcomer: Newcomer) => {
    const { user, canonical } = newcomer
    const where = isYoung(canonical, context.now - repeatable, user.id)
    const attempt = await throttle.on(context, { identifier: canonical, where })
    const manner = await mannerOf(context, given)
    const seen = watch(context, attempt, { ...newcomer, device: manner.device })
    const result = await enter(context, newcomer, manner)
    return result ?? repeat(context, given, attempt, seen)
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
      const id = newId('usr')
      const newcomer: Newcomer = {
        user: { id, email: email.address, username, name, locale },
        canonical: email.canonical,
        credential: {
          method: 'password',
          write: [passwordStore.insert({ userId: id, hash, now: context.now })],
          isStored: isStored(id, hash),
        },
      }
      const isPending = config.emailVerification === 'required'
      return isPending ? pend(context, newcomer) : enterOrRepeat(context, given, newcomer)
    },
  }
}

/** What a registration reads before it writes. */
interface Seen {
  counted: Parameters<Attempt['judge']>[0]
  full: Parameters<Attempt['judge']>[1]
  /** Whoever has the address. */
  holder: PasswordAccount | undefined
  obstacle: ProblemType
  /** Of the account that holds the address: a repeat passes the gates that a login passes. */
  readonly gateRows: (readonly unknown[])[]
}
