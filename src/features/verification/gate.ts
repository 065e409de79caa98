import { sha256 } from '../../base/crypto.ts'
import { codeLife, isIssued, issueCode, isUsed, useCode } from '../../identity/codes.ts'
import type { Core } from '../../identity/core.ts'
import { markEverySessionStale } from '../../identity/sessions.ts'
import type { Gate } from '../../identity/sign-in.ts'
import { taking } from '../../identity/statement.ts'
import { isTyped, newTypedCode } from '../../identity/typed-codes.ts'
import {
  confirmCodes,
  dropUncounted,
  isAnswerable,
  isGood,
  isOfAnother,
  unprovenAddress,
  verifyAddress,
} from './store.ts'

const purpose = 'confirm_code'

/** A code belongs to the challenge that asked for it: typed into another it is nothing (ASVS 6.6.2). */
const codeOf = (challenge: string): Promise<string> => sha256(`${purpose} ${challenge}`)

/** For where addresses have to be proven: whoever signs in with an unproven one types a code that is mailed to it. */
export const provenAddressGate = ({ facts, outbox, revocations, ring, throttle }: Core): Gate => ({
  reads: () => [],

  decide: (_, { user, methods }) =>
    !user.emailVerified && !methods.includes('email') ? { methods: ['email'] } : undefined,

  /** @throws Problem `too_many_attempts` (429), out of the batch */
  async ask(context, { account: { user }, hash: challenge, isOpen: isAsked }) {
    const hash = await codeOf(challenge)
    const { code, mac } = await newTypedCode(ring, hash)
    const [userId, email] = [user.id, unprovenAddress(user.id)]
    const count = await throttle.mail(context, {
      recipient: email,
      kind: purpose,
      where: isAnswerable(user.id, isAsked),
    })
    return [
      ...count.statements,
      dropUncounted(challenge, count.isCounted),
      ...issueCode(context.now, { hash, purpose, userId, email, when: count.isCounted, typed: { mac } }),
      ...(await outbox.post(context, {
        kind: purpose,
        data: { code },
        userId,
        to: email,
        when: isIssued(hash),
        life: codeLife[purpose],
      })),
    ]
  },

  weighs: async (_, userId, { method }) => (method === 'email' ? [confirmCodes(userId)] : []),

  async check([macs = []], { user }, { method, code, boundTo: challenge }, context) {
    if (method !== 'email' || code === undefined) return undefined
    const hash = await codeOf(challenge)
    const verdicts = await Promise.all(macs.map((mac) => isTyped(ring, hash, { typed: code, mac: String(mac) })))
    if (!verdicts.includes(true)) return undefined
    const use = { hash, purpose, by: challenge, now: context.now } as const
    const verified = taking(verifyAddress(use), (rows) => {
      if (rows.length > 0) facts.tell(context, { type: 'email.verified', userId: user.id })
    })
    const stale = taking(markEverySessionStale(user.id, context.now, isOfAnother(challenge, isUsed(use))), (ids) =>
      revocations.stale(context, ids),
    )
    return { holds: isGood(use), burn: async (when) => [useCode(use, when), verified, stale] }
  },
})
