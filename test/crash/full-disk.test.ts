import { createClient } from '@libsql/client/sqlite3'
import { expect, test } from 'vitest'
import { sqliteFile } from '../../src/adapters/sqlite-file.ts'
import { cookiesOf, post, type Send } from '../http.ts'
import { violationsIn } from './invariants.ts'
import { sendAll, serviceOverFile, signedUp, somebody, start, writesOf } from './service.ts'

/** No file of the process may grow past 1 MiB, in the blocks of POSIX: the write fails as on a full disk. */
const small = ['sh', '-c', 'ulimit -S -f 2048; exec "$@"', 'sh']

/** The log of the file moves into the file: that is room again. */
const makeRoom = async (file: string) => {
  const client = createClient({ url: `file:${file}` })
  await client.execute('pragma wal_checkpoint(truncate)')
  client.close()
}

const isUnavailable = (answer: Response) => answer.status === 503

/** Registers until there is no room for one more, then renames until there is no room for anything. */
const fillUp = async (send: Send): Promise<string[]> => {
  const cookies: string[] = []
  for (;;) {
    const answer = await send('/auth/register', post(somebody()))
    if (isUnavailable(answer)) break
    cookies.push(cookiesOf(answer))
  }
  const [cookie = ''] = cookies
  const rename = () => send('/auth/me', { ...post({ name: crypto.randomUUID() }, { cookie }), method: 'PATCH' })
  while ((await rename()).ok);
  return cookies
}

const stillIn = async (send: Send, cookies: readonly string[]) => {
  const answers = await Promise.all(cookies.map((cookie) => send('/auth/sessions', { headers: { cookie } })))
  return answers.map(({ status }) => status)
}

test('S80: on a full disk a write is 503, reads go on, nothing acknowledged is lost, and room is enough', async () => {
  const { send, file, settings, stop } = await serviceOverFile(small)
  const ada = await signedUp(send)
  const cookies = await fillUp(send)

  const refused = await sendAll(send, writesOf(ada))
  const headers = { cookie: ada.cookie }
  const reads = await Promise.all(
    ['healthz', 'me', 'session', 'sessions'].map((path) => send(`/auth/${path}`, { headers })),
  )
  const inside = await stillIn(send, cookies)
  await makeRoom(file)
  const again = await sendAll(send, writesOf(ada))
  await stop()
  const restarted = await start(settings)
  const kept = await stillIn(restarted.send, cookies)

  for (const { name, status, code, retryAfter } of refused) {
    expect.soft([status, code], name).toEqual([503, 'unavailable'])
    expect.soft(Number(retryAfter), name).toBeGreaterThan(0)
  }
  expect(reads.map(({ status }) => status)).toEqual([200, 200, 200, 200])
  expect(again.map(({ status }) => status)).toEqual(writesOf(ada).map(([, status]) => status))
  expect(cookies.length).toBeGreaterThan(0)
  expect([inside, kept]).toEqual([cookies.map(() => 200), cookies.map(() => 200)])
  expect(await violationsIn(sqliteFile(`file:${file}`))).toEqual([])
})
