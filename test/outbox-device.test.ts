import { expect, test } from 'vitest'
import { cookieOf } from './act.ts'
import { linkFor, member, nobody, show, ways } from './by-mail.ts'
import { openLimiter, quick } from './faulty-ports.ts'
import { bodyOf, json, mailTo, query, type Server, server, signedUp } from './harness.ts'

const open = () => server({ argon2id: quick, limiter: openLimiter })

const paths = ['password/forgot', ...ways.map((way) => `email/${way}`)]

/** Statuses of so many questions for a message to one address. */
const asked = async (on: Server, many: number, path: string, body: object, headers: Record<string, string> = {}) => {
  const statuses: number[] = []
  while (statuses.length < many) statuses.push((await on.request(`/auth/${path}`, json(body, headers))).status)
  return statuses
}

const fiveOfSix = [202, 202, 202, 202, 202, 429]

test.each(paths)(
  'S12: who asks for %s from a device of their own is mailed, however many strangers ask',
  async (path) => {
    const on = await open()
    const { email, cookie } = await member(on)
    on.clock.pass(3600)
    const before = (await mailTo(on, { email })).length

    const statuses = {
      strangers: await asked(on, 6, path, { email }),
      owner: await asked(on, 6, path, { email }, { cookie }),
    }

    expect(statuses).toEqual({ strangers: fiveOfSix, owner: fiveOfSix })
    expect((await mailTo(on, { email })).length - before).toBe(10)
  },
)

test('S12: what an owner asks for takes no room from what anybody may cause, and the hour of the device ends as well', async () => {
  const on = await open()
  const { email, cookie } = await member(on)
  on.clock.pass(3600)
  await asked(on, 5, 'email/link', { email }, { cookie })
  const refused = await on.request('/auth/email/link', json({ email }, { cookie }))

  const strangers = await asked(on, 6, 'email/link', { email })
  on.clock.pass(3600)

  expect([await bodyOf(refused), refused.headers.get('retry-after')]).toMatchObject([
    { code: 'too_many_attempts' },
    '3600',
  ])
  expect(strangers).toEqual(fiveOfSix)
  expect(await asked(on, 1, 'email/link', { email }, { cookie })).toEqual([202])
})

test('S12: a native app shows its device in the body', async () => {
  const on = await open()
  const reader = nobody()
  const answer = await show(on, { token: await linkFor(on, reader), transport: 'token' })
  const { device_token } = (await bodyOf(answer)).tokens
  await asked(on, 5, 'email/code', reader)

  for (const path of paths) expect(await asked(on, 1, path, { ...reader, device_token })).toEqual([202])
  expect(await asked(on, 1, 'email/code', reader)).toEqual([429])
})

test.each<[string, (on: Server) => Promise<{ readonly email: string; readonly cookie: string }>]>([
  ['of another account', async (on) => ({ ...(await member(on)), cookie: (await member(on)).cookie })],
  [
    'that was revoked',
    async (on) => {
      const owner = await member(on)
      await query(on, 'delete from devices where user_id = ?', owner.user.id)
      return owner
    },
  ],
  [
    'of an account that never proved the address',
    async (on) => {
      const { person, jar } = await signedUp(on)
      return { ...person, ...cookieOf(jar) }
    },
  ],
])('S12: a device %s counts as any stranger', async (_, who) => {
  const on = await open()
  const { email, cookie } = await who(on)
  on.clock.pass(3600)
  await asked(on, 5, 'password/forgot', { email })

  const statuses = await asked(on, 1, 'password/forgot', { email }, { cookie })

  expect(statuses).toEqual([429])
})
