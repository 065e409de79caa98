import { lastWayIn, notFound, Problem } from '../../base/errors.ts'
import type { Caller } from '../../identity/callers.ts'
import type { Context } from '../../identity/context.ts'
import type { Core } from '../../identity/core.ts'
import { standsFor } from '../../identity/sessions.ts'
import { taking } from '../../identity/statement.ts'
import {
  countPasskeys,
  deletePasskey,
  isOver,
  isSpare,
  nameOf,
  type OwnPasskey,
  ownPasskey,
  ownPasskeys,
  renamePasskey,
  wipePasskeys,
} from './store.ts'
import { userData } from './user-data.ts'
import { type Passkey, toPasskey } from './views.ts'

/** The passkeys of somebody who is signed in. */
export const passkeyService = (core: Core) => {
  const { credentials, enrolment, factors } = core
  core.tables.set('passkeys', 12).set('passkey_challenges', 9)
  core.userData.push(...userData)
  core.sweeps.push({ table: 'passkey_challenges', expired: isOver })
  credentials.add({ method: 'passkey', waysIn: countPasskeys, wipe: wipePasskeys })

  return {
    /** The oldest first. One trip. */
    async list(context: Context, { userId, evidence }: Caller): Promise<Passkey[]> {
      const [rows] = await context.batch([ownPasskeys(userId, standsFor(evidence))])
      return rows.toSorted(byAge).map(toPasskey)
    },

    /** One trip. @throws Problem `not_found` (404) for one that is not the caller's user's */
    async rename(context: Context, { userId, evidence }: Caller, { id, name }: { id: string; name: string }) {
      const own = { id, userId }
      const [, [renamed]] = await context.batch([renamePasskey(own, name, standsFor(evidence)), ownPasskey(own)])
      if (renamed === undefined) throw new Problem(notFound)
      return toPasskey(renamed)
    },

    /**
     * Deletes one, and ends every session but the caller's; one trip. Never the last way into an account, nor the last
     * second factor where one is required: of two at once, one stays.
     * @throws Problem `not_found` (404) for one that is not the caller's user's, `last_way_in` (409)
     */
    async remove(context: Context, { userId, sessionId, evidence }: Caller, id: string): Promise<void> {
      const own = { id, userId }
      const when = isSpare(own, {
        stands: standsFor(evidence),
        waysIn: credentials.waysIn(userId),
        mayGo: factors.mayGo(userId, id),
      })
      const removed = await enrolment.removed(context, {
        userId,
        sessionId,
        method: 'passkey',
        name: nameOf(own),
        when,
      })
      const first = context.trips + 1
      let [isThere, isGone] = [false, false]
      await context.batch([
        taking(ownPasskey(own), (rows) => {
          isThere = rows.length > 0
        }),
        ...removed.before,
        taking(deletePasskey(own, when), (rows) => {
          isGone = rows.length > 0
        }),
        ...removed.after,
      ])
      // Where the answer got lost that said so, a repeat finds it gone.
      const isRepeat = !isThere && context.trips > first
      if (!isThere && !isRepeat) throw new Problem(notFound)
      if (!isGone && !isRepeat) throw new Problem(lastWayIn)
      removed.told()
    },
  }
}

/** An account has few. */
const byAge = (a: OwnPasskey, b: OwnPasskey): number => a.createdAt - b.createdAt || (a.id < b.id ? -1 : 1)
