import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { createClient } from '@libsql/client/sqlite3'
import { expect, test } from 'vitest'
import { sqliteFile } from '../../src/adapters/sqlite-file.ts'
import type { Query } from '../../src/base/ports.ts'
import { post } from '../http.ts'
import { folder, holdLock, sendAll, serviceOverFile, signedUp, writesOf } from './service.ts'

test('S80: while another process writes, a request waits for it and others are answered meanwhile', async () => {
  const { send, file } = await serviceOverFile()
  const { cookie } = await signedUp(send)
  const lock = await holdLock(file)

  const renaming = send('/auth/me', { ...post({ name: 'Ada' }, { cookie }), method: 'PATCH' })
  const healthy: number[] = []
  for (let i = 0; i < 20; i++) healthy.push((await send('/auth/healthz')).status)
  await lock.free()

  expect(healthy).toEqual(new Array(20).fill(200))
  expect((await renaming).status).toBe(200)
})

test('S80: a write of each kind that waits for another process succeeds', async () => {
  const { send, file } = await serviceOverFile()
  const somebody = await signedUp(send)
  const lock = await holdLock(file)

  const answers = sendAll(send, writesOf(somebody))
  for (let i = 0; i < 100; i++) await send('/auth/healthz')
  await lock.free()

  const succeeds = writesOf(somebody).map(([name, status]) => expect.objectContaining({ name, status }))
  expect(await answers).toEqual(succeeds)
})

/** The service bounds what it waits for, not the hash, which takes as long as the machine is busy. */
const hashes = new Set(['register', 'login'])

test('S80: where another process never ends, a write is 503 within 3 s, reads go on, and then all works', async () => {
  const { send, file } = await serviceOverFile()
  const somebody = await signedUp(send)
  const { cookie } = somebody
  const lock = await holdLock(file)

  const refused = sendAll(send, writesOf(somebody))
  const reads = await Promise.all(
    ['healthz', 'me', 'sessions'].map((path) => send(`/auth/${path}`, { headers: { cookie } })),
  )
  const outcomes = await refused
  const unready = await send('/auth/readyz')
  await lock.free()
  const again = await sendAll(send, writesOf(somebody))
  const ready = await send('/auth/readyz')

  expect(reads.map(({ status }) => status)).toEqual([200, 200, 200])
  for (const { name, status, code, retryAfter, milliseconds } of outcomes) {
    expect.soft([status, code], name).toEqual([503, 'unavailable'])
    expect.soft(Number(retryAfter), name).toBeGreaterThan(0)
    if (!hashes.has(name)) expect.soft(milliseconds, name).toBeLessThan(3000)
  }
  expect(again.map(({ status }) => status)).toEqual(writesOf(somebody).map(([, status]) => status))
  expect([unready.status, ready.status]).toEqual([503, 200])
})

/** A file as it was before anybody opened it for the service: not yet in WAL. */
const plainFile = async () => {
  const file = join(folder(), 'plain.db')
  const client = createClient({ url: `file:${file}` })
  await client.executeMultiple('create table entries (entry)')
  client.close()
  return file
}

const descriptors = () => readdirSync('/dev/fd').length
const insert: Query = { sql: 'insert into entries values (1) returning entry', params: [], writes: true }

test('S80: waiting to open a file that another process writes to leaks no descriptors', async () => {
  const file = await plainFile()
  const lock = await holdLock(file)
  const database = sqliteFile(`file:${file}`)
  const before = descriptors()

  const refused = await Promise.allSettled([database.run([insert], 500), database.run([insert, insert], 500)])
  const waiting = descriptors() - before
  const late = database.run([insert], 2500)
  await lock.free()
  const rows = await late

  expect(refused.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  expect(waiting).toBeLessThanOrEqual(2)
  expect(rows).toEqual([[[1]]])
  expect(await database.run([{ sql: 'pragma journal_mode', params: [], writes: false }], 500)).toEqual([[['wal']]])
})
