import type { Context } from '../../identity/context.ts'
import type { Core } from '../../identity/core.ts'
import type { Fact, FactType } from '../../identity/facts.ts'
import { addressOf } from '../../identity/users.ts'
import { isSo } from './store.ts'

const noticeOf: Partial<Record<FactType, 'new_device' | 'password_changed' | 'token_reused'>> = {
  'device.added': 'new_device',
  'password.changed': 'password_changed',
  'password.reset': 'password_changed',
  'token.reuse_detected': 'token_reused',
}

/**
 * Tells users by mail what happened to their accounts, at no trip before the answer: in the very batch that makes it so,
 * or, of a fact that only its batch could tell, in the trip that may follow the answer.
 */
export const notices = ({ facts, outbox }: Core): void => {
  const post = async (context: Context, { type, userId, when }: Fact) => {
    const kind = noticeOf[type]
    if (kind === undefined || userId === undefined) return []
    const notice = { data: {}, userId, to: addressOf(userId), when: when ?? isSo, isNotice: true }
    return outbox.post(context, { kind, ...notice, isLate: when === undefined })
  }
  facts.on({
    store: async (fact, context) => (fact.when ? post(context, fact) : []),
    // biome-ignore lint/suspicious/noThenProperty: the socket's own word for what runs after the answer
    then: async (fact, context) => (fact.when ? undefined : post(context, fact)),
  })
}
