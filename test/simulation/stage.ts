import { AsyncLocalStorage } from 'node:async_hooks'
import { randomBytes } from 'node:crypto'
import type { Database, Hint, Hints, Visit } from '../../src/base/ports.ts'
import { type Fault, noFault, openLimiter, quick } from '../faulty-ports.ts'
import { newClock, query, type Server, server } from '../harness.ts'
import type { Limits } from './model.ts'
import type { GetMode, PutMode } from './steps.ts'

/** One command under way: its calls of the driver meet its faults, in order. */
export interface Actor {
  readonly faults: readonly Fault[]
  /** Before each of its calls. */
  readonly turn: () => Promise<void>
  calls: number
  fired: number
  committed: number
}

export interface Isolate {
  on: Server
  readonly listening: { get: GetMode; put: PutMode; since: number }
}

export interface Stage {
  readonly isolates: readonly Isolate[]
  readonly now: number
  pass(seconds: number): void
  /** Every isolate begins anew with this ring; the names of its secrets, the first first. */
  boot(ring: readonly string[]): Promise<void>
  restart(isolate: Isolate): Promise<void>
  /** What `act` asks of the database is asked by `actor`, also what goes on after its answer. */
  as<T>(actor: Actor, act: (waitUntil: Visit['waitUntil']) => Promise<T>): Promise<T>
  query(text: string, ...params: (string | number)[]): Promise<unknown[][]>
}

const actors = new AsyncLocalStorage<Actor>()

const secrets = new Map<string, string>()

/** A secret by its name; what it is made of never matters. */
const secretOf = (name: string): string => {
  const secret = secrets.get(name) ?? randomBytes(32).toString('base64url')
  secrets.set(name, secret)
  return secret
}

/** What every sequence starts from, on a database that the sequences of one lane use one after another. */
export const newTheatre = async () => {
  const ground = await server({ argon2id: quick, limiter: openLimiter })
  const tables = [...ground.core.tables.keys()].reverse()
  return {
    /** Two isolates over empty tables. */
    async stage(limits: Limits): Promise<Stage> {
      await ground.world.database.run(
        tables.map((table) => ({ sql: `delete from ${table}`, params: [], writes: true })),
        5000,
      )
      ground.clock.now = newClock().now
      return newStage(ground, settingsOf(limits))
    },
  }
}

const newStage = async (ground: Server, settings: Record<string, string>): Promise<Stage> => {
  let ring: readonly string[] = []
  const listening = [0, 1].map(() => ({ get: 'good' as GetMode, put: 'good' as PutMode, since: 0 }))
  const boot = (mode: Isolate['listening']) =>
    server({
      beside: ground,
      settings: { ...settings, AUTH_SECRET: ring.map(secretOf).join(',') },
      argon2id: quick,
      limiter: openLimiter,
      database: throughActors,
      hints: (real) => hardOfHearing(real, mode, () => ground.clock.now),
    })
  const isolates: Isolate[] = []
  return {
    isolates,
    get now() {
      return ground.clock.now
    },
    pass: (seconds) => ground.clock.pass(seconds),
    async boot(named) {
      ring = named
      isolates.splice(0)
      for (const mode of listening) isolates.push({ on: await boot(mode), listening: mode })
    },
    async restart(isolate) {
      isolate.on = await boot(isolate.listening)
    },
    as: (actor, act) =>
      actors.run(actor, async () => {
        const tasks: Promise<unknown>[] = []
        const result = await act((task) => void tasks.push(task))
        await Promise.all(tasks)
        return result
      }),
    query: (text, ...params) => query(ground, text, ...params),
  }
}

const throughActors = (real: Database): Database => ({
  async run(queries, limit) {
    const actor = actors.getStore()
    if (actor === undefined) throw new Error('Every trip is somebody’s.')
    const fault = actor.faults[actor.calls++] ?? noFault
    await actor.turn()
    if (fault !== noFault) actor.fired += 1
    return fault(async () => {
      const rows = await real.run(queries, limit)
      actor.committed += 1
      return rows
    })
  },
})

/** How long a location of KV believes what it read, misses too. */
const cached = 60

/** Hints as one isolate hears and tells them. */
const hardOfHearing = (real: Hints, mode: Isolate['listening'], now: () => number): Hints => {
  const location = new Map<string, { readonly hint: Hint | undefined; readonly until: number }>()
  return {
    async get(id, later) {
      if (mode.get === 'deaf') return undefined
      if (mode.get === 'failing') throw new TypeError('KV is down')
      const known = location.get(id)
      if (mode.get === 'cached' && known !== undefined && known.until > now()) return known.hint
      const hint = await real.get(id, later)
      location.set(id, { hint, until: now() + cached })
      return hint
    },
    async put(id, hint, ttl) {
      if (mode.put === 'failing') throw new TypeError('KV is down')
      if (mode.put === 'good') await real.put?.(id, hint, ttl)
    },
  }
}

const settingsOf = ({ lease, access, grace, idle, max, pair, identifier }: Limits): Record<string, string> => ({
  AUTH_LEASE_SECONDS: String(lease),
  AUTH_ACCESS_SECONDS: String(access),
  AUTH_REFRESH_GRACE_SECONDS: String(grace),
  AUTH_SESSION_IDLE_SECONDS: String(idle),
  AUTH_SESSION_MAX_SECONDS: String(max),
  AUTH_LIMIT_PAIR: String(pair),
  AUTH_LIMIT_IDENTIFIER: String(identifier),
  AUTH_LIMIT_ADDRESS: '1000000',
  AUTH_KEY_DAYS: '1',
})
