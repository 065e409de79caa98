import type { Context } from '../../identity/context.ts'
import type { Core } from '../../identity/core.ts'
import type { Fact } from '../../identity/facts.ts'
import type { Message } from '../../identity/outbox.ts'
import { addressOf } from '../../identity/users.ts'
import type { MessageKind } from '../../messages/message.ts'
import { details, isSo } from './store.ts'

type Notice = { [K in MessageKind]: Pick<Message<K>, 'kind' | 'data' | 'details'> }[MessageKind]

const noticeOf = (fact: Fact): Notice | undefined => {
  switch (fact.type) {
    case 'device.added':
      return { kind: 'new_device', data: {} }
    case 'password.changed':
    case 'password.reset':
      return { kind: 'password_changed', data: {} }
    case 'token.reuse_detected':
      return { kind: 'token_reused', data: {} }
    case 'factor.added':
      return { kind: 'factor_added', ...ofFactor(fact) }
    case 'factor.removed':
      return { kind: 'factor_removed', ...ofFactor(fact) }
    case 'recovery.used':
      return { kind: 'recovery_code_used', data: { left: 0 }, details: details('left', fact.left) }
    case 'recovery.made':
      return { kind: 'recovery_codes_made', data: {} }
    default:
      return undefined
  }
}

const ofFactor = ({ factor, name }: Extract<Fact, { readonly type: 'factor.added' | 'factor.removed' }>) => ({
  data: { factor, name: null },
  details: details('name', name),
})

/**
 * Tells users by mail what happened to their accounts, at no trip before the answer: in the very batch that makes it so,
 * or, of a fact that only its batch could tell, in the trip that may follow the answer.
 */
export const notices = ({ facts, outbox }: Core): void => {
  const post = async (context: Context, fact: Fact) => {
    const notice = noticeOf(fact)
    const { userId, when } = fact
    if (notice === undefined || userId === undefined) return []
    const about = { userId, to: addressOf(userId), when: when ?? isSo, isNotice: true }
    return outbox.post(context, { ...notice, ...about, isLate: when === undefined })
  }
  facts.on({
    store: async (fact, context) => (fact.when ? post(context, fact) : []),
    // biome-ignore lint/suspicious/noThenProperty: the socket's own word for what runs after the answer
    then: async (fact, context) => (fact.when ? undefined : post(context, fact)),
  })
}
