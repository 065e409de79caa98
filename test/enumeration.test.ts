import { expect, test } from 'vitest'
import { countedHashes } from './faulty-ports.ts'
import { bodyOf, json, query, type Server, server, signedUp, somebody } from './harness.ts'

const wrong = 'not this one at all'

/** A service that counts its hashes, its trips, and the queries of each. */
const observed = async (settings: Readonly<Record<string, string>> = {}) => {
  const counter = countedHashes()
  const queries: number[] = []
  const on = await server({
    argon2id: counter.quickly,
    settings,
    database: (real) => ({
      run: (batch, limit) => {
        queries.push(batch.length)
        return real.run(batch, limit)
      },
    }),
  })
  /** Everything that a stranger could tell one request from another by, but for the time. */
  const look = async (path: string, body: object, address: string): Promise<string> => {
    counter.hashes = 0
    queries.length = 0
    const answer = await on.request(path, json(body), { address })
    const { requestId, ...rest } = await bodyOf(answer)
    const headers = [...answer.headers].filter(([name]) => name !== 'x-request-id').sort()
    expect(requestId).toMatch(/^req_/)
    return JSON.stringify([answer.status, rest, headers, on.trips.last, queries, counter.hashes])
  }
  return { on, look }
}

/** Thirty pairs, one after the other, each from an address that nobody used: what they show. */
const interleaved = async (
  look: (path: string, body: object, address: string) => Promise<string>,
  known: (i: number) => object,
  unknown: (i: number) => object,
) => {
  const seen: [string[], string[]] = [[], []]
  for (let i = 0; i < 30; i++) {
    const [first, second] = i % 2 ? [known, unknown] : [unknown, known]
    const one = await look('/auth/login', first(i), `192.0.2.${2 * i}`)
    const two = await look('/auth/login', second(i), `192.0.2.${2 * i + 1}`)
    seen[0].push(i % 2 ? one : two)
    seen[1].push(i % 2 ? two : one)
  }
  return seen
}

/** Changes what is stored of the user with this id. */
type Arrange = (on: Server, userId: string) => Promise<unknown>

const cases: [string, Arrange][] = [
  ['a user', async () => undefined],
  ['a user who is suspended', (on, id) => query(on, 'update users set suspended_at = 1 where id = ?', id)],
  ['a user without a password', (on, id) => query(on, 'delete from passwords where user_id = ?', id)],
  ['a user whose hash is broken', (on, id) => query(on, "update passwords set hash = 'x' where user_id = ?", id)],
  ['a user whose e-mail is verified', (on, id) => query(on, 'update users set email_verified = 1 where id = ?', id)],
]

test.each(cases)('S13: a wrong password tells nothing of %s, by e-mail or by username', async (_, arrange) => {
  const { on, look } = await observed()
  const { person, user } = await signedUp(on, { username: 'ada' })
  await arrange(on, user.id)
  const known = (i: number) => (i % 3 ? { email: person.email, password: wrong } : { username: 'ada', password: wrong })
  const unknown = (i: number) =>
    i % 3 ? { email: somebody('nobody').email, password: wrong } : { username: `nobody-${i}`, password: wrong }

  const [ofKnown, ofUnknown] = await interleaved(look, known, unknown)

  expect(new Set([...ofKnown, ...ofUnknown]).size).toBe(1)
  expect(JSON.parse(ofKnown[0] ?? '[]')).toEqual([
    401,
    expect.objectContaining({ code: 'wrong_credentials' }),
    expect.anything(),
    1,
    [expect.any(Number)],
    1,
  ])
})

test('S13: the throttle tells nothing: known and unknown are refused after as many attempts, with the same answer', async () => {
  const { on, look } = await observed()
  const { person } = await signedUp(on)
  const nobody = somebody('nobody')
  const seen: [string[], string[]] = [[], []]

  for (let i = 0; i < 30; i++) {
    seen[0].push(await look('/auth/login', { ...person, password: wrong }, '192.0.2.1'))
    seen[1].push(await look('/auth/login', { ...nobody, password: wrong }, '192.0.2.2'))
  }
  // What is right is refused like what is wrong.
  seen[0].push(await look('/auth/login', person, '192.0.2.1'))
  seen[1].push(await look('/auth/login', nobody, '192.0.2.2'))

  expect(seen[0]).toEqual(seen[1])
  expect(seen[0].map((one) => JSON.parse(one)[0])).toEqual(Array.from({ length: 31 }, (_, i) => (i < 10 ? 401 : 429)))
})

test('S13: the daily limit tells nothing either', async () => {
  const { on, look } = await observed({ AUTH_LIMIT_IDENTIFIER: '5' })
  const { person } = await signedUp(on)
  const nobody = somebody('nobody')

  const [ofKnown, ofUnknown] = await interleaved(
    look,
    () => ({ ...person, password: wrong }),
    () => ({ ...nobody, password: wrong }),
  )

  expect(ofKnown).toEqual(ofUnknown)
  expect(ofKnown.map((one) => JSON.parse(one)[0])).toEqual(Array.from({ length: 30 }, (_, i) => (i < 5 ? 401 : 429)))
})

test('S13: a device of one’s own tells nothing of other accounts', async () => {
  const { on } = await observed()
  const ada = await signedUp(on)
  const eve = await signedUp(on)
  const cookie = `__Host-device=${eve.jar.get('__Host-device')}`
  const send = (email: string) => on.request('/auth/login', json({ email, password: wrong }, { cookie }))

  const answers = [await send(ada.person.email), await send('nobody@example.com')]

  const bodies = await Promise.all(answers.map(bodyOf))
  expect(bodies.map(({ requestId, ...body }) => body)).toEqual(
    [bodies[0], bodies[0]].map(({ requestId, ...body }) => body),
  )
  expect(answers.map(({ headers }) => headers.getSetCookie())).toEqual([[], []])
})

test('S13: registration tells that an e-mail is taken, and only that: not by whom, since when, or how they sign in', async () => {
  const { on, look } = await observed()
  const users = await Promise.all([signedUp(on), signedUp(on), signedUp(on)])
  await query(on, 'update users set suspended_at = 1 where id = ?', users[1]?.user.id ?? '')
  await query(on, 'delete from passwords where user_id = ?', users[2]?.user.id ?? '')
  on.clock.pass(3600)

  const seen = await Promise.all(
    users.map(async ({ person }, i) => [i, await on.request('/auth/register', json(person))] as const),
  )
  const looks: string[] = []
  for (const { person } of users) looks.push(await look('/auth/register', person, '192.0.2.1'))

  expect(new Set(looks).size).toBe(1)
  for (const [, answer] of seen) expect(await bodyOf(answer)).toMatchObject({ status: 409, code: 'email_taken' })
})
