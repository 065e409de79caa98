import { sha256 } from '../../base/crypto.ts'
import { forbidden, notFound, Problem, unauthenticated, usernameTaken } from '../../base/errors.ts'
import type { Caller, Credential } from '../../identity/callers.ts'
import { answerChallenge, type ChallengeAnswer, dropChallenges } from '../../identity/challenges.ts'
import type { Context } from '../../identity/context.ts'
import type { Core } from '../../identity/core.ts'
import { deviceOf, endTrust, type TrustedDevice, trustedDevices } from '../../identity/devices.ts'
import { type Session, toSession } from '../../identity/session-views.ts'
import { isUnended, sessionsStore, standsFor } from '../../identity/sessions.ts'
import { toUser, type User } from '../../identity/users.ts'
import { profileStore } from './store.ts'

interface ProfileChange {
  readonly username?: string | undefined
  readonly name?: string | null | undefined
  readonly locale?: string | null | undefined
}

export const sessionService = (core: Core) => {
  const { callers, config, facts, identity, revocations, sessionCookie } = core

  /** What a signed cookie shows. With an `Authorization` header the cookie is ignored. */
  const fromCookie = async (context: Context): Promise<Credential | undefined> => {
    if (context.headers.has('authorization')) return undefined
    const claims = await sessionCookie.read(context.headers)
    if (claims === 'forged') facts.tell(context, { type: 'cookie.forged' })
    if (claims === undefined || claims === 'forged') return undefined
    const { sessionId, userId, secret, standing, leasedAt, leaseEndsAt } = claims
    const isLeased = context.now < leaseEndsAt && leaseEndsAt - context.now <= config.lease
    return {
      via: 'cookie',
      userId,
      sessionId,
      managesAccount: true,
      secretHash: () => sha256(secret),
      slides: callers.slides(context, leasedAt, leaseEndsAt),
      ...(standing && isLeased ? { lease: { standing, since: leasedAt } } : {}),
      renew: (renewed) => sessionCookie.write(context, secret, renewed),
    }
  }
  callers.add(fromCookie)

  return {
    answer: (context: Context, given: ChallengeAnswer) => answerChallenge(identity, context, given),

    current(caller: Caller | undefined): { user: User; session: Session } | { user: null; session: null } {
      if (caller === undefined) return { user: null, session: null }
      const { user, session } = caller.standing
      return { user: toUser(user), session: toSession(session, true) }
    },

    me: (caller: Caller): User => toUser(caller.standing.user),

    /**
     * Ends the session that is shown, or every session of its user and every sign-in on hold. Whoever shows nothing, or
     * a session that ended, is signed out already.
     * @throws Problem `unauthenticated` (401) for an `Authorization` header that is worth nothing: its session may live,
     *   `forbidden` (403) for a token whose audience is another service
     */
    async logout(context: Context, everywhere: boolean): Promise<void> {
      const credential = await callers.read(context)
      if (credential?.managesAccount === false) throw new Problem(forbidden)
      if (credential === undefined && context.headers.has('authorization')) throw new Problem(unauthenticated)
      if (credential !== undefined) {
        const secret = await credential.secretHash()
        const evidence = {
          sid: credential.sessionId,
          secret,
          now: context.now,
          freshAfter: -1,
          authTime: null,
          reason: 'logout',
        }
        const end = everywhere ? sessionsStore.endEvery(evidence) : sessionsStore.endOwn(evidence)
        if (everywhere) {
          context.ride(dropChallenges(credential.userId, isUnended(evidence)), () => undefined)
          context.ride(endTrust(credential.userId, isUnended(evidence)), () => undefined)
        }
        const [ended] = await context.batch([end])
        revocations.ended(context, ended, 'logout')
      }
      // Last, so that whoever could not be signed out keeps what it takes to try again.
      if (!context.headers.has('authorization')) sessionCookie.clear(context)
    },

    /** @throws Problem `username_taken` (409) */
    async changeProfile(context: Context, caller: Caller, given: ProfileChange): Promise<User> {
      const { evidence, userId, sessionId } = caller
      const { idle, idleShort } = config
      const { username } = given
      const [, stale, [changed]] = await context.batch([
        profileStore.change({ ...evidence, ...changeOf(given) }),
        sessionsStore.markStale({ ...evidence, userId }),
        // A session was seen whenever a lease of it is given: its end, and what it tells of it, outlast every lease.
        caller.via === 'cookie'
          ? sessionsStore.renewal({ ...evidence, idle, idleShort })
          : sessionsStore.byId({ id: sessionId, now: context.now }),
      ])
      if (changed === undefined) throw new Error('The session that was shown is gone within its own batch.')
      if (username !== undefined && changed.user.username !== username) throw new Problem(usernameTaken)
      const others = stale.filter((id) => id !== sessionId || caller.via === 'token')
      revocations.stale(context, others)
      facts.tell(context, { type: 'user.changed', userId, sessionId })
      await caller.renew(changed)
      return toUser(changed.user)
    },

    /** Live sessions of the caller's user, the most recently seen first; and the devices that they trust. */
    async list(context: Context, caller: Caller): Promise<{ sessions: Session[]; trustedDevices: TrustedDevice[] }> {
      const { evidence, userId, sessionId } = caller
      const device = await core.devices.shown(context, undefined)
      const [rows, trusted] = await context.batch([
        sessionsStore.ofUser({ ...evidence, userId }),
        trustedDevices({ userId, now: context.now, current: device?.id }, standsFor(evidence), (id) =>
          core.factors.isKept(id, userId),
        ),
      ])
      return {
        sessions: rows.map(({ session }) => toSession(session, session.id === sessionId)),
        trustedDevices: trusted,
      }
    },

    /** @throws Problem `not_found` (404) for a device that is not the caller's user's */
    async distrust(context: Context, caller: Caller, id: string): Promise<void> {
      const { evidence, userId } = caller
      const [, own] = await context.batch([endTrust(userId, standsFor(evidence), { only: id }), deviceOf(userId, id)])
      if (own.length === 0) throw new Problem(notFound)
    },

    /** @throws Problem `not_found` (404) for a session that is not the caller's user's */
    async end(context: Context, caller: Caller, id: string): Promise<void> {
      const { evidence, userId } = caller
      const [ended, own] = await context.batch([
        sessionsStore.endOne({ ...evidence, userId, id, reason: 'revoked' }),
        sessionsStore.ownedBy({ userId, id }),
      ])
      if (own.length === 0) throw new Problem(notFound)
      if (id === caller.sessionId && caller.via === 'cookie') sessionCookie.clear(context)
      revocations.ended(context, ended, 'revoked')
    },

    async endOthers(context: Context, caller: Caller): Promise<void> {
      const { evidence, userId } = caller
      const device = await core.devices.shown(context, undefined)
      const [ended] = await context.batch([
        sessionsStore.endOthers({ ...evidence, reason: 'revoked' }),
        endTrust(userId, standsFor(evidence), { except: device?.id }),
      ])
      revocations.ended(context, ended, 'revoked')
    },
  }
}

/** Null for what is not changed, but for what null clears: there a flag says whether it is set. */
const changeOf = ({ username, name, locale }: ProfileChange) => ({
  username: username ?? null,
  setsName: name === undefined ? 0 : 1,
  name: name ?? null,
  setsLocale: locale === undefined ? 0 : 1,
  locale: locale ?? null,
})
