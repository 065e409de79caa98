import { byAccountToken } from './act.ts'
import { bodyOf, json, query, type Server } from './harness.ts'
import { newAuthenticator } from './passkey-authenticator.ts'
import { heldUp, optionsOf, shown, signIn, signUp } from './passkeys.ts'
import type { OneTime } from './properties/one-time.ts'
import { unlimited } from './properties/uses.ts'

const count = async (on: Server, text: string) => Number((await query(on, text))[0]?.[0])

/** Where an authenticator counts, its count alone would be enough. */
const uncounted = () => newAuthenticator({ counts: false })

/** Somebody whose authenticator has made a key for a challenge of theirs. */
const registering = async (on: Server) => {
  const { bearer } = await byAccountToken(on)
  const options = await bodyOf(await on.request('/auth/passkeys/options', json({}, bearer)))
  return { headers: bearer, body: { attestation: await newAuthenticator().create(options) } }
}

/** Whose sign-in is on hold, and who has signed for it. */
const finishing = async (on: Server) => {
  const { authenticator, id } = await heldUp(on, uncounted())
  const options = await bodyOf(await on.request('/auth/passkeys/sign-in/options', json({ id })))
  return { body: { id, method: 'passkey', assertion: await authenticator.get(options) } }
}

/** Who has signed to prove again who they are, a minute after they signed in. */
const steppingUp = async (on: Server) => {
  const { authenticator, headers, tab } = await shown(on, uncounted())
  on.clock.pass(60)
  const options = await optionsOf(tab, 'passkeys/sign-in/options', { stepUp: true })
  return { headers, body: { method: 'passkey', assertion: await authenticator.get(options) } }
}

interface Purpose extends Pick<OneTime, 'settings' | 'won' | 'losers' | 'uses'> {
  readonly path: string
  readonly of: (on: Server) => Promise<{ readonly headers?: object; readonly body: object }>
  /** The member of the answer in which two uses would differ. */
  readonly effect: 'session' | 'passkey'
}

const purpose = ({ path, of, effect, ...rest }: Purpose): OneTime => ({
  ...rest,
  make: async (on) => JSON.stringify(await of(on)),
  spend(on, made) {
    const { headers, body } = JSON.parse(made)
    return on.request(`/auth/${path}`, json(body, headers))
  },
  effectOf: async (answer) => (await bodyOf(answer))[effect].id,
  trips: 2,
})

/** What an authenticator signs once, by what that is for. Whoever loses late is told of another reason than who loses at once. */
export const oneTimePasskeys: Readonly<Record<string, OneTime>> = {
  'passkey_challenges.hash sign_in': purpose({
    path: 'passkeys/sign-in',
    of: async (on) => ({ body: await signIn(on, uncounted()) }),
    effect: 'session',
    won: 200,
    losers: [410],
    uses: (on) => count(on, `select count(*) from sessions where methods = '["passkey"]'`),
  }),
  'passkey_challenges.hash sign_up': purpose({
    path: 'passkeys/sign-up',
    of: async (on) => ({ body: await signUp(on) }),
    effect: 'session',
    won: 201,
    losers: [409, 410],
    uses: (on) => count(on, 'select count(*) from sessions'),
  }),
  'passkey_challenges.hash register': purpose({
    path: 'passkeys',
    of: registering,
    effect: 'passkey',
    won: 201,
    losers: [409, 422],
    uses: (on) => count(on, 'select count(*) from passkeys'),
  }),
  'passkey_challenges.hash gate': purpose({
    path: 'challenge',
    of: finishing,
    effect: 'session',
    won: 200,
    losers: [401, 410],
    // Beside the session that added the passkey.
    uses: (on) => count(on, `select count(*) - 1 from sessions where methods = '["password","passkey"]'`),
  }),
  'passkey_challenges.hash step_up': purpose({
    settings: unlimited,
    path: 'session/refresh-auth',
    of: steppingUp,
    effect: 'session',
    won: 200,
    losers: [401, 403, 409],
    uses: (on) => count(on, 'select count(*) from sessions where authenticated_at > created_at'),
  }),
}
