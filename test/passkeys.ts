import { expect } from 'vitest'
import { cookieOf } from './act.ts'
import { type Browser, bodyOf, browser, json, type Server, signedUp, somebody } from './harness.ts'
import { type Authenticator, type Knobs, newAuthenticator } from './passkey-authenticator.ts'

/** What options routes take to be asked on whose behalf. */
type Asked = Readonly<Record<string, unknown>>

export const post = (tab: Pick<Browser, 'fetch'>, path: string, body: object = {}) =>
  tab.fetch(`/auth/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })

/** Options of a route, as an authenticator takes them. */
export const optionsOf = async (tab: Pick<Browser, 'fetch'>, path: string, asked: Asked = {}) => {
  const answer = await post(tab, path, asked)
  expect(answer.status, await answer.clone().text()).toBe(200)
  return bodyOf(answer)
}

interface Adding {
  readonly authenticator: Authenticator
  readonly knobs?: Knobs
  readonly name?: string
  /** The id of a sign-in that is held up for it. */
  readonly challenge?: string
}

/** Adds a passkey of this authenticator, as a browser does. */
export const addPasskey = async (
  tab: Pick<Browser, 'fetch'>,
  { authenticator, knobs, name, challenge }: Adding,
): Promise<Response> => {
  const options = await optionsOf(tab, 'passkeys/options', { challenge })
  return post(tab, 'passkeys', { challenge, name, attestation: await authenticator.create(options, knobs) })
}

/** Somebody who has just registered, with a passkey beside the password. */
export const withPasskey = async (on: Server, knobs: Knobs = {}, authenticator = newAuthenticator()) => {
  const tab = await signedUp(on)
  const answer = await addPasskey(tab, { authenticator, knobs })
  expect(answer.status, await answer.clone().text()).toBe(201)
  const { passkey, recoveryCodes } = await bodyOf(answer)
  await on.settled()
  return { ...tab, authenticator, passkey, recoveryCodes: recoveryCodes as string[] }
}

interface Showing {
  readonly authenticator: Authenticator
  readonly knobs?: Knobs
  /** Beside the assertion: for the options, and for the answer. */
  readonly asked?: Asked
  readonly given?: Asked
}

/** Signs in with a passkey in this browser. */
export const showPasskey = async (
  tab: Pick<Browser, 'fetch'>,
  { authenticator, knobs, asked, given }: Showing,
): Promise<Response> => {
  const options = await optionsOf(tab, 'passkeys/sign-in/options', asked)
  return post(tab, 'passkeys/sign-in', { assertion: await authenticator.get(options, knobs), ...given })
}

/** Somebody with a passkey, signed in with it in another browser, and the headers of that. */
export const shown = async (on: Server, authenticator = newAuthenticator()) => {
  const { passkey, person } = await withPasskey(on, {}, authenticator)
  const tab = browser(on)
  await showPasskey(tab, { authenticator })
  return { authenticator, passkey, person, tab, headers: cookieOf(tab.jar) }
}

/** A sign-in of somebody with a passkey that is held up for it. */
export const heldUp = async (on: Server, authenticator = newAuthenticator()) => {
  const { person } = await withPasskey(on, {}, authenticator)
  const { challenge } = await bodyOf(await on.request('/auth/login', json(person)))
  return { authenticator, id: String(challenge.id) }
}

export const byToken = { transport: 'token' }

export const optionsByToken = async (on: Server, path: string, more: object = {}) => {
  const { binding, ...options } = await bodyOf(await on.request(`/auth/${path}`, json({ ...byToken, ...more })))
  return { binding, options }
}

/** A sign-in, to be sent once or more. */
export const signIn = async (on: Server, authenticator = newAuthenticator()) => {
  await withPasskey(on, {}, authenticator)
  const { binding, options } = await optionsByToken(on, 'passkeys/sign-in/options')
  return { assertion: await authenticator.get(options), binding, ...byToken }
}

export const signUp = async (on: Server, { email } = somebody()) => {
  const { binding, options } = await optionsByToken(on, 'passkeys/sign-up/options', { email })
  return { email, attestation: await newAuthenticator().create(options), binding, ...byToken }
}

/** Somebody who has just signed up with a passkey and nothing else. */
export const signedUpByPasskey = async (on: Server) => {
  const [tab, authenticator, { email }] = [browser(on), newAuthenticator(), somebody()]
  const options = await optionsOf(tab, 'passkeys/sign-up/options', { email })
  const answer = await post(tab, 'passkeys/sign-up', { email, attestation: await authenticator.create(options) })
  expect(answer.status, await answer.clone().text()).toBe(201)
  await on.settled()
  return { ...tab, ...(await bodyOf(answer)), authenticator, person: { email } }
}
