import { expect, test } from 'vitest'
import { cookieOf } from '../act.ts'
import { bodyOf, type Server, server, signedUp } from '../harness.ts'

/** A database that holds every call back until the gate opens. */
const gatedDatabase = async () => {
  let open = Promise.resolve()
  let release = () => {}
  const on = await server({ database: (real) => ({ run: (...given) => open.then(() => real.run(...given)) }) })
  const close = () => {
    const gate = Promise.withResolvers<void>()
    open = gate.promise
    release = gate.resolve
  }
  return { on, close, release: () => release() }
}

const many = (count: number, on: Server, path: string, headers: Record<string, string>) =>
  Array.from({ length: count }, () => on.request(path, { headers }))

/** How many the service has refused so far. */
const refused = (on: Server) => on.logs.filter(({ event, status }) => event === 'request' && status === 503).length

const soon = { timeout: 20_000 }

test('S74, S82: behind a database that stands still 512 requests wait, the next are 503 at once, and leases go on', async () => {
  const { on, close, release } = await gatedDatabase()
  const headers = cookieOf((await signedUp(on)).jar)
  close()

  const asked = many(600, on, '/auth/sessions', headers)
  await expect.poll(() => refused(on), soon).toBe(600 - 512)
  const meanwhile = await Promise.all(['/auth/me', '/auth/healthz'].map((path) => on.request(path, { headers })))
  release()
  const all = await Promise.all(asked)

  for (const answer of all.filter(({ status }) => status !== 200)) {
    expect(await bodyOf(answer)).toMatchObject({ status: 503, code: 'unavailable' })
    expect(answer.headers.get('retry-after')).toBe('1')
  }
  expect(meanwhile.map(({ status }) => status)).toEqual([200, 200])
  expect(all.filter(({ status }) => status === 200).length).toBe(512)
  expect((await on.request('/auth/sessions', { headers })).status).toBe(200)
})

test('S74, S82: of 1,100 requests at once 1,024 are served, the rest are 503, and health is answered', async () => {
  const hung = Promise.withResolvers<undefined>()
  const on = await server({ hints: () => ({ get: () => hung.promise }) })
  const headers = cookieOf((await signedUp(on)).jar)

  const asked = many(1100, on, '/auth/me', headers)
  await expect.poll(() => refused(on), soon).toBe(1100 - 1024)
  const health = await on.request('/auth/healthz')
  hung.resolve(undefined)
  const all = await Promise.all(asked)

  expect(health.status).toBe(200)
  expect(all.filter(({ status }) => status === 200).length).toBe(1024)
  expect((await on.request('/auth/me', { headers })).status).toBe(200)
})
