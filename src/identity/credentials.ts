import type { SQL } from 'drizzle-orm'
import type { Statement } from '../base/ports.ts'
import type { Method } from './sessions.ts'

/** One way to sign in, as the feature that keeps it knows it. */
export interface CredentialKind {
  readonly method: Method
  /** Somebody else may have it while its owner has it still, as a password: when it came says nothing of who uses it. */
  readonly canBeKnown?: boolean
  /** One row: how many of these the user has. */
  readonly count: (userId: string) => Statement<number>
  /** Removes what somebody else left on an account whose owner has just proved to be another. */
  readonly wipe: (which: Wiping) => Statement
}

/** What to remove: where `when` holds, what came to the user's account at `since` (Unix seconds) or later. */
export interface Wiping {
  readonly userId: SQL | string
  readonly since: SQL | number
  readonly when: SQL
}

/** Who keeps which ways in: "is this the last one", and wiping what a squatter left. */
export const newCredentials = () => {
  const kinds: CredentialKind[] = []
  return {
    add: (kind: CredentialKind) => void kinds.push(kind),
    counts: (userId: string): Statement<number>[] => kinds.map(({ count }) => count(userId)),
    /** What `canBeKnown` goes wholly, whenever it came. */
    wipes: (which: Wiping, except?: Method): Statement[] =>
      kinds
        .filter(({ method }) => method !== except)
        .map(({ wipe, canBeKnown }) => wipe(canBeKnown ? { ...which, since: 0 } : which)),
  }
}
