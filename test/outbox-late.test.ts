import { expect, test } from 'vitest'
import type { Mailer } from '../src/base/ports.ts'
import { askCode, askLink, nobody, type Reader } from './by-mail.ts'
import { openLimiter, quick } from './faulty-ports.ts'
import { mailTo, query, type Server, server, signedUp } from './harness.ts'
import { forgot, owner } from './resets.ts'

const options = { argon2id: quick, limiter: openLimiter }

/** Each has somebody mailed what is good for so many seconds. */
const asks: readonly [string, life: number, words: string, (on: Server) => Promise<Reader>][] = [
  [
    'link',
    600,
    '10 minutes',
    async (on) => {
      const grace = nobody()
      await askLink(on, grace)
      return grace
    },
  ],
  [
    'code',
    600,
    '10 minutes',
    async (on) => {
      const grace = nobody()
      await askCode(on, grace)
      return grace
    },
  ],
  [
    'link for a new password',
    1800,
    '30 minutes',
    async (on) => {
      const { person } = await owner(on)
      await on.settled()
      // Of the link that proves the address, which would wait beside the other.
      await query(on, 'delete from outbox')
      await forgot(on, person.email)
      return person
    },
  ],
  ['link that proves an address', 86_400, '24 hours', async (on) => (await signedUp(on)).person],
]

const textTo = async (on: Server, reader: Reader) => (await mailTo(on, reader)).at(-1)?.text

test.each(asks)('a %s that leaves at once is good for its %i seconds: %s', async (_, __, words, ask) => {
  const on = await server(options)

  const reader = await ask(on)

  expect(await textTo(on, reader)).toContain(words)
})

test.each(asks)(
  'a %s that leaves 12 seconds before its %i are over does not promise %s',
  async (_, life, words, ask) => {
    const on = await server(options)
    const down: Mailer = { name: 'mailbox', send: () => Promise.reject(new TypeError('down')) }
    const mute = await server({ ...options, beside: on, mailer: down })
    const reader = await ask(mute)
    await mute.settled()
    on.clock.pass(life - 12)

    await on.job()

    const text = await textTo(on, reader)
    expect(text).toMatch(/\b1 minute\b/)
    expect(text).not.toContain(words)
  },
)
