import { describe, expect, test } from 'vitest'
import { askCode, askLink, linkFor, member, nobody, show, ways } from './by-mail.ts'
import { openLimiter } from './faulty-ports.ts'
import { bodyOf, json, mailTo, query, type Server, server, signedUp } from './harness.ts'
import { observed } from './onlooker.ts'
import { hostileTargets } from './properties/hostile-targets.ts'

/** Whom an address may belong to. */
const owners = {
  nobody: async () => nobody(),
  'somebody who is verified': member,
  'somebody who is not verified': async (on: Server) => (await signedUp(on)).person,
  'somebody who is suspended': async (on: Server) => {
    const grace = await member(on)
    await query(on, 'update users set suspended_at = 1 where id = ?', grace.user.id)
    return grace
  },
}

describe.each(ways)('asking for a %s', (way) => {
  const call = (email: string) => ({ method: 'POST' as const, path: `/auth/email/${way}`, json: { email } })

  /** What a stranger sees of one question, without the secret that a code is answered with. */
  const lookAt = async () => {
    const { on, look } = await observed()
    const seen: string[] = []
    const mails: number[] = []
    for (const owner of Object.values(owners)) {
      const { email } = await owner(on)
      for (const table of ['codes', 'throttle']) await query(on, `delete from ${table}`)
      await on.settled()
      const before = on.mailbox.length
      const { seen: one } = await look(call(email))
      seen.push(one.replace(/"id":"[\w-]{43}"/, '"id":""'))
      mails.push(on.mailbox.length - before)
    }
    return { seen: [...new Set(seen)], mails, statuses: seen.map((one) => JSON.parse(one)[0]) }
  }

  test('S13, better-auth#8839: answer, headers, trips, statements, rows and messages are the same, whoever has the address', async () => {
    const { seen, mails, statuses } = await lookAt()

    expect(statuses).toEqual([202, 202, 202, 202])
    expect(seen).toHaveLength(1)
    expect(mails).toEqual([1, 1, 1, 1])
  })

  test('S10: the limit of requests stands before it', async () => {
    const on = await server({ limiter: { take: async () => false } })

    const answer = await on.request(`/auth/email/${way}`, json(nobody()))

    expect([answer.status, (await bodyOf(answer)).code, on.trips.last]).toEqual([429, 'rate_limited', 0])
  })

  test('S10: of 20 at once for one recipient, at two isolates, five are mailed', async () => {
    const on = await server({ limiter: openLimiter })
    const beside = await server({ limiter: openLimiter, beside: on })
    const { email } = nobody()

    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        (i % 2 ? on : beside).request(`/auth/email/${way}`, json({ email }), { address: `192.0.2.${i}` }),
      ),
    )

    expect(answers.map(({ status }) => status).sort()).toEqual([...Array(5).fill(202), ...Array(15).fill(429)])
    await Promise.all([on.settled(), beside.settled()])
    expect(on.mailbox).toHaveLength(5)
  })
})

test('S10: links and codes for one recipient count together, and what is refused ends none that was mailed', async () => {
  const on = await server({ limiter: openLimiter })
  const grace = nobody()
  for (let i = 0; i < 4; i++) await askCode(on, grace)
  const token = await linkFor(on, grace)

  const refused = [await askLink(on, grace), await askCode(on, grace)]

  expect(refused.map(({ status }) => status)).toEqual([429, 429])
  expect((await show(on, { token })).status).toBe(200)
})

test('S10: one address that asks for the mail of many is stopped', async () => {
  const on = await server({ limiter: openLimiter, settings: { AUTH_LIMIT_ADDRESS: '3' } })

  const statuses: number[] = []
  for (let i = 0; i < 4; i++) statuses.push((await askLink(on, nobody(), {}, { address: '192.0.2.1' })).status)

  expect(statuses).toEqual([202, 202, 202, 429])
})

test('S63, GHSA-vp58-j275-797x: a link leads to no hostile target: each is 422, and nothing is mailed', async () => {
  const settings = { AUTH_TRUSTED_ORIGINS: 'https://*.preview.example.com,https://other.example.com' }
  const on = await server({ limiter: openLimiter, settings })
  const grace = nobody()

  const taken: string[] = []
  for (const target of hostileTargets) {
    const answer = await askLink(on, grace, { redirectTo: target })
    if (answer.status !== 422 || !('redirectTo' in (await bodyOf(answer)).fields)) taken.push(target)
  }

  expect(taken).toEqual([])
  expect(await mailTo(on, grace)).toEqual([])
  expect(await query(on, 'select count(*) from codes')).toEqual([[0]])
})

test('a link leads to an origin that AUTH_TRUSTED_ORIGINS names, and to none that a wildcard of it covers', async () => {
  const settings = { AUTH_TRUSTED_ORIGINS: 'https://*.preview.example.com,https://other.example.com' }
  const on = await server({ settings })
  const grace = nobody()

  const answers = [
    await askLink(on, grace, { redirectTo: 'https://a.preview.example.com/' }),
    await askLink(on, grace, { redirectTo: 'https://other.example.com/in?lang=de' }),
  ]

  expect(answers.map(({ status }) => status)).toEqual([422, 202])
  const [mail] = await mailTo(on, grace)
  const token = /https:\/\/other\.example\.com\/in\?lang=de#token=([\w-]{43})\b/.exec(mail?.text ?? '')?.[1]
  expect((await show(on, { token })).status).toBe(200)
})
