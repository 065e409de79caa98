import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, inject, onTestFinished, test } from 'vitest'
import { sqliteFile } from '../src/adapters/sqlite-file.ts'
import { quick } from './faulty-ports.ts'
import { bodyOf, json, type Server, server, somebody } from './harness.ts'

/** The service over a file that is not there yet, in a folder that is not there either. */
const arranged = async () => {
  const root = mkdtempSync(join(inject('files'), 'file-'))
  onTestFinished(() => rmSync(root, { recursive: true }))
  const path = join(root, 'data', 'auth.db')
  const on = await server({ argon2id: quick, database: () => sqliteFile(`file:${path}`) })
  const settle = () => {
    mkdirSync(dirname(path), { recursive: true })
    copyFileSync(join(inject('files'), 'template.db'), path)
  }
  return { on, path, settle }
}

const register = (on: Server) => on.request('/auth/register', json(somebody()))

test.each<[string, (path: string) => string]>([
  ['the name of its folder is taken by a file', (path) => dirname(path)],
  ['its own name is taken by a folder', (path) => join(path, 'x')],
])(
  'S80: a database that cannot be opened because %s is 503, and serves once it can, without a restart',
  async (_, at) => {
    const { on, path, settle } = await arranged()
    const obstacle = at(path)
    mkdirSync(dirname(obstacle), { recursive: true })
    writeFileSync(obstacle, '')

    const away = [await register(on), await register(on), await on.request('/auth/readyz')]
    rmSync(dirname(path), { recursive: true })
    settle()
    const back = [await register(on), await on.request('/auth/readyz')]

    expect(away.map(({ status }) => status)).toEqual([503, 503, 503])
    expect(await bodyOf(away[0] ?? Response.error())).toMatchObject({ code: 'unavailable' })
    expect(away[0]?.headers.get('retry-after')).not.toBeNull()
    expect(JSON.stringify([await bodyOf(away[0] ?? Response.error()), on.logs])).not.toContain(path)
    expect(back.map(({ status }) => status)).toEqual([201, 200])
  },
)
