import { describe, expect, test } from 'vitest'
import { linkFor, member, nobody, proofs, type Reader, show, ways } from './by-mail.ts'
import { after, faultyDatabase, noFault, openLimiter, quick, replyLost } from './faulty-ports.ts'
import { bodyOf, json, mailTo, query, type Server, server, signedUp, tokenIn } from './harness.ts'
import { cookiesOf } from './http.ts'
import { secondFactor } from './second-factor.ts'

/** Whose address it may be: what there is to race for differs. */
const readers: readonly [string, (on: Server) => Promise<Reader>][] = [
  ['without an account', async () => nobody()],
  ['of a verified account', member],
  ['of an account that nobody had proven', async (on) => (await signedUp(on)).person],
]

const statusesOf = (answers: readonly Response[]) => answers.map(({ status }) => status).sort()

const aliveFor = (on: Server, { email }: Reader) =>
  query(
    on,
    `select sessions.id from sessions join users on users.id = user_id
     where email_canonical = ? and ended_at is null and methods = '["email"]'`,
    email,
  )

const byCookie = async (on: Server, answer: Response) =>
  (await on.request('/auth/sessions', { headers: { cookie: cookiesOf(answer) } })).status

describe.each(ways)('by %s', (way) => {
  const proofFor = proofs[way]

  test.each(readers)(
    'S79, GHSA-hc7v-x88r-fmh4: of 20 at once for an address %s, at two isolates, one begins a session',
    async (_, some) => {
      const usual = { argon2id: quick, limiter: openLimiter }
      const on = await server(usual)
      const beside = await server({ ...usual, beside: on })
      const reader = await some(on)
      const proof = await proofFor(on, reader)
      const before = (await aliveFor(on, reader)).length

      const answers = await Promise.all(Array.from({ length: 20 }, (_, i) => show(i % 2 ? on : beside, proof)))

      expect(statusesOf(answers)).toEqual([200, ...Array(19).fill(410)])
      expect((await aliveFor(on, reader)).length).toBe(before + 1)
      expect(await query(on, 'select count(*) from users where email_canonical = ?', reader.email)).toEqual([[1]])
      expect(
        answers.flatMap(({ headers }) => headers.getSetCookie()).filter((line) => /session=/.test(line)),
      ).toHaveLength(1)
    },
  )

  test.each(readers)(
    'S77: when the database loses the answer to the last trip for an address %s, its session has begun once, and lives',
    async (_, some) => {
      const { next, database } = faultyDatabase()
      const on = await server({ argon2id: quick, database })
      const reader = await some(on)
      const proof = await proofFor(on, reader)
      const before = (await aliveFor(on, reader)).length
      next(noFault, replyLost, replyLost)

      const answer = await show(on, proof)

      expect([answer.status, await byCookie(on, answer)]).toEqual([200, 200])
      expect((await aliveFor(on, reader)).length).toBe(before + 1)
      expect((await show(on, proof)).status).toBe(410)
    },
  )
})

/** A service at which something happens between the two trips of its next request. */
const interrupted = async () => {
  const { next, database } = faultyDatabase()
  const usual = { argon2id: quick, limiter: openLimiter }
  const gate = secondFactor()
  const on = await server({ ...usual, database, plug: gate.plug })
  const beside = await server({ ...usual, beside: on, plug: gate.plug })
  return { on, beside, gate, meanwhile: (act: () => Promise<unknown>) => next(noFault, after(act)) }
}

test('a link and a code of a new address at once make one account; whoever comes second tries again', async () => {
  const { on, beside, meanwhile } = await interrupted()
  const grace = nobody()
  const [proof, other] = [await proofs.link(on, grace), await proofs.code(on, grace)]
  meanwhile(() => show(beside, other))

  const first = await show(on, proof)
  const again = await show(on, proof)

  expect(await bodyOf(first)).toMatchObject({ status: 409, code: 'conflict' })
  expect(first.headers.getSetCookie()).toEqual([])
  expect([again.status, await query(on, 'select count(*) from users')]).toEqual([200, [[1]]])
})

test('GHSA-qq9h-g4jm-xgf3: whoever registers the address between the two trips gets nothing of it', async () => {
  const { on, beside, meanwhile } = await interrupted()
  const grace = nobody()
  const proof = await proofs.link(on, grace)
  const squatter = { ...grace, password: 'a password of somebody else' }
  meanwhile(() => beside.request('/auth/register', json(squatter)))

  const first = await show(on, proof)
  const again = await show(on, proof)

  expect([first.status, again.status]).toEqual([409, 200])
  expect((await on.request('/auth/login', json(squatter))).status).toBe(401)
})

test('S15: whoever proves the address otherwise between the two trips has it from then on behind the gates of its owner', async () => {
  const { on, beside, gate, meanwhile } = await interrupted()
  const { person } = await signedUp(on)
  const [invitation] = await mailTo(on, person)
  const proof = await proofs.code(on, person)
  meanwhile(async () => {
    await beside.request('/auth/email/verify', json({ token: tokenIn(invitation, 'email/verify') }))
    gate.isOn = true
  })

  const first = await show(on, proof)
  const again = await show(on, proof)

  expect([first.status, (await bodyOf(again)).status]).toEqual([409, 'challenge'])
  expect(await query(on, 'select count(*) from passwords')).toEqual([[1]])
})

test('a code that ends between the two trips claims nothing', async () => {
  const { on, meanwhile } = await interrupted()
  const { person } = await signedUp(on)
  const proof = await proofs.link(on, person)
  meanwhile(() => query(on, 'delete from codes'))

  const answer = await show(on, proof)

  expect([answer.status, answer.headers.getSetCookie()]).toEqual([410, []])
  expect(await query(on, 'select email_verified, (select count(*) from passwords) from users')).toEqual([[0, 1]])
  expect(await query(on, 'select count(*) from sessions where ended_at is not null')).toEqual([[0]])
})

test('an owner who is suspended between the two trips is signed in to nothing', async () => {
  const { on, meanwhile } = await interrupted()
  const proof = await proofs.link(on, await member(on))
  meanwhile(() => query(on, 'update users set suspended_at = 1'))

  const answer = await show(on, proof)

  expect([answer.status, answer.headers.getSetCookie()]).toEqual([410, []])
})

test('an address that somebody may take back since the first trip makes no account', async () => {
  const { on, meanwhile } = await interrupted()
  const grace = nobody()
  const proof = await proofs.link(on, grace)
  const reserve = `insert into codes (hash, purpose, email, email_canonical, created_at, expires_at)
    values ('h', 'undo_email', ?, ?, 1, 9999999999)`
  meanwhile(() => query(on, reserve, grace.email, grace.email))

  const answers = [await show(on, proof), await show(on, proof)]

  expect(statusesOf(answers)).toEqual([409, 410])
  expect(await query(on, 'select count(*) from users')).toEqual([[0]])
})

test('S29: the session that a browser had ends when a link begins another in it', async () => {
  const on = await server({ argon2id: quick })
  const grace = await member(on)

  const answer = await show(on, { token: await linkFor(on, grace) }, {}, { cookie: grace.cookie })

  expect([answer.status, (await aliveFor(on, grace)).length]).toEqual([200, 1])
})

test('S35: of the sessions that links begin an account keeps twenty', async () => {
  const on = await server({ limiter: openLimiter, settings: { AUTH_LIMIT_MAIL: '100' } })
  const grace = await member(on)

  for (let i = 0; i < 21; i++) await show(on, { token: await linkFor(on, grace) })

  expect(await aliveFor(on, grace)).toHaveLength(20)
})
