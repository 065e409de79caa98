import { sql } from 'drizzle-orm'
import { expect, test } from 'vitest'
import { newContext } from '../src/identity/context.ts'
import type { Fact } from '../src/identity/facts.ts'
import { proven } from './address-changes.ts'
import { quickServer } from './credentials.ts'
import { mailTo, query, type Server } from './harness.ts'

const yes = sql`true`
const no = sql`false`

/** Writes a fact in a batch, as a service does, and gives what was mailed once its request is over. */
const happens = async (on: Server, person: { readonly email: string }, fact: Fact) => {
  const pending: Promise<unknown>[] = []
  const context = newContext({
    ...on.core.ports,
    waitUntil: (task) => void pending.push(task),
    headers: new Headers(),
    isSafe: false,
    address: undefined,
    country: undefined,
  })
  const before = (await mailTo(on, person)).length
  const occurrence = await on.core.facts.of(context, fact)
  await context.batch([...occurrence.statements])
  occurrence.happened()
  context.settle()
  await Promise.all(pending)
  await on.job()
  return (await mailTo(on, person)).slice(before).map(({ subject, text }) => ({ subject, text }))
}

/** Somebody with a proven address, and the id of their account. */
const owner = async (on: Server) => {
  const { person } = await proven(on)
  const [[userId] = []] = await query(on, 'select id from users where email = ?', person.email)
  return { person, userId: String(userId) }
}

const at = 'app.example.com'

test.each<[what: string, fact: Fact, subject: string, told: string]>([
  [
    'an authenticator app is added',
    { type: 'factor.added', factor: 'totp', name: null, when: yes },
    `A sign-in method was added at ${at}`,
    'Sign-in method: Authenticator app\nDevice',
  ],
  [
    'a passkey is added',
    { type: 'factor.added', factor: 'passkey', name: 'Blue key', when: yes },
    `A sign-in method was added at ${at}`,
    'Sign-in method: Passkey\nIts name: Blue key\nDevice',
  ],
  [
    'an authenticator app is removed',
    { type: 'factor.removed', factor: 'totp', name: null, when: yes },
    `A sign-in method was removed at ${at}`,
    'Sign-in method: Authenticator app\nDevice',
  ],
  [
    'a passkey is removed, whose name only the batch knows',
    { type: 'factor.removed', factor: 'passkey', name: sql`(select 'Blue' || ' key')`, when: yes },
    `A sign-in method was removed at ${at}`,
    'Sign-in method: Passkey\nIts name: Blue key\nDevice',
  ],
  [
    'a recovery code is used, of a set that only the batch can count',
    { type: 'recovery.used', left: sql`(select count(*) + 6 from users)`, when: yes },
    `A recovery code was used at ${at}`,
    'Recovery codes left: 7\nDevice',
  ],
  [
    'recovery codes are made',
    { type: 'recovery.made', when: yes },
    `New recovery codes at ${at}`,
    'Older ones no longer work.',
  ],
])('S20: that %s is told by mail, once, in the batch that makes it so', async (_, fact, subject, told) => {
  const on = await quickServer()
  const ada = await owner(on)

  const mails = await happens(on, ada.person, { ...fact, userId: ada.userId })

  expect(mails).toEqual([{ subject, text: expect.stringContaining(told) }])
})

test.each<Fact>([
  { type: 'factor.added', factor: 'totp', name: null, when: no },
  { type: 'factor.removed', factor: 'passkey', name: sql`null`, when: no },
  { type: 'recovery.used', left: sql`0`, when: no },
  { type: 'recovery.made', when: no },
])('of $type nobody is told where its batch finds that it is not so', async (fact) => {
  const on = await quickServer()
  const ada = await owner(on)

  expect(await happens(on, ada.person, { ...fact, userId: ada.userId })).toEqual([])
})

test('S83: what somebody calls a sign-in method of theirs is not logged, but which kind it is', async () => {
  const on = await quickServer()
  const ada = await owner(on)
  const fact: Fact = { type: 'factor.added', factor: 'passkey', name: 'marker-name', when: yes }

  await happens(on, ada.person, { ...fact, userId: ada.userId })

  expect(on.logs).toContainEqual(expect.objectContaining({ event: 'factor.added', factor: 'passkey' }))
  expect(JSON.stringify(on.logs)).not.toContain('marker-name')
})

test.each(['session.elevated', 'device.trusted', 'passkey.counter_went_back'] as const)(
  '%s is a fact for the log, and no message',
  async (type) => {
    const on = await quickServer()
    const ada = await owner(on)

    const mails = await happens(on, ada.person, { type, userId: ada.userId, when: yes })

    expect(mails).toEqual([])
    expect(on.logs).toContainEqual(expect.objectContaining({ event: type, userId: ada.userId }))
  },
)
