import { afterAll, expect, test } from 'vitest'
import { newWorld } from '#world'
import { newDice } from '../../bench/dice.ts'
import { titled } from '../acts.ts'
import { times } from '../soak.ts'
import { kvFaults } from './kv.ts'
import { type KvReport, runKvCell } from './kv-cell.ts'
import { inParallel, newStopwatches } from './pace.ts'

const { FAULT_SEED, FAULT_ACT } = process.env

const operations = titled().filter(([title]) => FAULT_ACT === undefined || title === FAULT_ACT)
const seeds = FAULT_SEED === undefined ? Array.from({ length: times(3, 20) }, (_, i) => i) : [Number(FAULT_SEED)]

const stopwatches = newStopwatches()
const reports = new Map<string, readonly KvReport[]>()

afterAll(() => {
  stopwatches.stop()
  console.table([...reports].map(([fault, cells]) => ({ 'KV ...': fault, ...summary(cells) })))
})

test.for(Object.entries(kvFaults))(
  'S31, S80, S82: while KV %s, every operation is answered as ever, no end outlives the bound, and nobody else is signed out',
  async ([name, fault]) => {
    const world = await newWorld(() => 1_800_000_000)
    const cells = operations.flatMap(([title, act]) => seeds.map((seed) => ({ title, act, seed })))

    const found = await inParallel(cells, name === 'is slow' ? 40 : 4, async ({ title, act, seed }) => {
      const random = newDice(`${title} ${name} ${seed}`).next
      return { title, seed, ...(await runKvCell({ world, act, fault, random, stopwatches })) }
    })
    reports.set(name, found)

    const violations = found.flatMap(({ title, seed, violations }) =>
      violations.map((what) => `${title} · ${name} · FAULT_SEED=${seed} FAULT_ACT='${title}' · ${what}`),
    )
    expect(violations).toEqual([])
    expect(found.length).toBeGreaterThan(0)
    // One act alone may have nothing to tell KV.
    if (FAULT_ACT === undefined) expect(metIn(found)).toBeGreaterThan(0)
  },
)

const metIn = (cells: readonly KvReport[]): number => cells.reduce((sum, { met }) => sum + met, 0)

const summary = (cells: readonly KvReport[]) => ({
  operations: operations.length,
  seeds: seeds.length,
  cells: cells.length,
  'times it fired': metIn(cells),
  violations: cells.reduce((sum, { violations }) => sum + violations.length, 0),
  'slowest answer, ms': Math.round(Math.max(...cells.map(({ own }) => own))),
  'on the wall': Math.round(Math.max(...cells.map(({ wall }) => wall))),
})
