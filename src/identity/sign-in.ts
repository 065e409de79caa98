import { type SQL, sql } from 'drizzle-orm'
import { accountSuspended, Problem } from '../base/errors.ts'
import type { Statement } from '../base/ports.ts'
import { beginSession } from './begin-session.ts'
import { insertChallenge } from './challenges.ts'
import type { Context } from './context.ts'
import type { Identity } from './core.ts'
import type { KnownDevice } from './devices.ts'
import type { Answer, Passed, Rows } from './factors.ts'
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

/** A challenge as a gate that asks for more sees it. */
export interface Asking {
  readonly account: Account
  /** SHA-256 of its id. */
  readonly hash: string
  /** Holds once the challenge is written. */
  readonly isOpen: SQL
}

/** What an answer to a challenge may be: a method, or word that its user has set up what it asked for. */
export type ChallengeMethod = Answer['method']

/** What a gate says: that one of these methods has to be shown; or to let pass, where this still holds then. */
export type Verdict =
  | { readonly methods: readonly ChallengeMethod[]; readonly holds?: never; readonly authenticatedAt?: never }
  | {
      readonly holds: SQL
      readonly methods?: never
      /** Unix seconds: when what spares its user the gate was shown, since when the session is only as fresh as that. */
      readonly authenticatedAt?: number
    }

/** Stands between a right credential and a session. */
export interface Gate {
  /** Ride in the trip that reads the account, as many for each; `userId` finds the id, null where there is no account. */
  reads(context: Context, userId: SQL, device: KnownDevice | undefined): readonly Statement[]
  /** Undefined to let pass, whatever comes. `rows` are those of `reads`; none for a new account. */
  decide(rows: Rows, account: Account, context: Context, device: KnownDevice | undefined): Verdict | undefined
  /** Rides in the batch that writes the challenge: sends what its answer takes, such as a code by mail. */
  ask?(context: Context, asking: Asking): Promise<readonly Statement[]>
  /** Ride in the trip that counts a try, once it is counted: what `check` wants to know. */
  weighs?(context: Context, userId: SQL, answer: Answer): Promise<readonly Statement[]>
  /** Judges an answer by the rows of `weighs`; undefined where the method is another gate's or the answer is wrong. */
  check(rows: Rows, account: Account, answer: Answer, context: Context): Promise<Passed | undefined>
}

/** How the caller wants the session: fixed by the sign-in that begins, through every challenge. */
export interface Manner {
  readonly transport: 'cookie' | 'token'
  readonly remember: boolean
  readonly device: KnownDevice | undefined
  /** The second factor for whose sake the device is to be trusted. */
  readonly trustFor?: string | undefined
}

export interface Completion {
  readonly account: Account
  readonly manner: Manner
  /** What was just verified: the session begins only where it still holds. */
  readonly holds: SQL
  /** Rows of the gates' reads, in the order of `reads`. */
  readonly gateRows: Rows
  /** Ride along before the session begins, such as burning a code, and after, such as a refund or a better hash. */
  readonly before?: readonly Statement[]
  readonly after?: readonly Statement[]
  /** Sessions that end because this one begins. */
  readonly ends?: Ending
  /** Its user is told of it otherwise, or asks twice for the same: no word of a device that is new. */
  readonly isExpected?: boolean
  /** Unix seconds: when all that the account asks for was last shown. Now, where it is absent. */
  readonly authenticatedAt?: SQL | number
  /** JSON of the methods that the session tells of, where they are not those of the account. */
  readonly methods?: SQL
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
  challenge: { id: string; methods: ChallengeMethod[]; expiresAt: string }
}

/**
 * Where every way in ends, whatever the credential: gates, then one batch that begins the session, remembers the device
 * and refunds the attempt.
 */
export const newSignIn = (identity: Identity) => {
  const gates: { readonly gate: Gate; reads: number }[] = []

  /** @throws Problem `account_suspended` (403), to a caller who has proved to be the owner */
  const refuseSuspended = (context: Context, { suspended, user }: Account) => {
    if (!suspended) return
    identity.facts.tell(context, { type: 'sign_in.refused', userId: user.id, reason: 'suspended' })
    throw new Problem(accountSuspended)
  }

  /** The first gate that asks for more; or what lets the sign-in pass all of them. */
  const judged = (context: Context, { account, manner, gateRows }: Completion): Demanded | Admitted => {
    const admitted: Admitted = { holds: [], authenticatedAt: undefined }
    for (const [gate, own] of split(gates, gateRows)) {
      const verdict = gate.decide(own, account, context, manner.device)
      if (verdict?.methods) return { gate, methods: verdict.methods }
      if (verdict?.holds) admitted.holds.push(verdict.holds)
      admitted.authenticatedAt ??= verdict?.authenticatedAt
    }
    return admitted
  }

  return {
    addGate: (gate: Gate) => void gates.push({ gate, reads: 0 }),

    /** What the gates want to know, for the trip that reads the account. */
    reads: (context: Context, userId: SQL, device: KnownDevice | undefined): Statement[] =>
      gates.flatMap((one) => {
        const statements = one.gate.reads(context, userId, device)
        one.reads = statements.length
        return statements
      }),

    /** What they want to know of an answer, for the trip that counts the try; and its judge, by the rows of these. */
    async weigh(context: Context, userId: SQL, answer: Answer) {
      const weighed: { readonly gate: Gate; readonly statements: Statement[]; rows: unknown[][] }[] = []
      for (const { gate } of gates) {
        const rows: unknown[][] = []
        const statements = ((await gate.weighs?.(context, userId, answer)) ?? []).map((one, i) =>
          taking(one, (found) => {
            rows[i] = found
          }),
        )
        weighed.push({ gate, statements, rows })
      }
      return {
        statements: weighed.flatMap(({ statements }) => statements),
        /** By the first gate that takes it. */
        async check(account: Account): Promise<Passed | undefined> {
          for (const { gate, rows } of weighed) {
            const passed = await gate.check(rows, account, answer, context)
            if (passed !== undefined) return passed
          }
          return undefined
        },
      }
    },

    /**
     * Begins the session, or asks for more where a gate wants it. One trip. `undefined` when what was verified no
     * longer holds: nothing was written that depends on it.
     * @throws Problem `account_suspended` (403)
     */
    async complete(context: Context, completion: Completion): Promise<SignedIn | Challenge | undefined> {
      const { account, holds } = completion
      refuseSuspended(context, account)
      const verdict = judged(context, completion)
      if ('gate' in verdict) return challenge(identity, context, completion, verdict)
      const { authenticatedAt } = verdict
      const all = sql.join([holds, ...verdict.holds], sql` and `)
      return beginSession(identity, context, { ...completion, holds: all, ...(authenticatedAt && { authenticatedAt }) })
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
const split = (gates: readonly { gate: Gate; reads: number }[], rows: Rows) => {
  let from = 0
  return gates.map(({ gate, reads }): [Gate, Rows] => {
    from += reads
    return [gate, rows.slice(from - reads, from)]
  })
}

interface Demanded {
  readonly gate: Gate
  /** Any of which would do. */
  readonly methods: readonly ChallengeMethod[]
}

interface Admitted {
  readonly holds: SQL[]
  authenticatedAt: number | undefined
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
