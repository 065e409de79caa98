import { type SQL, sql } from 'drizzle-orm'
import { accountSuspended, Problem } from '../base/errors.ts'
import type { Statement } from '../base/ports.ts'
import { beginSession } from './begin-session.ts'
import { insertChallenge } from './challenges.ts'
import type { Context } from './context.ts'
import type { Identity } from './core.ts'
import type { KnownDevice } from './devices.ts'
import type { Session } from './session-views.ts'
import type { Ending, Method } from './sessions.ts'
import { taking } from './statement.ts'
import type { User, UserRow } from './users.ts'

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
  /** SHA-256 of the id of the challenge that it answers. */
  readonly challenge: string
  readonly context: Context
}

/** A challenge as a gate that asks for more sees it. */
export interface Asking {
  readonly account: Account
  /** SHA-256 of its id. */
  readonly hash: string
  /** Holds once the challenge is written. */
  readonly isOpen: SQL
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
  /** Rides in the batch that writes the challenge: sends what its answer takes, such as a code by mail. */
  ask?(context: Context, asking: Asking): Promise<readonly Statement[]>
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
  /** Its user is told of it otherwise, or asks twice for the same: no word of a device that is new. */
  readonly isExpected?: boolean
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
  const gates: { readonly gate: Gate; readonly reads: number }[] = []

  /** @throws Problem `account_suspended` (403), to a caller who has proved to be the owner */
  const refuseSuspended = (context: Context, { suspended, user }: Account) => {
    if (!suspended) return
    identity.facts.tell(context, { type: 'sign_in.refused', userId: user.id, reason: 'suspended' })
    throw new Problem(accountSuspended)
  }

  const demanded = (account: Account, rows: Completion['gateRows']): Demanded | undefined => {
    for (const [gate, own] of split(gates, rows)) {
      const methods = gate.decide(own, account)
      if (methods !== undefined) return { gate, methods }
    }
    return undefined
  }

  return {
    addGate: (gate: Gate) => void gates.push({ gate, reads: gate.reads(sql`null`).length }),

    /** What the gates want to know, for the trip that reads the account. */
    reads: (userId: SQL): Statement[] => gates.flatMap(({ gate }) => gate.reads(userId)),

    /** The first gate that takes the answer. */
    async check(rows: Completion['gateRows'], account: Account, answer: Answer): Promise<Passed | undefined> {
      for (const [gate, own] of split(gates, rows)) {
        const passed = await gate.check(own, account, answer)
        if (passed !== undefined) return passed
      }
      return undefined
    },

    /**
     * Begins the session, or asks for more where a gate wants it. One trip. `undefined` when what was verified no
     * longer holds: nothing was written that depends on it.
     * @throws Problem `account_suspended` (403)
     */
    async complete(context: Context, completion: Completion): Promise<SignedIn | Challenge | undefined> {
      const { account, gateRows } = completion
      refuseSuspended(context, account)
      const demand = demanded(account, gateRows)
      return demand ? challenge(identity, context, completion, demand) : beginSession(identity, context, completion)
    },

    /**
     * Begins a session for somebody who has one: no gate stands between what they proved and what they prove again.
     * One trip; `undefined` as with `complete`.
     * @throws Problem `account_suspended` (403)
     */
    async resume(context: Context, completion: Omit<Completion, 'gateRows'>): Promise<SignedIn | undefined> {
      refuseSuspended(context, completion.account)
      return beginSession(identity, context, completion)
    },
  }
}

export type SignIn = ReturnType<typeof newSignIn>

/** Each gate with the rows of its own reads: a gate reads as many statements for every account. */
const split = (gates: readonly { gate: Gate; reads: number }[], rows: Completion['gateRows']) => {
  let from = 0
  return gates.map(({ gate, reads }): [Gate, Completion['gateRows']] => {
    from += reads
    return [gate, rows.slice(from - reads, from)]
  })
}

interface Demanded {
  readonly gate: Gate
  /** Any of which would do. */
  readonly methods: readonly Method[]
}

const challenge = async (
  identity: Identity,
  context: Context,
  { account, manner, holds, before = [], after = [] }: Completion,
  { gate, methods }: Demanded,
): Promise<Challenge | undefined> => {
  const written = await insertChallenge(identity, context, { account, manner, methods, holds })
  const { id, hash, insert, read, isOpen, wire } = written
  let isAsked = false
  // Last: a gate that cannot ask takes the challenge back.
  const stands = taking(read, (rows) => {
    isAsked = rows.length > 0
  })
  const asked = (await gate.ask?.(context, { account, hash, isOpen })) ?? []
  const fact = await identity.facts.of(context, { type: 'challenge.asked', userId: account.user.id, when: isOpen })
  await context.batch([...before, insert, ...after, ...asked, ...fact.statements, stands])
  if (!isAsked) return undefined
  fact.happened()
  return { status: 'challenge', challenge: { id, ...wire } }
}
