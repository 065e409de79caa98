import { rfc3339 } from '../../base/clock.ts'
import { conflict, Problem, type ProblemType } from '../../base/errors.ts'
import type { Caller } from '../../identity/callers.ts'
import type { Context } from '../../identity/context.ts'
import type { Core } from '../../identity/core.ts'
import { standsFor } from '../../identity/sessions.ts'
import { taking, whether } from '../../identity/statement.ts'
import { isStored, kept, mayMake } from './store.ts'

export const noFactor: ProblemType = { ...conflict, title: 'There is no second factor that they could stand in for.' }

/** What a user can be asked for besides a password or the mail. */
export interface FactorsOfUser {
  /** Whether every account must have a second factor. */
  required: boolean
  totp: { createdAt: string } | null
  passkeys: number
  recoveryCodesLeft: number
}

export const recoveryService = ({ facts, factors, recoveryCodes }: Core) => ({
  /** One trip. */
  async list(context: Context, { userId }: Caller): Promise<FactorsOfUser> {
    const [[found]] = await context.batch([
      kept({ addedAt: factors.addedAt(userId), left: recoveryCodes.left(userId) }),
    ])
    const [totp] = found?.addedAt.totp ?? []
    return {
      required: factors.areRequired,
      totp: totp === undefined ? null : { createdAt: rfc3339(totp) },
      passkeys: found?.addedAt.passkey?.length ?? 0,
      recoveryCodesLeft: found?.left ?? 0,
    }
  },

  /**
   * Makes ten codes and ends the older ones. Two trips: nobody is hashed for who may not have them.
   * @throws Problem `conflict` (409) without a second factor, `unavailable` (503)
   */
  async make(context: Context, caller: Caller): Promise<{ recoveryCodes: string[] }> {
    const { userId, sessionId, evidence } = caller
    const [[has]] = await context.batch([whether(factors.isOn(userId))])
    if (!has) throw new Problem(noFactor)
    const set = await recoveryCodes.make()
    const when = mayMake({ stands: standsFor(evidence), isOn: factors.isOn(userId) })
    const isMade = isStored(userId, set.salt)
    const fact = await facts.of(context, { type: 'recovery.made', userId, sessionId, when: isMade })
    let isDone = false
    await context.batch([
      ...recoveryCodes.store(context, userId, set, when),
      ...fact.statements,
      taking(whether(isMade), (rows) => {
        isDone = rows.length > 0
      }),
    ])
    if (!isDone) throw new Problem(noFactor)
    fact.happened()
    return { recoveryCodes: set.codes }
  },
})
