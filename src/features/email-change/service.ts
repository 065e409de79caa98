import { randomToken, sha256 } from '../../base/crypto.ts'
import type { Email } from '../../base/email.ts'
import { codeUsedOrExpired, emailTaken, invalidRequest, Problem } from '../../base/errors.ts'
import { linkTo } from '../../base/redirects.ts'
import type { Caller } from '../../identity/callers.ts'
import { dropChallenges } from '../../identity/challenges.ts'
import {
  type CodePurpose,
  codeLife,
  isIssued,
  isOpen,
  issueCode,
  isUsed,
  ofCode,
  type Use,
  useCode,
} from '../../identity/codes.ts'
import type { Context } from '../../identity/context.ts'
import type { Core } from '../../identity/core.ts'
import { endTrust } from '../../identity/devices.ts'
import { type Ended, endEverySession, markEverySessionStale } from '../../identity/sessions.ts'
import { taking } from '../../identity/statement.ts'
import { userIdOf } from '../../identity/users.ts'
import {
  endOtherCodes,
  forgetDevices,
  ifTaken,
  ifUnclaimed,
  isChangeOpen,
  isNoOthers,
  keepAccount,
  mayAsk,
  mayChange,
  type Outcome,
  outcomeOf,
  ownerOf,
  replacedAddress,
  takeAddress,
} from './store.ts'

interface Change {
  readonly newEmail: Email
  readonly redirectTo?: string | undefined
}

export const emailChangeService = (core: Core) => {
  const { config, credentials, facts, outbox, revocations, throttle } = core

  /** To the address that `use` replaces: a link that undoes it where it was proven, and else word of it. */
  const tellOld = async (context: Context, use: Use) => {
    const token = randomToken()
    const hash = await sha256(token)
    const userId = ownerOf(use)
    const old = { kind: 'email_changed', userId, isNotice: true, life: codeLife.undo_email } as const
    const link = linkTo(`${config.issuer}/email/change/undo`, token)
    const email = replacedAddress(use, true)
    const unproven = replacedAddress(use, false)
    return [
      ...issueCode(context.now, { hash, purpose: 'undo_email', userId, email, when: isUsed(use) }),
      ...(await outbox.post(context, {
        ...old,
        data: { link },
        to: ofCode(hash, 'email'),
        when: isIssued(hash),
      })),
      // A mistyped address is somebody else's, who must not get the account.
      ...(await outbox.post(context, { ...old, data: { link: null }, to: unproven, when: isUsed(use) })),
    ]
  }

  /** To the address that an undo takes the account from, which may be a thief's: not where its owner is. */
  const tellLoser = (context: Context, use: Use) =>
    outbox.post(context, {
      kind: 'email_changed',
      data: { link: null },
      userId: ownerOf(use),
      to: replacedAddress(use, true),
      when: isUsed(use),
      isNotice: true,
      hidesAsker: true,
    })

  return {
    /**
     * Mails the new address a link that proves it; until then it counts for nothing. Whether somebody has it is told to
     * that address alone: answer, cost and number of messages are the same, and neither message names a user, whose
     * export would tell which of the two it was (better-auth#8097). One trip.
     * @throws Problem `invalid_request` (422), `too_many_attempts` (429), `misconfigured` (500)
     */
    async request(context: Context, caller: Caller, { newEmail, redirectTo }: Change): Promise<void> {
      outbox.require()
      const { userId, evidence } = caller
      const token = randomToken()
      const hash = await sha256(token)
      const where = mayAsk(caller, newEmail)
      const count = await throttle.mail(context, { recipient: newEmail.canonical, userId, where })
      const [life, when] = [codeLife.change_email, isIssued(hash)]
      await context.batch([
        ...count.statements,
        // Also where the address is taken and nobody gets the token: an older link ends either way.
        ...issueCode(context.now, {
          hash,
          purpose: 'change_email',
          userId,
          sessionId: evidence.sid,
          email: newEmail.address,
          when: count.isCounted,
        }),
        ...(await outbox.post(context, {
          kind: 'change_email',
          data: { link: linkTo(redirectTo ?? `${config.issuer}/email/change/confirm`, token) },
          userId,
          to: ifUnclaimed(newEmail, context.now),
          when,
          life,
          outlives: true,
        })),
        ...(await outbox.post(context, {
          kind: 'address_taken',
          data: {},
          userId: userIdOf(newEmail.canonical),
          to: ifTaken(newEmail, context.now),
          when,
          outlives: true,
        })),
      ])
      if (caller.standing.user.email.toLowerCase() !== newEmail.canonical) return
      throw new Problem(invalidRequest, { fields: { newEmail: 'This is the address of your account already.' } })
    },

    /**
     * Changes the address to the one that the token proves, and tells the old one. Where somebody else has the address
     * by now, nothing happens and the token stays good: it may be free again within its day. It dies with the session
     * that asked for it, so that whoever throws a thief out throws out what they asked for. One trip.
     * @throws Problem `code_used_or_expired` (410), `email_taken` (409)
     */
    async confirm(context: Context, token: string): Promise<void> {
      const use = await useOf(context, token, 'change_email')
      const isChanged = isUsed(use)
      const userId = ownerOf(use)
      let stale: readonly string[] = []
      let outcome: Outcome | undefined
      await context.batch([
        useCode(use, mayChange(use)),
        ...(await tellOld(context, use)),
        endOtherCodes(use),
        takeAddress(use),
        dropChallenges(userId, isChanged),
        taking(markEverySessionStale(userId, context.now, isChanged), (rows) => {
          stale = rows
        }),
        taking(outcomeOf(use, isChangeOpen(use)), ([row]) => {
          outcome = row
        }),
      ])
      const changed = settled(outcome)
      revocations.stale(context, stale)
      facts.tell(context, { type: 'email.changed', userId: changed })
    },

    /**
     * Gives the account back to the address that it had before: every session ends, and every way in and device that
     * came since the change is gone, with every link that was sent since; a way in that somebody else may know, a
     * password, whenever it came. The address that loses the account is told. Links to still older addresses stay good, so
     * that the first of all has the last word. One trip.
     * @throws Problem `code_used_or_expired` (410), `email_taken` (409)
     */
    async undo(context: Context, token: string): Promise<void> {
      const use = await useOf(context, token, 'undo_email')
      const isUndone = isUsed(use)
      const userId = ownerOf(use)
      const reason = 'email_change_undone'
      const ended: Ended[] = []
      let outcome: Outcome | undefined
      await context.batch([
        useCode(use, isNoOthers(use)),
        ...(await tellLoser(context, use)),
        endOtherCodes(use),
        takeAddress(use),
        keepAccount(use),
        taking(endEverySession(userId, context.now, { reason, when: isUndone }), (rows) => ended.push(...rows)),
        ...credentials.wipes({ userId, since: ofCode(use.hash, 'created_at'), when: isUndone }),
        forgetDevices(use),
        endTrust(userId, isUndone),
        dropChallenges(userId, isUndone),
        taking(outcomeOf(use, isOpen(use)), ([row]) => {
          outcome = row
        }),
      ])
      const changed = settled(outcome)
      revocations.ended(context, ended, reason)
      facts.tell(context, { type: 'email.change_undone', userId: changed })
    },
  }
}

const useOf = async ({ requestId: by, now }: Context, token: string, purpose: CodePurpose): Promise<Use> => ({
  hash: await sha256(token),
  purpose,
  by,
  now,
})

/** The account whose address changed. @throws Problem `code_used_or_expired` (410), `email_taken` (409) */
const settled = (outcome: Outcome | undefined): string => {
  if (outcome === undefined) throw new Problem(codeUsedOrExpired)
  if (!outcome.isUsed) throw new Problem(emailTaken)
  return outcome.userId
}
