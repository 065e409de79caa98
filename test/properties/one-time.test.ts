import { expect, test } from 'vitest'
import { codeLife } from '../../src/identity/codes.ts'
import { type Fault, replyLost, unreachable } from '../faulty-ports.ts'
import { query, server } from '../harness.ts'
import { atTrip, isolates, oneTime } from './one-time.ts'
import { kinds, rootless, secretColumns } from './secrets.ts'
import { mostUses } from './uses.ts'

const all = Object.entries(oneTime)

test('every column that keeps a secret is known, and every one-time secret among them is raced here', async () => {
  const on = await server()

  expect(await secretColumns(on)).toEqual(Object.keys(kinds).sort())
  const columns = new Set(all.map(([name]) => name.replace(/ .*/, '')))
  expect([...columns]).toEqual(Object.keys(kinds).filter((column) => kinds[column] === 'one-time'))
  const purposes = all.flatMap(([name]) => (name.startsWith('codes.hash ') ? [name.slice(11)] : []))
  expect(purposes.toSorted()).toEqual(Object.keys(codeLife).toSorted())
})

test('GHSA-2vg6-77g8-24mp: every secret but the signing keys hangs on a user or a session, and dies with it', async () => {
  const on = await server()

  expect(await rootless(on)).toEqual(['signing_keys'])
})

test.each([
  ['a table of reset tokens', 'create table resets (user_id text, token_hash text)', 'resets.token_hash'],
  ['a column beside others', 'alter table users add column reset_code text', 'users.reset_code'],
  ['a table of what can be used up', 'create table invites (id text, used_at integer)', 'invites.used_at'],
])('%s is seen', async (_, change, column) => {
  const on = await server()
  await query(on, change)
  on.core.tables.set(column.replace(/\..*/, ''), 2)

  expect(await secretColumns(on)).toContain(column)
})

test.each(all.flatMap(([column, secret]) => [2, 10, mostUses].map((many) => ({ column, many, secret }))))(
  'S79, GHSA-7w99-5wm4-3g79, GHSA-hc7v-x88r-fmh4, GHSA-hc7v-rggr-4hvx, better-auth#8067: of $many uses of $column at once in two isolates one counts',
  async ({ many, secret }) => {
    const { on, beside } = await isolates(secret)
    const value = await secret.make(on)

    const answers = await Promise.all(
      Array.from({ length: many }, (_, i) => secret.spend(i % 2 ? beside : on, value, i)),
    )

    const won = answers.filter(({ status }) => status === secret.won)
    const isServedAgain = secret.losers.includes(secret.won)
    const lost = answers.filter((_, at) => answers[at] !== won[0]).map(({ status }) => status)
    expect(new Set(await Promise.all(won.map(secret.effectOf))).size).toBe(1)
    expect(won).toHaveLength(isServedAgain ? many : 1)
    expect(lost.filter((status) => !secret.losers.includes(status))).toEqual([])
    expect(lost).toHaveLength(many - 1)
    expect(await secret.uses(on)).toBe(1)
  },
)

const faults = { 'never arrives': unreachable, 'gets no answer back': replyLost }

const broken = all.flatMap(([column, secret]) =>
  Array.from({ length: secret.trips }, (_, i) => i + 1).flatMap((trip) =>
    Object.entries(faults).map(([how, fault]) => ({ column, secret, trip, how, fault })),
  ),
)

test.each(broken)(
  'GHSA-hc7v-x88r-fmh4: $column is burned once where trip $trip of its use $how, whoever tries again',
  async ({ secret, trip, fault }) => {
    const { on, beside, next } = await isolates(secret)
    const value = await secret.make(on)
    await on.settled()
    let met = 0
    const counted: Fault = (run) => {
      met += 1
      return fault(run)
    }
    next(...atTrip(trip - 1, counted))
    // Where nothing was spent, or whoever comes late is answered, somebody has it.
    const isServed = fault === unreachable || secret.losers.includes(secret.won)

    const first = await secret.spend(on, value, 0)
    const between = await secret.uses(beside)
    const again = await Promise.all([1, 2, 3, 4].map((turn) => secret.spend(beside, value, turn)))

    expect(met).toBeGreaterThan(0)
    expect([secret.won, 503]).toContain(first.status)
    expect(between).toBeLessThanOrEqual(1)
    expect(await secret.uses(beside)).toBe(1)
    const won = [first, ...again].filter(({ status }) => status === secret.won)
    expect([first, ...again].filter(({ status }) => ![503, secret.won, ...secret.losers].includes(status))).toEqual([])
    expect(won.length).toBeLessThanOrEqual(secret.losers.includes(secret.won) ? 5 : 1)
    const effects = new Set(await Promise.all(won.map(secret.effectOf)))
    expect(isServed ? [1] : [0, 1]).toContain(effects.size)
  },
)
