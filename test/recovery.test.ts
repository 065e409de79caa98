import { expect, test } from 'vitest'
import { cookieOf } from './act.ts'
import { countedHashes, faultyDatabase, noFault, replyLost } from './faulty-ports.ts'
import { bodyOf, json, mailTo, query, server, signedUp, signedUpByToken } from './harness.ts'
import { challengeFor, recovered, withRecoveryCodes } from './recovery-people.ts'

const left = async (tab: { fetch(path: string): Promise<Response> }) =>
  (await bodyOf(await tab.fetch('/auth/factors'))).recoveryCodesLeft

/** 28 characters: 57 bits in twelve of them. */
const form = /^[2-9BCDFGHJKMNPQRSTVWXYZ]{4}(?:-[2-9BCDFGHJKMNPQRSTVWXYZ]{4}){2}$/

test('S23: a set is ten codes of twelve unmistakable characters, which is more than 50 bits each', async () => {
  const on = await server()
  const sets = [await withRecoveryCodes(on), await withRecoveryCodes(on)].map(({ codes }) => codes)

  const characters = new Set(sets.flat().join('').replaceAll('-', ''))

  expect(sets.map((codes) => codes.length)).toEqual([10, 10])
  expect(new Set(sets.flat()).size).toBe(20)
  expect(sets.flat().filter((code) => !form.test(code))).toEqual([])
  expect(characters.size).toBeGreaterThan(18)
})

test('S23: of each its Argon2id is kept, under one salt for the set and another for the next, and no code is', async () => {
  const on = await server()
  const [ada, bob] = [await withRecoveryCodes(on), await withRecoveryCodes(on)]

  const rows = await query(
    on,
    'select user_id, count(distinct hash), count(distinct salt), min(salt) from recovery_codes group by 1',
  )

  const salt = /^\$argon2id\$v=19\$m=\d+,t=\d+,p=1\$[A-Za-z0-9+/]{22}$/
  expect(rows).toHaveLength(2)
  for (const row of rows) expect(row).toEqual([expect.any(String), 10, 1, expect.stringMatching(salt)])
  expect(rows[0]?.[3]).not.toBe(rows[1]?.[3])
  const written = JSON.stringify([await query(on, 'select * from recovery_codes'), on.logs, on.mailbox])
  for (const code of [...ada.codes, ...bob.codes]) {
    expect(written).not.toContain(code)
    expect(written).not.toContain(code.replaceAll('-', ''))
  }
})

test('S23: making a set costs ten hashes, and checking a code one, right or wrong', async () => {
  const counter = countedHashes()
  const on = await server({ argon2id: counter.quickly })
  const before = counter.hashes
  const { person, codes } = await withRecoveryCodes(on)
  const made = counter.hashes - before - 1
  const id = await challengeFor(on, person)
  const costs = []

  for (const code of ['BCDF-GHJK-MNPQ', codes[9] ?? '']) {
    const from = counter.hashes
    await recovered(on, id, code)
    costs.push(counter.hashes - from)
  }

  expect([made, costs]).toEqual([10, [1, 1]])
})

test('S22: a code signs in in place of the factor, in two trips, once, and nothing but it is used up', async () => {
  const on = await server()
  const ada = await withRecoveryCodes(on)
  const [first, second] = [await challengeFor(on, ada.person), await challengeFor(on, ada.person)]

  const right = await recovered(on, first, ada.codes[4] ?? '')
  const trips = on.trips.last
  const again = await recovered(on, second, ada.codes[4] ?? '')
  const another = await recovered(on, second, ada.codes[5] ?? '')

  expect([right.status, again.status, another.status, trips]).toEqual([200, 401, 200, 2])
  expect((await bodyOf(right)).session.methods).toEqual(['password', 'recovery'])
  expect(await left(ada)).toBe(8)
})

test('S20: a message says that one was used, and how many are left, without a code', async () => {
  const on = await server()
  const ada = await withRecoveryCodes(on)
  await recovered(on, await challengeFor(on, ada.person), ada.codes[0] ?? '')

  const told = (await mailTo(on, ada.person)).filter(({ subject }) => subject.includes('recovery code was used'))

  expect(told).toHaveLength(1)
  expect(told[0]?.text).toContain('Recovery codes left: 9')
  expect(JSON.stringify(told)).not.toContain(ada.codes[0])
})

test.each([
  ['in lower case', (code: string) => code.toLowerCase()],
  ['without its dashes', (code: string) => code.replaceAll('-', '')],
  ['with spaces', (code: string) => ` ${code.replaceAll('-', ' - ')} `],
  ['in lower case and without its dashes', (code: string) => code.replaceAll('-', '').toLowerCase()],
])('S22: %s a code is the same', async (_, typed) => {
  const on = await server()
  const { person, codes } = await withRecoveryCodes(on)

  const right = await recovered(on, await challengeFor(on, person), typed(codes[0] ?? ''))

  expect(right.status).toBe(200)
})

test.each([
  ['a character short', (code: string) => code.slice(1)],
  ['a character long', (code: string) => `${code}B`],
  ['another at the end', (code: string) => `${code.slice(0, -1)}${code.endsWith('B') ? 'C' : 'B'}`],
  ['two at once', (code: string) => `${code} ${code}`],
  ['nothing', () => ''],
  ['dashes alone', () => '----'],
])('S68: %s is none', async (_, typed) => {
  const on = await server()
  const ada = await withRecoveryCodes(on)

  const refused = await recovered(on, await challengeFor(on, ada.person), typed(ada.codes[0] ?? ''))

  expect([refused.status, await left(ada)]).toEqual([401, 10])
})

test('what is stored of a code is none', async () => {
  const on = await server()
  const ada = await withRecoveryCodes(on)
  const [[hash] = []] = await query(on, 'select hash from recovery_codes')

  const refused = await recovered(on, await challengeFor(on, ada.person), String(hash))

  expect([refused.status, await left(ada)]).toEqual([401, 10])
})

test('a code of somebody else is none', async () => {
  const on = await server()
  const [ada, bob] = [await withRecoveryCodes(on), await withRecoveryCodes(on)]

  const refused = await recovered(on, await challengeFor(on, ada.person), bob.codes[0] ?? '')

  expect([refused.status, await left(bob)]).toEqual([401, 10])
})

test('S22: ten sign-ins by code, and then there is no such way', async () => {
  const on = await server()
  const ada = await withRecoveryCodes(on)
  const statuses = []
  for (const code of ada.codes) statuses.push((await recovered(on, await challengeFor(on, ada.person), code)).status)

  const { challenge } = await bodyOf(await on.request('/auth/login', json(ada.person)))
  const refused = await recovered(on, challenge.id, ada.codes[0] ?? '')

  expect(statuses).toEqual(Array(10).fill(200))
  expect(challenge.methods).not.toContain('recovery')
  expect([refused.status, await left(ada)]).toEqual([401, 0])
})

test('S22: a new set, in two trips, ends the old one, and a message says so', async () => {
  const on = await server()
  const ada = await withRecoveryCodes(on)

  const made = await ada.fetch('/auth/recovery-codes', json({}))
  const trips = on.trips.last
  const { recoveryCodes } = await bodyOf(made)
  const id = await challengeFor(on, ada.person)
  const [old, fresh] = [await recovered(on, id, ada.codes[0] ?? ''), await recovered(on, id, recoveryCodes[0])]

  expect([made.status, trips, recoveryCodes.length]).toEqual([200, 2, 10])
  expect([old.status, fresh.status, await left(ada)]).toEqual([401, 200, 9])
  expect((await mailTo(on, ada.person)).filter(({ subject }) => subject.startsWith('New recovery codes'))).toHaveLength(
    2,
  )
})

test('S79: of sets that are made at once one is good, whole', async () => {
  const on = await server()
  const ada = await withRecoveryCodes(on)

  const answers = await Promise.all([1, 2, 3].map(() => ada.fetch('/auth/recovery-codes', json({}))))

  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200])
  expect(await query(on, 'select count(*), count(distinct salt) from recovery_codes')).toEqual([[10, 1]])
})

test('without a second factor there is nothing to stand in for: 409, and nothing is hashed or stored', async () => {
  const counter = countedHashes()
  const on = await server({ argon2id: counter.quickly })
  const ada = await signedUp(on)
  const before = counter.hashes

  const refused = await ada.fetch('/auth/recovery-codes', json({}))

  expect([refused.status, (await bodyOf(refused)).code, counter.hashes - before]).toEqual([409, 'conflict', 0])
  expect(await query(on, 'select count(*) from recovery_codes')).toEqual([[0]])
})

test('S6: an old sign-in makes no codes', async () => {
  const on = await server()
  const ada = await withRecoveryCodes(on)
  on.clock.pass(600)

  const refused = await ada.fetch('/auth/recovery-codes', json({}))

  expect([refused.status, (await bodyOf(refused)).code]).toEqual([403, 'fresh_sign_in_required'])
  expect((await recovered(on, await challengeFor(on, ada.person), ada.codes[0] ?? '')).status).toBe(200)
})

test('S36: nor does a token that an app hands to other APIs, which may read how many are left', async () => {
  const on = await server()
  const { bearer } = await signedUpByToken(on)

  const refused = await on.request('/auth/recovery-codes', json({}, bearer))
  const read = await on.request('/auth/factors', { headers: bearer })

  expect([refused.status, read.status]).toEqual([403, 200])
})

test('somebody without a second factor has none, and none is required of them', async () => {
  const on = await server()
  const ada = await signedUp(on)

  const factors = await bodyOf(await ada.fetch('/auth/factors'))

  expect(factors).toEqual({ required: false, totp: null, passkeys: 0, recoveryCodesLeft: 0 })
})

test.each([0, 1])(
  'S77: where trip %i of a new set loses its answer, the codes that are shown are those that are good',
  async (trip) => {
    const { next, database } = faultyDatabase()
    const on = await server({ database })
    const ada = await withRecoveryCodes(on)
    await on.settled()
    next(...Array(trip).fill(noFault), replyLost)

    const { recoveryCodes } = await bodyOf(await ada.fetch('/auth/recovery-codes', json({})))
    const right = await recovered(on, await challengeFor(on, ada.person), recoveryCodes[9])

    expect([recoveryCodes.length, right.status]).toEqual([10, 200])
    expect(await query(on, 'select count(distinct salt) from recovery_codes')).toEqual([[1]])
  },
)

test('S77, S22: where the answer to its use is lost, a code was used once and is told of once', async () => {
  const { next, database } = faultyDatabase()
  const on = await server({ database })
  const ada = await withRecoveryCodes(on)
  const id = await challengeFor(on, ada.person)
  await on.settled()
  next(noFault, replyLost)

  const right = await recovered(on, id, ada.codes[0] ?? '')

  expect([right.status, await left(ada)]).toEqual([200, 9])
  expect((await mailTo(on, ada.person)).filter(({ subject }) => subject.includes('was used'))).toHaveLength(1)
  expect(on.logs.filter(({ event }) => event === 'recovery.used')).toHaveLength(1)
})

test('S10: guesses at the codes are throttled with those at everything else of a challenge', async () => {
  const on = await server()
  const { person, codes } = await withRecoveryCodes(on)
  const wrong = []
  for (let i = 0; i < 2; i++) {
    const id = await challengeFor(on, person)
    for (let tries = 0; tries < 5; tries++) wrong.push((await recovered(on, id, 'BCDFGHJKMNPQ')).status)
  }

  const refused = await recovered(on, await challengeFor(on, person), codes[0] ?? '')

  expect([...wrong, refused.status]).toEqual([...Array(10).fill(401), 429])
})

test('S6: a code makes nobody fresh: it answers a challenge alone', async () => {
  const on = await server()
  const ada = await withRecoveryCodes(on)

  const refused = await on.request(
    '/auth/session/refresh-auth',
    json({ method: 'recovery', code: ada.codes[0] }, cookieOf(ada.jar)),
  )

  expect([refused.status, await left(ada)]).toEqual([422, 10])
})
