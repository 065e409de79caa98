import { sha256 } from '../../base/crypto.ts'
import type { Context } from '../../identity/context.ts'
import type { Facts } from '../../identity/facts.ts'
import type { Account } from '../../identity/sign-in.ts'
import { userIdOfHandle } from './options.ts'
import type { ChallengePurpose, ChallengeUse, PasskeyRow, Step, UsedChallenge } from './store.ts'
import {
  type Assertion,
  type Attestation,
  challengeOf,
  type NewCredential,
  nobodysKey,
  type RelyingParty,
  verifyAssertion,
  verifyRegistration,
} from './webauthn.ts'

/** An answer, and for what it is taken: only for what its challenge was asked for, by whom it was. */
interface Shown {
  readonly answer: Assertion | Attestation
  readonly purposes: readonly ChallengePurpose[]
  readonly boundTo: string
}

/** What the first trip found beside an answer. */
interface Found {
  readonly used: UsedChallenge
  readonly passkey: PasskeyRow | undefined
  /** PIN or biometrics: it is to be two factors by itself. */
  readonly needsVerification: boolean
}

/** Judges what authenticators sign: for sign-ins, gates, step-up and registrations alike. */
export const newJudge = (facts: Facts, party: RelyingParty) => ({
  /** What uses up the challenge of an answer in the first trip: whatever becomes of it, it is good for no other. */
  async use(context: Context, { answer, purposes, boundTo }: Shown): Promise<ChallengeUse> {
    const [hash, digest] = await Promise.all([sha256(challengeOf(answer)), sha256(JSON.stringify(answer))])
    return { hash, purposes, boundTo, answer: digest, now: context.now }
  },

  /** Every passkey is one to sign in with: none is taken that cannot verify its user. */
  registration: (answer: Attestation): Promise<NewCredential | undefined> =>
    verifyRegistration(answer, { party, challenge: challengeOf(answer), needsVerification: true }),

  /**
   * Whose passkey signed, and how far it has counted; undefined for a wrong answer. A passkey that nobody has takes as
   * long as a wrong signature.
   */
  async assertion(
    context: Context,
    answer: Assertion,
    { used, passkey, needsVerification }: Found,
  ): Promise<{ account: Account; step: Step } | undefined> {
    const key = { id: answer.id, publicKey: passkey?.publicKey ?? nobodysKey }
    const said = await verifyAssertion(answer, key, { party, challenge: challengeOf(answer), needsVerification })
    if (said === undefined || passkey === undefined || !isOwners(answer, passkey, used)) return undefined
    const { id, counter, account, backupEligible } = passkey
    if (said.backupEligible !== backupEligible) return undefined
    const userId = account.user.id
    if ((counter > 0 || said.counter > 0) && said.counter <= counter) {
      facts.tell(context, { type: 'passkey.counter_went_back', userId })
      return undefined
    }
    return { account, step: { id, userId, counter: said.counter, backedUp: said.backedUp, now: context.now } }
  },
})

export type Judge = ReturnType<typeof newJudge>

/**
 * Of whoever has not said who they are, the authenticator tells. Of whoever has, the passkey is theirs: another one is as
 * wrong for a name that somebody has as for one that nobody has.
 */
const isOwners = ({ response }: Assertion, { account: { user } }: PasskeyRow, used: UsedChallenge): boolean => {
  const handle = response.userHandle ?? undefined
  const isNamed = used.purpose !== 'sign_in'
  if (isNamed && used.userId !== user.id) return false
  return handle === undefined ? isNamed : userIdOfHandle(handle) === user.id
}
