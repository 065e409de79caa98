import { randomToken, sha256 } from '../../base/crypto.ts'
import type { Statement } from '../../base/ports.ts'
import type { Context } from '../../identity/context.ts'
import { issueChallenge, type NewChallenge } from './store.ts'

/** 256 random bits for an authenticator to sign, of which the hash alone is stored. */
export const newChallenge = async (
  { now }: Context,
  given: Omit<NewChallenge, 'hash' | 'now'>,
): Promise<{ challenge: string; issue: Statement }> => {
  const challenge = randomToken()
  return { challenge, issue: issueChallenge({ ...given, hash: await sha256(challenge), now }) }
}
