import { rfc3339 } from '../../base/clock.ts'
import type { OwnPasskey } from './store.ts'

/** A passkey as its owner reads it; times in RFC 3339. */
export interface Passkey {
  readonly id: string
  readonly name: string
  readonly createdAt: string
  readonly lastUsedAt: string | null
  /** It can be on several devices. */
  readonly synced: boolean
  /** It is: losing one of them does not lose it. */
  readonly backedUp: boolean
  readonly transports: string[]
}

export const toPasskey = (row: OwnPasskey): Passkey => ({
  id: row.id,
  name: row.name,
  createdAt: rfc3339(row.createdAt),
  lastUsedAt: row.lastUsedAt === null ? null : rfc3339(row.lastUsedAt),
  synced: row.backupEligible,
  backedUp: row.backedUp,
  transports: [...row.transports],
})
