import { expect, test } from 'vitest'
import type { Delivery, Mail, Mailer } from '../src/base/ports.ts'
import { bodyOf, mailTo, query, type Server, type ServerOptions, secrets, signedUp, somebody } from './harness.ts'
import { forgot, resetServer } from './resets.ts'

const day = 24 * 60 * 60

/** A mailer that does this with whatever it is given. */
const mailerThat = (send: (mail: Mail) => Promise<Delivery>): Mailer => ({ name: 'mailbox', send })
const down = mailerThat(() => Promise.reject(new TypeError('down')))

/** A service over the same database that cannot send. */
const muteBeside = (on: Server, mailer: Mailer = down) => resetServer({ beside: on, mailer })

const mailing = (options: ServerOptions = {}) =>
  resetServer({ ...options, settings: { AUTH_EMAIL_VERIFICATION: 'optional', ...options.settings } })

/** Messages that wait: of so many registrations, none of which could be mailed. */
const waiting = async (on: Server, count = 1) => {
  const mute = await mailing({ beside: on, mailer: down })
  const people: { readonly email: string }[] = []
  while (people.length < count) people.push((await signedUp(mute)).person)
  await mute.settled()
  return people
}

const outbox = (on: Server, columns: string) => query(on, `select ${columns} from outbox order by created_at, id`)
const mailed = async (on: Server) => (await on.job()).mailed
const mailState = async (on: Server) => (await bodyOf(await on.request('/auth/readyz'))).mail

test('a message leaves after the answer, in no more than one trip, which erases its sealed text', async () => {
  const on = await resetServer()
  const { email } = (await signedUp(on)).person
  await query(on, 'delete from outbox')
  const before = on.trips.total

  await forgot(on, email)
  await on.settled()

  expect([on.trips.last, on.trips.total - before]).toEqual([1, 2])
  expect(await outbox(on, 'recipient, sealed, next_at, done_at, failure, attempts')).toEqual([
    [email, null, null, on.clock.now, null, 1],
  ])
})

test('what cannot be sent is tried again after 1, 5, 15, 60, 180 and then each 360 minutes, until it is worth nothing', async () => {
  const on = await mailing({ mailer: down })
  await signedUp(on)
  await on.settled()
  const steps = [60, 300, 900, 3600, 3 * 3600, 6 * 3600, 6 * 3600, 6 * 3600]
  const runs: number[][] = []

  for (const step of steps) {
    on.clock.pass(step - 1)
    const early = await mailed(on)
    on.clock.pass(1)
    runs.push([early, await mailed(on)])
  }

  expect(runs).toEqual(steps.map(() => [0, 1]))
  expect(await outbox(on, 'attempts, sealed, next_at, done_at, failure')).toEqual([
    [9, null, null, on.clock.now, 'TypeError'],
  ])
  expect(await mailState(on)).toEqual({ mailer: 'mailbox', waiting: 0, dead: 1 })
  expect(on.logs.filter(({ event }) => event === 'mail.failed')).toHaveLength(8)
  expect(on.logs.filter(({ event }) => event === 'mail.dead')).toHaveLength(1)
})

test('S77: an isolate that dies between the answer and the delivery loses no message: the job takes it after 60 s', async () => {
  const on = await resetServer()
  const dying = await muteBeside(
    on,
    mailerThat(() => new Promise(() => undefined)),
  )
  const { email } = somebody()
  await forgot(dying, email)
  on.clock.pass(59)
  const early = await mailed(on)
  on.clock.pass(1)

  const late = await mailed(on)

  expect([early, late]).toEqual([0, 1])
  expect(await mailTo(on, { email })).toHaveLength(1)
  expect(await mailed(on)).toBe(0)
})

test('S77: a delivery that could not be written down is repeated after 60 s, as the same message', async () => {
  const on = await mailing()
  const [person = somebody()] = await waiting(on)
  const forgetful = await mailing({
    beside: on,
    database: (real) => ({
      run: (queries, limit) =>
        queries.some(({ sql }) => sql.startsWith('update outbox set done_at'))
          ? Promise.reject(new TypeError('gone'))
          : real.run(queries, limit),
    }),
  })
  on.clock.pass(60)
  const { failed } = await forgetful.job()
  on.clock.pass(59)
  const early = await mailed(on)
  on.clock.pass(1)

  const late = await mailed(on)

  expect([failed, early, late]).toEqual([['mail'], 0, 1])
  const [first, second, ...more] = await mailTo(on, person)
  expect([first?.id, more]).toEqual([second?.id, []])
})

test.each([2, 5])('S79: %i jobs at once send each message once', async (many) => {
  const on = await mailing()
  const people = await waiting(on, 12)
  const isolates = [on]
  while (isolates.length < many) isolates.push(await mailing({ beside: on }))
  on.clock.pass(60)

  const counts = await Promise.all(isolates.map(mailed))

  expect(counts.reduce((sum, one) => sum + one, 0)).toBe(12)
  expect(on.mailbox.map(({ to }) => to).sort()).toEqual(people.map(({ email }) => email).sort())
})

test('a run takes 60 messages, those that wait longest first, and leaves the others to the next', async () => {
  const on = await mailing()
  const [first = somebody()] = await waiting(on)
  on.clock.pass(1)
  await waiting(on, 63)
  on.clock.pass(60)

  const counts = [await mailed(on), await mailed(on)]

  expect(counts).toEqual([60, 4])
  expect(on.mailbox.slice(0, 10).map(({ to }) => to)).toContain(first.email)
})

test('a message that fails holds up no other', async () => {
  const on = await mailing()
  const [first = somebody(), ...others] = await waiting(on, 7)
  const sent: string[] = []
  const picky = await muteBeside(
    on,
    mailerThat(async ({ to }) => {
      if (to === first.email) throw new TypeError('not this one')
      sent.push(to)
      return { status: 'taken' }
    }),
  )
  on.clock.pass(60)

  const count = await mailed(picky)

  expect(count).toBe(7)
  expect(sent.sort()).toEqual(others.map(({ email }) => email).sort())
  expect(await mailState(on)).toMatchObject({ waiting: 1, dead: 0 })
})

test('while 32 messages hang, no other is begun for as long as these may take; it is the job’s', async () => {
  let release = () => {}
  const hung = new Promise<void>((resolve) => {
    release = resolve
  })
  let begun = 0
  const mailer = mailerThat(async () => {
    begun += 1
    await hung
    return { status: 'taken' }
  })
  const on = await resetServer({ mailer })
  const failures = () => on.logs.filter(({ event }) => event === 'mail.failed').map(({ error }) => error)
  for (let i = 0; i < 32; i++) await forgot(on, somebody().email)
  await expect.poll(() => begun).toBe(32)
  on.clock.pass(10)

  await forgot(on, somebody().email)

  await expect.poll(() => begun + failures().length).toBe(33)
  expect(failures()).toEqual(['unavailable: overload'])
  on.clock.pass(1)
  await forgot(on, somebody().email)
  await expect.poll(() => begun).toBe(33)
  release()
  await on.settled()
  expect(await mailState(on)).toEqual({ mailer: 'mailbox', waiting: 1, dead: 0 })
})

test('what the mailer refuses for good is a dead letter at once, and never tried again', async () => {
  const on = await resetServer({ mailer: mailerThat(async () => ({ status: 'refused', reason: 'no such mailbox' })) })
  await forgot(on, somebody().email)
  await on.settled()
  on.clock.pass(day)

  const again = await mailed(on)

  expect(again).toBe(0)
  expect(await outbox(on, 'sealed, failure')).toEqual([[null, 'no such mailbox']])
  expect(on.logs).toContainEqual(expect.objectContaining({ event: 'mail.dead', reason: 'no such mailbox' }))
})

test('readyz counts what was given up in the last day, and what waits', async () => {
  const on = await resetServer({ mailer: mailerThat(async () => ({ status: 'refused', reason: '550' })) })
  await forgot(on, somebody().email)
  await on.settled()
  await waiting(on, 2)

  const states = [await mailState(on)]
  on.clock.pass(day)
  states.push(await mailState(on))

  expect(states).toEqual([
    { mailer: 'mailbox', waiting: 2, dead: 1 },
    { mailer: 'mailbox', waiting: 2, dead: 0 },
  ])
})

test('a link that is worth nothing any more is never mailed', async () => {
  const on = await resetServer()
  const { email } = somebody()
  const mute = await muteBeside(on)
  await forgot(mute, email)
  await mute.settled()
  on.clock.pass(30 * 60)

  const count = await mailed(on)

  expect([count, on.mailbox]).toEqual([1, []])
  expect(await outbox(on, 'failure, sealed')).toEqual([['expired', null]])
})

test('S56: a new secret in front re-seals what waits, and the old one may then be dropped', async () => {
  const on = await mailing()
  const [person = somebody()] = await waiting(on)
  const both = await mailing({ beside: on, settings: { AUTH_SECRET: `${secrets[1]},${secrets[0]}` } })
  const { sealedByOldSecret } = await bodyOf(await both.request('/auth/readyz'))
  const { resealed } = await both.job()
  const only = await mailing({ beside: on, settings: { AUTH_SECRET: secrets[1] } })
  on.clock.pass(60)

  const count = await mailed(only)

  expect([sealedByOldSecret, resealed, count]).toEqual([1, 1, 1])
  expect(await mailTo(on, person)).toHaveLength(1)
})

test('what no secret of the ring opens is a dead letter, and no half of it is mailed', async () => {
  const on = await mailing()
  await waiting(on)
  const stranger = await mailing({ beside: on, settings: { AUTH_SECRET: secrets[1] } })
  on.clock.pass(60)

  const count = await mailed(stranger)

  expect([count, on.mailbox]).toEqual([1, []])
  expect(await outbox(on, 'failure, sealed')).toEqual([['unreadable', null]])
  expect(stranger.logs).toContainEqual(expect.objectContaining({ event: 'mail.dead', reason: 'unreadable' }))
})

test('a sealed text opens in its own row alone', async () => {
  const on = await mailing()
  await waiting(on, 2)
  const [[one, sealed] = [], [other] = []] = await outbox(on, 'id, sealed')
  await query(on, 'update outbox set sealed = ? where id = ?', String(sealed), String(other))
  on.clock.pass(60)

  await mailed(on)

  expect(await query(on, 'select failure from outbox where id = ?', String(other))).toEqual([['unreadable']])
  expect(await query(on, 'select failure from outbox where id = ?', String(one))).toEqual([[null]])
})

test('what waits for a user who is erased meanwhile goes with the user', async () => {
  const on = await mailing()
  await waiting(on)
  await query(on, 'delete from users')
  on.clock.pass(60)

  const count = await mailed(on)

  expect([count, await outbox(on, '*')]).toEqual([0, []])
})

test.each([
  ['two weeks, where it tells of an account', 14 * day, async (on: Server) => (await signedUp(on)).person.email],
  ['an hour, where its recipient has none', 60 * 60, async () => somebody().email],
])('S92: what became of a message can be seen for %s', async (_, kept, recipient) => {
  const on = await resetServer()
  const email = await recipient(on)
  await query(on, 'delete from outbox')
  await forgot(on, email)
  await on.settled()
  on.clock.pass(kept - 1)
  const early = await on.job()
  on.clock.pass(1)

  const late = await on.job()

  expect([early.deleted.outbox, late.deleted.outbox]).toEqual([0, 1])
})
