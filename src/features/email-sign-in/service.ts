import { rfc3339 } from '../../base/clock.ts'
import { randomToken, sha256 } from '../../base/crypto.ts'
import type { Email } from '../../base/email.ts'
import { codeUsedOrExpired, conflict, Problem, wrongCredentials } from '../../base/errors.ts'
import { newId } from '../../base/ids.ts'
import type { Statement } from '../../base/ports.ts'
import { linkTo } from '../../base/redirects.ts'
import { claimAccount } from '../../identity/claim.ts'
import { codeLife, isIssued, issueCode, isUsed, type NewCode, type Use, useCode } from '../../identity/codes.ts'
import type { Context } from '../../identity/context.ts'
import type { Core } from '../../identity/core.ts'
import type { KnownDevice } from '../../identity/devices.ts'
import type { Message } from '../../identity/outbox.ts'
import type { Account, Challenge, Completion, SignedIn } from '../../identity/sign-in.ts'
import { taking } from '../../identity/statement.ts'
import { isTyped, newTypedCode } from '../../identity/typed-codes.ts'
import { userIdOf } from '../../identity/users.ts'
import {
  anyAddress,
  countTry,
  hasAccount,
  insertProven,
  isAsRead,
  isMade,
  keyOfUsed,
  keyToTry,
  type OpenCode,
  openCode,
  ownerOf,
  provenMailbox,
  stillOpen,
} from './store.ts'

interface Asked {
  readonly email: Email
  /** Where the link leads, instead of to our own page. */
  readonly redirectTo?: string | undefined
  readonly device_token?: string | undefined
}

/** Either a token, or an id and a code. */
export interface Shown {
  readonly token?: string | undefined
  readonly id?: string | undefined
  readonly code?: string | undefined
  readonly transport: 'cookie' | 'token'
  readonly remember: boolean
  readonly device_token?: string | undefined
}

/** A code that is right, as the first trip found it. */
interface Proof {
  readonly use: Use
  readonly open: OpenCode
  readonly gateRows: Completion['gateRows']
  /** Undefined where nothing was counted. */
  readonly refund?: Statement
}

/** All but whom it signs in. */
type Ready = Omit<Completion, 'account'> & { readonly before: readonly Statement[] }

type Kind = 'sign_in_link' | 'sign_in_code'

interface Sent<K extends Kind> extends Pick<Message<K>, 'kind' | 'data'> {
  readonly code: Pick<NewCode, 'hash' | 'typed'>
}

export const emailSignInService = (core: Core) => {
  const { config, credentials, devices, facts, outbox, ring, signIn, throttle } = core
  if (outbox.canSend) credentials.add({ method: 'email', waysIn: provenMailbox })

  /** Issues a code whoever has the address, and mails it where that may sign in. One trip. */
  const send = async <K extends Kind>(context: Context, { email, device_token }: Asked, sent: Sent<K>) => {
    const { code, kind, data } = sent
    const [userId, address, life] = [userIdOf(email.canonical), anyAddress(email), codeLife[kind]]
    const leaves = config.emailSignUp ? undefined : hasAccount(email)
    const ownDevice = await devices.ofOwner(context, device_token, email)
    const { statements, isCounted, byOwner } = await throttle.mail(context, { recipient: email.canonical, ownDevice })
    await context.batch([
      ...statements,
      ...issueCode(context.now, { ...code, purpose: kind, userId, email: address, when: isCounted }),
      ...(await outbox.post(context, {
        kind,
        data,
        userId,
        to: address,
        when: isIssued(code.hash),
        leaves,
        byOwner,
        life,
      })),
    ])
  }

  /** One trip. Whoever has the token has the mail: nothing is guessed, and nothing counted. */
  const byToken = async (context: Context, token: string, device: KnownDevice | undefined): Promise<Proof> => {
    const use = await usage(context, token, 'sign_in_link')
    const [[open], ...gateRows] = await context.batch([
      openCode(use),
      ...signIn.reads(context, ownerOf(use.hash), device),
    ])
    if (open === undefined) throw new Problem(codeUsedOrExpired)
    return { use, open, gateRows }
  }

  const guessing = (context: Context, use: Use, device: KnownDevice | undefined) =>
    throttle.on(context, {
      identifier: keyToTry(use, context),
      identifierThen: keyOfUsed(use),
      knownDevice: device && { id: device.id, holds: devices.belongsTo(context, device, ownerOf(use.hash)) },
    })

  /** One trip. The try is counted before anything is compared; an id that nobody was given costs the same. */
  const byCode = async (
    context: Context,
    { id = '', code = '' }: Shown,
    device: KnownDevice | undefined,
  ): Promise<Proof> => {
    const use = await usage(context, id, 'sign_in_code')
    const attempt = await guessing(context, use, device)
    const [counted, full, [open], ...gateRows] = await context.batch([
      ...attempt.statements,
      countTry(use, context, attempt.isCounted),
      ...signIn.reads(context, ownerOf(use.hash), device),
    ])
    attempt.judge(counted, full)
    const isRight = await isTyped(ring, use.hash, { typed: code, mac: open?.mac ?? '' })
    if (open === undefined) throw new Problem(codeUsedOrExpired)
    if (!isRight) {
      facts.tell(context, { type: 'sign_in.refused', userId: open.account?.user.id, reason: 'email' })
      throw new Problem(wrongCredentials)
    }
    return { use, open, gateRows, refund: attempt.refund }
  }

  /** Nobody has the address: the account is made in the batch that begins its session. */
  const signUp = async (context: Context, { use, open }: Proof, ready: Ready) => {
    const id = newId('usr')
    const user = { id, email: open.email, emailVerified: true, username: null, name: null, locale: null, roles: [] }
    const fact = await facts.of(context, { type: 'user.registered', userId: id, when: isMade(id) })
    const result = await signIn.complete(context, {
      ...ready,
      account: { user: { ...user, createdAt: context.now }, suspended: false, methods: ['email'] },
      gateRows: [],
      before: [...ready.before, insertProven(use, id), ...fact.statements],
    })
    if (result !== undefined) fact.happened()
    return result
  }

  /** Nobody had proven the address: what somebody else put there goes, and stands in the way of nothing. */
  const claim = async (context: Context, account: Account, ready: Ready) => {
    const claimed = await claimAccount(core, context, { userId: account.user.id, when: ready.holds })
    const before = [...ready.before, ...claimed.statements]
    const result = await signIn.complete(context, { ...ready, account, gateRows: [], before, isExpected: true })
    claimed.told()
    return result
  }

  /** One trip. Undefined where the code or the account is no longer as it was read. */
  const begin = (context: Context, proof: Proof, ready: Ready) => {
    const { account } = proof.open
    if (account === undefined) return signUp(context, proof, ready)
    return account.user.emailVerified ? signIn.complete(context, { ...ready, account }) : claim(context, account, ready)
  }

  return {
    /**
     * Mails a link that signs in. The answer is the same whoever has the address. One trip.
     * @throws Problem `too_many_attempts` (429), `misconfigured` (500)
     */
    async link(context: Context, asked: Asked): Promise<void> {
      outbox.require()
      const token = randomToken()
      const page = asked.redirectTo ?? `${config.issuer}/email/sign-in`
      const data = { link: linkTo(page, token) }
      await send(context, asked, { code: { hash: await sha256(token) }, kind: 'sign_in_link', data })
    },

    /**
     * Mails a code to type, good with the id alone that is answered: a secret of 256 bits, also where nobody has the
     * address. One trip.
     * @throws Problem `too_many_attempts` (429), `misconfigured` (500)
     */
    async code(context: Context, asked: Asked): Promise<{ id: string; expiresAt: string }> {
      outbox.require()
      const id = randomToken()
      const hash = await sha256(id)
      const [{ code, mac }, throttleKey] = await Promise.all([
        newTypedCode(ring, hash),
        throttle.keyOf(`code ${asked.email.canonical}`),
      ])
      await send(context, asked, {
        code: { hash, typed: { mac, throttleKey } },
        kind: 'sign_in_code',
        data: { code },
      })
      return { id, expiresAt: rfc3339(context.now + codeLife.sign_in_code) }
    },

    /**
     * Signs in whoever shows what was mailed, which proves the address: the account that has it, or a new one, or one
     * that somebody else made and that is theirs from now on. Two trips.
     * @throws Problem `code_used_or_expired` (410), `wrong_credentials` (401), `account_suspended` (403),
     *   `too_many_attempts` (429), `conflict` (409) where the account changed between the trips: the code is good still,
     *   unless a second factor was switched on
     */
    async signIn(context: Context, given: Shown): Promise<SignedIn | Challenge> {
      const { token, transport, remember, device_token } = given
      const device = await devices.shown(context, device_token)
      const proof = await (token === undefined ? byCode(context, given, device) : byToken(context, token, device))
      const { use, open, gateRows, refund } = proof
      const isAnyone = open.account !== undefined || (open.isFree && config.emailSignUp)
      if (!isAnyone) throw new Problem(codeUsedOrExpired)
      let isLeft = false
      const result = await begin(context, proof, {
        manner: { transport, remember, device },
        holds: isUsed(use),
        gateRows,
        before: [
          useCode(use, isAsRead(use, open)),
          taking(stillOpen(use), (rows) => {
            isLeft = rows.length > 0
          }),
        ],
        after: refund ? [refund] : [],
        sessionId: use.by,
      })
      if (result === undefined) throw new Problem(isLeft ? conflict : codeUsedOrExpired)
      return result
    },
  }
}

/** Marked with the id of the session that it begins, or would begin where a gate asks for more. */
const usage = async ({ now }: Context, secret: string, purpose: Kind): Promise<Use> => ({
  hash: await sha256(secret),
  purpose,
  by: newId('ses'),
  now,
})
