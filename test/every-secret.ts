import { moved, proven } from './address-changes.ts'
import { secretOf } from './credentials.ts'
import { rowsOf } from './feature-tables.ts'
import {
  bodyOf,
  codeIn,
  json,
  mailTo,
  query,
  type Server,
  server,
  signedUp,
  signedUpByToken,
  somebody,
  tokenIn,
} from './harness.ts'
import { heldUpToEnrol, recoveryCodesFor } from './planted-factor.ts'

/** Everything secret, or nearly so, that the service ever gives out, mails or stores, by its name. */
export const everySecret = async (on: Server, gate: { isOn: boolean }) => {
  const tab = await signedUp(on)
  const native = await signedUpByToken(on)
  const account = await bodyOf(
    await on.request('/auth/token', json({ refresh_token: native.tokens.refresh_token, audience: 'account' })),
  )
  gate.isOn = true
  const asked = await bodyOf(await on.request('/auth/login', json({ ...tab.person, transport: 'token' })))
  gate.isOn = false
  const cookie = tab.jar.get('__Host-session') ?? ''
  const [payload = '', mac = ''] = cookie.split('.')
  const values: Record<string, string> = {
    'session cookie': cookie,
    'payload of a session cookie': payload,
    'signature of a session cookie': mac,
    'secret of a session cookie': secretOf(cookie),
    'device cookie': tab.jar.get('__Host-device') ?? '',
    'device token': native.tokens.device_token,
    'access token': native.tokens.access_token,
    'account access token': account.access_token,
    'refresh token': account.refresh_token,
    'used refresh token': native.tokens.refresh_token,
    'challenge id': asked.challenge.id,
    'enrol challenge id': await heldUpToEnrol(on, native.person),
    'recovery code': (await recoveryCodesFor(on, tab.user.id))[0] ?? '',
    'session id': tab.session.id,
    'user id': tab.user.id,
    ...(await mailed(on, tab)),
    ...(await stored(on)),
    ...(await ofFeatures(on)),
  }
  return { tab, native, values }
}

/** One of each purpose, all good at once. */
const mailed = async (on: Server, { api, person }: Awaited<ReturnType<typeof signedUp>>) => {
  const [moving, newEmail, { email }] = [await proven(on), somebody().email, person]
  const newest = async (to = email) => (await mailTo(on, { email: to })).at(-1)
  const invitation = await newest()
  await api.auth.password.forgot.$post({ json: { email } })
  const reset = await newest()
  await api.auth.email.link.$post({ json: { email } })
  const link = await newest()
  const sent = await bodyOf(await api.auth.email.code.$post({ json: { email } }))
  const code = await newest()
  await api.auth.email.change.$post({ json: { newEmail } })
  return {
    'verification token': tokenIn(invitation, 'email/verify'),
    'disowning token': tokenIn(invitation, 'email/disown'),
    'reset token': tokenIn(reset, 'password/reset'),
    'sign-in token': tokenIn(link, 'email/sign-in'),
    'sign-in id': String(sent.id),
    'sign-in code': codeIn(code),
    'change token': tokenIn(await newest(newEmail), 'email/change/confirm'),
    'undo token': await moved(on, moving, moving.person.email, somebody().email),
    'message id': code?.id ?? '',
  }
}

const stored = async (on: Server) => {
  const refusing = await server({ beside: on, mailer: { name: 'smtp', send: () => Promise.reject(new Error('down')) } })
  await refusing.request('/auth/email/link', json({ email: somebody().email }))
  await refusing.settled()
  const rows = async (text: string) => String((await query(on, text))[0]?.[0])
  return {
    'key id': await rows('select id from signing_keys'),
    'stored secret of a session': await rows('select secret_hash from sessions'),
    'stored refresh token': await rows('select hash from refresh_tokens'),
    'stored challenge': await rows('select hash from challenges'),
    'stored recovery code': await rows('select hash from recovery_codes'),
    'stored password': await rows('select hash from passwords'),
    'stored code': await rows("select hash from codes where purpose = 'reset_password'"),
    'stored mac of a code': await rows('select code_mac from codes where code_mac is not null'),
    'sealed message': await rows('select sealed from outbox where sealed is not null'),
    'sealed key': await rows('select private_jwk from signing_keys'),
  }
}

const ofFeatures = async (on: Server) => {
  const made: Record<string, string> = {}
  for (const { make } of rowsOf((feature) => feature.secrets)) Object.assign(made, await make(on))
  return made
}

/** The names of all of them. */
export const secretNames = [
  ...['session cookie', 'payload of a session cookie', 'signature of a session cookie', 'secret of a session cookie'],
  ...['device cookie', 'device token', 'access token', 'account access token', 'refresh token', 'used refresh token'],
  ...['challenge id', 'enrol challenge id', 'recovery code', 'session id', 'user id'],
  ...['verification token', 'disowning token', 'reset token', 'sign-in token', 'sign-in id', 'sign-in code'],
  ...['change token', 'undo token', 'message id'],
  ...['key id', 'stored secret of a session', 'stored refresh token', 'stored challenge'],
  ...['stored recovery code', 'stored password'],
  ...['stored code', 'stored mac of a code', 'sealed message', 'sealed key'],
  ...rowsOf((feature) => feature.secrets?.names),
]
