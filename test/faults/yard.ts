import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { libsql } from '../../src/adapters/libsql.ts'
import { argon2idNode } from '../../src/adapters/password-hash/native.ts'
import { memoryHints } from '../../src/adapters/revocations.ts'
import { cookieOf } from '../act.ts'
import { openLimiter, quick } from '../faulty-ports.ts'
import { server, signedUp } from '../harness.ts'
import type { Yard } from './cell.ts'
import { newLanes, newStopwatches } from './pace.ts'
import { startProxy } from './proxy.ts'
import type { Ground } from './stage.ts'
import { newTwin, type Twin } from './twin.ts'
import { newUserRows } from './user-rows.ts'

/** Databases under the cells: a server takes one write at a time in each. */
const databases = 4

/** Nobody listens there, nobody is given it who asks for a free one, and `fetch` does not refuse it by itself as it does 1. */
const closedPort = 2

/** How much work goes on at once; the cells that wait for the network are not among it. */
const width = 8

/** The proxy, some databases of the libSQL server at `target`, and what all cells measure themselves by. */
export const newYard = async (target: string): Promise<Yard & { stop(): void }> => {
  const run = crypto.randomUUID()
  const names = Array.from({ length: databases }, (_, i) => `${run}-${i}`)
  const grounds = await Promise.all(names.map((name) => newGround(target, name)))
  const proxy = await startProxy(target)
  const slamming = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1')
  await once(slamming, 'listening')
  const stopwatches = newStopwatches()
  const lanes = newLanes(width)
  const twins = new Map<string, Promise<Twin>>()
  return {
    proxy,
    grounds,
    stopwatches,
    lanes,
    nowhere: {
      deaf: `http://127.0.0.1:${closedPort}/`,
      slamming: `http://127.0.0.1:${(slamming.address() as AddressInfo).port}/`,
    },
    twinOf(act, variant) {
      const key = JSON.stringify([act.route, act.how, variant])
      const twin = twins.get(key) ?? lanes(() => newTwin({ ground: grounds[0] as Ground, act, variant }))
      twins.set(key, twin)
      return twin
    },
    stop() {
      stopwatches.stop()
      proxy.stop()
      slamming.close()
    },
  }
}

const newGround = async (target: string, name: string): Promise<Ground> => {
  const database = libsql(`${target}/${name}/`, undefined)
  // Its first use makes it.
  await database.run([{ sql: 'select 1', params: [], writes: false }], 20_000)
  const argon2id = await argon2idNode()
  const world = async (clock: () => number) => ({ database, hints: memoryHints(clock), limiter: openLimiter, argon2id })
  const on = await server({ argon2id: quick, world })
  const { jar } = await signedUp(on)
  await on.request('/auth/.well-known/jwks.json')
  return { name, database, world, rowsOf: await newUserRows(database), bystander: cookieOf(jar) }
}
