import { type SQL, sql } from 'drizzle-orm'
import { randomToken, sha256 } from '../base/crypto.ts'
import { accountSuspended, Problem } from '../base/errors.ts'
import { newId } from '../base/ids.ts'
import type { Statement } from '../base/ports.ts'
import { insertChallenge } from './challenges.ts'
import type { Context } from './context.ts'
import type { Identity } from './core.ts'
import type { KnownDevice } from './devices.ts'
import { type Session, toSession } from './session-views.ts'
import {
  type Ending,
  type EndReason,
  endReplaced,
  insertSession,
  type Method,
  type Standing,
  sessionsStore,
} from './sessions.ts'
import { taking } from './statement.ts'
import { toUser, type User, type UserRow } from './users.ts'

/** Who signs in, as the first trip read it. */
export interface Account {
  readonly user: UserRow
  readonly suspended: boolean
  /** Methods passed so far. */
  readonly methods: readonly Method[]
}

/** What a caller gives to answer a challenge. */
export interface Answer {
  readonly method: Method
  readonly code?: string | undefined
  readonly assertion?: unknown
}

/** A right answer: `holds` must still hold when the session begins, `statements` burn what was used. */
export interface Passed {
  readonly holds: SQL
  readonly statements: readonly Statement[]
}

/** Stands between a right credential and a session. */
export interface Gate {
  /** Ride in the trip that reads the account; `userId` is SQL that finds the id, null where there is no account. */
  reads(userId: SQL): readonly Statement[]
  /** The methods any of which would do, or undefined to let pass. `rows` are those of `reads`; none for a new account. */
  decide(rows: readonly (readonly unknown[])[], account: Account): readonly Method[] | undefined
  /** Judges an answer by one of its methods; undefined where the method is another gate's or the answer is wrong. */
  check(rows: readonly (readonly unknown[])[], account: Account, answer: Answer): Promise<Passed | undefined>
}

/** How the caller wants the session: fixed by the sign-in that begins, through every challenge. */
export interface Manner {
  readonly transport: 'cookie' | 'token'
  readonly remember: boolean
  readonly device: KnownDevice | undefined
}

export interface Completion {
  readonly account: Account
  readonly manner: Manner
  /** What was just verified: the session begins only where it still holds. */
  readonly holds: SQL
  /** Rows of the gates' reads, in the order of `reads`. */
  readonly gateRows: readonly (readonly unknown[])[]
  /** Ride along before the session begins, such as burning a code, and after, such as a refund or a better hash. */
  readonly before?: readonly Statement[]
  readonly after?: readonly Statement[]
  /** Sessions that end because this one begins. */
  readonly ends?: Ending
  /** Id of the session to begin, where the caller must know it beforehand. */
  readonly sessionId?: string
}

/** RFC 6749 section 5.1. */
export interface TokenPair {
  access_token: string
  token_type: 'Bearer'
  expires_in: number
  refresh_token?: string
  device_token?: string
}

export interface SignedIn {
  status: 'signed_in'
  user: User
  session: Session
  tokens?: TokenPair
}

export interface Challenge {
  status: 'challenge'
  challenge: { id: string; methods: Method[]; expiresAt: string }
}

/**
 * Where every way in ends, whatever the credential: gates, then one batch that begins the session, remembers the device
 * and refunds the attempt.
 */
export const newSignIn = (identity: Identity) => {
  const gates: Gate[] = []

  /** @throws Problem `account_suspended` (403), to a caller who has proved to be the owner */
  const refuseSuspended = (context: Context, { suspended, user }: Account) => {
    if (!suspended) return
    identity.facts.tell(context, { type: 'sign_in.refused', userId: user.id, reason: 'suspended' })
    throw new Problem(accountSuspended)
  }

  const demanded = (account: Account, rows: Completion['gateRows']): readonly Method[] | undefined => {
    for (const [gate, own] of split(gates, rows)) {
      const methods = gate.decide(own, account)
      if (methods !== undefined) return methods
    }
    return undefined
  }

  return {
    addGate: (gate: Gate) => void gates.push(gate),

    /** What the gates want to know, for the trip that reads the account. */
    reads: (userId: SQL): Statement[] => gates.flatMap((gate) => gate.reads(userId)),

    /** The first gate that takes the answer. */
    async check(rows: Completion['gateRows'], account: Account, answer: Answer): Promise<Passed | undefined> {
      for (const [gate, own] of split(gates, rows)) {
        const passed = await gate.check(own, account, answer)
        if (passed !== undefined) return passed
      }
      return undefined
    },

    demanded,

    /**
     * Begins the session, or asks for more where a gate wants it. One trip. `undefined` when what was verified no
     * longer holds: nothing was written that depends on it.
     * @throws Problem `account_suspended` (403)
     */
    async complete(context: Context, completion: Completion): Promise<SignedIn | Challenge | undefined> {
      const { account, gateRows } = completion
      refuseSuspended(context, account)
      const methods = demanded(account, gateRows)
      return methods ? challenge(identity, context, completion, methods) : begin(identity, context, completion)
    },
  }
}

export type SignIn = ReturnType<typeof newSignIn>

/** Each gate with the rows of its own reads: a gate reads as many statements for every account. */
const split = (gates: readonly Gate[], rows: Completion['gateRows']) => {
  let from = 0
  return gates.map((gate): [Gate, Completion['gateRows']] => {
    const count = gate.reads(sql`null`).length
    from += count
    return [gate, rows.slice(from - count, from)]
  })
}

const challenge = async (
  identity: Identity,
  context: Context,
  { account, manner, holds, before = [], after = [] }: Completion,
  methods: readonly Method[],
): Promise<Challenge | undefined> => {
  const { id, statements, isOpen, wire } = await insertChallenge(identity, context, { account, manner, methods, holds })
  const fact = identity.facts.of(context, { type: 'challenge.asked', userId: account.user.id, when: isOpen })
  const rows = await context.batch([...before, ...statements, ...after, ...fact.statements])
  const inserted = rows[before.length + statements.length - 1]
  if (inserted?.length !== 1) return undefined
  fact.happened()
  return { status: 'challenge', challenge: { id, ...wire } }
}

const begin = async (identity: Identity, context: Context, completion: Completion): Promise<SignedIn | undefined> => {
  const { account, manner, holds, before = [], after = [], sessionId = newId('ses') } = completion
  const { config, devices, facts, keys, revocations, tokens } = identity
  const userId = account.user.id
  const secret = randomToken()
  const device = devices.continue(manner.device, userId)
  const byToken = manner.transport === 'token'
  const refresh = byToken ? await tokens.firstRefreshToken(context, sessionId) : undefined
  const { methods } = account
  const row = { id: sessionId, userId, secretHash: await sha256(secret), methods, remember: manner.remember }
  const began = sql`exists (select 1 from sessions where id = ${sessionId})`
  const fact = facts.of(context, { type: 'session.started', userId, sessionId, when: began })
  const endings = await endingsOf(identity, context, completion, sessionId)
  if (byToken) keys.prefetch(context)

  const found: { standing?: Standing | undefined } = {}
  const ended: { id: string; reason: EndReason }[] = []
  await context.batch([
    ...before,
    insertSession(config, context, row, holds),
    devices.remember(context, device, sessionId),
    ...(refresh ? [refresh.insert] : []),
    ...after,
    ...fact.statements,
    ...endings.map(({ statement, reason }) =>
      taking(statement, (ids) => ended.push(...ids.map((id) => ({ id, reason })))),
    ),
    taking(sessionsStore.byId({ id: sessionId, now: context.now }), ([standing]) => {
      found.standing = standing
    }),
  ])
  const { standing } = found
  if (standing === undefined) return undefined
  fact.happened()
  revocations.announce(
    context,
    ended.map(({ id }) => id),
    'ended',
  )
  for (const { id, reason } of ended) facts.tell(context, { type: 'session.ended', userId, sessionId: id, reason })
  return deliver(identity, context, { standing, manner, secret, device, refreshToken: refresh?.token })
}

/** What ends as this session begins: what the completion asks for, the session it takes the place of, the oldest. */
const endingsOf = async (
  { sessionCookie }: Identity,
  context: Context,
  { ends, manner, account }: Completion,
  keep: string,
): Promise<Ending[]> => {
  const { now } = context
  const beyond = sessionsStore.endBeyondLimit({ userId: account.user.id, keep, now, reason: 'limit' })
  const endings: Ending[] = [...(ends ? [ends] : []), { statement: beyond, reason: 'limit' }]
  const shown = manner.transport === 'cookie' ? await sessionCookie.read(context.headers) : undefined
  if (shown === undefined || shown === 'forged') return endings
  return [endReplaced(shown.sessionId, await sha256(shown.secret), now, keep), ...endings]
}

interface Delivery {
  readonly standing: Standing
  readonly manner: Manner
  readonly secret: string
  readonly device: KnownDevice
  readonly refreshToken: string | undefined
}

/** Cookies, and no secret in the body; or tokens, and no cookie. */
const deliver = async (identity: Identity, context: Context, delivery: Delivery): Promise<SignedIn> => {
  const { standing, secret, device, refreshToken } = delivery
  const { devices, sessionCookie, tokens, config } = identity
  const signedIn: SignedIn = {
    status: 'signed_in',
    user: toUser(standing.user),
    session: toSession(standing.session, true),
  }
  const deviceToken = await devices.token(device)
  if (refreshToken === undefined) {
    await sessionCookie.write(context, secret, standing)
    devices.write(context, deviceToken)
    return signedIn
  }
  const { token, expiresIn } = await tokens.mint(context, standing, config.audiences[0])
  signedIn.tokens = {
    access_token: token,
    token_type: 'Bearer',
    expires_in: expiresIn,
    refresh_token: refreshToken,
    device_token: deviceToken,
  }
  return signedIn
}
