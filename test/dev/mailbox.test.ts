import { expect, test } from 'vitest'
import { newWorld } from '#world'
import type { Mail, Mailer } from '../../src/base/ports.ts'
import { newMailbox } from '../../src/dev/mailbox.ts'
import { mailboxRoutes } from '../../src/dev/routes.ts'
import { bodyOf, newClock } from '../harness.ts'

const here = 'http://localhost:8787'

let mails = 0

const mail = (more: Partial<Mail> = {}): Mail => ({
  id: `mail_${mails++}`,
  from: { name: 'Acme', address: 'no-reply@example.com' },
  to: 'ada@example.com',
  subject: 'Confirm your address',
  text: 'Open https://app.example.com/auth/email/verify#token=a\n',
  html: '<html><head></head><a href="https://app.example.com/auth/email/verify#token=a">Confirm</a></html>',
  language: 'en',
  ...more,
})

/** A mailbox over a database of its own, and how a browser asks it. */
const open = async (beside?: Mailer) => {
  const clock = newClock()
  const { database } = await newWorld(() => clock.now)
  const mailbox = newMailbox(database, () => clock.now, beside)
  const routes = mailboxRoutes(mailbox)
  const ask = async (path: string, init?: RequestInit) => routes.request(new URL(path, here), init)
  const arrive = (more?: Partial<Mail>) => mailbox.mailer.send(mail(more), 1000)
  return { clock, database, mailbox, ask, arrive }
}

test('the twin for tests tells each message with its links, its code and its time, the newest first', async () => {
  const { clock, ask, arrive } = await open()
  await arrive({ id: 'one' })
  clock.pass(60)
  await arrive({
    id: 'two',
    to: 'bob@example.com',
    subject: 'Your code',
    text: 'Enter:\n\n7K3MX9QP\n',
    html: '<p>7K3MX9QP</p>',
  })

  const answer = await ask('/dev/mailbox.json')

  expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'application/json'])
  expect(await answer.json()).toEqual({
    messages: [
      {
        id: 'two',
        to: 'bob@example.com',
        subject: 'Your code',
        text: 'Enter:\n\n7K3MX9QP\n',
        html: '<p>7K3MX9QP</p>',
        links: [],
        code: '7K3MX9QP',
        sentAt: '2027-01-15T08:01:00Z',
      },
      {
        id: 'one',
        to: 'ada@example.com',
        subject: 'Confirm your address',
        text: mail().text,
        html: mail().html,
        links: ['https://app.example.com/auth/email/verify#token=a'],
        code: null,
        sentAt: '2027-01-15T08:00:00Z',
      },
    ],
  })
})

test('a mailbox that nobody wrote to is empty', async () => {
  const { ask } = await open()

  expect(await bodyOf(await ask('/dev/mailbox.json'))).toEqual({ messages: [] })
})

test('the twin tells the messages for one address where it is asked for one', async () => {
  const { ask, arrive } = await open()
  await arrive({ id: 'one' })
  await arrive({ id: 'two', to: 'bob@example.com' })

  const { messages } = await bodyOf(await ask('/dev/mailbox.json?to=bob@example.com'))

  expect(messages.map(({ id }: { id: string }) => id)).toEqual(['two'])
})

test('whoever has the newest list is told so without it, and gets it again once it is another', async () => {
  const { ask, arrive } = await open()
  await arrive()
  const etag = (await ask('/dev/mailbox.json')).headers.get('etag') ?? ''
  const again = () => ask('/dev/mailbox.json', { headers: { 'if-none-match': etag } })

  const same = await again()
  await ask('/dev/mailbox', { method: 'DELETE' })
  await arrive()
  const other = await again()

  expect([same.status, await same.text(), other.status]).toEqual([304, '', 200])
})

test('what is in the mailbox outlives the isolate that put it there', async () => {
  const { clock, database, arrive } = await open()
  await arrive({ id: 'one' })

  const later = newMailbox(database, () => clock.now)

  expect((await later.list()).map(({ id }) => id)).toEqual(['one'])
})

test('a second attempt at a message is no second message', async () => {
  const { mailbox, arrive } = await open()

  await Promise.all([arrive({ id: 'one' }), arrive({ id: 'one' })])
  await arrive({ id: 'one' })

  expect(await mailbox.list()).toHaveLength(1)
})

test('the last 500 messages stay', async () => {
  const { mailbox, arrive } = await open()

  for (let at = 0; at < 503; at++) await arrive({ id: `mail ${at}` })

  const ids = (await mailbox.list()).map(({ id }) => id)
  expect([ids.length, ids[0], ids.at(-1)]).toEqual([500, 'mail 502', 'mail 3'])
})

test('a mailer that really delivers gets every message too, and its answer counts', async () => {
  const taken: string[] = []
  const refusing: Mailer = {
    name: 'smtp',
    async send({ id }) {
      taken.push(id)
      return { status: 'refused', reason: 'no such recipient' }
    },
  }
  const { mailbox, arrive } = await open(refusing)

  const delivery = await arrive({ id: 'one' })

  expect(delivery).toEqual({ status: 'refused', reason: 'no such recipient' })
  expect([taken, (await mailbox.list()).length]).toEqual([['one'], 1])
})

test('clearing removes every message', async () => {
  const { ask, arrive } = await open()
  await arrive()

  const cleared = await ask('/dev/mailbox', {
    method: 'DELETE',
    headers: { origin: here, 'sec-fetch-site': 'same-origin' },
  })

  expect(cleared.status).toBe(204)
  expect(await bodyOf(await ask('/dev/mailbox.json'))).toEqual({ messages: [] })
})

test.each([
  ['another site', { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }],
  ['another port of this machine', { origin: 'http://localhost:3000', 'sec-fetch-site': 'same-site' }],
  ['a browser without Sec-Fetch-Site on another site', { origin: 'https://evil.example' }],
  ['a browser that keeps its origin to itself', { 'sec-fetch-site': 'cross-site' }],
])('the mailbox is not cleared from %s', async (_, headers: Record<string, string>) => {
  const { mailbox, ask, arrive } = await open()
  await arrive()

  const answer = await ask('/dev/mailbox', { method: 'DELETE', headers })

  expect([answer.status, (await mailbox.list()).length]).toEqual([403, 1])
})

test.each(['/dev/mailbox', '/dev/mailbox.json', '/dev/mailbox/one/html', '/dev/mailbox/one/source'])(
  'GET %s is refused under another name that resolves to this machine',
  async (path) => {
    const { ask, arrive } = await open()
    await arrive({ id: 'one' })

    const answers = await Promise.all(
      ['http://evil.example:8787', 'http://127.0.0.1.evil.example'].map((origin) => ask(`${origin}${path}`)),
    )

    expect(answers.map(({ status }) => status)).toEqual([403, 403])
    expect((await ask(`http://127.0.0.1:8787${path}`)).status).toBe(200)
  },
)

const hostile = {
  id: '"><img src=x onerror=alert(1)>/../',
  to: '"<script>alert(1)</script>"@example.com',
  subject: '</script><script>alert(1)</script>',
  text: '<script>alert(1)</script>',
  html: '<script>alert(1)</script><a href="javascript:alert(1)">x</a>',
}

test('the page of the mailbox holds nothing of any message, and runs what its policy names by hash', async () => {
  const { ask, arrive } = await open()
  const empty = await (await ask('/dev/mailbox')).text()
  await arrive(hostile)

  const answer = await ask('/dev/mailbox')

  expect(await answer.text()).toBe(empty)
  expect(answer.headers.get('content-security-policy')?.replaceAll(/'sha256-[\w+/]{43}='/g, '<hash>')).toBe(
    "default-src 'none'; script-src <hash>; style-src <hash>; connect-src 'self'; frame-src 'self'; form-action 'none'; " +
      "frame-ancestors 'none'; base-uri 'none'",
  )
})

test('the HTML of a message stands in a sandbox, where nothing runs and links open beside it', async () => {
  const { ask, arrive } = await open()
  await arrive(hostile)
  await arrive({ id: 'one' })

  const bad = await ask(`/dev/mailbox/${encodeURIComponent(hostile.id)}/html`)
  const good = await ask('/dev/mailbox/one/html')

  expect(bad.status).toBe(200)
  for (const { headers } of [bad, good]) {
    expect(headers.get('content-security-policy')).toMatch(
      /^sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src [^;]+; form-action 'none'; frame-ancestors 'self'; base-uri 'self'$/,
    )
  }
  expect(await good.text()).toContain('<head><base target="_blank"></head>')
})

test('the source of a message is plain text', async () => {
  const { ask, arrive } = await open()
  await arrive(hostile)

  const answer = await ask(`/dev/mailbox/${encodeURIComponent(hostile.id)}/source`)

  expect(answer.headers.get('content-type')).toMatch(/^text\/plain/)
  expect(answer.headers.get('x-content-type-options')).toBe('nosniff')
  expect(await answer.text()).toContain(`To: ${hostile.to}\nSubject: ${hostile.subject}\n`)
})

test.each(['html', 'source'])('the %s of a message that is not there is not found', async (view) => {
  const { ask } = await open()

  expect((await ask(`/dev/mailbox/nothing/${view}`)).status).toBe(404)
})
