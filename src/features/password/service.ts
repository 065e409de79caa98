import type { Email } from '../../base/email.ts'
import { Problem, type ProblemType, unauthenticated, wrongCredentials } from '../../base/errors.ts'
import { newId } from '../../base/ids.ts'
import type { PasswordHasher } from '../../base/phc.ts'
import type { Caller } from '../../identity/callers.ts'
import { dropChallenges } from '../../identity/challenges.ts'
import { endCodes } from '../../identity/codes.ts'
import type { Context } from '../../identity/context.ts'
import type { Core } from '../../identity/core.ts'
import { endTrust } from '../../identity/devices.ts'
import { endOthersFor, sessionsStore, standsFor } from '../../identity/sessions.ts'
import type { Challenge, SignedIn } from '../../identity/sign-in.ts'
import { userIdNamed, userIdOf } from '../../identity/users.ts'
import type { Admission, Manner, Rest } from './admission.ts'
import { passwordFactor } from './factor.ts'
import { checkPassword } from './policy.ts'
import { changePassword, countPasswords, isStored, type PasswordAccount, passwordStore, wipePassword } from './store.ts'
import { userData } from './user-data.ts'

export const wrongPassword: ProblemType = { ...wrongCredentials, status: 403, title: 'The current password is wrong.' }

export interface Credentials extends Manner {
  readonly email?: Email | undefined
  readonly username?: string | undefined
  readonly password: string
}

export interface PasswordChange {
  readonly currentPassword: string
  readonly newPassword: string
  readonly transport?: 'cookie' | 'token' | undefined
  readonly device_token?: string | undefined
}

export const passwordService = (core: Core, hasher: PasswordHasher, { begin, judge }: Admission) => {
  const { config, credentials, devices, facts, factors, sessionCookie, signIn, throttle } = core
  core.tables.set('passwords', 3)
  core.userData.push(...userData)
  credentials.add({
    method: 'password',
    canBeKnown: true,
    waysIn: countPasswords,
    wipe: wipePassword,
  })
  factors.add(passwordFactor(hasher))

  const refuse = (context: Context, found: PasswordAccount | undefined): never => {
    facts.tell(context, { type: 'sign_in.refused', userId: found?.account.user.id, reason: 'password' })
    throw new Problem(wrongCredentials)
  }

  /** Undefined where the hash that was right is no longer stored. @throws Problem `wrong_credentials` (401) */
  const check = async (context: Context, given: Credentials, found: PasswordAccount | undefined, rest: Rest) => {
    const { ok, weak } = await hasher.verify(given.password, found?.hash)
    if (!ok || found?.hash === undefined) return refuse(context, found)
    return begin(context, given, { ...found, ...rest, hash: found.hash, weak })
  }

  return {
    /**
     * Checks a password and hands the user to sign-in, which may still ask for more. Two trips. An unknown account and
     * a wrong password take the same time and give the same answer (CWE-204, CWE-208).
     * @throws Problem `wrong_credentials` (401), `account_suspended` (403), `too_many_attempts` (429)
     */
    async login(context: Context, given: Credentials): Promise<SignedIn | Challenge> {
      const identifier = given.email?.canonical ?? given.username ?? ''
      const userId = given.email ? userIdOf(identifier) : userIdNamed(identifier)
      const device = await devices.shown(context, given.device_token)
      const knownDevice = device && { id: device.id, holds: devices.belongsTo(context, device, userId) }
      const attempt = await throttle.on(context, { identifier, knownDevice })
      const account = given.email
        ? passwordStore.byEmail({ canonical: identifier })
        : passwordStore.byUsername({ username: identifier })

      const [counted, full, [found], ...gateRows] = await context.batch([
        ...attempt.statements,
        account,
        ...signIn.reads(context, userId, device),
      ])
      judge(context, attempt, [counted, full])
      const result = await check(context, given, found, { attempt, gateRows })
      if (result !== undefined) return result
      // Another hash is stored since: a better one of the same password, which another login has made, or a new password.
      // Or what gates saw has changed.
      const [[now], ...rows] = await context.batch([account, ...signIn.reads(context, userId, device)])
      return (await check(context, given, now, { attempt, gateRows: rows })) ?? refuse(context, now)
    },

    /**
     * Changes the password, begins a new session and ends every other. Two trips. A guess counts like one at login.
     * @throws Problem `wrong_credentials` (403), `invalid_request` (422), `too_many_attempts` (429), `unauthenticated`
     *   (401) also where the session ended between the two
     */
    async change(context: Context, caller: Caller, given: PasswordChange): Promise<SignedIn> {
      const { userId, evidence } = caller
      checkPassword(given.newPassword, config.passwordMin, {}, 'newPassword')
      const stands = standsFor(evidence)
      const device = await devices.shown(context, given.device_token)
      const knownDevice = device && { id: device.id, holds: devices.belongsTo(context, device, userId) }
      const attempt = await throttle.on(context, { identifier: userId, knownDevice, where: stands })
      const [counted, full, [found]] = await context.batch([...attempt.statements, passwordStore.byId({ id: userId })])
      judge(context, attempt, [counted, full])
      const { user, session } = caller.standing
      checkPassword(given.newPassword, config.passwordMin, user, 'newPassword')
      const { ok } = await hasher.verify(given.currentPassword, found?.hash)
      const from = found?.hash
      if (!ok || found === undefined || from === undefined) {
        facts.tell(context, { type: 'sign_in.refused', userId, reason: 'password_change' })
        throw new Problem(wrongPassword)
      }
      const to = await hasher.hash(given.newPassword)
      const sessionId = newId('ses')
      const isChanged = isStored(userId, to)
      const fact = await facts.of(context, { type: 'password.changed', userId, sessionId, when: isChanged })
      const transport = given.transport ?? caller.via
      let isStanding = false
      context.ride(sessionsStore.proof(evidence), ([row]) => {
        isStanding = row !== undefined
      })
      const result = await signIn.resume(context, {
        account: found.account,
        manner: { transport, remember: session.remember, device },
        holds: isChanged,
        ...factors.carriedOver(userId, { ...session, shown: 'password', now: context.now }),
        before: [
          changePassword({ userId, from, to, now: context.now, stands }),
          dropChallenges(userId, isChanged),
          endCodes(userId, isChanged),
          endTrust(userId, isChanged),
          ...fact.statements,
        ],
        after: [attempt.refund],
        ends: endOthersFor(userId, sessionId, context.now, 'password_changed'),
        sessionId,
      })
      if (result === undefined) throw new Problem(isStanding ? wrongPassword : unauthenticated)
      fact.happened()
      if (transport === 'token' && caller.via === 'cookie') sessionCookie.clear(context)
      return result
    },
  }
}
