import { expect, test } from 'vitest'
import type { Mail } from '../src/base/ports.ts'
import { countedHashes } from './faulty-ports.ts'
import { bodyOf, json, mailTo, origin, query, type Server, server, signedUp, somebody, tokenIn } from './harness.ts'
import { forgot, forgotten, owner, reset, resetServer } from './resets.ts'

const known = 'Reset your password for app.example.com'
const unknown = 'No account at app.example.com for this address'
const subjects = (mails: readonly Mail[]) => mails.map(({ subject }) => subject)

test('whoever forgot a password is mailed a link to set a new one: 202 pending, in one trip', async () => {
  const on = await resetServer()
  const { person } = await owner(on)

  const answer = await forgot(on, person.email)

  expect([answer.status, await bodyOf(answer), on.trips.last]).toEqual([202, { status: 'pending' }, 1])
  expect(answer.headers.getSetCookie()).toEqual([])
  const [mail] = await mailTo(on, person)
  expect(mail).toMatchObject({ to: person.email, subject: known })
  expect(tokenIn(mail, 'password/reset')).toMatch(/^[\w-]{43}$/)
})

test('whoever has no account is told so by mail, and by nothing else', async () => {
  const on = await resetServer()
  const { email } = somebody()

  await forgot(on, email)

  expect(subjects(await mailTo(on, { email }))).toEqual([unknown])
  expect(await query(on, 'select * from codes')).toEqual([])
})

test('S13 better-auth#8839: answer, headers, trips, hashes and the number of messages tell nothing of an account', async () => {
  const counter = countedHashes()
  const on = await resetServer({ argon2id: counter.quickly })
  const [one, suspended, bare] = [await owner(on), await owner(on), await owner(on)]
  await query(on, 'update users set suspended_at = 1 where id = ?', suspended.user.id)
  await query(on, 'delete from passwords where user_id = ?', bare.user.id)
  const unproven = await signedUp(on)
  const looks: unknown[] = []

  for (const { email } of [somebody(), ...[one, suspended, bare, unproven].map(({ person }) => person)]) {
    counter.hashes = 0
    const [before, mailed] = [on.trips.total, on.mailbox.length]
    const answer = await forgot(on, email)
    const trips = on.trips.last
    await on.settled()
    const { requestId, ...body } = await bodyOf(answer)
    const headers = [...answer.headers].filter(([name]) => name !== 'x-request-id').sort()
    const cost = [trips, on.trips.total - before, counter.hashes, on.mailbox.length - mailed]
    looks.push([answer.status, body, headers, cost])
  }

  expect(looks[0]).toEqual([202, { status: 'pending' }, expect.anything(), [1, 2, 0, 1]])
  for (const look of looks) expect(look).toEqual(looks[0])
})

test('a stranger who floods a mailbox floods no other, and leaves the link that was mailed last as it is', async () => {
  const on = await resetServer()
  const [ada, bob] = [await owner(on), await owner(on)]
  for (let i = 0; i < 4; i++) await forgot(on, ada.person.email)
  const token = await forgotten(on, ada.person)
  await forgot(on, ada.person.email)

  const answers = [await reset(on, token), await forgot(on, bob.person.email)]

  expect(answers.map(({ status }) => status)).toEqual([204, 202])
})

test('S19: the message goes to the stored address, byte for byte, however it was typed', async () => {
  const on = await resetServer()
  const email = `Ada.Byron+${crypto.randomUUID()}@Example.com`
  await on.request('/auth/register', json({ ...somebody(), email }))

  await forgot(on, email.toUpperCase())

  expect(subjects(await mailTo(on, { email }))).toEqual([known])
  expect(on.mailbox.length).toBe(1)
})

test.each([
  ['a dotless i', 'ada@g\u0131thub.com'],
  ['the Kelvin sign', 'ada@\u212aelvin.example.com'],
  ['full-width letters', 'ada@\uff45xample.com'],
  ['a full-width at sign', 'ada\uff20example.com'],
  ['a small at sign', 'ada\ufe6bexample.com'],
  ['a combining accent', 'ade\u0301@example.com'],
  ['a zero-width space', 'ada\u200b@example.com'],
  ['a quoted second address', '"e@attacker.example"@example.com'],
  ['a list', 'ada@example.com,eve@attacker.example'],
  ['angle brackets', 'Ada <ada@example.com>'],
  ['CR and LF', 'ada@example.com\r\nBcc: eve@attacker.example'],
  ['LF alone', 'ada@example.com\nBcc: eve@attacker.example'],
  ['a trailing CR', 'ada@example.com\r'],
  ['NUL', 'ada@example.com\u0000'],
])('S18 S19 GHSA-7rqj-j65f-68wh GHSA-5jpx-9hw9-2fx4: nothing is mailed for an address with %s', async (_, email) => {
  const on = await resetServer()

  const answer = await forgot(on, email)

  expect(await bodyOf(answer)).toMatchObject({ status: 422, fields: { email: expect.any(String) } })
  await on.settled()
  expect(on.mailbox).toEqual([])
})

test.each([
  ['Host', { host: 'attacker.example' }],
  ['X-Forwarded-Host', { 'x-forwarded-host': 'attacker.example' }],
  ['two of them', { 'x-forwarded-host': 'app.example.com, attacker.example' }],
  ['X-Forwarded-Server', { 'x-forwarded-server': 'attacker.example' }],
  ['X-Forwarded-Proto', { 'x-forwarded-proto': 'http' }],
  ['X-Forwarded-Port', { 'x-forwarded-port': '8443' }],
  ['X-Forwarded-Prefix', { 'x-forwarded-prefix': '/attacker' }],
  ['X-Original-Host', { 'x-original-host': 'attacker.example' }],
  ['X-Original-URL', { 'x-original-url': 'https://attacker.example/' }],
  ['X-Rewrite-URL', { 'x-rewrite-url': 'https://attacker.example/' }],
  ['X-Host', { 'x-host': 'attacker.example' }],
  ['Forwarded', { forwarded: 'for=192.0.2.1;host=attacker.example;proto=http' }],
  ['Referer', { referer: 'https://attacker.example/forgot' }],
] as const)('S17 GHSA-3529-5m8x-rpv3: %s does not bend the link', async (_, headers) => {
  const on = await resetServer()
  const { person } = await owner(on)

  await on.request('/auth/password/forgot', json({ email: person.email }, headers))

  const [mail] = await mailTo(on, person)
  expect(mail?.text).toContain(`${origin}/auth/password/reset#token=`)
  expect(`${mail?.text} ${mail?.html} ${mail?.subject}`).not.toMatch(/attacker|8443|http:/)
})

test('S17: nor does the host that a request was sent to', async () => {
  const on = await resetServer()
  const { person } = await owner(on)

  await on.request('https://attacker.example/auth/password/forgot', json({ email: person.email }))

  const [mail] = await mailTo(on, person)
  expect(mail?.text).toContain(`${origin}/auth/password/reset#token=`)
  expect(`${mail?.text} ${mail?.html}`).not.toContain('attacker')
})

test('the link leads to the page of the app that is named, with the token in the fragment', async () => {
  const on = await resetServer({ settings: { AUTH_TRUSTED_ORIGINS: 'https://www.example.com' } })
  const { person } = await owner(on)

  await forgot(on, person.email, { redirectTo: 'https://www.example.com/new-password?from=mail' })

  const [mail] = await mailTo(on, person)
  expect(mail?.text).toMatch(/https:\/\/www\.example\.com\/new-password\?from=mail#token=[\w-]{43}/)
})

test.each([
  'https://attacker.example/',
  'https://app.example.com.attacker.example/',
  'https://app.example.com@attacker.example/',
  'https://attacker.example\\@app.example.com/',
  '//attacker.example/',
  '/relative',
  'https:app.example.com',
  'http://app.example.com/',
  'https://app.example.com:444/',
  'https://x.preview.example.com/',
  'https://app.example.com/#token=a',
  'https://app.example.com/\r\nBcc:eve@attacker.example',
  'javascript:alert(1)//https://app.example.com/',
  'data:text/html,x',
  'null',
  '',
])(
  'S63 S18 GHSA-9h33-g3ww-mqff: a link that would lead to %j is refused, known or not, and nothing is mailed',
  async (redirectTo) => {
    const on = await resetServer({ settings: { AUTH_TRUSTED_ORIGINS: 'https://*.preview.example.com' } })
    const { person } = await owner(on)

    const answers = [await forgot(on, person.email, { redirectTo }), await forgot(on, somebody().email, { redirectTo })]

    for (const answer of answers) {
      expect(await bodyOf(answer)).toMatchObject({ status: 422, fields: { redirectTo: expect.any(String) } })
    }
    await on.settled()
    expect(on.mailbox).toEqual([])
  },
)

test.each([
  ['nothing is named', {}, 'email'],
  ['the address is a list', { email: ['ada@example.com'] }, 'email'],
  ['the address is an object', { email: { $ne: null } }, 'email'],
  ['a field is not known', { email: 'ada@example.com', userId: 'usr_x' }, 'userId'],
])('a request is refused when %s', async (_, body, field) => {
  const on = await resetServer()

  const answer = await on.request('/auth/password/forgot', json(body))

  expect(await bodyOf(answer)).toMatchObject({ status: 422, fields: { [field]: expect.any(String) } })
})

test.each([
  ['forgot', 202, (on: Server) => forgot(on, somebody().email)],
  ['reset', 410, (on: Server) => reset(on, 'A'.repeat(43))],
] as const)('S74: at most 30 requests a minute to /auth/password/%s from one address', async (_, status, ask) => {
  const on = await server()

  const statuses: number[] = []
  for (let i = 0; i < 31; i++) statuses.push((await ask(on)).status)

  expect(statuses).toEqual([...Array.from({ length: 30 }, () => status), 429])
})

test('S16: the database holds the hash of the token alone, and the message sealed until it is delivered', async () => {
  const mailing = await resetServer()
  const { person } = await owner(mailing)
  const mute = await resetServer({
    beside: mailing,
    mailer: { name: 'mailbox', send: () => Promise.reject(new Error('down')) },
  })
  await forgot(mute, person.email)
  await mute.settled()
  const waiting = await rowsOf(mailing)
  mailing.clock.pass(60)
  await mailing.job()
  const token = tokenIn((await mailTo(mailing, person))[0], 'password/reset')

  const delivered = await rowsOf(mailing)

  expect(waiting).toMatch(/"reset_password",[^\]]*"[\w-]+\.[\w-]{16}\.[\w-]+"/)
  for (const rows of [waiting, delivered]) expect(rows).not.toContain(token)
  expect(await query(mailing, "select sealed, done_at is not null from outbox where kind = 'reset_password'")).toEqual([
    [null, 1],
  ])
})

const rowsOf = async (on: Server): Promise<string> =>
  JSON.stringify([await query(on, 'select * from codes'), await query(on, 'select * from outbox')])

test('a new link ends the one before it, of this account and no other', async () => {
  const on = await resetServer()
  const [ada, bob] = [await owner(on), await owner(on)]
  const [first, other, second] = [
    await forgotten(on, ada.person),
    await forgotten(on, bob.person),
    await forgotten(on, ada.person),
  ]

  const statuses: number[] = []
  for (const token of [first, other, second]) statuses.push((await reset(on, token)).status)

  expect(statuses).toEqual([410, 204, 204])
})

test.each([
  ['throws', () => Promise.reject(new Error('421 not now'))],
  ['hangs', () => new Promise<never>(() => undefined)],
] as const)('the request succeeds while the mailer %s, and the job mails the link later', async (what, send) => {
  const on = await resetServer()
  const { person } = await owner(on)
  const mute = await resetServer({ beside: on, mailer: { name: 'mailbox', send } })

  const answer = await forgot(mute, person.email)
  if (what === 'throws') await mute.settled()
  on.clock.pass(60)
  await on.job()

  expect(answer.status).toBe(202)
  expect((await reset(on, tokenIn((await mailTo(on, person))[0], 'password/reset'))).status).toBe(204)
})

test('the request succeeds though the mailer refuses for good, and readyz and the log tell of the dead letter', async () => {
  const send = async () => ({ status: 'refused' as const, reason: '550' })
  const on = await resetServer({ mailer: { name: 'mailbox', send } })

  const answer = await forgot(on, somebody().email)
  await on.settled()

  expect(answer.status).toBe(202)
  expect(await bodyOf(await on.request('/auth/readyz'))).toMatchObject({ mail: { waiting: 0, dead: 1 } })
  expect(on.logs).toContainEqual(expect.objectContaining({ event: 'mail.dead', kind: 'no_account', reason: '550' }))
})

test('without a mailer the answer is 500 and names what to set, known or not', async () => {
  const on = await resetServer({ mailer: null })
  const { person } = await owner(on)

  const answers = [await forgot(on, person.email), await forgot(on, somebody().email)]

  for (const answer of answers) expect(await bodyOf(answer)).toMatchObject({ status: 500, code: 'misconfigured' })
  expect(await query(on, 'select * from codes')).toEqual([])
})
