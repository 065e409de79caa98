import { expect, test } from 'vitest'
import { proven } from './address-changes.ts'
import { quickServer } from './credentials.ts'
import { faultyDatabase, noFault, openLimiter, replyLost } from './faulty-ports.ts'
import { bodyOf, json, mailTo, type Server, somebody } from './harness.ts'
import { challengeFor, recovered } from './recovery-people.ts'
import { codeAt } from './totp-app.ts'
import { answered, enrol, heldElsewhere } from './totp-people.ts'

const at = 'app.example.com'
const added = `A sign-in method was added at ${at}`
const removed = `A sign-in method was removed at ${at}`
const used = `A recovery code was used at ${at}`
const made = `New recovery codes at ${at}`

/** What was mailed to somebody of their factors: each subject with what it tells of. */
const told = async (on: Server, person: { readonly email: string }) => {
  await on.settled()
  return (await mailTo(on, person)).flatMap(({ subject, text }) => {
    const [, what = ''] = /(?:Sign-in method|Recovery codes left): (.*)/.exec(text) ?? []
    return [added, removed, used, made].includes(subject) ? [`${subject}: ${what}`] : []
  })
}

/** Somebody with a proven address, a database whose replies may get lost, and what was mailed before an app was there. */
const owner = async () => {
  const { next, database } = faultyDatabase()
  const on = await quickServer({ database, limiter: openLimiter })
  const ada = await proven(on)
  await on.settled()
  return { ...ada, on, next }
}

const withApp = async () => {
  const ada = await owner()
  const app = await enrol(ada.on, ada)
  await ada.on.settled()
  return { ...ada, ...app }
}

test('S20: whoever switches an app on is told, and told again when it goes', async () => {
  const ada = await withApp()

  const gone = await ada.fetch('/auth/totp', { method: 'DELETE' })

  expect([gone.status, ada.on.trips.last]).toEqual([204, 1])
  expect(await told(ada.on, ada.person)).toEqual([`${added}: Authenticator app`, `${removed}: Authenticator app`])
})

test('S20: each recovery code that is used is told, with how many are left', async () => {
  const ada = await withApp()
  const [first = '', second = ''] = ada.recoveryCodes

  for (const code of [first, first, second]) await recovered(ada.on, await challengeFor(ada.on, ada.person), code)

  expect((await told(ada.on, ada.person)).slice(1)).toEqual([`${used}: 9`, `${used}: 8`])
})

test('a recovery code that is used by many at once is told once', async () => {
  const ada = await withApp()
  const [code = ''] = ada.recoveryCodes
  const ids = await Promise.all(Array.from({ length: 4 }, () => challengeFor(ada.on, ada.person)))

  const answers = await Promise.all(ids.map((id) => recovered(ada.on, id, code)))

  expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
  expect((await told(ada.on, ada.person)).slice(1)).toEqual([`${used}: 9`])
})

test('S20: recovery codes that are made anew are told', async () => {
  const ada = await withApp()

  const answer = await ada.fetch('/auth/recovery-codes', json({}))

  expect(answer.status).toBe(200)
  expect((await told(ada.on, ada.person)).slice(1)).toEqual([`${made}: `])
})

test('of what did not happen nobody is told: a wrong code, a factor that is not there, codes for no factor', async () => {
  const ada = await owner()
  await ada.fetch('/auth/totp', json({}))

  await ada.fetch('/auth/totp/confirm', json({ code: '000000' }))
  await ada.fetch('/auth/totp', { method: 'DELETE' })
  await ada.fetch('/auth/recovery-codes', json({}))

  expect(await told(ada.on, ada.person)).toEqual([])
})

test('the code of an app that finishes a sign-in is no notice: a device that is new is', async () => {
  const ada = await withApp()
  ada.on.clock.pass(30)
  const { tab, id } = await heldElsewhere(ada.on, ada.person)

  await answered(tab, id, await codeAt(ada.secret, ada.on.clock.now))

  await ada.on.settled()
  expect((await mailTo(ada.on, ada.person)).map(({ subject }) => subject).slice(1)).toEqual([
    added,
    `New sign-in to ${at}`,
  ])
})

test('where replies get lost, each of these is told once', async () => {
  const ada = await owner()
  const { secret } = await bodyOf(await ada.fetch('/auth/totp', json({})))
  ada.next(noFault, replyLost)
  const confirmed = await ada.fetch('/auth/totp/confirm', json({ code: await codeAt(secret, ada.on.clock.now) }))
  const { recoveryCodes } = await bodyOf(confirmed)
  await ada.on.settled()
  const id = await challengeFor(ada.on, ada.person)
  await ada.on.settled()
  ada.next(noFault, replyLost)
  const { status: recovery } = await recovered(ada.on, id, recoveryCodes[0])
  await ada.on.settled()
  ada.next(replyLost)
  const { status: anew } = await ada.fetch('/auth/recovery-codes', json({}))
  await ada.on.settled()
  ada.next(replyLost)

  const { status: gone } = await ada.fetch('/auth/totp', { method: 'DELETE' })

  expect([confirmed.status, recovery, anew, gone]).toEqual([200, 200, 200, 204])
  expect(await told(ada.on, ada.person)).toEqual([
    `${added}: Authenticator app`,
    `${used}: 9`,
    `${made}: `,
    `${removed}: Authenticator app`,
  ])
})

test('S20: an app that a sign-in on hold had to set up is told', async () => {
  const on = await quickServer({ settings: { AUTH_MFA: 'required' } })
  const person = somebody()
  await on.request('/auth/register', json(person))
  const { tab, id } = await heldElsewhere(on, person)

  await enrol(on, tab, { challenge: id })

  expect(await told(on, person)).toEqual([`${added}: Authenticator app`])
})
