import { expect, test } from 'vitest'
import { cookieOf } from './act.ts'
import { dump } from './acts.ts'
import { confirm, confirmToken, moved, proven } from './address-changes.ts'
import { quickServer } from './credentials.ts'
import { openLimiter } from './faulty-ports.ts'
import { bodyOf, json, mailTo, query, type Server, signedIn, signedUp, somebody } from './harness.ts'
import { observed } from './onlooker.ts'
import { hostileTargets } from './properties/hostile-targets.ts'

/** A server, and whoever asks it for a change that it refuses: by the field, and without a word to anybody. */
const refusing = async (settings: Readonly<Record<string, string>> = {}) => {
  const on = await quickServer({ limiter: openLimiter, settings })
  const headers = cookieOf((await signedUp(on)).jar)
  await on.settled()
  const mailed = on.mailbox.length
  return {
    fieldsOf: async (body: object) => {
      const answer = await on.request('/auth/email/change', json(body, headers))
      return [answer.status, Object.keys((await bodyOf(answer)).fields ?? {})]
    },
    nothingHappened: async () => {
      await on.settled()
      return [on.mailbox.length - mailed, await query(on, "select * from codes where purpose = 'change_email'")]
    },
  }
}

const hostileEmails = [
  '"e@attacker.example"@victim.example',
  'e@attacker.example,ada@victim.example',
  '<e@attacker.example>',
  'Ada <ada@victim.example>',
  'ada(e@attacker.example)@victim.example',
  'ada@victim.example\r\nBcc: e@attacker.example',
  'ada@victim.example\n',
  'ada\0@victim.example',
  'ada@victim.example e@attacker.example',
  'ada\uff20attacker.example@victim.example',
  'm\u0131ke@victim.example',
  'mi\u212ae@victim.example',
  'ada@[192.0.2.1]',
  '',
]

test('GHSA-5jpx-9hw9-2fx4, GHSA-7rqj-j65f-68wh, S18, S19: to no address that two parsers read differently is anything mailed', async () => {
  const { fieldsOf, nothingHappened } = await refusing()

  for (const newEmail of [...hostileEmails, null, 1, ['ada@example.com'], { email: 'ada@example.com' }]) {
    expect.soft(await fieldsOf({ newEmail }), JSON.stringify(newEmail)).toEqual([422, ['newEmail']])
  }
  expect(await nothingHappened()).toEqual([0, []])
})

test('GHSA-vp58-j275-797x, CVE-2026-28512, S63: no link leads where another wants it', async () => {
  const { fieldsOf, nothingHappened } = await refusing({ AUTH_TRUSTED_ORIGINS: 'https://*.preview.example.com' })
  const targets = [
    ...hostileTargets,
    'https://a.preview.example.com/',
    'https://app.example.com/#here',
    '/settings',
    '',
  ]

  for (const redirectTo of targets) {
    const refusal = await fieldsOf({ newEmail: somebody().email, redirectTo })
    expect.soft(refusal, JSON.stringify(redirectTo)).toEqual([422, ['redirectTo']])
  }
  expect(await nothingHappened()).toEqual([0, []])
})

test('a field that is not known is refused, also one that would change another account', async () => {
  const { fieldsOf } = await refusing()

  const answers = [
    await fieldsOf({ newEmail: somebody().email, userId: 'usr_x' }),
    await fieldsOf({ newEmail: somebody().email, emailVerified: true }),
    await fieldsOf({ email: somebody().email }),
  ]

  expect(answers).toEqual([
    [422, ['userId']],
    [422, ['emailVerified']],
    [422, ['newEmail', 'email']],
  ])
})

test.each(['confirm', 'undo'])('%s takes a token of its own purpose and nothing else', async (what) => {
  const on = await quickServer()
  const ada = await proven(on)
  await ada.api.auth.email.change.$post({ json: { newEmail: somebody().email } })
  await on.settled()
  const before = await dump(on)
  const others = on.mailbox.flatMap(({ text }) => [...text.matchAll(/auth\/([\w/-]+)#token=([\w-]+)/g)])

  for (const [, path, token] of others.filter(([, path]) => path !== `email/change/${what}`)) {
    const answer = await on.request(`/auth/email/change/${what}`, json({ token }))
    expect.soft(answer.status, path).toBe(410)
  }
  for (const token of ['', 'A'.repeat(43), 'A'.repeat(64), "' or 1=1 --"]) {
    expect((await on.request(`/auth/email/change/${what}`, json({ token }))).status).toBe(410)
  }
  expect(others.length).toBeGreaterThan(1)
  expect(await dump(on)).toEqual(before)
})

/** The address of somebody who has an account, who has an unproven one, who may take it back, and of nobody. */
const addresses: [string, (on: Server) => Promise<string>][] = [
  ['proven', async (on) => (await proven(on)).person.email],
  ['unproven', async (on) => (await signedUp(on)).person.email],
  [
    'reserved',
    async (on) => {
      const ada = await proven(on)
      await moved(on, ada, ada.person.email, somebody().email)
      return ada.person.email
    },
  ],
  ['unknown', async () => somebody().email],
]

test('S13, better-auth#8097: answer, cost and number of messages are the same, whoever has the new address', async () => {
  const { on, look } = await observed()
  const lookAt = async (newEmail: string) => {
    const headers = cookieOf((await signedUp(on)).jar)
    const mailed = async () => [(await mailTo(on, { email: newEmail })).length, on.mailbox.length]
    const [to = 0, all = 0] = await mailed()
    const { seen } = await look({ method: 'POST', path: '/auth/email/change', headers, json: { newEmail } })
    const [toNow = 0, allNow = 0] = await mailed()
    return [seen, toNow - to, allNow - all]
  }
  // The first of all is the first to be counted for its network address.
  await lookAt(somebody().email)

  const seen: Record<string, unknown> = {}
  for (const [name, addressOf] of addresses) seen[name] = await lookAt(await addressOf(on))

  const expected = [expect.stringContaining('[202,{"status":"pending"}'), 1, 1]
  expect(seen.unknown).toEqual(expected)
  expect(Object.values(seen)).toEqual(Array(addresses.length).fill(seen.unknown))
})

test('GHSA-3529-5m8x-rpv3, S17: links are of the configured origin, whatever host a request names', async () => {
  const on = await quickServer()
  const { jar } = await signedUp(on)
  const newEmail = somebody().email
  const hostile = {
    'x-forwarded-host': 'evilevil.example',
    forwarded: 'host=evilevil.example',
    host: 'evilevil.example',
  }

  await on.request('https://evilevil.example/auth/email/change', json({ newEmail }, { ...cookieOf(jar), ...hostile }))

  const [mail] = await mailTo(on, { email: newEmail })
  expect(mail?.text).toContain('https://app.example.com/auth/email/change/confirm#token=')
  expect(JSON.stringify(mail)).not.toContain('evilevil')
})

test('S31: the link that a thief asked for is dead once the owner has logged out everywhere, and says so', async () => {
  const on = await quickServer()
  const ada = await proven(on)
  const thief = await signedIn(on, ada.person)
  const evil = somebody('evil').email
  const token = await confirmToken(on, thief, evil)
  await ada.api.auth.logout.$post({ json: { everywhere: true } })
  await on.settled()
  const before = await dump(on)

  const answer = await confirm(on, token)

  expect(await bodyOf(answer)).toMatchObject({ status: 410, code: 'code_used_or_expired' })
  expect(await dump(on)).toEqual(before)
})

test('S31: it stays good while its own session lives, whatever becomes of the others', async () => {
  const on = await quickServer()
  const ada = await proven(on)
  const elsewhere = await signedIn(on, ada.person)
  const token = await confirmToken(on, ada, somebody().email)
  await elsewhere.api.auth.logout.$post({ json: {} })

  const answer = await confirm(on, token)

  expect(answer.status).toBe(204)
})
