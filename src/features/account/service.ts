import { rfc3339 } from '../../base/clock.ts'
import type { Caller } from '../../identity/callers.ts'
import type { Context } from '../../identity/context.ts'
import type { Core } from '../../identity/core.ts'
import { eraseWithReceipt } from '../../identity/erasure.ts'
import { standsFor } from '../../identity/sessions.ts'
import { everything, kinds, mostRows, type Told } from './store.ts'

/** Beside what is named here, the rows of each kind. */
export interface AccountData {
  readonly exportedAt: string
  /** Kinds of which there are more rows than stand here. */
  readonly incomplete: string[]
  readonly user: Told
  readonly [kind: string]: unknown
}

export const accountService = (core: Core) => {
  const { devices, sessionCookie } = core

  return {
    /** All that is stored of the caller, secrets excepted; of each kind no more than 10,000 rows. One trip. */
    async tell(context: Context, { userId }: Caller): Promise<AccountData> {
      const tables = await context.batch(everything(userId))
      const listed = kinds.map((kind, at) => [kind, tables[at]?.slice(0, mostRows) ?? []] as const)
      const { users: [user = {}] = [], ...rest } = Object.fromEntries(listed)
      const incomplete = kinds.filter((_, at) => (tables[at]?.length ?? 0) > mostRows)
      return { exportedAt: rfc3339(context.now), incomplete, user, ...rest }
    },

    /** Erases the caller's account with all that is stored of it, and mails a receipt. One trip. */
    async erase(context: Context, caller: Caller): Promise<void> {
      const erasure = await eraseWithReceipt(core, context, { userId: caller.userId, when: standsFor(caller.evidence) })
      await context.batch(erasure.statements)
      erasure.told()
      if (caller.via === 'token') return
      sessionCookie.clear(context)
      devices.clear(context)
    },
  }
}
