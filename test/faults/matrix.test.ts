import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { acts, titled } from '../acts.ts'
import { times } from '../soak.ts'
import { type Report, runUndisturbed, type Yard } from './cell.ts'
import { inParallel } from './pace.ts'
import { isSlow, type LinkFault, linkFaults } from './plan.ts'
import { newYard } from './yard.ts'

const { FAULT_SEED, FAULT_ACT } = process.env

/** Every operation that asks the database. `readyz` reports on it instead. */
const operations = titled(acts.filter(({ trips, route }) => trips > 0 && route !== 'GET /auth/readyz')).filter(
  ([title]) => FAULT_ACT === undefined || title === FAULT_ACT,
)
const seeds = FAULT_SEED === undefined ? Array.from({ length: times(3, 20) }, (_, i) => i) : [Number(FAULT_SEED)]

/** Cells at once: nearly all of a slow one is waiting. */
const widths = { slow: 130, quick: 6 }

/** What works once: whoever asks again without having heard that it did is told so. */
const spent: Readonly<Record<string, number>> = {
  'POST /auth/challenge': 410,
  'DELETE /auth/sessions/:id of the session that asks': 401,
  'POST /auth/password/change': 401,
  'POST /auth/password/change by bearer': 401,
  'DELETE /auth/me': 401,
  'DELETE /auth/me by bearer': 401,
  'POST /auth/password/reset': 410,
  'POST /auth/email/verify': 410,
  'POST /auth/email/disown': 410,
  'POST /auth/email/sign-in': 410,
  'POST /auth/email/sign-in for tokens': 410,
  'POST /auth/email/sign-in by code': 410,
  'POST /auth/email/sign-in of an account that is verified': 410,
  'POST /auth/email/sign-in of an account that is not verified': 410,
}

/** How many of the asking user's sessions an act ends; every other act ends none. */
const ends: Readonly<Record<string, number>> = {
  'POST /auth/logout': 1,
  'POST /auth/logout everywhere': 2,
  'POST /auth/logout by bearer': 1,
  'DELETE /auth/sessions/:id': 1,
  'DELETE /auth/sessions/:id of the session that asks': 1,
  'DELETE /auth/sessions': 2,
  'DELETE /auth/sessions by bearer': 1,
  'POST /auth/password/change': 2,
  'POST /auth/password/change by bearer': 2,
  'POST /auth/token/revoke of a refresh token': 1,
  'POST /auth/token/revoke of an access token': 1,
  'POST /auth/password/reset': 2,
  'POST /auth/email/sign-in of an account that is not verified': 2,
}

/** How many accounts have the addresses of an act once it is done, where that is not one. */
const accounts: Readonly<Record<string, number>> = {
  'DELETE /auth/me': 0,
  'DELETE /auth/me by bearer': 0,
  'POST /auth/email/disown': 0,
  'POST /auth/password/forgot for an unknown address': 0,
  'POST /auth/email/link': 0,
  'POST /auth/email/code': 0,
}

const variants = [true, false].flatMap((isCold) => [true, false].map((remember) => ({ isCold, remember })))
const reports = new Map<LinkFault, readonly Report[]>()
let yard: Yard & { stop(): void }

beforeAll(async () => {
  yard = await newYard(inject('libsql'))
})

afterAll(() => {
  yard.stop()
  console.table([...reports].map(([fault, cells]) => ({ fault, ...summary(cells) })))
})

test.concurrent.for(operations)(
  'S77, S80: %s, broken off between any two trips, ends nothing unasked, makes nothing twice, and can be asked again',
  async ([title, act]) => {
    const twins = await Promise.all(variants.map((variant) => yard.twinOf(act, variant)))

    const ended = act.outcome.ends ?? ends[title] ?? 0
    const users = act.outcome.accounts ?? accounts[title] ?? 1
    for (const { breaks, untouched } of twins) {
      const whole = breaks.at(-1)?.first
      for (const { first, again } of breaks) {
        const isDone = first.status === act.status
        expect([act.status, 503]).toContain(first.status)
        expect(first.rows.ended).toHaveLength(isDone ? ended : 0)
        expect(again.rows.ended).toHaveLength(ended)
        expect(first.rows.users).toBe(isDone ? users : untouched.rows.users)
        expect(again.rows.users).toBe(users)
        expect(again.status).toBe(isDone ? (act.outcome.again ?? spent[title] ?? act.status) : act.status)
        if (!isDone) expect(again.rows.lines).toHaveLength(whole?.rows.lines.length ?? 0)
      }
    }
  },
)

test.concurrent.for(linkFaults)(
  'S77, S80, S82: with %s, every operation is answered rightly within 3 s, whole or not at all, and converges',
  async (fault) => {
    const cells = operations.flatMap(([title, act]) => seeds.map((seed) => ({ act, mate: { title, fault, seed } })))

    const found = await inParallel(cells, isSlow(fault) ? widths.slow : widths.quick, async ({ act, mate }) => {
      const report = await runUndisturbed(yard, act, mate)
      return { ...mate, ...report }
    })
    reports.set(fault, found)

    const violations = found.flatMap(({ title, seed, violations }) =>
      violations.map((what) => `${title} · ${fault} · FAULT_SEED=${seed} FAULT_ACT='${title}' · ${what}`),
    )
    expect(violations).toEqual([])
    expect(found.length).toBeGreaterThan(0)
    expect(found.filter(({ met }) => met === 0).map(({ title, seed }) => `${title} ${seed}`)).toEqual([])
    const broken = found.filter(({ reruns }) => reruns.broken > 0)
    expect(broken.length).toBeLessThanOrEqual(Math.ceil(found.length / 10))
  },
)

const summary = (cells: readonly Report[]) => ({
  operations: operations.length,
  seeds: seeds.length,
  cells: cells.length,
  'requests that met it': cells.reduce((sum, { met }) => sum + met, 0),
  'reruns: held up': cells.reduce((sum, { reruns }) => sum + reruns.heldUp, 0),
  'of broken trips': cells.reduce((sum, { reruns }) => sum + reruns.broken, 0),
  violations: cells.reduce((sum, { violations }) => sum + violations.length, 0),
  'slowest answer, ms': Math.max(...cells.map(({ slowest }) => slowest.own)),
  'on the wall': Math.max(...cells.map(({ slowest }) => slowest.wall)),
})
