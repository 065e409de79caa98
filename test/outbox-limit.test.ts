import { expect, test } from 'vitest'
import { askCode, askLink, member, nobody } from './by-mail.ts'
import { faultyDatabase, openLimiter, quick, replyLost } from './faulty-ports.ts'
import { browser, json, mailTo, query, type Server, type ServerOptions, server, signedUp, tokenIn } from './harness.ts'
import { forgot } from './resets.ts'

const hour = 3600

const limitedServer = ({ settings, ...options }: ServerOptions = {}) =>
  server({ argon2id: quick, limiter: openLimiter, ...options, settings: { ...settings } })

/** Statuses of so many requests, one after another. */
const times = async (many: number, request: () => Promise<Response>): Promise<number[]> => {
  const statuses: number[] = []
  while (statuses.length < many) statuses.push((await request()).status)
  return statuses
}

test('S10: of what is asked for around the turn of an hour, each is mailed or refused, and the refusal says until when', async () => {
  const on = await limitedServer()
  const grace = nobody()
  const statuses: number[][] = []
  for (const [wait, many] of [
    [0, 1],
    [3000, 4],
    [700, 4],
  ] as const) {
    on.clock.pass(wait)
    statuses.push(await times(many, () => askLink(on, grace)))
  }

  const refused = await askLink(on, grace)

  expect(statuses).toEqual([[202], [202, 202, 202, 202], [202, 429, 429, 429]])
  expect(refused.headers.get('retry-after')).toBe(String(3000 + hour - 3700))
  expect(await mailTo(on, grace)).toHaveLength(6)
  on.clock.pass(3000 + hour - 3700 - 1)
  expect(await times(1, () => askLink(on, grace))).toEqual([429])
  on.clock.pass(1)
  expect(await times(5, () => askLink(on, grace))).toEqual([202, 202, 202, 202, 429])
})

test('whoever fills a mailbox keeps its owner from asking for a link, and leaves the one that was mailed good', async () => {
  const on = await limitedServer()
  const ada = await signedUp(on)
  const [mail] = await mailTo(on, ada.person)
  on.clock.pass(hour)
  await times(5, () => forgot(on, ada.person.email))

  const answer = await ada.api.auth.email.verify.request.$post({ json: {} })

  expect(answer.status).toBe(429)
  const shown = await on.request('/auth/email/verify', json({ token: tokenIn(mail, 'email/verify') }))
  expect(shown.status).toBe(204)
})

test('a registration whose link finds no room makes no link, and one may be asked for an hour later', async () => {
  const on = await limitedServer()
  const ada = { ...nobody(), password: 'correct horse battery staple' }
  await times(5, () => forgot(on, ada.email))
  const tab = browser(on)

  const answer = await tab.api.auth.register.$post({ json: ada })

  expect(answer.status).toBe(201)
  expect(await query(on, 'select * from codes')).toEqual([])
  on.clock.pass(hour)
  expect((await tab.api.auth.email.verify.request.$post({ json: {} })).status).toBe(202)
  expect(tokenIn((await mailTo(on, ada)).at(-1), 'email/verify')).toMatch(/./)
})

const change = async (on: Server, newEmail: string) => {
  const tab = await signedUp(on)
  return tab.fetch('/auth/email/change', json({ newEmail }))
}

const register = (on: Server, email: string) =>
  on.request('/auth/register', json({ email, password: 'correct horse battery staple' }))

const required = { AUTH_EMAIL_VERIFICATION: 'required' }
const closed = { AUTH_EMAIL_SIGN_UP: 'off' }

test.each<[string, Record<string, string>, (on: Server, email: string) => Promise<Response>]>([
  ['a new password', {}, forgot],
  ['a link', {}, (on, email) => askLink(on, { email })],
  ['a code', {}, (on, email) => askCode(on, { email })],
  ['a link, where nobody signs up by it', closed, (on, email) => askLink(on, { email })],
  ['a code, where nobody signs up by it', closed, (on, email) => askCode(on, { email })],
  ['a change of address', {}, change],
  ['a registration, where addresses have to be proven', required, register],
])('S13: each question for %s leaves one row that counts for its recipient, known or not', async (_, settings, ask) => {
  const on = await limitedServer()
  const known = await member(on)
  on.clock.pass(hour)
  const asked = await limitedServer({ beside: on, settings })
  const looks: unknown[] = []

  for (const { email } of [known, nobody()]) {
    const statuses = await times(3, () => ask(asked, email))
    const rows = await query(
      on,
      'select sum(limited), count(*) from outbox where recipient = ? and created_at = ?',
      email,
      on.clock.now,
    )
    const others = await times(3, () => forgot(on, email))
    looks.push([statuses.every((status) => status === 202), rows, others])
  }

  expect(looks).toEqual(Array(2).fill([true, [[3, 3]], [202, 202, 429]]))
})

test('where nobody signs up by mail, the row of an unknown address is over from the start: nothing is sealed, nothing leaves', async () => {
  const on = await limitedServer({ settings: closed })
  const grace = nobody()

  await askLink(on, grace)

  const columns = 'recipient, limited, attempts, sealed, next_at, done_at, failure'
  expect(await query(on, `select ${columns} from outbox`)).toEqual([
    [grace.email, 1, 0, null, null, on.clock.now + hour - 14 * 24 * hour, null],
  ])
  on.clock.pass(hour)
  expect(await on.job()).toMatchObject({ mailed: 0, deleted: { outbox: 1 } })
  expect(on.mailbox).toEqual([])
})

test('S77: a question whose reply the database loses does not stand in its own way', async () => {
  const { next, database } = faultyDatabase()
  const on = await limitedServer({ database, settings: { AUTH_LIMIT_MAIL: '1' } })
  const grace = nobody()
  next(replyLost)

  const answer = await askLink(on, grace)

  expect(answer.status).toBe(202)
  expect(await mailTo(on, grace)).toHaveLength(1)
})

test('what a clock wrote that has fallen back since counts for nobody', async () => {
  const on = await limitedServer()
  const grace = nobody()
  on.clock.pass(2 * hour)
  await times(5, () => askLink(on, grace))
  on.clock.pass(-2 * hour)

  expect(await times(6, () => askLink(on, grace))).toEqual([202, 202, 202, 202, 202, 429])
})
