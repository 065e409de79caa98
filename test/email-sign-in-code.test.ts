import { expect, test } from 'vitest'
import { sha256 } from '../src/base/crypto.ts'
import type { Mail, Mailer } from '../src/base/ports.ts'
import { dump } from './acts.ts'
import { askCode, askLink, codeFor, linkFor, member, nobody, type Reader, show } from './by-mail.ts'
import { faultyDatabase, openLimiter, quick, replyLost, unreachable } from './faulty-ports.ts'
import {
  bodyOf,
  codeIn,
  json,
  query,
  type Server,
  type ServerOptions,
  secrets,
  server,
  signedUp,
  tokenIn,
} from './harness.ts'

const quarter = 900

/** A wrong code of the right form. */
const wrong = 'BCDFGHJK'

const roomy = (options: ServerOptions = {}) =>
  server({ limiter: openLimiter, settings: { AUTH_LIMIT_MAIL: '100' }, ...options })

const statusesOf = (answers: readonly Response[]) => answers.map(({ status }) => status)

/** Tries one after the other. */
const guess = async (on: Server, id: string, times: number, address = '192.0.2.1') => {
  const statuses: number[] = []
  for (let i = 0; i < times; i++) statuses.push((await show(on, { id, code: wrong }, { address })).status)
  return statuses
}

test('a code has eight characters, of which none is taken for another', async () => {
  const on = await server()

  const { code } = await codeFor(on, nobody())

  expect(code).toMatch(/^[23456789BCDFGHJKMNPQRSTVWXYZ]{8}$/)
})

test.each<[string, (code: string) => string]>([
  ['in lower case', (code) => code.toLowerCase()],
  ['in groups', (code) => `${code.slice(0, 4)} ${code.slice(4)}`],
  ['with hyphens and spaces around it', (code) => `  ${code.slice(0, 3)}-${code.slice(3)}\t`],
])('a code is read %s', async (_, spell) => {
  const on = await server()
  const { id, code } = await codeFor(on, nobody())

  expect((await show(on, { id, code: spell(code) })).status).toBe(200)
})

test('what is asked for is answered with a secret id and its end, ten minutes on', async () => {
  const on = await server()

  const answer = await askCode(on, nobody())

  const { id, expiresAt, ...rest } = await bodyOf(answer)
  expect([answer.status, on.trips.last, rest]).toEqual([202, 1, {}])
  expect(id).toMatch(/^[\w-]{43}$/)
  expect(Date.parse(expiresAt)).toBe((on.clock.now + 600) * 1000)
})

test('S24: the code of one flow is wrong with the id of another, of the same address or of another, and each is good with its own', async () => {
  const on = await roomy()
  const [ada, eve] = [nobody('ada'), nobody('eve')]
  const [first, other] = [await codeFor(on, ada), await codeFor(on, eve)]

  const crossed = [
    await show(on, { id: first.id, code: other.code }),
    await show(on, { id: other.id, code: first.code }),
  ]
  const second = await codeFor(on, ada)
  const old = await show(on, { id: second.id, code: first.code })

  expect(statusesOf([...crossed, old])).toEqual([401, 401, 401])
  expect(await bodyOf(old)).toMatchObject({ code: 'wrong_credentials' })
  expect(statusesOf([await show(on, second), await show(on, other)])).toEqual([200, 200])
})

test('S24: whoever writes to the database cannot move the code of one flow to another', async () => {
  const on = await server()
  const [ada, eve] = [await codeFor(on, nobody('ada')), await codeFor(on, nobody('eve'))]
  await query(on, "update codes set code_mac = (select code_mac from codes where email like 'eve%')")

  const answers = [await show(on, { id: ada.id, code: eve.code }), await show(on, eve)]

  expect(statusesOf(answers)).toEqual([401, 200])
})

test('S24: five wrong codes end their id; the right one after four is good', async () => {
  const on = await server()
  const [four, five] = [await codeFor(on, nobody()), await codeFor(on, nobody())]

  const statuses = [await guess(on, four.id, 4), await guess(on, five.id, 6, '192.0.2.2')]

  expect(statuses).toEqual([Array(4).fill(401), [...Array(5).fill(401), 410]])
  expect(statusesOf([await show(on, four), await show(on, five)])).toEqual([200, 410])
})

test('S24, better-auth#8067: of 20 wrong codes at once, at two isolates, five are looked at', async () => {
  const on = await roomy()
  const beside = await roomy({ beside: on })
  const { id, code } = await codeFor(on, nobody())

  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, i) => show(i % 2 ? on : beside, { id, code: wrong }, { address: `192.0.2.${i}` })),
  )

  expect(statusesOf(answers).sort()).toEqual([...Array(5).fill(401), ...Array(15).fill(410)])
  expect(await query(on, 'select tries from codes')).toEqual([[5]])
  expect((await show(on, { id, code })).status).toBe(410)
})

test('S13: a wrong code is as wrong where the address has no account, with sign-up on and off, and ends as soon', async () => {
  const seen: unknown[] = []

  for (const AUTH_EMAIL_SIGN_UP of ['on', 'off']) {
    const on = await roomy({ settings: { AUTH_EMAIL_SIGN_UP } })
    const known = (await signedUp(on)).person
    for (const reader of [known, nobody()]) {
      const { id } = await bodyOf(await askCode(on, reader))
      const statuses = await guess(on, id, 6, seen.length % 2 ? '192.0.2.1' : '192.0.2.2')
      seen.push([statuses, on.trips.last])
    }
  }

  expect(seen).toEqual(Array(4).fill([[...Array(5).fill(401), 410], 1]))
})

test('S10: ten tries from one address in 15 minutes, whatever the id; then the right code is 429, and elsewhere it is good', async () => {
  const on = await roomy()
  const reader = nobody()

  const statuses: number[] = []
  for (let i = 0; i < 3; i++) statuses.push(...(await guess(on, (await codeFor(on, reader)).id, 4)))
  const proof = await codeFor(on, reader)
  const refused = await show(on, proof, { address: '192.0.2.1' })
  const elsewhere = await show(on, proof, { address: '192.0.2.2' })

  expect(statuses).toEqual([...Array(10).fill(401), 429, 429])
  expect(await bodyOf(refused)).toMatchObject({ status: 429, code: 'too_many_attempts' })
  expect(refused.headers.get('retry-after')).toBe(String(quarter))
  expect(elsewhere.status).toBe(200)
})

test('S10: a try that the throttle refuses uses none of the five', async () => {
  const on = await roomy({ settings: { AUTH_LIMIT_MAIL: '100', AUTH_LIMIT_PAIR: '3' } })
  const proof = await codeFor(on, nobody())

  const statuses = await guess(on, proof.id, 20)

  expect(statuses).toEqual([401, 401, 401, ...Array(17).fill(429)])
  expect(await query(on, 'select tries from codes')).toEqual([[3]])
  expect((await show(on, proof, { address: '192.0.2.2' })).status).toBe(200)
})

test('S12: guesses at codes do not count as guesses at the password, nor the other way round', async () => {
  const on = await roomy({ argon2id: quick, settings: { AUTH_LIMIT_MAIL: '100', AUTH_LIMIT_IDENTIFIER: '5' } })
  const [ada, eve] = [(await signedUp(on)).person, (await signedUp(on)).person]
  await guess(on, (await codeFor(on, ada)).id, 5)
  for (let i = 0; i < 5; i++) await on.request('/auth/login', json({ ...eve, password: 'not this one at all' }))

  const [login, code] = [await on.request('/auth/login', json(ada)), await show(on, await codeFor(on, eve))]

  expect([login.status, code.status]).toEqual([200, 200])
})

test('S12: strangers who guess codes do not lock the owner out of a device that the account knows', async () => {
  const on = await roomy({ settings: { AUTH_LIMIT_MAIL: '100', AUTH_LIMIT_IDENTIFIER: '5' } })
  const grace = await member(on)
  await guess(on, (await codeFor(on, grace)).id, 5)
  const proof = await codeFor(on, grace)

  const [stranger, known] = [await show(on, proof), await show(on, proof, {}, { cookie: grace.cookie })]

  expect([stranger.status, known.status]).toEqual([429, 200])
})

test('a right code is no guess: it is taken off again', async () => {
  const on = await roomy({ settings: { AUTH_LIMIT_MAIL: '100', AUTH_LIMIT_PAIR: '1' } })
  const reader = nobody()

  const statuses: number[] = []
  for (let i = 0; i < 3; i++) statuses.push((await show(on, await codeFor(on, reader))).status)

  expect(statuses).toEqual([200, 200, 200])
})

test('S77: a try counts once when the database loses the answer to it, and not at all when it never came there', async () => {
  const { next, database } = faultyDatabase()
  const on = await server({ database })
  const proof = await codeFor(on, nobody())
  next(replyLost, unreachable)

  const answer = await show(on, { ...proof, code: wrong })

  expect([answer.status, await query(on, 'select tries from codes')]).toEqual([401, [[1]]])
  expect((await show(on, proof)).status).toBe(200)
})

test('S77: nor is the fifth try lost with the answer to it', async () => {
  const { next, database } = faultyDatabase()
  const on = await server({ database })
  const proof = await codeFor(on, nobody())
  await guess(on, proof.id, 4)
  next(replyLost)

  expect((await show(on, proof)).status).toBe(200)
})

test('S43: a code that was mailed for another end is not tried here', async () => {
  const on = await server()
  const { id } = await codeFor(on, nobody())
  await query(on, "update codes set purpose = 'confirm_code'")

  const answer = await show(on, { id, code: wrong })

  expect([answer.status, await query(on, 'select tries from codes')]).toEqual([410, [[0]]])
})

test('an id that nobody was given costs what a wrong code costs: one trip, the same statements, and no row', async () => {
  const batches: number[] = []
  const on = await server({
    database: (real) => ({
      run(queries, limit) {
        batches.push(queries.length)
        return real.run(queries, limit)
      },
    }),
  })
  const { id } = await codeFor(on, nobody())
  const { throttle, ...before } = await dump(on)
  batches.splice(0)

  const answers = [await show(on, { id: 'A'.repeat(43), code: wrong }), await show(on, { id, code: wrong })]

  expect(statusesOf(answers)).toEqual([410, 401])
  expect(batches[0]).toBe(batches[1])
  expect((await dump(on, 'codes')).codes).toHaveLength(before.codes?.length ?? 0)
})

test('a code that was mailed before a new secret came in front is good with it', async () => {
  const on = await server()
  const rotated = await server({ beside: on, settings: { AUTH_SECRET: [secrets[1], secrets[0]].join(',') } })
  const another = await server({ beside: on, settings: { AUTH_SECRET: secrets[1] } })
  const [first, second] = [await codeFor(on, nobody()), await codeFor(on, nobody())]

  expect(statusesOf([await show(rotated, first), await show(another, second)])).toEqual([200, 401])
})

test.each([
  ['emptied once they are delivered', false, 0],
  ['sealed for as long as no server takes them', true, 2],
])(
  'S16, S22: what was mailed stands nowhere in the database: codes are hashed, and messages %s',
  async (_, isDown, sealed) => {
    const sent: Mail[] = []
    const send: Mailer['send'] = async (mail) => {
      sent.push(mail)
      if (isDown) throw new Error('down')
      return { status: 'taken' }
    }
    const on = await server({ mailer: { name: 'mailbox', send } })
    const { id } = await bodyOf(await askCode(on, nobody()))
    await on.settled()
    await askLink(on, nobody())
    await on.settled()

    const stored = JSON.stringify(await dump(on))

    for (const secret of [id, codeIn(sent[0]), tokenIn(sent[1], 'email/sign-in')]) expect(stored).not.toContain(secret)
    expect(stored).toContain(await sha256(id))
    expect(await query(on, 'select count(*) from outbox where sealed is not null')).toEqual([[sealed]])
  },
)

test('S83: nothing that was mailed, asked for or typed stands in a line of the log', async () => {
  const on = await server()
  const [grace, ada]: [Reader, Reader] = [nobody(), nobody()]
  const [token, { id, code }] = [await linkFor(on, grace), await codeFor(on, ada)]
  await show(on, { id, code: wrong })
  await show(on, { token })
  await show(on, { id, code })
  await on.settled()

  const logged = JSON.stringify(on.logs)

  for (const secret of [token, id, code, wrong, grace.email, ada.email]) expect(logged).not.toContain(secret)
  expect(on.logs.filter(({ event }) => event === 'sign_in.refused')).toMatchObject([{ reason: 'email' }])
})
