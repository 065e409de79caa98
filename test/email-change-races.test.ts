import { expect, test } from 'vitest'
import { confirm, confirmToken, moved, proven, undo } from './address-changes.ts'
import { type Fault, replyLost, unreachable } from './faulty-ports.ts'
import { json, mailTo, query, type Server, signedUp, somebody } from './harness.ts'
import { isolates } from './properties/one-time.ts'

/** So many at once, in turn from two isolates. */
const atOnce = async (many: number, one: (i: number) => Promise<Response>): Promise<number[]> =>
  (await Promise.all(Array.from({ length: many }, (_, i) => one(i)))).map(({ status }) => status)

const refusalsIn = (statuses: readonly number[], won: number) => statuses.filter((status) => status !== won)

/** Somebody whose address is proven, in an account that has had two addresses since and may get a third. */
const onTheMove = async (on: Server) => {
  const ada = await proven(on)
  const { email } = somebody()
  const token = await moved(on, ada, ada.person.email, email)
  return { ada, token, email, next: await confirmToken(on, ada, somebody().email) }
}

test('of 20 who confirm one link at once one does, and the old address is told once', async () => {
  const { on, beside } = await isolates()
  const ada = await proven(on)
  const token = await confirmToken(on, ada, somebody().email)

  const statuses = await atOnce(20, (i) => confirm(i % 2 ? beside : on, token))
  await beside.settled()

  expect(refusalsIn(statuses, 204)).toEqual(Array(19).fill(410))
  expect(await query(on, "select count(*) from codes where purpose = 'undo_email'")).toEqual([[1]])
  expect(await mailTo(on, ada.person)).toHaveLength(2)
})

test('of 20 who undo by one link at once one does', async () => {
  const { on, beside } = await isolates()
  const { token } = await onTheMove(on)

  const statuses = await atOnce(20, (i) => undo(i % 2 ? beside : on, token))

  expect(refusalsIn(statuses, 204)).toEqual(Array(19).fill(410))
})

test('of two users who confirm one address at once, 20 times, one gets it', async () => {
  const { on, beside } = await isolates()
  for (let round = 0; round < 20; round++) {
    const { email } = somebody()
    const tokens = [await confirmToken(on, await proven(on), email), await confirmToken(on, await signedUp(on), email)]

    const statuses = await atOnce(2, (i) => confirm(i ? beside : on, tokens[i] ?? ''))

    expect(statuses.sort()).toEqual([204, 409])
    expect(await query(on, 'select count(*) from users where email = ?', email)).toEqual([[1]])
  }
})

test('whoever confirms an address while somebody registers with it, 20 times: one of them gets it', async () => {
  const { on, beside } = await isolates()
  for (let round = 0; round < 20; round++) {
    const person = somebody()
    const token = await confirmToken(on, await proven(on), person.email)
    const registered = json({ ...person, password: 'another good long password' })

    const statuses = await atOnce(2, (i) => (i ? beside.request('/auth/register', registered) : confirm(on, token)))

    expect([
      [204, 409],
      [409, 201],
    ]).toContainEqual(statuses)
    expect(await query(on, 'select count(*) from users where email = ?', person.email)).toEqual([[1]])
  }
})

test('an undo against the next change, 20 times: the first address has the last word, and the change is dead', async () => {
  const { on, beside } = await isolates()
  for (let round = 0; round < 20; round++) {
    const { ada, token, next } = await onTheMove(on)

    const [undone, changed] = await atOnce(2, (i) => (i ? confirm(beside, next) : undo(on, token)))
    const again = await confirm(on, next)

    expect(undone).toBe(204)
    expect([204, 410]).toContain(changed)
    expect(again.status).toBe(410)
    expect(await query(on, 'select email from users where id = ?', ada.user.id)).toEqual([[ada.person.email]])
    expect(await query(on, 'select * from codes where user_id = ? and used_at is null', ada.user.id)).toEqual([])
  }
})

test('an earlier undo against a later one, 20 times: the earlier address has the last word', async () => {
  const { on, beside } = await isolates()
  for (let round = 0; round < 20; round++) {
    const { ada, token, email } = await onTheMove(on)
    const later = await moved(on, ada, email, somebody().email)

    const [earlier] = await atOnce(2, (i) => undo(i ? beside : on, i ? later : token))

    expect(earlier).toBe(204)
    expect(await query(on, 'select email from users where id = ?', ada.user.id)).toEqual([[ada.person.email]])
    expect((await undo(on, later)).status).toBe(410)
  }
})

const faults = [
  ['got no answer back', replyLost],
  ['never arrived', unreachable],
] as const

test.each(faults)(
  'a confirmation whose trip %s is asked again: one change, one undo, one message',
  async (_, fault) => {
    const { on, next } = await isolates()
    const ada = await proven(on)
    const { email } = somebody()
    const token = await confirmToken(on, ada, email)
    await on.settled()
    next(fault)

    const answer = await confirm(on, token)

    expect(answer.status).toBe(204)
    expect(await query(on, 'select email from users')).toEqual([[email]])
    expect(await query(on, "select email from codes where purpose = 'undo_email'")).toEqual([[ada.person.email]])
    expect(await mailTo(on, ada.person)).toHaveLength(2)
    expect(await mailTo(on, { email })).toHaveLength(1)
  },
)

test.each(faults)('so is a confirmation of an account whose address nobody had proven', async (_, fault) => {
  const { on, next } = await isolates()
  const ada = await signedUp(on)
  const { email } = somebody()
  const token = await confirmToken(on, ada, email)
  await on.settled()
  next(fault)

  const answer = await confirm(on, token)

  expect(answer.status).toBe(204)
  expect(await query(on, "select * from codes where purpose = 'undo_email'")).toEqual([])
  expect(await mailTo(on, { email })).toHaveLength(1)
})

test.each(faults)('an undo whose trip %s is asked again', async (_, fault) => {
  const { on, next } = await isolates()
  const { ada, token } = await onTheMove(on)
  await on.settled()
  next(fault)

  const answer = await undo(on, token)

  expect(answer.status).toBe(204)
  expect(await query(on, 'select email from users')).toEqual([[ada.person.email]])
})

test.each(faults)('a request whose trip %s is asked again: one link, one message, counted once', async (_, fault) => {
  const { on, next } = await isolates()
  const ada = await proven(on)
  const { email } = somebody()
  await on.settled()
  next(fault)

  const answer = await ada.api.auth.email.change.$post({ json: { newEmail: email } })

  expect(answer.status).toBe(202)
  expect(await mailTo(on, { email })).toHaveLength(1)
  expect(await query(on, 'select distinct count from throttle')).toEqual([[1]])
})

/** The call commits, something else happens, and only then its answer gets lost. */
const lostAfter =
  (meanwhile: () => Promise<unknown>): Fault =>
  async (run) => {
    await run()
    await meanwhile()
    return unreachable(run)
  }

test('a confirmation whose reply got lost, and that was undone before it is asked again, changes nothing back', async () => {
  const { on, next, beside } = await isolates()
  const { ada, token, next: pending } = await onTheMove(on)
  await on.settled()
  next(lostAfter(() => undo(beside, token)))

  const answer = await confirm(on, pending)

  expect(answer.status).toBe(410)
  expect(await query(on, 'select email from users')).toEqual([[ada.person.email]])
  expect(await query(on, 'select * from codes where used_at is null')).toEqual([])
})

test('nor does one after which the address was changed again', async () => {
  const { on, next } = await isolates()
  const { ada, next: pending } = await onTheMove(on)
  const { email } = somebody()
  await on.settled()
  next(lostAfter(async () => confirm(on, await confirmToken(on, ada, email))))

  const answer = await confirm(on, pending)

  expect(answer.status).toBe(410)
  expect(await query(on, 'select email from users')).toEqual([[email]])
})
