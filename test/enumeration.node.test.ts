import { expect, test } from 'vitest'
import { name } from '#world'
import { compare, comparisonLine, interleaved } from '../bench/comparison.ts'
import type { Pair } from '../bench/ground.ts'
import type { Call } from '../bench/http.ts'
import { mailPairs } from '../bench/mail-pairs.ts'
import { pairs } from '../bench/pairs.ts'
import { dump } from './acts.ts'
import { rowsOf } from './feature-tables.ts'
import { bodyOf, json, mailTo, query, signedUp, somebody } from './harness.ts'
import { observed } from './onlooker.ts'

const wrong = 'not this one at all'
const everyTable = ['users', 'passwords', 'codes', 'outbox', 'log']

/** Two hundred in Node; in workerd, where each has a trip over a network, thirty. A message takes its time to be made. */
const countOf = (pair: Pair): number => (name !== 'file' ? 30 : mailPairs.includes(pair) ? 60 : 200)

const everyPair = [...pairs, ...rowsOf((feature) => feature.pairs)]

test.each(everyPair.map((pair) => [pair.title, pair] as const))(
  'S13 better-auth#8839: %s: answer and cost are the same',
  async (_, pair) => {
    const { on, look, ground } = await observed(pair.settings)
    const questions = await pair.prepare(ground)
    await on.settled()
    const { apart = [] } = pair
    const kept = [...on.core.tables.keys()].filter((table) => table !== 'throttle' && !apart.includes(table))
    const before = await dump(on, ...kept)

    const { ofKnown, ofUnknown } = await interleaved((call: Call) => look(call, apart), countOf(pair), questions)

    const times = [ofKnown, ofUnknown].map((looks) => looks.map(({ milliseconds }) => milliseconds))
    if (name === 'file') console.log(comparisonLine(compare(pair.title, times[0] ?? [], times[1] ?? [])))
    expect(ofKnown.map(({ seen }) => seen)).toEqual(ofUnknown.map(({ seen }) => seen))
    expect(new Set(ofKnown.map(({ status }) => status))).toEqual(new Set([pair.status]))
    expect(await dump(on, ...kept)).toEqual(before)
  },
)

test('S13: a wrong password and an unknown account cost one hash, a refusal by the throttle or the policy none', async () => {
  const costs: Record<string, unknown> = {}

  for (const pair of pairs.filter((one) => !mailPairs.includes(one))) {
    const { look, ground } = await observed(pair.settings)
    const { known } = await pair.prepare(ground)
    const { cost } = await look(known(0))
    costs[pair.title] = [cost.trips, cost.hashes]
  }

  expect(costs).toMatchObject({
    'login by e-mail': [1, 1],
    'login by username': [1, 1],
    'login, throttled': [1, 0],
    'login, past the daily limit': [1, 0],
    'registration, too short': [0, 0],
    'registration, too common': [0, 0],
    'password change, with a password and without': [1, 1],
  })
})

test('S13: the throttle tells nothing: known and unknown are refused after as many attempts, with the same answer', async () => {
  const { on, look } = await observed()
  const { person } = await signedUp(on)
  const nobody = somebody('nobody')
  const login = (person: object, address: string) => ({
    method: 'POST' as const,
    path: '/auth/login',
    json: person,
    headers: { 'cf-connecting-ip': address },
  })
  const seen: [string[], string[]] = [[], []]

  for (let i = 0; i < 30; i++) {
    seen[0].push((await look(login({ ...person, password: wrong }, '192.0.2.1'))).seen)
    seen[1].push((await look(login({ ...nobody, password: wrong }, '192.0.2.2'))).seen)
  }
  // What is right is refused like what is wrong.
  seen[0].push((await look(login(person, '192.0.2.1'))).seen)
  seen[1].push((await look(login(nobody, '192.0.2.2'))).seen)

  expect(seen[0]).toEqual(seen[1])
  expect(seen[0].map((one) => JSON.parse(one)[0])).toEqual(Array.from({ length: 31 }, (_, i) => (i < 10 ? 401 : 429)))
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
  for (const { person } of users) {
    looks.push((await look({ method: 'POST', path: '/auth/register', json: person })).seen)
  }

  expect(new Set(looks).size).toBe(1)
  for (const [, answer] of seen) expect(await bodyOf(answer)).toMatchObject({ status: 409, code: 'email_taken' })
})

const answersOf = (looks: readonly string[]) => looks.map((one) => JSON.parse(one)[0])

test.each([
  ['POST /auth/password/forgot', {}],
  ['POST /auth/email/link', {}],
  ['POST /auth/email/code', {}],
  ['POST /auth/register', { password: 'a good and long password' }],
])(
  'S10 S13: past 5 messages an hour %s is 429, however the address is written, known or not, and with the same answer',
  async (route, rest) => {
    const { on, look } = await observed({ AUTH_EMAIL_VERIFICATION: 'required' })
    const [path, known, unknown] = [route.replace('POST ', ''), somebody(), somebody('nobody')]
    await on.request('/auth/register', json(known))
    await on.settled()
    await query(on, 'update users set email_verified = 1')
    await query(on, 'delete from throttle')
    on.clock.pass(3600)
    const ask = async ({ email }: { email: string }, i: number) => {
      const headers = { 'cf-connecting-ip': `192.0.2.${i}` }
      const { seen } = await look(
        { method: 'POST', path, json: { email: i % 2 ? email.toUpperCase() : email, ...rest }, headers },
        everyTable,
      )
      return seen
    }
    const seen: [string[], string[]] = [[], []]

    for (let i = 0; i < 8; i++) {
      seen[0].push(await ask(known, i))
      seen[1].push(await ask(unknown, 100 + i))
    }

    expect(seen[0]).toEqual(seen[1])
    expect(answersOf(seen[0])).toEqual([202, 202, 202, 202, 202, 429, 429, 429])
    const [, refused, headers] = JSON.parse(seen[0][5] ?? '')
    expect([refused.code, Object.fromEntries(headers)['retry-after']]).toEqual(['too_many_attempts', '3600'])
    const mailsTo = ({ email }: { email: string }) => on.mailbox.filter(({ to }) => to.toLowerCase() === email).length
    expect([mailsTo(known), mailsTo(unknown)]).toEqual([1 + 5, 5])
  },
)

test.each(['link', 'code'])(
  'S13: without AUTH_EMAIL_SIGN_UP a %s for an address that nobody has is answered and counted alike, and mailed to nobody',
  async (way) => {
    const { on, look } = await observed({ AUTH_EMAIL_SIGN_UP: 'off' })
    const { person } = await signedUp(on)
    const nobody = somebody('nobody')
    const ask = async ({ email }: { email: string }, address: string) => {
      const headers = { 'cf-connecting-ip': address }
      const call = { method: 'POST' as const, path: `/auth/email/${way}`, json: { email }, headers }
      const { seen } = await look(call, ['outbox', 'log'])
      const [status, body, answered, cost] = JSON.parse(seen)
      const [first, ...after] = cost.queries
      return { answer: { status, body, answered, trips: cost.trips, first, rows: cost.rows }, after, mails: cost.mails }
    }

    on.clock.pass(3600)

    const known = await ask(person, '192.0.2.1')
    const unknown = await ask(nobody, '192.0.2.2')
    const statuses: unknown[][] = []
    for (let i = 3; i < 9; i++) {
      const address = `192.0.2.${i}`
      statuses.push([(await ask(person, address)).answer.status, (await ask(nobody, address)).answer.status])
    }

    expect(statuses).toEqual([202, 202, 202, 202, 429, 429].map((status) => [status, status]))
    expect(unknown.answer).toEqual(known.answer)
    expect([known.mails, unknown.mails]).toEqual([1, 0])
    // What follows is no part of the answer.
    expect([known.after.length, unknown.after]).toEqual([1, []])
  },
)

test('S13: neither the export nor the receipt of whoever asked for another address tells whether somebody has that', async () => {
  const { on } = await observed()
  const { person: known } = await signedUp(on)
  const toldOf = async (newEmail: string) => {
    const asker = await signedUp(on)
    const asked = await asker.api.auth.email.change.$post({ json: { newEmail } })
    await on.settled()
    const told = await (await asker.fetch('/auth/me/export')).text()
    await asker.fetch('/auth/me', { method: 'DELETE' })
    const receipt = (await mailTo(on, asker.person)).at(-1)
    const seen = [asked.status, told, receipt?.subject, receipt?.text].join('\n')
    return seen
      .replaceAll(newEmail, 'new')
      .replaceAll(asker.person.email, 'own')
      .replace(/\b(usr|ses|msg|req|dev)_[\w-]+/g, '$1')
  }

  const ofTaken = await toldOf(known.email)
  const ofFree = await toldOf(somebody('nobody').email)

  expect(ofFree).toContain('Your account at app.example.com was deleted')
  expect(ofTaken).toBe(ofFree)
})
