import { randomBytes } from 'node:crypto'
import { join, resolve } from 'node:path'
import { expect, inject, onTestFinished, test } from 'vitest'
import { startKv } from '../../bench/kv.ts'
import { quantile } from '../../bench/load.ts'
import { bundle, serve } from '../../bench/workerd.ts'
import { caller, somebody } from '../entry/journey.ts'
import { freshSettings, launch, newFolder } from '../entry/node-process.ts'
import { cookiesOf, post, type Send } from '../http.ts'

/** Nothing but the queue of hashes refuses a crowd that has one address. */
const settings = () => ({
  AUTH_LIMIT_ADDRESS: '1000000',
  TURSO_DATABASE_URL: `${inject('libsql')}/${crypto.randomUUID()}/`,
})

const node = async (): Promise<string> => {
  const { path, remove } = newFolder()
  onTestFinished(remove)
  const { base, listening, stop } = launch({ ...(await freshSettings(path)), ...settings() })
  onTestFinished(stop)
  await listening
  return base
}

const workerd = async (): Promise<string> => {
  const { path, remove } = newFolder()
  onTestFinished(remove)
  const kv = await startKv()
  onTestFinished(kv.stop)
  const texts = {
    ...settings(),
    AUTH_ORIGIN: 'http://localhost',
    AUTH_SECRET: randomBytes(32).toString('base64url'),
  }
  const shipped = await bundle(resolve(import.meta.dirname, '../../src/entry/worker.ts'), join(path, 'worker'))
  const { url, stop } = await serve('worker', shipped, { texts, kv: kv.address })
  onTestFinished(stop)
  return url
}

/** So many logins of unknown people at once, and until the last is answered probes of both kinds, one after another. */
const crowded = async (send: Send, count: number, cookie: string) => {
  const logins: Response[] = []
  const probes: { status: number; waited: number }[] = []
  const hashed = () => logins.filter(({ status }) => status === 401).length
  const login = async (_: unknown, i: number) => {
    const answer = await send('/auth/login', post({ username: `nobody-${i}`, password: 'not this one at all' }))
    await answer.arrayBuffer()
    logins.push(answer)
  }
  const probe = async (path: string) => {
    while (logins.length < count) {
      const before = hashed()
      const answer = await send(path, { headers: { cookie } })
      await answer.arrayBuffer()
      probes.push({ status: answer.status, waited: hashed() - before })
    }
  }
  await Promise.all([...Array.from({ length: count }, login), probe('/auth/healthz'), probe('/auth/me')])
  return { logins, probes, hashes: hashed() }
}

/** Hashes, of the 64 that queue, for which nearly all wait at most: on an idle machine it is three. */
const most = 16

test.each([
  ['Node, where session checks once waited behind the whole queue for a thread', node],
  ['workerd', workerd],
])('S74: health and sessions in lease are answered between the hashes of 200 logins, on %s', async (_, start) => {
  const send = caller(await start())
  const cookie = cookiesOf(await send('/auth/register', post(somebody())))

  const { logins, probes, hashes } = await crowded(send, 200, cookie)

  const refused = logins.filter(({ status }) => status === 503)
  const waits = probes.map(({ waited }) => waited)
  const [usual, longest] = [quantile(waits, 0.95), Math.max(...waits)]
  console.log(`${hashes} of 200 logins hashed; ${probes.length} probes, 95 % waited for ${usual}, one for ${longest}`)
  expect(hashes).toBeGreaterThan(most)
  expect(hashes + refused.length).toBe(200)
  for (const { headers } of refused) expect(headers.get('retry-after')).toMatch(/^[1-9]$/)
  expect(new Set(probes.map(({ status }) => status))).toEqual(new Set([200]))
  expect(usual).toBeLessThanOrEqual(most)
})
