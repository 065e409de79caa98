import { randomToken, sha256 } from '../../base/crypto.ts'
import { codeUsedOrExpired, Problem, unauthenticated } from '../../base/errors.ts'
import { linkTo } from '../../base/redirects.ts'
import type { Caller } from '../../identity/callers.ts'
import type { NewCode } from '../../identity/codes.ts'
import { codeLife, isIssued, isOpen, issueCode, isUsed, ofCode, useCode, usedFor } from '../../identity/codes.ts'
import type { Context } from '../../identity/context.ts'
import type { Core } from '../../identity/core.ts'
import { eraseUser } from '../../identity/erasure.ts'
import { markEverySessionStale } from '../../identity/sessions.ts'
import { taking, whether } from '../../identity/statement.ts'
import { provenAddressGate } from './gate.ts'
import {
  detachCode,
  disowned,
  isShownBy,
  isUnproven,
  mayAsk,
  mayProve,
  type Shown,
  unprovenAddress,
  verifyAddress,
} from './store.ts'

export const verificationService = (core: Core) => {
  const { callers, config, facts, factors, outbox, revocations, throttle } = core

  /** A link that proves the address, one that disowns the account, and the message that has both. */
  const invite = async (context: Context, userId: string, when: NewCode['when'], page?: string) => {
    const [token, notMe] = [randomToken(), randomToken()]
    const [hash, notMeHash] = await Promise.all([sha256(token), sha256(notMe)])
    const email = unprovenAddress(userId)
    return [
      ...issueCode(context.now, { hash, purpose: 'verify_email', userId, email, when }),
      ...issueCode(context.now, { hash: notMeHash, purpose: 'disown', userId, email, when: isIssued(hash) }),
      ...(await outbox.post(context, {
        kind: 'verify_email',
        data: {
          link: linkTo(page ?? `${config.issuer}/email/verify`, token),
          notMe: linkTo(`${config.issuer}/email/disown`, notMe),
        },
        userId,
        to: email,
        when: isIssued(hash),
        life: codeLife.verify_email,
      })),
    ]
  }

  /** What a request shows of a session, if anything. */
  const shownSession = async (context: Context): Promise<Shown | undefined> => {
    const credential = await callers.read(context)
    if (credential === undefined) return undefined
    const { userId, sessionId: sid, secretHash } = credential
    return { userId, evidence: { sid, secret: await secretHash(), now: context.now, freshAfter: -1, authTime: null } }
  }

  facts.on({
    async store({ type, userId, when }, context) {
      if (type !== 'user.registered' || config.emailVerification === 'off' || !outbox.canSend) return []
      if (!userId || !when) return []
      return invite(context, userId, outbox.mayWrite(context, unprovenAddress(userId), when))
    },
  })

  if (config.emailVerification === 'required') core.signIn.addGate(provenAddressGate(core))

  return {
    /**
     * Mails the caller a link that proves their address. One trip. False where it is proven already.
     * @throws Problem `too_many_attempts` (429), `misconfigured` (500)
     */
    async request(context: Context, caller: Caller, redirectTo: string | undefined): Promise<boolean> {
      outbox.require()
      const { userId, evidence } = caller
      const where = mayAsk(userId, evidence)
      const count = await throttle.mail(context, { recipient: unprovenAddress(userId), userId, where })
      await context.batch([...count.statements, ...(await invite(context, userId, count.isCounted, redirectTo))])
      return !caller.standing.user.emailVerified
    },

    /**
     * Proves an address by the token that was mailed to it. Removes nothing: whoever made the account asked for the
     * message. An account that a second factor guards wants a session of its own beside the token: else whoever clicks
     * would give their address to a stranger, for whose factor no mail makes up. One trip.
     * @throws Problem `code_used_or_expired` (410), `unauthenticated` (401), which leaves the token as it is
     */
    async verify(context: Context, token: string): Promise<void> {
      const { now, requestId: by } = context
      const use = { hash: await sha256(token), purpose: 'verify_email', by, now } as const
      const owner = ofCode(use.hash, 'user_id')
      const isOwners = isShownBy(owner, await shownSession(context))
      const [, , stale, [userId], [isLeft]] = await context.batch([
        useCode(use, mayProve(factors.isKeptBy(owner), isOwners)),
        verifyAddress(use),
        markEverySessionStale(ofCode(use.hash, 'user_id'), now, isUsed(use)),
        usedFor(use),
        whether(isOpen(use)),
      ])
      if (userId === undefined) throw new Problem(isLeft ? unauthenticated : codeUsedOrExpired)
      revocations.stale(context, stale)
      facts.tell(context, { type: 'email.verified', userId })
    },

    /**
     * Erases the account that somebody else made with one's address, as long as that is unproven. One trip.
     * @throws Problem `code_used_or_expired` (410)
     */
    async disown(context: Context, token: string): Promise<void> {
      const { now, requestId: by } = context
      const use = { hash: await sha256(token), purpose: 'disown', by, now } as const
      const erasure = eraseUser(core, context, { userId: disowned(use.hash), when: isUsed(use) })
      let isDone = false
      await context.batch([
        useCode(use, isUnproven(use.hash)),
        detachCode(use),
        ...erasure.statements,
        taking(usedFor(use), (rows) => {
          isDone = rows.length > 0
        }),
      ])
      if (!isDone) throw new Problem(codeUsedOrExpired)
      erasure.told()
    },
  }
}
