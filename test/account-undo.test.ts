import { expect, test } from 'vitest'
import { rfc3339 } from '../src/base/clock.ts'
import { confirm, confirmToken, moved, proven, undo } from './address-changes.ts'
import { linkFor } from './by-mail.ts'
import { quickServer } from './credentials.ts'
import { faultyDatabase, openLimiter, replyLost } from './faulty-ports.ts'
import { bodyOf, browser, json, mailTo, query, type ServerOptions, signedIn, signedUp, somebody } from './harness.ts'

const leave = { method: 'DELETE' }
const hour = 3600
const undoable = 72 * hour

/** A thief who has changed the address of an account, and the link of which its owner got word. */
const robbed = async (options: ServerOptions = {}) => {
  const on = await quickServer({ limiter: openLimiter, ...options })
  const ada = await proven(on)
  on.clock.pass(60)
  const thief = await signedIn(on, ada.person)
  const loot = somebody('thief')
  const token = await moved(on, thief, ada.person.email, loot.email)
  return { on, ada, thief, loot, token }
}

test('deleting an account does not end its owner’s undo of a change of its address', async () => {
  const { on, ada, thief, loot, token } = await robbed()

  const left = await thief.fetch('/auth/me', leave)
  const trips = on.trips.last
  on.clock.pass(undoable - 1)
  const { erased } = await on.job()
  const undone = await undo(on, token)
  on.clock.pass(30 * 24 * hour)
  await on.job()

  expect([left.status, trips, erased, undone.status]).toEqual([202, 1, 0, 204])
  expect(await bodyOf(left)).toEqual({ erasesAt: rfc3339(on.clock.now - 30 * 24 * hour + 1) })
  expect(await query(on, 'select id, email, erase_at from users')).toEqual([[ada.user.id, ada.person.email, null]])
  const mails = await mailTo(on, loot)
  expect(mails.map(({ subject }) => subject).filter((subject) => /delet/.test(subject))).toHaveLength(1)
})

test('the account goes when the undo is over, and whoever deleted it is signed out before', async () => {
  const { on, ada, thief } = await robbed()
  await thief.fetch('/auth/me', leave)
  const during = await Promise.all([ada, thief].map(({ api }) => api.auth.sessions.$get()))
  on.clock.pass(undoable)

  const { erased } = await on.job()

  expect(during.map(({ status }) => status)).toEqual([401, 401])
  expect(erased).toBe(1)
  expect(await query(on, 'select * from users')).toEqual([])
})

test('a grace that is shorter than the undo waits for it, a longer one does not end with it', async () => {
  const days = [1, 7]
  const ends: unknown[] = []

  for (const grace of days) {
    const { on, thief } = await robbed({ settings: { AUTH_DELETE_GRACE_DAYS: String(grace) } })
    const { now } = on.clock
    await thief.fetch('/auth/me', leave)
    ends.push(Number((await query(on, 'select erase_at from users'))[0]?.[0]) - now)
  }

  expect(ends).toEqual([undoable, 7 * 24 * hour])
})

test('the job erases nobody whose change of address can still be undone, whatever day was named', async () => {
  const { on, ada, thief, token } = await robbed()
  await thief.fetch('/auth/me', leave)
  await query(on, 'update users set erase_at = ?', on.clock.now)

  const { erased } = await on.job()

  expect(erased).toBe(0)
  expect((await undo(on, token)).status).toBe(204)
  expect(await query(on, 'select email from users')).toEqual([[ada.person.email]])
})

test('once the undo was used the account is deleted at once again', async () => {
  const { on, ada, token } = await robbed()
  await undo(on, token)
  const owner = browser(on)
  await owner.fetch('/auth/email/sign-in', json({ token: await linkFor(on, ada.person) }))

  const answer = await owner.fetch('/auth/me', leave)

  expect(answer.status).toBe(204)
})

test('S77: where the answer of the database is lost, the repeat names the same day', async () => {
  const { next, database } = faultyDatabase()
  const { on, thief } = await robbed({ database })
  await on.settled()

  next(replyLost)
  const answer = await thief.fetch('/auth/me', leave)

  expect([answer.status, await bodyOf(answer)]).toEqual([202, { erasesAt: rfc3339(on.clock.now + undoable) }])
  expect(await query(on, 'select count(*) from users')).toEqual([[1]])
})

test('word of a new address that waits to be mailed outlives the account', async () => {
  const mails: { to: string; subject: string }[] = []
  let isDown = false
  const on = await quickServer({
    limiter: openLimiter,
    mailer: {
      name: 'smtp',
      async send(mail) {
        if (isDown) throw new Error('down')
        on.mailbox.push(mail)
        mails.push(mail)
        return { status: 'taken' }
      },
    },
  })
  const ada = await signedUp(on)
  const token = await confirmToken(on, ada, somebody('other').email)
  isDown = true
  await confirm(on, token)
  await on.settled()

  const left = await ada.fetch('/auth/me', leave)
  await on.settled()
  isDown = false
  on.clock.pass(60)
  await on.job()

  expect(left.status).toBe(204)
  const told = mails.filter(({ to }) => to === ada.person.email).map(({ subject }) => subject)
  expect(told.at(-1)).toMatch(/address/i)
  expect(told).toHaveLength(2)
  expect(await query(on, 'select distinct user_id from outbox')).toEqual([[null]])
})
