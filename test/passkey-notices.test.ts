import { expect, test } from 'vitest'
import { proven } from './address-changes.ts'
import { quickServer } from './credentials.ts'
import { faultyDatabase, noFault, openLimiter, replyLost } from './faulty-ports.ts'
import { bodyOf, json, mailTo, type Server } from './harness.ts'
import { newAuthenticator } from './passkey-authenticator.ts'
import { addPasskey, optionsOf, post, showPasskey, signedUpByPasskey } from './passkeys.ts'

const at = 'app.example.com'
const added = `A sign-in method was added at ${at}`
const removed = `A sign-in method was removed at ${at}`

/** What was mailed to somebody of their passkeys: each subject with the name that it tells. */
const told = async (on: Server, person: { readonly email: string }) => {
  await on.settled()
  return (await mailTo(on, person)).flatMap(({ subject, text }) => {
    const [, name = ''] = /Sign-in method: Passkey\n(?:Its name: (.*)\n)?/.exec(text) ?? []
    return [added, removed].includes(subject) ? [`${subject}: ${name}`] : []
  })
}

/** Somebody with a proven address, before whom a passkey is to be made, and a database whose replies may get lost. */
const owner = async () => {
  const { next, database } = faultyDatabase()
  const on = await quickServer({ database, limiter: openLimiter })
  const ada = await proven(on)
  await on.settled()
  return { ...ada, on, next, authenticator: newAuthenticator() }
}

test('S20: whoever adds a passkey is told its name, and the one that it has when it goes', async () => {
  const ada = await owner()
  const { passkey } = await bodyOf(await addPasskey(ada, { authenticator: ada.authenticator, name: 'Blue key' }))
  await ada.fetch(`/auth/passkeys/${passkey.id}`, { ...json({ name: 'Old key' }), method: 'PATCH' })

  const gone = await ada.fetch(`/auth/passkeys/${passkey.id}`, { method: 'DELETE' })

  expect([gone.status, ada.on.trips.last]).toEqual([204, 1])
  expect(await told(ada.on, ada.person)).toEqual([`${added}: Blue key`, `${removed}: Old key`])
})

test('S18: a passkey whose name a mail client could take for a link is told without it', async () => {
  const ada = await owner()

  await addPasskey(ada, { authenticator: ada.authenticator, name: 'evil.example/login' })

  expect(await told(ada.on, ada.person)).toEqual([`${added}: `])
})

test('where replies get lost, a passkey that comes and goes is told once each', async () => {
  const ada = await owner()
  const options = await optionsOf(ada, 'passkeys/options')
  const attestation = await ada.authenticator.create(options)
  await ada.on.settled()
  ada.next(noFault, replyLost)
  const { passkey } = await bodyOf(await post(ada, 'passkeys', { attestation, name: 'Blue key' }))
  await ada.on.settled()
  ada.next(replyLost)

  const gone = await ada.fetch(`/auth/passkeys/${passkey.id}`, { method: 'DELETE' })

  expect(gone.status).toBe(204)
  expect(await told(ada.on, ada.person)).toEqual([`${added}: Blue key`, `${removed}: Blue key`])
})

test('of what did not happen nobody is told: a key that was not made here, and one that is not there', async () => {
  const ada = await owner()
  const options = await optionsOf(ada, 'passkeys/options')
  const attestation = await ada.authenticator.create({ ...options, challenge: 'A'.repeat(43) })

  await post(ada, 'passkeys', { attestation })
  await ada.fetch(`/auth/passkeys/pky_${'A'.repeat(22)}`, { method: 'DELETE' })

  expect(await told(ada.on, ada.person)).toEqual([])
})

test('a passkey that makes an account, or signs in where it did before, is no news', async () => {
  const on = await quickServer()
  const ada = await signedUpByPasskey(on)
  on.clock.pass(1)

  await showPasskey(ada, { authenticator: ada.authenticator })

  expect(await told(on, ada.person)).toEqual([])
})
