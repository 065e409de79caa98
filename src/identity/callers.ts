import type { Config } from '../base/config.ts'
import { freshSignInRequired, Problem, unauthenticated } from '../base/errors.ts'
import type { Statement } from '../base/ports.ts'
import type { Context } from './context.ts'
import type { Revocations } from './revocations.ts'
import { seenFrom } from './session-views.ts'
import { type Evidence, gone, type Standing, sessionsStore } from './sessions.ts'

/** What a request shows: genuine by its signature, not yet known to be alive. */
export interface Credential {
  readonly via: 'cookie' | 'token'
  readonly userId: string
  readonly sessionId: string
  /** SHA-256 of the session's secret; null where a signature stands for it. */
  readonly secretHash: () => Promise<string | null>
  /** Unix seconds: the sign-in that a token tells of. */
  readonly authTime?: number
  /** May change the account and end sessions; the tokens that an app hands to other APIs may not. */
  readonly managesAccount: boolean
  /** What the signature vouches for by itself, and since when. */
  readonly lease?: { readonly standing: Standing; readonly since: number }
  /** The check slides the idle limit. */
  readonly slides: boolean
  /** False for a forgery, where the signature could not be checked before the keys came along with the proof. */
  readonly confirm?: () => Promise<boolean>
  /** Puts a new lease into the answer. */
  readonly renew?: (standing: Standing) => Promise<void>
}

/** Undefined: this kind of credential is not shown, or is worth nothing. */
export type ReadCredential = (context: Context) => Promise<Credential | undefined>

export interface Caller {
  readonly via: 'cookie' | 'token'
  readonly userId: string
  readonly sessionId: string
  readonly managesAccount: boolean
  /** What statements that act for the caller depend on. */
  readonly evidence: Evidence
  /** The database has vouched for it: false where a guard never asked, so that such a guard lets nobody in. */
  readonly isProven: boolean
  /** Who it is. @throws Problem `unauthenticated` (401) before that is known */
  readonly standing: Standing
  /** Puts a cookie with this new snapshot into the answer, where the caller came by cookie. */
  renew(standing: Standing): Promise<void>
}

interface Demand {
  /** Also demands a recent sign-in. */
  readonly fresh?: boolean
  /** The session that is about to end, which may be the one that is shown. */
  readonly ends?: string | undefined
  /** The user is about to be erased, at once or one day. */
  readonly erases?: boolean
}

/** Seconds between a cookie's lease and now, either way, before a check slides the idle limit again. */
const slideAfter = 60

export const newCallers = (config: Config, revocations: Revocations) => {
  const readers: ReadCredential[] = []

  const read = async (context: Context): Promise<Credential | undefined> => {
    for (const reader of readers) {
      const credential = await reader(context)
      if (credential !== undefined) return credential
    }
    return undefined
  }

  /** The proof rides with the next batch; where it fails, that batch throws and what depends on it did nothing. */
  const ask = async (context: Context, credential: Credential, how: Asking): Promise<Caller> => {
    const { via, userId, sessionId, managesAccount, secretHash, authTime = null, confirm, renew } = credential
    const { slides, freshAfter = -1 } = how
    let isProven = false
    const evidence = { sid: sessionId, secret: await secretHash(), now: context.now, freshAfter, authTime }
    let standing: Standing | undefined
    context.ride(proofOf(config, context, { ...evidence, freshAfter: -1, userId }, how), async ([row]) => {
      if (row === undefined || (row !== gone && row.user.id !== userId)) throw new Problem(unauthenticated)
      if (confirm && !(await confirm())) throw new Problem(unauthenticated)
      isProven = row === gone
      if (row === gone) return
      const { authenticatedAt } = row.session
      const isOlder = freshAfter >= 0 && authTime !== null && authTime !== authenticatedAt
      if (authenticatedAt <= freshAfter || isOlder) throw new Problem(freshSignInRequired)
      if (slides) await renew?.(row)
      isProven = true
      standing = row
    })
    return {
      via,
      userId,
      sessionId,
      managesAccount,
      evidence,
      renew: async (changed) => renew?.(changed),
      get isProven() {
        return isProven
      },
      get standing() {
        if (standing === undefined) throw new Problem(unauthenticated)
        return standing
      },
    }
  }

  return {
    /** Readers are asked in the order in which they were added. */
    add: (reader: ReadCredential) => void readers.push(reader),
    read,

    /**
     * Whoever the lease or the database vouches for; undefined for anonymous and for a credential that is dead.
     * @throws Problem `unavailable` (503): a database that is down says nothing about a session
     */
    async identify(context: Context): Promise<Caller | undefined> {
      const credential = await read(context)
      if (credential === undefined) return undefined
      const { lease } = credential
      const state = lease && (await revocations.state(context, credential.sessionId, lease.since))
      if (lease && state === 'unknown') return leased(context, credential, lease.standing)
      if (state === 'ended') return undefined
      const caller = await ask(context, credential, { slides: credential.slides || state === 'stale' })
      try {
        await context.batch([])
        return caller
      } catch (error) {
        if (error instanceof Problem && error.type === unauthenticated) return undefined
        throw error
      }
    },

    /**
     * Staleness 0: the proof rides first in the next batch.
     * @throws Problem `unauthenticated` (401); from the batch also `fresh_sign_in_required` (403)
     */
    async demand(context: Context, { fresh = false, ends, erases = false }: Demand = {}): Promise<Caller> {
      const credential = await read(context)
      if (credential === undefined) throw new Problem(unauthenticated)
      const endsItself = ends === credential.sessionId
      const freshAfter = fresh ? context.now - config.fresh : -1
      const slides = credential.slides && !endsItself && !erases
      return ask(context, credential, { slides, endsItself, erases, freshAfter })
    },

    /**
     * Slides the idle limit only when the last write is a minute old, or the lease that it wrote is over, or has yet to
     * begin because a clock fell back.
     */
    slides: (context: Context, leasedAt: number, leaseEndsAt: number): boolean =>
      Math.abs(context.now - leasedAt) >= slideAfter || (config.lease > 0 && context.now >= leaseEndsAt),
  }
}

export type Callers = ReturnType<typeof newCallers>

interface Asking {
  readonly slides: boolean
  readonly endsItself?: boolean
  readonly erases?: boolean
  readonly freshAfter?: number
}

const proofOf = (
  { idle, idleShort }: Config,
  context: Context,
  evidence: Evidence & { readonly userId: string },
  { slides, endsItself = false, erases = false }: Asking,
): Statement<Standing | typeof gone> => {
  if (erases) return proofOfEnding(context, sessionsStore.proofOrErased(evidence))
  if (endsItself) return proofOfEnding(context, sessionsStore.proofOrEnd({ ...evidence, reason: 'revoked' }))
  return slides ? sessionsStore.renewal({ ...evidence, idle, idleShort }) : sessionsStore.proof(evidence)
}

interface Shown<S> {
  readonly standing: S
  readonly hasEnded: boolean
}

/** Of whoever ends the session that is shown: where a reply got lost, the repeat of that trip may find it done. */
const proofOfEnding = <S>(context: Context, proof: Statement<Shown<S>>): Statement<S> => {
  const first = context.trips + 1
  const counts = ({ hasEnded }: Shown<S>) => !hasEnded || context.trips > first
  const standings = (shown: Shown<S>[]) => shown.filter(counts).map(({ standing }) => standing)
  return { ...proof, map: (rows) => standings(proof.map(rows)) }
}

const leased = (context: Context, credential: Credential, { user, session }: Standing): Caller => ({
  via: credential.via,
  userId: credential.userId,
  sessionId: credential.sessionId,
  managesAccount: credential.managesAccount,
  isProven: false,
  standing: { user, session: seenFrom(context, session) },
  renew: async (changed) => credential.renew?.(changed),
  get evidence(): Evidence {
    throw new Error('Whoever acts for a caller asks the database: the route wants a strict guard.')
  },
})
