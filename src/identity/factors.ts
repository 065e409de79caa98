import { type SQL, sql } from 'drizzle-orm'
import type { Config } from '../base/config.ts'
import { forbidden, Problem } from '../base/errors.ts'
import type { Statement } from '../base/ports.ts'
import type { Context } from './context.ts'
import type { Method } from './sessions.ts'
import type { Account } from './sign-in.ts'

/** What somebody shows to prove once more who they are. */
export interface Answer {
  readonly method: Method | 'enrol'
  readonly password?: string | undefined
  readonly code?: string | undefined
  readonly assertion?: unknown
  /** What it is for: to get past a gate, or to make a session fresh. */
  readonly end: 'gate' | 'step_up'
  /** What it answers: SHA-256 of the id of a challenge, or the id of the session that steps up. */
  readonly boundTo: string
}

/** A right answer. */
export interface Passed {
  /** Must still hold where the answer is accepted, in one statement: a code that nobody else has used meanwhile. */
  readonly holds: SQL
  /** Use up what was shown, where `when` holds: the answer was accepted. A repeat of their batch changes nothing more. */
  readonly burn: (when: SQL) => Promise<readonly Statement[]>
  /** What was proven, where it is not the answer's own method. */
  readonly method?: Method
  /** The row of the second factor that was shown: a device may be trusted for as long as it is there. */
  readonly factorId?: string
}

/** One way in which a user who is known already proves once more who they are: to a gate, or to step up. */
export interface Factor {
  readonly method: Method
  /**
   * `second`: asked for by every sign-in of whoever has it. `first`: steps up whoever has no second one. `recovery`:
   * stands in for a second one that is lost.
   */
  readonly kind: 'first' | 'second' | 'recovery'
  /** Holds where the user can answer with it: with another than the one whose row is `except`, where that is given. */
  readonly isOn: (userId: SQL | string, except?: SQL | string) => SQL
  /** JSON array, as SQL: when each of them that the user has came, in Unix seconds. */
  readonly addedAt?: (userId: string) => SQL
  /** Holds while a factor that was shown is the user's and on. */
  readonly isKept?: (factorId: SQL, userId: SQL | string) => SQL
  /** Ride in the trip that counts the try, once it is counted: what `check` wants to know. Burns what is good for one try. */
  reads(context: Context, userId: SQL, answer: Answer): Promise<readonly Statement[]>
  /** Judges an answer by the rows of `reads`; undefined where it is wrong. */
  check(rows: Rows, account: Account, answer: Answer, context: Context): Promise<Passed | undefined>
}

/** Rows of some statements, in their order. */
export type Rows = readonly (readonly unknown[] | undefined)[]

interface CarriedOver {
  /** Of the session before. */
  readonly methods: readonly Method[]
  readonly authenticatedAt: number
  readonly shown: Method
  /** Unix seconds. */
  readonly now: number
}

/** Who keeps which factors. */
export const newFactors = ({ mfa }: Config) => {
  const all: Factor[] = []
  const kept = () => all.filter(({ kind }) => kind === 'second')
  const second = () => (mfa === 'off' ? [] : kept())
  const anyOf = (conditions: readonly SQL[]): SQL => sql`(${sql.join([sql`0`, ...conditions], sql` or `)})`
  const keptBy = (userId: SQL | string, except?: SQL | string): SQL =>
    anyOf(kept().map(({ isOn }) => isOn(userId, except)))
  const isOn = (userId: SQL | string): SQL => anyOf(second().map((factor) => factor.isOn(userId)))
  return {
    add: (factor: Factor) => void all.push(factor),
    of: (method: Answer['method']): Factor | undefined => all.find((factor) => factor.method === method),
    /** What a sign-in may be held up for, the last resort last: none where second factors are switched off. */
    asked: (): readonly Factor[] =>
      mfa === 'off' ? [] : [...kept(), ...all.filter(({ kind }) => kind === 'recovery')],
    /** Holds where the user has a second factor, by which everything else is judged. */
    isOn,
    /** Holds where the user keeps a second factor, asked for or not. */
    isKeptBy: (userId: SQL | string): SQL => keptBy(userId),
    /** Holds where the one whose row this is may go: not where it is the last, and one is required. */
    mayGo: (userId: SQL | string, id: SQL | string): SQL => (mfa === 'required' ? keptBy(userId, id) : sql`1`),
    /** Holds while a second factor that was shown is the user's and on. */
    isKept: (factorId: SQL, userId: SQL | string): SQL =>
      anyOf(second().flatMap(({ isKept }) => (isKept ? [isKept(factorId, userId)] : []))),
    /** JSON object, as SQL: by method, when each second factor came that the user has, in Unix seconds. */
    addedAt: (userId: string): SQL => {
      const members = kept().flatMap(({ method, addedAt }) =>
        addedAt ? [sql`${method}, json(${addedAt(userId)})`] : [],
      )
      return sql`json_object(${sql.join(members, sql`, `)})`
    },
    /**
     * What a session comes to that takes the place of another by a first factor alone: where the account has a second one,
     * it is what the other was, and no fresher; else it is what was shown now.
     */
    carriedOver(userId: SQL | string, { methods, authenticatedAt, shown, now }: CarriedOver) {
      const hasFactor = isOn(userId)
      return {
        authenticatedAt: sql`iif(${hasFactor}, ${authenticatedAt}, ${now})`,
        methods: sql`iif(${hasFactor}, ${JSON.stringify([...new Set([...methods, shown])])}, ${JSON.stringify([shown])})`,
      }
    },
    /** Whether accounts must have one. */
    areRequired: mfa === 'required',
    /** @throws Problem `forbidden` (403) where second factors are switched off */
    demand(): void {
      if (mfa === 'off') throw new Problem(forbidden, { detail: 'Second factors are switched off here.' })
    },
  }
}

export type Factors = ReturnType<typeof newFactors>
