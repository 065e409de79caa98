import { rfc3339 } from '../../base/clock.ts'
import type { Caller } from '../../identity/callers.ts'
import { dropChallenges } from '../../identity/challenges.ts'
import { endCodes } from '../../identity/codes.ts'
import type { Context } from '../../identity/context.ts'
import type { Core } from '../../identity/core.ts'
import { eraseWithReceipt } from '../../identity/erasure.ts'
import { scheduleErasure } from '../../identity/grace.ts'
import { type Ended, endEverySession, standsFor } from '../../identity/sessions.ts'
import { taking } from '../../identity/statement.ts'
import { addressOf } from '../../identity/users.ts'
import { camelCase, eraseAt, erasesAtJson, leavings, mostRows, rowsOf, type Told } from './store.ts'

/** Beside what is named here, the rows of each kind. */
export interface AccountData {
  readonly exportedAt: string
  /** Kinds of which there are more rows than stand here. */
  readonly incomplete: string[]
  readonly user: Told
  readonly [kind: string]: unknown
}

export const accountService = (core: Core) => {
  const { config, devices, facts, outbox, revocations, sessionCookie, userData } = core

  /** The links that undo a change of address stay: whoever stole the account may be the one who deletes it. */
  const scheduling = async (context: Context, { userId, evidence }: Caller, take: (ended: Ended[]) => void) => {
    const stands = standsFor(evidence)
    const when = leavings(userId, stands).later
    const receiver = { userId, to: addressOf(userId), when, isNotice: true }
    return [
      scheduleErasure(context, { userId, grace: config.deleteGrace, when: stands }),
      ...(await outbox.post(context, {
        kind: 'deletion_scheduled',
        data: { erasesAt: 0 },
        details: erasesAtJson(userId),
        ...receiver,
      })),
      endCodes(userId, when),
      dropChallenges(userId, when),
      // Last, since the others depend on one of them.
      taking(endEverySession(userId, context.now, { reason: 'erased', when }), take),
    ]
  }

  return {
    /** All that is stored of the caller, secrets excepted; of each kind no more than 10,000 rows. One trip. */
    async tell(context: Context, { userId }: Caller): Promise<AccountData> {
      const tables = await context.batch(userData.map((table) => rowsOf(table, userId)))
      const kinds = userData.map(({ table }) => camelCase(table))
      const listed = kinds.map((kind, at) => [kind, tables[at]?.slice(0, mostRows) ?? []] as const)
      const { users: [user = {}] = [], ...rest } = Object.fromEntries(listed)
      const incomplete = kinds.filter((_, at) => (tables[at]?.length ?? 0) > mostRows)
      return { exportedAt: rfc3339(context.now), incomplete, user, ...rest }
    },

    /**
     * Erases the caller's account with all that is stored of it and mails a receipt; or, where there is a grace, or a
     * change of address that can still be undone, signs them out everywhere and says when that is going to happen. One
     * trip.
     */
    async leave(context: Context, caller: Caller): Promise<{ erasesAt: string } | undefined> {
      const { userId, evidence, via } = caller
      const ended: Ended[] = []
      const when = leavings(userId, standsFor(evidence)).atOnce
      const erasure = await eraseWithReceipt(core, context, { userId, when })
      let erasesAt: number | undefined
      await context.batch([
        ...(await scheduling(context, caller, (rows) => ended.push(...rows))),
        ...erasure.statements,
        taking(eraseAt(userId), ([at]) => {
          erasesAt = at
        }),
      ])
      if (via === 'cookie') sessionCookie.clear(context)
      if (erasesAt !== undefined) {
        revocations.ended(context, ended, 'erased')
        facts.tell(context, { type: 'user.deletion_scheduled', userId })
        return { erasesAt: rfc3339(erasesAt) }
      }
      erasure.told()
      if (via === 'cookie') devices.clear(context)
      return undefined
    },
  }
}
