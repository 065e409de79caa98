import { chmodSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { bodyOf } from '../http.ts'
import { sendAll, serviceOverFile, signedUp, start, writesOf } from './service.ts'

/** Permissions bind everybody but root, unless root gives that right up: with `setpriv` of util-linux, so on Linux. */
const bound = process.getuid?.() === 0 ? ['setpriv', '--bounding-set', '-dac_override'] : []

/** Lets the folder and its files be written to, or only read. */
const permit = (path: string, { writing }: { writing: boolean }) => {
  chmodSync(path, 0o755)
  for (const name of readdirSync(path)) chmodSync(join(path, name), writing ? 0o644 : 0o444)
  if (!writing) chmodSync(path, 0o555)
}

test('S80: on a file that can only be read a write is 503, reads go on, and readyz tells', async () => {
  const { send, child, ended, data, settings } = await serviceOverFile(bound)
  const somebody = await signedUp(send)
  child.kill('SIGTERM')
  await ended
  permit(data, { writing: false })
  onTestFinished(() => permit(data, { writing: true }))
  const { send: ask } = await start(settings, bound)

  const refused = await sendAll(ask, writesOf(somebody))
  const headers = { cookie: somebody.cookie }
  const reads = await Promise.all(
    ['healthz', 'me', 'session', 'sessions'].map((path) => ask(`/auth/${path}`, { headers })),
  )
  const unready = await ask('/auth/readyz')

  for (const { name, status, code, retryAfter } of refused) {
    expect.soft([status, code], name).toEqual([503, 'unavailable'])
    expect.soft(Number(retryAfter), name).toBeGreaterThan(0)
  }
  expect(reads.map(({ status }) => status)).toEqual([200, 200, 200, 200])
  expect([unready.status, await bodyOf(unready)]).toEqual([503, expect.objectContaining({ database: 'unavailable' })])
})
