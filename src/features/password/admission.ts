import type { PasswordHasher } from '../../base/phc.ts'
import type { Context } from '../../identity/context.ts'
import type { Core } from '../../identity/core.ts'
import type { Attempt } from '../../identity/throttle.ts'
import { isStored, type PasswordAccount, passwordStore } from './store.ts'

/** How the caller wants the session. */
export interface Manner {
  readonly transport: 'cookie' | 'token'
  readonly remember: boolean
  readonly device_token?: string | undefined
}

/** What was read beside an account. */
export interface Rest {
  readonly attempt: Attempt
  readonly gateRows: readonly (readonly unknown[])[]
}

interface Found extends Rest {
  readonly account: PasswordAccount['account']
  readonly hash: string
  readonly weak: boolean
  /** Asked for a moment ago: see `Completion`. */
  readonly isExpected?: boolean
}

/** From a right password to a session: for a login, and for a registration that is repeated. */
export const newAdmission = ({ devices, facts, signIn }: Core, hasher: PasswordHasher) => {
  const mannerOf = async (context: Context, { transport, remember, device_token }: Manner) => ({
    transport,
    remember,
    device: await devices.shown(context, device_token),
  })

  return {
    mannerOf,

    /** @throws Problem `too_many_attempts` (429) */
    judge(context: Context, attempt: Attempt, rows: Parameters<Attempt['judge']>): void {
      try {
        attempt.judge(...rows)
      } catch (error) {
        facts.tell(context, { type: 'sign_in.throttled' })
        throw error
      }
    },

    /** The right password of an account that was read: begins the session, where that very hash is still stored. */
    async begin(context: Context, given: Manner & { readonly password: string }, found: Found) {
      const { account, hash, attempt, gateRows, weak, isExpected = false } = found
      const upgrade = weak ? await hasher.hash(given.password) : undefined
      const userId = account.user.id
      return signIn.complete(context, {
        account,
        manner: await mannerOf(context, given),
        holds: isStored(userId, hash),
        gateRows,
        isExpected,
        after: [attempt.refund, ...(upgrade ? [passwordStore.upgrade({ userId, from: hash, to: upgrade })] : [])],
      })
    },
  }
}

export type Admission = ReturnType<typeof newAdmission>
