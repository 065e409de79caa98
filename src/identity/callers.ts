import type { Config } from '../base/config.ts'
import { freshSignInRequired, Problem, unauthenticated } from '../base/errors.ts'
import type { Statement } from '../base/ports.ts'
import type { Context } from './context.ts'
import type { Revocations } from './revocations.ts'
import { seenFrom } from './session-views.ts'
import { type Evidence, type Standing, sessionsStore } from './sessions.ts'

/** What a request shows: genuine by its signature, not yet known to be alive. */
export interface Credential {
  readonly via: 'cookie' | 'token'
  readonly userId: string
  readonly sessionId: string
  /** SHA-256 of the session's secret; null where a signature stands for it. */
  readonly secretHash: () => Promise<string | null>
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
  /** Who it is. @throws Problem `unauthenticated` (401) before that is known, so a guard that never asked lets nobody in */
  readonly standing: Standing
  /** Puts a cookie with this new snapshot into the answer, where the caller came by cookie. */
  renew(standing: Standing): Promise<void>
}

interface Demand {
  /** Also demands a recent sign-in. */
  readonly fresh?: boolean
  /** The session that is about to end, which may be the one that is shown. */
  readonly ends?: string | undefined
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
    const { via, userId, sessionId, managesAccount, secretHash, confirm, renew } = credential
    const { slides, freshAfter = -1 } = how
    const evidence = { sid: sessionId, secret: await secretHash(), now: context.now, freshAfter }
    let standing: Standing | undefined
    context.ride(proofOf(config, context, { ...evidence, freshAfter: -1 }, how), async ([row]) => {
      if (row === undefined || row.user.id !== userId) throw new Problem(unauthenticated)
      if (confirm && !(await confirm())) throw new Problem(unauthenticated)
      if (row.session.authenticatedAt <= freshAfter) throw new Problem(freshSignInRequired)
      if (slides) await renew?.(row)
      standing = row
    })
    return {
      via,
      userId,
      sessionId,
      managesAccount,
      evidence,
      renew: async (changed) => renew?.(changed),
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
    async demand(context: Context, { fresh = false, ends }: Demand = {}): Promise<Caller> {
      const credential = await read(context)
      if (credential === undefined) throw new Problem(unauthenticated)
      const endsItself = ends === credential.sessionId
      const freshAfter = fresh ? context.now - config.fresh : -1
      return ask(context, credential, { slides: credential.slides && !endsItself, endsItself, freshAfter })
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
  readonly freshAfter?: number
}

const proofOf = (
  { idle, idleShort }: Config,
  context: Context,
  evidence: Evidence,
  { slides, endsItself = false }: Asking,
): Statement<Standing> => {
  if (endsItself) return proofOfEnding(context, evidence)
  return slides ? sessionsStore.renewal({ ...evidence, idle, idleShort }) : sessionsStore.proof(evidence)
}

/** Of whoever ends the session that is shown: where a reply got lost, the repeat of that trip may find it done. */
const proofOfEnding = (context: Context, evidence: Evidence): Statement<Standing> => {
  const first = context.trips + 1
  const proof = sessionsStore.proofOrEnd({ ...evidence, reason: 'revoked' })
  return { ...proof, map: (rows) => proof.map(rows).filter(({ hasEnded }) => !hasEnded || context.trips > first) }
}

const leased = (context: Context, credential: Credential, { user, session }: Standing): Caller => ({
  via: credential.via,
  userId: credential.userId,
  sessionId: credential.sessionId,
  managesAccount: credential.managesAccount,
  standing: { user, session: seenFrom(context, session) },
  renew: async (changed) => credential.renew?.(changed),
  get evidence(): Evidence {
    throw new Error('Whoever acts for a caller asks the database: the route wants a strict guard.')
  },
})
