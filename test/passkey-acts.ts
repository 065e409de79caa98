import { type Act, act, byAccountToken, byCookie, cookieOf } from './act.ts'
import { bodyOf, browser, json, somebody } from './harness.ts'
import { newAuthenticator } from './passkey-authenticator.ts'
import { byToken, heldUp, optionsOf, shown, signIn, signUp, withPasskey } from './passkeys.ts'

/** Every route of passkeys, in each of the ways in which it can be asked. */
export const acts: readonly Act[] = [
  act(['POST /auth/passkeys/options'], [200, 1], async (on) => json({}, await byCookie(on))),
  act(['POST /auth/passkeys/options', 'by bearer'], [200, 1, 2], async (on) =>
    json({}, (await byAccountToken(on)).bearer),
  ),
  act(
    ['POST /auth/passkeys'],
    [201, 2],
    async (on) => {
      const headers = await byCookie(on)
      const options = await bodyOf(await on.request('/auth/passkeys/options', json({}, headers)))
      return json({ attestation: await newAuthenticator().create(options) }, headers)
    },
    { again: 401, ends: 1, facts: ['factor.added'] },
  ),
  act(['GET /auth/passkeys'], [200, 1], async (on) => ({ headers: (await shown(on)).headers })),
  act(['PATCH /auth/passkeys/:id'], [200, 1], async (on) => {
    const { passkey, headers } = await shown(on)
    return { ...json({ name: 'The blue one' }, headers), id: passkey.id }
  }),
  act(
    ['DELETE /auth/passkeys/:id'],
    [204, 1],
    async (on) => {
      const { passkey, headers } = await shown(on)
      return { headers, id: passkey.id }
    },
    { again: 404, ends: 2, facts: ['factor.removed', 'session.ended'] },
  ),
  act(['POST /auth/passkeys/sign-in/options'], [200, 1], async () => json({}), { accounts: 0 }),
  act(['POST /auth/passkeys/sign-in/options', 'for tokens'], [200, 1], async () => json(byToken), { accounts: 0 }),
  act(['POST /auth/passkeys/sign-in/options', 'for an address'], [200, 1], async (on) => {
    const { person } = await withPasskey(on)
    return json({ email: person.email })
  }),
  act(
    ['POST /auth/passkeys/sign-in/options', 'for a username'],
    [200, 1],
    async () => json({ username: 'nobody_at_all' }),
    { accounts: 0 },
  ),
  act(['POST /auth/passkeys/sign-in/options', 'for a sign-in on hold'], [200, 1], async (on) =>
    json({ id: (await heldUp(on)).id }),
  ),
  act(['POST /auth/passkeys/sign-in/options', 'for a session'], [200, 1], async (on) =>
    json({ stepUp: true }, (await shown(on)).headers),
  ),
  act(
    ['POST /auth/passkeys/sign-in'],
    [200, 2],
    async (on) => {
      const { authenticator } = await withPasskey(on)
      const tab = browser(on)
      const options = await optionsOf(tab, 'passkeys/sign-in/options')
      return json({ assertion: await authenticator.get(options) }, cookieOf(tab.jar))
    },
    { again: 410 },
  ),
  act(['POST /auth/passkeys/sign-in', 'for tokens'], [200, 2], async (on) => json(await signIn(on)), { again: 410 }),
  act(['POST /auth/passkeys/sign-up/options'], [200, 1], async () => json({ email: somebody().email }), {
    accounts: 0,
  }),
  act(
    ['POST /auth/passkeys/sign-up'],
    [201, 2],
    async (on) => {
      const [tab, { email }] = [browser(on), somebody()]
      const options = await optionsOf(tab, 'passkeys/sign-up/options', { email })
      return json({ email, attestation: await newAuthenticator().create(options) }, cookieOf(tab.jar))
    },
    { again: 410, facts: ['user.registered', 'session.started'] },
  ),
  act(['POST /auth/passkeys/sign-up', 'for tokens'], [201, 2], async (on) => json(await signUp(on)), { again: 410 }),
  act(
    ['POST /auth/challenge', 'by a passkey'],
    [200, 2],
    async (on) => {
      const { authenticator, id } = await heldUp(on)
      const options = await bodyOf(await on.request('/auth/passkeys/sign-in/options', json({ id })))
      return json({ id, method: 'passkey', assertion: await authenticator.get(options) })
    },
    { again: 410 },
  ),
  act(
    ['POST /auth/session/refresh-auth', 'by a passkey'],
    [200, 2],
    async (on) => {
      const { authenticator, headers, tab } = await shown(on)
      const options = await optionsOf(tab, 'passkeys/sign-in/options', { stepUp: true })
      return json({ method: 'passkey', assertion: await authenticator.get(options) }, headers)
    },
    { again: 401 },
  ),
  act(['GET /.well-known/webauthn'], [200, 0], async () => ({})),
]
