import { expect, test } from 'vitest'
import type { Delivery, Mail, Mailer } from '../src/base/ports.ts'
import type { Act } from './act.ts'
import { acts, gated } from './acts.ts'
import { openLimiter, quick } from './faulty-ports.ts'
import { query, type Server, server } from './harness.ts'

/** What a mail server does to a message while it is not well. */
interface Illness {
  readonly send: (mail: Mail, take: () => void, released: Promise<void>) => Promise<Delivery>
  /** What is kept of a message: to be tried again, delivered, or given up. */
  readonly leaves: 'waiting' | 'delivered' | 'dead'
  /** How often one message arrives in the end. */
  readonly arrives: number
}

const taken = { status: 'taken' } as const

const illnesses: Readonly<Record<string, Illness>> = {
  'is down': { send: () => Promise.reject(new TypeError('connect ECONNREFUSED')), leaves: 'waiting', arrives: 1 },
  'fails before it has even begun': {
    send: () => {
      throw new TypeError('no socket')
    },
    leaves: 'waiting',
    arrives: 1,
  },
  'hangs until it is given up': {
    send: async (_, __, released) => {
      await released
      throw new Error('timeout')
    },
    leaves: 'waiting',
    arrives: 1,
  },
  'takes a message and its answer is lost': {
    send: async (_, take) => {
      take()
      throw new Error('socket hang up')
    },
    leaves: 'waiting',
    // The same id, by which whoever can tells the repeat.
    arrives: 2,
  },
  'answers long after the request': {
    send: async (_, take, released) => {
      await released
      take()
      return taken
    },
    leaves: 'delivered',
    arrives: 1,
  },
  'refuses for good': {
    send: async () => ({ status: 'refused', reason: 'no such mailbox' }),
    leaves: 'dead',
    arrives: 0,
  },
}

/** A mail server that is ill from `fall` until `recover`, over one service. */
const arranged = async ({ send }: Illness) => {
  const arrived: string[] = []
  let isIll = false
  let release = () => {}
  let released = Promise.resolve()
  const mailer: Mailer = {
    name: 'smtp',
    async send(mail) {
      const take = () => {
        arrived.push(mail.id)
        on.mailbox.push(mail)
      }
      if (isIll) return send(mail, take, released)
      take()
      return taken
    },
  }
  const on: Server = await server({ plug: gated, argon2id: quick, limiter: openLimiter, mailer })
  return {
    on,
    arrived,
    fall() {
      isIll = true
      released = new Promise((resolve) => {
        release = resolve
      })
    },
    async recover() {
      release()
      await on.settled()
      isIll = false
    },
  }
}

const idsOf = async (on: Server, where = 'true') => (await query(on, `select id from outbox where ${where}`)).flat()

const states: Readonly<Record<Illness['leaves'], string>> = {
  waiting: 'done_at is null and next_at is not null and sealed is not null',
  delivered: 'done_at is not null and failure is null and sealed is null',
  dead: "done_at is not null and failure = 'no such mailbox' and sealed is null",
}

test.each(Object.entries(illnesses))(
  'S80: while the mail server %s every route answers as ever and keeps its messages, and the job delivers what can be',
  async (_, illness) => {
    const { on, arrived, fall, recover } = await arranged(illness)
    let messages = 0
    const during = async ({ prepare }: Act) => {
      const { path, init } = await prepare(on)
      await on.settled()
      const before = await idsOf(on)
      fall()
      const { status } = await on.request(path, init)
      await recover()
      const posted = (await idsOf(on)).filter((id) => !before.includes(id))
      const left = await idsOf(on, states[illness.leaves])
      return { status, posted, unlike: posted.filter((id) => !left.includes(id)) }
    }

    for (const act of acts) {
      const title = `${act.route} ${act.how}`
      const { status, posted, unlike } = await during(act)
      on.clock.pass(60)
      await on.job()

      expect.soft(status, title).toBe(act.status)
      expect.soft(unlike, title).toEqual([])
      expect.soft(await idsOf(on, 'next_at is not null'), title).toEqual([])
      for (const id of posted)
        expect
          .soft(
            arrived.filter((one) => one === id),
            title,
          )
          .toHaveLength(illness.arrives)
      messages += posted.length
    }

    expect(messages).toBeGreaterThan(15)
    expect(on.logs.filter(({ event }) => event === 'bug' || event === 'after_failed')).toEqual([])
    expect(on.logs.filter(({ status }) => Number(status) >= 500)).toEqual([])
  },
)
