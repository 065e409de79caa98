import { type SQL, sql } from 'drizzle-orm'
import { rfc3339 } from '../base/clock.ts'
import { randomToken, sha256 } from '../base/crypto.ts'
import { codeUsedOrExpired, Problem, wrongCredentials } from '../base/errors.ts'
import { newId } from '../base/ids.ts'
import type { Statement } from '../base/ports.ts'
import type { SecondFactor } from '../messages/message.ts'
import type { Context } from './context.ts'
import type { Identity } from './core.ts'
import type { Answer } from './factors.ts'
import type { Method } from './sessions.ts'
import type { Account, Challenge, ChallengeMethod, Manner, SignedIn } from './sign-in.ts'
import { statement, taking, whether } from './statement.ts'
import { counting, mayTry } from './tries.ts'
import { type UserRow, userJson } from './users.ts'

/** Seconds for which it stays open. */
const life = 600

interface Held {
  readonly methods: readonly ChallengeMethod[]
  readonly passed: readonly Method[]
  readonly manner: Manner
}

interface OpenChallenge {
  readonly account: Account
  readonly held: Held
}

interface NewChallenge {
  readonly account: Account
  readonly manner: Manner
  readonly methods: readonly ChallengeMethod[]
  readonly holds: SQL
}

/** A sign-in on hold. Its id is a secret of 256 bits, stored hashed, that opens nothing but `answerChallenge`. */
export const insertChallenge = async ({ throttle }: Identity, context: Context, challenge: NewChallenge) => {
  const { account, manner, methods, holds } = challenge
  const id = randomToken()
  const hash = await sha256(id)
  const held: Held = { methods, passed: account.methods, manner }
  const expiresAt = context.now + life
  const insert = sql`insert into challenges (hash, user_id, sign_in, throttle_key, created_at, expires_at)
    select ${hash}, users.id, ${JSON.stringify(held)}, ${await throttle.keyOf(`challenge ${account.user.id}`)},
      ${context.now}, ${expiresAt}
    from users where users.id = ${account.user.id} and users.suspended_at is null and ${holds}
    on conflict do nothing`
  const isOpen = sql`exists (select 1 from challenges where hash = ${hash})`
  return {
    id,
    hash,
    insert: statement(insert),
    /** A row while it is open. */
    read: whether(isOpen),
    isOpen,
    wire: { methods: [...methods], expiresAt: rfc3339(expiresAt) },
  }
}

export interface ChallengeAnswer extends Omit<Answer, 'end' | 'boundTo'> {
  readonly id: string
  /** Asks for no second factor on this device for 30 days. */
  readonly trustDevice?: boolean | undefined
  readonly device_token?: string | undefined
}

/**
 * Answers a challenge: the session begins in the transport and manner of the sign-in that began it, or the next gate
 * asks. Two trips; the try is counted in the first, before anything is compared. Where what was shown is used elsewhere
 * meanwhile, it is wrong.
 * @throws Problem `wrong_credentials` (401), `code_used_or_expired` (410), `too_many_attempts` (429)
 */
export const answerChallenge = async (
  identity: Identity,
  context: Context,
  given: ChallengeAnswer,
): Promise<SignedIn | Challenge> => {
  const { devices, facts, signIn, throttle } = identity
  const hash = await sha256(given.id)
  const sessionId = newId('ses')
  const keyWhere = (holds: SQL): SQL => sql`(select throttle_key from challenges where hash = ${hash} and ${holds})`
  const isAnswered = sql`used_by = ${sessionId}`
  const isOpen = mayTry(context)
  const userId = sql`(select user_id from challenges where hash = ${hash})`
  const device = await devices.shown(context, given.device_token)
  const attempt = await throttle.on(context, {
    identifier: keyWhere(isOpen),
    identifierThen: keyWhere(isAnswered),
    knownDevice: device && { id: device.id, holds: devices.belongsTo(context, device, userId) },
    isShort: true,
  })
  const weighing = await signIn.weigh(context, userId, { ...given, end: 'gate', boundTo: hash })
  const rows = await context.batch([
    ...attempt.statements,
    countTry(context, hash, attempt.isCounted),
    ...signIn.reads(context, userId, device),
    ...weighing.statements,
  ] as readonly Statement[])
  const [counted, full, [open], ...gateRows] = rows as [number[], { count: number; endsAt: number }[], OpenChallenge[]]
  attempt.judge(counted, full)
  if (open === undefined) throw new Problem(codeUsedOrExpired)

  const { account, held } = open
  const passed = held.methods.includes(given.method) ? await weighing.check(account) : undefined
  const refuse = (): never => {
    facts.tell(context, { type: 'challenge.refused', userId: account.user.id, reason: given.method })
    throw new Problem(wrongCredentials)
  }
  const method = passed?.method ?? (given.method === 'enrol' ? undefined : given.method)
  if (passed === undefined || method === undefined) return refuse()
  const trustFor = given.trustDevice ? passed.factorId : undefined
  const manner = device?.userId === account.user.id ? { ...held.manner, device } : held.manner
  const holds = sql`exists (select 1 from challenges where hash = ${hash} and ${isAnswered})`
  let isLeft = false
  const result = await signIn.complete(context, {
    account: { ...account, methods: [...new Set([...account.methods, method])] },
    manner: trustFor ? { ...manner, trustFor } : manner,
    holds,
    gateRows,
    before: [
      consume(hash, sessionId, context.now, passed.holds),
      taking(stillOpen(context, hash), (rows) => {
        isLeft = rows.length > 0
      }),
    ],
    after: [...(await passed.burn(holds)), attempt.refund],
    sessionId,
  })
  if (result !== undefined) return result
  if (isLeft) return refuse()
  throw new Problem(codeUsedOrExpired)
}

/** One row where it can be answered still. */
const stillOpen = (context: Context, hash: string): Statement<true> =>
  whether(sql`exists (select 1 from challenges where hash = ${hash} and ${mayTry(context)})`)

/** What a user has set up because a challenge asked for it. */
export interface EnrolledFactor {
  readonly method: SecondFactor
  /** Of its row. */
  readonly id: string
}

/** What was set up by the challenge, if anything. */
export const enrolledBy = (hash: string): Statement<EnrolledFactor> =>
  statement(
    sql`select enrolled from challenges where hash = ${hash} and enrolled is not null`,
    ([json]): EnrolledFactor => JSON.parse(String(json)),
  )

/** Rides in the batch that changes a credential: a sign-in on hold was begun with the old one. */
export const dropChallenges = (userId: SQL | string, where: SQL): Statement =>
  statement(sql`delete from challenges where user_id = ${userId} and ${where}`)

/** A try that the throttle refused is none. */
const countTry = (context: Context, hash: string, isCounted: SQL): Statement<OpenChallenge> =>
  statement(
    sql`update challenges set ${counting(context)} where hash = ${hash} and ${mayTry(context)} and ${isCounted}
      returning sign_in, (select ${userJson} from users where users.id = challenges.user_id),
        (select suspended_at from users where users.id = challenges.user_id)`,
    ([signIn, json, suspendedAt]) => {
      const held: Held = JSON.parse(String(signIn))
      const user: UserRow = JSON.parse(String(json))
      return { held, account: { user, suspended: suspendedAt !== null, methods: held.passed } }
    },
  )

/** Of two right answers one wins; the winner's own retry finds its mark. */
const consume = (hash: string, by: string, now: number, holds: SQL): Statement =>
  statement(
    sql`update challenges set used_at = ${now}, used_by = ${by} where hash = ${hash} and used_at is null
      and expires_at > ${now} and ${holds}`,
  )
