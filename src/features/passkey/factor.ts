import type { Factor } from '../../identity/factors.ts'
import type { Judge } from './judge.ts'
import {
  acceptAnswer,
  advance,
  byCredential,
  hasPasskey,
  isAcceptable,
  isPasskeyOf,
  type PasskeyRow,
  passkeysAddedAt,
  type UsedChallenge,
  useChallenge,
} from './store.ts'
import type { Assertion } from './webauthn.ts'

/**
 * A passkey beside what was shown already: the presence of its user is enough. To step up nothing else is shown, so there
 * it verifies them. It has to be the passkey of that very user (GHSA-f66q-9rf6-8795), and its answer one for this very
 * sign-in or session.
 */
export const passkeyFactor = (judge: Judge, readAssertion: (given: unknown) => Assertion | undefined): Factor => ({
  method: 'passkey',
  kind: 'second',
  isOn: hasPasskey,
  isKept: isPasskeyOf,
  addedAt: passkeysAddedAt,

  async reads(context, _, { assertion, boundTo, end }) {
    const answer = readAssertion(assertion)
    if (answer === undefined) return []
    const use = await judge.use(context, { answer, purposes: [end], boundTo })
    return [useChallenge(use), byCredential(answer.id)]
  },

  async check([uses = [], found = []], { user }, { assertion, boundTo, end }, context) {
    const answer = readAssertion(assertion)
    const [[used], [passkey]] = [uses as UsedChallenge[], found as PasskeyRow[]]
    if (answer === undefined || used === undefined) return undefined
    const right = await judge.assertion(context, answer, { used, passkey, needsVerification: end === 'step_up' })
    if (right === undefined || right.account.user.id !== user.id) return undefined
    const { step } = right
    const use = await judge.use(context, { answer, purposes: [end], boundTo })
    return {
      holds: isAcceptable(use, step),
      burn: async (when) => [acceptAnswer(use, step.id, when), advance(step, when)],
      factorId: step.id,
    }
  },
})
