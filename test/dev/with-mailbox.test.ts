import { expect, test } from 'vitest'
import { newWorld } from '#world'
import type { Mailer, Visit } from '../../src/base/ports.ts'
import { createServiceWithMailbox } from '../../src/dev/with-mailbox.ts'
import { newClock, secrets } from '../harness.ts'

const console: Mailer = { name: 'console', send: async () => ({ status: 'taken' }) }
const visit: Visit = { address: '198.18.0.1', country: undefined, waitUntil: () => undefined }

/** The service of development at this origin, and the mailer that it came to have. */
const serviceAt = async (origin: string) => {
  const clock = newClock()
  const world = await newWorld(() => clock.now)
  const outside = { ...world, clock: () => clock.now, log: () => undefined, mailer: console }
  const { fetch } = createServiceWithMailbox({ AUTH_ORIGIN: origin, AUTH_SECRET: secrets[0] }, () => outside)
  return (path: string) => fetch(new Request(new URL(path, 'http://localhost:8787')), visit)
}

test.each(['http://localhost:8787', 'http://127.0.0.1:3000', 'http://[::1]:8787'])(
  'the mailbox is there where the origin is %s',
  async (origin) => {
    const ask = await serviceAt(origin)

    const answers = await Promise.all(['/dev/mailbox', '/dev/mailbox.json', '/auth/healthz'].map(ask))

    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200])
  },
)

test('the mailbox is not there where the origin is https, though it be on this machine', async () => {
  for (const origin of ['https://app.example.com', 'https://localhost:8787']) {
    const ask = await serviceAt(origin)

    const answers = await Promise.all(['/dev/mailbox', '/dev/mailbox.json', '/auth/healthz'].map(ask))

    expect(answers.map(({ status }) => status)).toEqual([404, 404, 200])
  }
})

test('any other path is the business of the service', async () => {
  const ask = await serviceAt('http://localhost:8787')

  const answers = await Promise.all(['/dev/mailboxes', '/dev', '/dev/mailbox.jsonx', '/x/dev/mailbox'].map(ask))

  expect(answers.map(({ headers }) => headers.get('content-type'))).toEqual(
    answers.map(() => 'application/problem+json'),
  )
})
