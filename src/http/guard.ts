import { createMiddleware } from 'hono/factory'
import { requestPatience, within } from '../base/deadline.ts'
import {
  codeUsedOrExpired,
  forbidden,
  freshSignInRequired,
  Problem,
  rateLimited,
  unauthenticated,
  unavailable,
} from '../base/errors.ts'
import type { Core, Ports } from '../identity/core.ts'
import { noted } from './contract.ts'
import type { CallerEnv, EnrollerEnv, Env, VisitorEnv } from './env.ts'

interface Demand {
  /** Also demands a sign-in within `AUTH_FRESH_SECONDS`. */
  readonly fresh?: boolean
  /** Changes the account or ends sessions: not with a token that an app hands to other APIs. */
  readonly manages?: boolean
  /** The path parameter that names a session to end. */
  readonly ends?: string
  /** Erases the user, at once or one day. */
  readonly erases?: boolean
}

/** "May they?", for routes. Each guard says in the documentation what it demands. */
export const newGuard = ({ callers, enrolment, ports }: Pick<Core, 'callers' | 'enrolment' | 'ports'>) => ({
  /**
   * At most `AUTH_LIMIT_REQUESTS` per address and minute of those that share a name, before any hash. Without the limiter
   * nobody gets in.
   * @throws Problem `rate_limited` (429), `unavailable` (503)
   */
  requests: (name: 'requests' | 'options' = 'requests') =>
    noted(
      createMiddleware<Env>(async (c, next) => {
        const isAdmitted = await take(ports, `${name} ${c.var.context.address}`)
        if (!isAdmitted) throw new Problem(rateLimited, { retryAfter: 60 })
        await next()
      }),
      { problems: [rateLimited] },
    ),

  /** Whoever comes: a caller, or undefined. A bad credential counts as none. */
  visitor: () =>
    createMiddleware<VisitorEnv>(async (c, next) => {
      c.set('caller', await callers.identify(c.var.context))
      await next()
    }),

  /** A caller, believed within the lease. @throws Problem `unauthenticated` (401) */
  caller: () =>
    noted(
      createMiddleware<CallerEnv>(async (c, next) => {
        const caller = await callers.identify(c.var.context)
        if (caller === undefined) throw new Problem(unauthenticated)
        c.set('caller', caller)
        await next()
      }),
      { guard: 'Needs a session, believed within its lease.', problems: [unauthenticated] },
    ),

  /**
   * A caller that the database vouches for in the trip of what it guards: the proof rides first in the next batch.
   * @throws Problem `unauthenticated` (401), `forbidden` (403), `fresh_sign_in_required` (403)
   */
  strict: ({ fresh = false, manages = false, ends = '', erases = false }: Demand = {}) =>
    noted(
      createMiddleware<CallerEnv>(async (c, next) => {
        const caller = await callers.demand(c.var.context, { fresh, ends: c.req.param(ends), erases })
        if (manages && !caller.managesAccount) throw new Problem(forbidden)
        c.set('caller', caller)
        await next()
        if (c.error === undefined && !caller.isProven) throw new Problem(unauthenticated)
      }),
      {
        guard: `Needs a session, asked of the database${fresh ? ', of a recent sign-in' : ''}.`,
        problems: [unauthenticated, ...(manages ? [forbidden] : []), ...(fresh ? [freshSignInRequired] : [])],
      },
    ),

  /**
   * Whoever may set up a second factor: by a session of a recent sign-in, or by the field `challenge` of the body, the id
   * of a sign-in that is held up for one. Past `validate`; the proof rides first in the next batch.
   * @throws Problem `unauthenticated` (401), `forbidden`, `fresh_sign_in_required` (403), `code_used_or_expired` (410)
   */
  enroller: () =>
    noted(
      createMiddleware<EnrollerEnv, string, { out: { json: { challenge?: string | undefined } } }>(async (c, next) => {
        const enroller = await enrolment.admit(c.var.context, c.req.valid('json').challenge)
        c.set('enroller', enroller)
        await next()
        if (c.error === undefined && !enroller.isProven) throw new Problem(unauthenticated)
      }),
      {
        guard:
          'Needs a session, asked of the database, of a recent sign-in; or the id of a sign-in that is held up for a second factor.',
        problems: [unauthenticated, forbidden, freshSignInRequired, codeUsedOrExpired],
      },
    ),
})

const take = async (
  { limiter, patience = requestPatience }: Pick<Ports, 'limiter' | 'patience'>,
  key: string,
): Promise<boolean> => {
  try {
    return await within(patience.limiter, limiter.take(key), 'limiter')
  } catch (cause) {
    throw new Problem(unavailable, { retryAfter: 2, cause })
  }
}

export type Guard = ReturnType<typeof newGuard>
