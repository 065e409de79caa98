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
import { addressOf, everything, kinds, mostRows, type Told } from './store.ts'

/** Beside what is named here, the rows of each kind. */
export interface AccountData {
  readonly exportedAt: string
  /** Kinds of which there are more rows than stand here. */
  readonly incomplete: string[]
  readonly user: Told
  readonly [kind: string]: unknown
}

export const accountService = (core: Core) => {
  const { config, devices, facts, outbox, revocations, sessionCookie } = core

  const erase = async (context: Context, { userId, evidence, via }: Caller) => {
    const erasure = await eraseWithReceipt(core, context, { userId, when: standsFor(evidence) })
    await context.batch(erasure.statements)
    erasure.told()
    if (via === 'cookie') devices.clear(context)
  }

  /** The links that undo a change of address stay: whoever stole the account may be the one who deletes it. */
  const schedule = async (context: Context, { userId, evidence }: Caller, erasesAt: number) => {
    const { now } = context
    const when = standsFor(evidence)
    const to = addressOf(userId)
    const ended: Ended[] = []
    await context.batch([
      scheduleErasure(userId, erasesAt, when),
      ...(await outbox.post(context, {
        kind: 'deletion_scheduled',
        data: { erasesAt },
        userId,
        to,
        when,
        isNotice: true,
      })),
      endCodes(userId, when),
      dropChallenges(userId, when),
      // Last, since the others depend on one of them.
      taking(endEverySession(userId, now, { reason: 'erased', when }), (rows) => ended.push(...rows)),
    ])
    const ids = ended.map(({ sessionId }) => sessionId)
    revocations.announce(context, ids, 'ended')
    for (const one of ended) facts.tell(context, { type: 'session.ended', ...one, reason: 'erased' })
    facts.tell(context, { type: 'user.deletion_scheduled', userId })
  }

  return {
    /** All that is stored of the caller, secrets excepted; of each kind no more than 10,000 rows. One trip. */
    async tell(context: Context, { userId }: Caller): Promise<AccountData> {
      const tables = await context.batch(everything(userId))
      const listed = kinds.map((kind, at) => [kind, tables[at]?.slice(0, mostRows) ?? []] as const)
      const { users: [user = {}] = [], ...rest } = Object.fromEntries(listed)
      const incomplete = kinds.filter((_, at) => (tables[at]?.length ?? 0) > mostRows)
      return { exportedAt: rfc3339(context.now), incomplete, user, ...rest }
    },

    /**
     * Erases the caller's account with all that is stored of it and mails a receipt; or, where there is a grace, signs
     * them out everywhere and says when that is going to happen. One trip.
     */
    async leave(context: Context, caller: Caller): Promise<{ erasesAt: string } | undefined> {
      const erasesAt = config.deleteGrace > 0 ? context.now + config.deleteGrace : undefined
      await (erasesAt === undefined ? erase(context, caller) : schedule(context, caller, erasesAt))
      if (caller.via === 'cookie') sessionCookie.clear(context)
      return erasesAt === undefined ? undefined : { erasesAt: rfc3339(erasesAt) }
    },
  }
}
