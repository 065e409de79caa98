import { expect, test } from 'vitest'
import { after, type Fault, faultyDatabase, noFault, replyLost, unreachable } from './faulty-ports.ts'
import { bodyOf, browser, json, mailTo, query, type Server, secrets, server, signedUp } from './harness.ts'
import { codeAt } from './totp-app.ts'
import { answered, heldElsewhere, withTotp } from './totp-people.ts'

/** A service whose trips meet the faults that a test lines up, once it has arranged what it needs. */
const faulty = async () => {
  const { next, database } = faultyDatabase()
  const on = await server({ database })
  const nextTrips = async (...faults: Fault[]): Promise<void> => {
    await on.settled()
    next(...faults)
  }
  return { on, next: nextTrips }
}

const atTrip = (trip: number, ...faults: Fault[]): Fault[] => [...new Array<Fault>(trip - 1).fill(noFault), ...faults]

const gone = (on: Server) => query(on, 'select (select count(*) from totp_secrets) + count(*) from recovery_codes')

test('S77: where the answer that stored a secret is lost, the one that is shown is the one that is stored', async () => {
  const { on, next } = await faulty()
  const ada = await signedUp(on)
  await next(replyLost)

  const { secret } = await bodyOf(await ada.fetch('/auth/totp', json({})))
  const confirmed = await ada.fetch('/auth/totp/confirm', json({ code: await codeAt(secret, on.clock.now) }))

  expect(confirmed.status).toBe(200)
  expect(await query(on, 'select count(*) from totp_secrets')).toEqual([[1]])
})

test.each([1, 2])(
  'S77, S79: where trip %i of a confirmation loses its answer, the app is on, and what was shown is good',
  async (trip) => {
    const { on, next } = await faulty()
    const ada = await signedUp(on)
    const { secret } = await bodyOf(await ada.fetch('/auth/totp', json({})))
    await next(...atTrip(trip, replyLost))

    const confirmed = await ada.fetch('/auth/totp/confirm', json({ code: await codeAt(secret, on.clock.now) }))
    const { recoveryCodes } = await bodyOf(confirmed)
    const { tab, id } = await heldElsewhere(on, ada.person)
    const recovered = await answered(tab, id, recoveryCodes[9], { method: 'recovery' })

    expect([confirmed.status, recovered.status]).toEqual([200, 200])
    expect((await ada.fetch('/auth/sessions')).status).toBe(200)
    expect(await query(on, 'select count(*), count(distinct salt) from recovery_codes')).toEqual([[10, 1]])
    expect((await mailTo(on, ada.person)).filter(({ subject }) => subject.includes('added'))).toHaveLength(1)
  },
)

test('S77, S80: a confirmation that never arrives is 503, leaves all as it was, and its code is good again', async () => {
  const { on, next } = await faulty()
  const ada = await signedUp(on)
  const { secret } = await bodyOf(await ada.fetch('/auth/totp', json({})))
  const code = await codeAt(secret, on.clock.now)
  await next(...atTrip(2, unreachable, unreachable, unreachable))

  const failed = await ada.fetch('/auth/totp/confirm', json({ code }))
  const between = await query(on, 'select count(*) from totp_secrets where confirmed_at is not null')
  const again = await ada.fetch('/auth/totp/confirm', json({ code }))

  expect([failed.status, again.status, between]).toEqual([503, 200, [[0]]])
})

test.each([1, 2])(
  'S77, S22: where trip %i of an answer to a challenge loses its answer, the code counted once and signs in',
  async (trip) => {
    const { on, next } = await faulty()
    const ada = await withTotp(on)
    const [{ tab, id }, other] = [await heldElsewhere(on, ada.person), await heldElsewhere(on, ada.person)]
    const code = await ada.next()
    await next(...atTrip(trip, replyLost))

    const right = await answered(tab, id, code)
    const replayed = await answered(other.tab, other.id, code)

    expect([right.status, replayed.status, (await tab.fetch('/auth/sessions')).status]).toEqual([200, 401, 200])
  },
)

test('S80: an answer that never arrives is 503, and the code is still good', async () => {
  const { on, next } = await faulty()
  const ada = await withTotp(on)
  const { tab, id } = await heldElsewhere(on, ada.person)
  const code = await ada.next()
  await next(...atTrip(2, unreachable, unreachable, unreachable))

  const statuses = [(await answered(tab, id, code)).status, (await answered(tab, id, code)).status]

  expect(statuses).toEqual([503, 200])
})

test('S77: where the answer of a removal is lost the app is off, once, and the caller is told so', async () => {
  const { on, next } = await faulty()
  const ada = await withTotp(on)
  await next(replyLost)

  const removed = await ada.fetch('/auth/totp', { method: 'DELETE' })

  expect([removed.status, await gone(on)]).toEqual([204, [[0]]])
  expect(on.logs.filter(({ event }) => event === 'factor.removed')).toHaveLength(1)
  expect((await mailTo(on, ada.person)).filter(({ subject }) => subject.includes('removed'))).toHaveLength(1)
})

test('S79: of two removals at once one is 204 and the other 404', async () => {
  const on = await server()
  const ada = await withTotp(on)

  const answers = await Promise.all([1, 2].map(() => ada.fetch('/auth/totp', { method: 'DELETE' })))

  expect(answers.map(({ status }) => status).sort()).toEqual([204, 404])
  expect((await mailTo(on, ada.person)).filter(({ subject }) => subject.includes('removed'))).toHaveLength(1)
})

test('S79: a code of an app that is removed while it is judged begins no session', async () => {
  const { on, next } = await faulty()
  const ada = await withTotp(on)
  const { tab, id } = await heldElsewhere(on, ada.person)
  const code = await ada.next()
  const before = await query(on, 'select count(*) from sessions')
  await next(
    noFault,
    after(() => query(on, 'delete from totp_secrets')),
  )

  const refused = await answered(tab, id, code)

  expect(refused.status).toBe(401)
  expect(await query(on, 'select count(*) from sessions')).toEqual(before)
})

test('S15, S79: a password that is judged while an app is switched on begins no session', async () => {
  const { on, next } = await faulty()
  const ada = await signedUp(on)
  const { secret } = await bodyOf(await ada.fetch('/auth/totp', json({})))
  const beside = await server({ beside: on })
  const confirm = async () => {
    const headers = { cookie: [...ada.jar].map(([name, value]) => `${name}=${value}`).join('; ') }
    const code = await codeAt(secret, on.clock.now)
    expect((await beside.request('/auth/totp/confirm', json({ code }, headers))).status).toBe(200)
  }
  await next(noFault, after(confirm))

  const login = await browser(on).fetch('/auth/login', json(ada.person))

  expect((await bodyOf(login)).status).not.toBe('signed_in')
  expect(await query(on, 'select count(*) from sessions where ended_at is null')).toEqual([[1]])
})

test('S31: a session that ends between the two trips of a confirmation switches nothing on', async () => {
  const { on, next } = await faulty()
  const ada = await withTotp(on)
  const { secret } = await bodyOf(await ada.fetch('/auth/totp', json({})))
  const rows = () => query(on, 'select id, confirmed_at, confirmed_by from totp_secrets order by 1')
  const codes = () => query(on, 'select hash from recovery_codes order by 1')
  const before = [await rows(), await codes()]
  await next(
    noFault,
    after(() => query(on, 'update sessions set ended_at = 1')),
  )

  const refused = await ada.fetch('/auth/totp/confirm', json({ code: await codeAt(secret, on.clock.now) }))

  expect(refused.status).toBe(403)
  expect([await rows(), await codes()]).toEqual(before)
})

test.each([
  ['the session ends', 'update sessions set ended_at = 1'],
  ['the app is switched off', 'delete from totp_secrets'],
])('S31, S79: where %s between the two trips of a new set of recovery codes, the old set stays', async (_, change) => {
  const { on, next } = await faulty()
  const ada = await withTotp(on)
  const codes = () => query(on, 'select hash from recovery_codes order by 1')
  const before = await codes()
  await next(
    noFault,
    after(() => query(on, change)),
  )

  const refused = await ada.fetch('/auth/recovery-codes', json({}))

  expect(refused.status).toBe(409)
  expect(await codes()).toEqual(before)
})

test('the job seals secrets anew, readyz counts those that wait for it, and then the old secret may go', async () => {
  const on = await server()
  const ada = await withTotp(on)
  const ring = await server({ beside: on, settings: { AUTH_SECRET: `${secrets[1]},${secrets[0]}` } })
  const alone = await server({ beside: on, settings: { AUTH_SECRET: secrets[1] } })
  const waiting = async () => (await bodyOf(await ring.request('/auth/readyz'))).sealedByOldSecret

  const before = await waiting()
  await ring.job()
  const left = await waiting()
  const { tab, id } = await heldElsewhere(alone, ada.person)
  const right = await answered(tab, id, await ada.next())

  expect([before > 0, left, right.status]).toEqual([true, 0, 200])
  expect(await query(on, 'select count(*) from totp_secrets')).toEqual([[1]])
})

test('S80: a secret that nobody can open takes no code, says so in the log, and a recovery code still signs in', async () => {
  const on = await server()
  const ada = await withTotp(on)
  const other = await server({ beside: on, settings: { AUTH_SECRET: secrets[1] } })
  const { tab, id } = await heldElsewhere(other, ada.person)

  const refused = await answered(tab, id, await ada.next())
  const recovered = await answered(tab, id, ada.recoveryCodes[0] ?? '', { method: 'recovery' })

  expect([refused.status, recovered.status]).toEqual([401, 200])
  expect(other.logs.filter(({ event }) => event === 'totp_unreadable')).toEqual([
    expect.objectContaining({ factor: expect.stringMatching(/^otp_/) }),
  ])
})
