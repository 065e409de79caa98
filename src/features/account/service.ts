import type { Caller } from '../../identity/callers.ts'
import type { Context } from '../../identity/context.ts'
import type { Core } from '../../identity/core.ts'
import { eraseWithReceipt } from '../../identity/erasure.ts'
import { standsFor } from '../../identity/sessions.ts'

export const accountService = (core: Core) => {
  const { devices, sessionCookie } = core

  return {
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
