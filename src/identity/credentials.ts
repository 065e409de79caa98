import { type SQL, sql } from 'drizzle-orm'
import type { Statement } from '../base/ports.ts'
import type { Method } from './sessions.ts'

/** What opens an account or stands before it, as the feature that keeps it knows it. */
export interface CredentialKind {
  readonly method: Method
  /** Somebody else may have it while its owner has it still, as a password: when it came says nothing of who uses it. */
  readonly canBeKnown?: boolean
  /** How many of these the user can sign in with, as SQL; absent where nobody signs in with it alone. */
  readonly waysIn?: (userId: SQL | string) => SQL
  /** Removes what somebody else left on an account whose owner has just proved to be another. */
  readonly wipe?: (which: Wiping) => Statement
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
    /** How many ways into an account there are, as SQL. */
    waysIn: (userId: SQL | string): SQL => {
      const counts = kinds.flatMap(({ waysIn }) => (waysIn ? [waysIn(userId)] : []))
      return sql`(${sql.join([sql`0`, ...counts], sql` + `)})`
    },
    /** What `canBeKnown` goes wholly, whenever it came. */
    wipes: (which: Wiping): Statement[] =>
      kinds.flatMap(({ wipe, canBeKnown }) => (wipe ? [wipe(canBeKnown ? { ...which, since: 0 } : which)] : [])),
  }
}
