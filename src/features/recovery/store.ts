import { type SQL, sql } from 'drizzle-orm'
import type { Statement } from '../../base/ports.ts'
import { statement } from '../../identity/statement.ts'

/** Holds where the caller stands and there is a second factor that the codes can stand in for. */
export const mayMake = ({ stands, isOn }: { stands: SQL; isOn: SQL }): SQL => sql`${stands} and ${isOn}`

/** Holds while this very set is the user's. */
export const isStored = (userId: string, salt: string): SQL =>
  sql`exists (select 1 from recovery_codes where user_id = ${userId} and salt = ${salt})`

export interface Kept {
  /** When each factor came that is on, in Unix seconds, by method. */
  readonly addedAt: Readonly<Record<string, readonly number[]>>
  readonly left: number
}

/** What a user has besides a first factor. */
export const kept = ({ addedAt, left }: { addedAt: SQL; left: SQL }): Statement<Kept> =>
  statement(sql`select ${addedAt}, ${left}`, ([json, count]) => ({
    addedAt: JSON.parse(String(json)),
    left: Number(count),
  }))
