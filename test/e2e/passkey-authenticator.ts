import type { Page } from 'playwright-core'
import type { Answer, Visitor } from './browser.ts'

/** A key as the authenticator holds it. */
export interface Key {
  readonly credentialId: string
  readonly signCount: number
}

/** Creation or request options as the service answers them. */
type Options = Answer

/** What an authenticator made, as the browser writes it. */
type Made = Answer

/** The authenticator of a device, whose owner always touches it and is always recognised. */
export interface Authenticator {
  /** Makes a key at the page that is open. */
  create(options: Options): Promise<Made>
  /** Signs with a key that the options allow, or with any where they name none. */
  get(options: Options): Promise<Made>
  /** Signs once the page has offered the key in a field, as browsers do unasked. */
  offer(options: Options): Promise<Made>
  keys(): Promise<readonly Key[]>
  /** Sets the counter of signatures that a key has made: what a copy of the authenticator would have. */
  rewind(key: Key, signCount: number): Promise<void>
  forget(key: Key): Promise<void>
}

const creating = (options: Options): string => `navigator.credentials
  .create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(${JSON.stringify(options)}) })
  .then((made) => made.toJSON())`

const getting = (options: Options, mediation: 'optional' | 'conditional'): string => `navigator.credentials
  .get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(${JSON.stringify(options)}), mediation: '${mediation}' })
  .then((made) => made.toJSON())`

/** Puts one into the device on which the page is open. */
export const authenticatorOf = async (page: Page): Promise<Authenticator> => {
  const devTools = await page.context().newCDPSession(page)
  await devTools.send('WebAuthn.enable')
  const { authenticatorId } = await devTools.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  })
  const forget = async ({ credentialId }: Key) => {
    await devTools.send('WebAuthn.removeCredential', { authenticatorId, credentialId })
  }
  return {
    create: (options) => page.evaluate(creating(options)),
    get: (options) => page.evaluate(getting(options, 'optional')),
    offer: (options) => page.evaluate(getting(options, 'conditional')),
    keys: async () => (await devTools.send('WebAuthn.getCredentials', { authenticatorId })).credentials,
    forget,
    async rewind(key, signCount) {
      const { credentials } = await devTools.send('WebAuthn.getCredentials', { authenticatorId })
      const credential = credentials.find(({ credentialId }) => credentialId === key.credentialId)
      if (credential === undefined) throw new Error(`No key ${key.credentialId}`)
      await forget(key)
      await devTools.send('WebAuthn.addCredential', { authenticatorId, credential: { ...credential, signCount } })
    },
  }
}

/** Opens a page of an app: on the origin of the service, or on another. It has the field in which browsers offer passkeys. */
export const openApp = async ({ page }: Visitor, origin = ''): Promise<void> => {
  const body = '<!doctype html><title>App</title><input autocomplete="username webauthn" autofocus>'
  await page.route('**/app', (route) => route.fulfill({ contentType: 'text/html', body }))
  await page.goto(`${origin}/app`)
}

/** Registers a passkey for whoever is signed in; answers what the service does. */
export const addPasskey = async ({ post }: Visitor, authenticator: Authenticator, name?: string) => {
  const { body: options } = await post('/auth/passkeys/options', {})
  const attestation = await authenticator.create(options)
  return post('/auth/passkeys', { attestation, ...(name === undefined ? {} : { name }) })
}
