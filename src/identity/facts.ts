import type { SQL } from 'drizzle-orm'
import type { Statement } from '../base/ports.ts'
import type { SecondFactor } from '../messages/message.ts'
import type { Context } from './context.ts'

export type FactType =
  | 'user.registered'
  | 'user.changed'
  | 'session.started'
  | 'session.ended'
  | 'challenge.asked'
  | 'challenge.refused'
  | 'session.elevated'
  | 'factor.added'
  | 'factor.removed'
  | 'recovery.made'
  | 'recovery.used'
  | 'passkey.counter_went_back'
  | 'sign_in.refused'
  | 'sign_in.throttled'
  | 'password.changed'
  | 'password.reset'
  | 'device.added'
  | 'device.trusted'
  | 'email.verified'
  | 'email.changed'
  | 'email.change_undone'
  | 'account.claimed'
  | 'user.deletion_scheduled'
  | 'user.kept'
  | 'user.erased'
  | 'token.refreshed'
  | 'token.reuse_detected'
  | 'cookie.forged'
  | 'key.created'
  | 'key.unreadable'
  | 'revocation_check_unavailable'

/** Something that happened, for whoever listens. Holds ids and reasons; never a secret, an address of mail or a code. */
export type Fact = Occurred & (FactorFact | RecoveryFact | { readonly type: Exclude<FactType, TellingType> })

type TellingType = FactorFact['type'] | RecoveryFact['type']

interface FactorFact {
  readonly type: 'factor.added' | 'factor.removed'
  readonly factor: SecondFactor
  readonly name: SQL | string | null
}

interface RecoveryFact {
  readonly type: 'recovery.used'
  readonly left: SQL
}

interface Occurred {
  readonly type: FactType
  readonly userId?: string | undefined
  readonly sessionId?: string | undefined
  readonly reason?: string | undefined
  /** What has to hold when the batch runs, where that is not known before: stored rows depend on it. */
  readonly when?: SQL | undefined
  readonly factor?: SecondFactor | undefined
  /** What its owner calls it, in words of theirs: for them, and not for the log. */
  readonly name?: SQL | string | null | undefined
  /** How many are still good, as the batch finds them where its statements stand. */
  readonly left?: SQL | undefined
}

export interface Listener {
  /** Rides in the batch of the operation that makes it true. Must converge when it runs twice. */
  readonly store?: (fact: Fact, context: Context) => Promise<readonly Statement[]>
  /** Runs after the answer; the statements that it gives run in the one trip that may follow. */
  readonly then?: (fact: Fact, context: Context) => Promise<readonly Statement[] | undefined>
}

export interface Occurrence {
  readonly statements: readonly Statement[]
  /** Call once the batch has shown that it is so: logs the fact and wakes the listeners. */
  happened(): void
}

export interface Facts {
  on(listener: Listener): void
  of(context: Context, fact: Fact): Promise<Occurrence>
  /** A fact with nothing to store beside it. */
  tell(context: Context, fact: Fact): void
}

export const newFacts = (): Facts => {
  const listeners: Listener[] = []
  const happened = (context: Context, fact: Fact) => {
    const { type, userId, sessionId, reason, factor } = fact
    const told = { userId, sessionId, reason, factor }
    context.log({ event: type, ...told, address: context.address, country: context.country })
    for (const { then } of listeners) if (then) context.after(() => then(fact, context))
  }
  return {
    on: (listener) => void listeners.push(listener),
    async of(context, fact) {
      const stored = await Promise.all(listeners.map(({ store }) => store?.(fact, context) ?? []))
      return { statements: stored.flat(), happened: () => happened(context, fact) }
    },
    tell: happened,
  }
}
