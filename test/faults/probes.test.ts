import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { newDice } from '../../bench/dice.ts'
import type { Database } from '../../src/base/ports.ts'
import { acts } from '../acts.ts'
import { bodyOf } from '../harness.ts'
import type { Yard } from './cell.ts'
import { linkFaults, newPlan } from './plan.ts'
import { type Ground, newStage } from './stage.ts'
import { newYard } from './yard.ts'

const leased = acts.find(({ route, how }) => route === 'GET /auth/session' && how === '')

let yard: Yard & { stop(): void }
beforeAll(async () => {
  yard = await newYard(inject('libsql'))
})
afterAll(() => yard.stop())

test.concurrent.for(linkFaults)(
  'S80, S82: with %s, readyz is 503 within 3 s and 200 after, healthz is 200, and a session in lease is as it was',
  async (fault) => {
    if (leased === undefined) throw new Error('The table of acts has no session in lease.')
    const ground = yard.grounds[0] as Ground
    const plan = newPlan(fault, Number.POSITIVE_INFINITY, 0, newDice(fault).next)
    const cell = yard.proxy.cell(ground.name, plan.plan)
    const broken = plan.link(cell, yard.nowhere)
    let isBroken = true
    const link: Database = {
      run: (queries, limit) => (isBroken ? broken : ground.database).run(queries, limit),
    }
    const stage = await newStage({ ground, act: leased, variant: { isCold: true, remember: true } }, link)

    const unready = await yard.stopwatches.time(() => stage.request('/auth/readyz'))
    const [healthy, session] = [await stage.request('/auth/healthz'), await stage.ask()]
    isBroken = false
    const ready = await stage.request('/auth/readyz')
    await cell.settled()

    expect(unready.value.status).toBe(503)
    expect(await bodyOf(unready.value)).toMatchObject({ status: 'unready', database: 'unavailable' })
    expect(unready.own).toBeLessThan(3000)
    expect(healthy.status).toBe(200)
    expect(session.status).toBe(200)
    expect((await bodyOf(session)).user).not.toBeNull()
    expect(ready.status).toBe(200)
  },
)
