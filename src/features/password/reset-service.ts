import { randomToken, sha256 } from '../../base/crypto.ts'
import type { Email } from '../../base/email.ts'
import { codeUsedOrExpired, Problem } from '../../base/errors.ts'
import type { PasswordHasher } from '../../base/phc.ts'
import { linkTo } from '../../base/redirects.ts'
import { dropChallenges } from '../../identity/challenges.ts'
import { claimAccount } from '../../identity/claim.ts'
import {
  codeLife,
  endCodes,
  isAtItsAddress,
  isIssued,
  issueCode,
  isUsed,
  useCode,
  usedFor,
} from '../../identity/codes.ts'
import type { Context } from '../../identity/context.ts'
import type { Core } from '../../identity/core.ts'
import { endTrust } from '../../identity/devices.ts'
import { type Ended, endEverySession } from '../../identity/sessions.ts'
import { taking } from '../../identity/statement.ts'
import { storedAddress, userIdOf } from '../../identity/users.ts'
import { checkPassword } from './policy.ts'
import { isUnknown, resettable, setPassword } from './store.ts'

interface Forgotten {
  readonly email: Email
  readonly redirectTo?: string | undefined
  readonly device_token?: string | undefined
}

interface Reset {
  readonly token: string
  readonly newPassword: string
}

/** A new password for whoever reads the mail of an account, and nothing else: no session, no way past a second factor. */
export const resetService = (core: Core, hasher: PasswordHasher) => {
  const { config, devices, facts, outbox, revocations, throttle } = core

  return {
    /**
     * Mails the owner of the address a link that sets a new password, or tells whoever reads it that it has no account.
     * One trip, and the same work for both.
     * @throws Problem `too_many_attempts` (429), `misconfigured` (500)
     */
    async forgot(context: Context, { email, redirectTo, device_token }: Forgotten): Promise<void> {
      outbox.require()
      const token = randomToken()
      const hash = await sha256(token)
      const userId = userIdOf(email.canonical)
      const stored = storedAddress(email.canonical)
      const ownDevice = await devices.ofOwner(context, device_token, email)
      const count = await throttle.mail(context, { recipient: email.canonical, ownDevice })
      const life = codeLife.reset_password
      const link = linkTo(redirectTo ?? `${config.issuer}/password/reset`, token)
      await context.batch([
        ...count.statements,
        ...issueCode(context.now, { hash, purpose: 'reset_password', userId, email: stored, when: count.isCounted }),
        ...(await outbox.post(context, {
          kind: 'reset_password',
          data: { link },
          userId,
          to: stored,
          when: isIssued(hash),
          byOwner: count.byOwner,
          life,
        })),
        ...(await outbox.post(context, {
          kind: 'no_account',
          data: {},
          userId: null,
          to: email.address,
          when: isUnknown(email.canonical, count.isCounted),
          life,
        })),
      ])
    },

    /**
     * Sets the password by the token that was mailed, and proves the address: what somebody else left on an account
     * that nobody had proven goes. Every session, code and sign-in on hold ends; second factors stay, and so do the
     * devices that the account knows, which authenticate nothing: without them a stranger who exhausts the daily limit
     * of guesses would lock the owner out. Two trips; nothing is hashed for a token that is not good.
     * @throws Problem `code_used_or_expired` (410), `invalid_request` (422), which leaves the token as it is
     */
    async reset(context: Context, { token, newPassword }: Reset): Promise<void> {
      checkPassword(newPassword, config.passwordMin, {}, 'newPassword')
      const { now, requestId: by } = context
      const use = { hash: await sha256(token), purpose: 'reset_password', by, now } as const
      const [[user]] = await context.batch([resettable(use)])
      if (user === undefined) throw new Problem(codeUsedOrExpired)
      checkPassword(newPassword, config.passwordMin, user, 'newPassword')

      const userId = user.id
      const hash = await hasher.hash(newPassword)
      const isReset = isUsed(use)
      const claim = await claimAccount(core, context, { userId, when: isReset })
      const fact = await facts.of(context, { type: 'password.reset', userId, when: isReset })
      const ended: Ended[] = []
      let isDone = false
      await context.batch([
        useCode(use, isAtItsAddress(use.hash)),
        ...claim.statements,
        setPassword({ userId, hash, now }, use),
        taking(endEverySession(userId, now, { reason: 'password_reset', when: isReset }), (rows) =>
          ended.push(...rows),
        ),
        dropChallenges(userId, isReset),
        endCodes(userId, isReset),
        endTrust(userId, isReset),
        ...fact.statements,
        taking(usedFor(use), (rows) => {
          isDone = rows.length > 0
        }),
      ])
      if (!isDone) throw new Problem(codeUsedOrExpired)
      claim.told()
      fact.happened()
      revocations.ended(context, ended, 'password_reset')
    },
  }
}
