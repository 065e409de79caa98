import { expect, test } from 'vitest'
import { post } from '../http.ts'
import { holdLock, sendAll, serviceOverFile, signedUp, writesOf } from './service.ts'

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

test('S80: a request that waits a second for another process succeeds', async () => {
  const { send, file } = await serviceOverFile()
  const somebody = await signedUp(send)
  const lock = await holdLock(file)

  const answers = sendAll(send, writesOf(somebody))
  await new Promise((resolve) => setTimeout(resolve, 1000))
  await lock.free()

  const succeeds = writesOf(somebody).map(([name, status]) => expect.objectContaining({ name, status }))
  expect(await answers).toEqual(succeeds)
})

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
    expect.soft(milliseconds, name).toBeLessThan(3000)
  }
  expect(again.map(({ status }) => status)).toEqual(writesOf(somebody).map(([, status]) => status))
  expect([unready.status, ready.status]).toEqual([503, 200])
})
