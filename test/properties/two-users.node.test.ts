import { expect, test } from 'vitest'
import * as z from 'zod/mini'
import type { App } from '../../src/app.ts'
import { doc, validate } from '../../src/http/contract.ts'
import { newGuard } from '../../src/http/guard.ts'
import type { Core } from '../../src/identity/core.ts'
import { gated } from '../acts.ts'
import { openLimiter, quick } from '../faulty-ports.ts'
import { server } from '../harness.ts'
import { trespasses } from './two-users.ts'

type Mount = (app: App, core: Core) => unknown

const arranged = (mount: Mount = () => undefined) =>
  server({ plug: gated, limiter: openLimiter, argon2id: quick, mount })

test('GHSA-99h5-pjcv-gr6v, GHSA-4vcf-q4xf-f48m, CVE-2024-22206, S34, S36: no route lets nobody, another user or a would-be admin reach a user by anything that is known of them', async () => {
  const on = await arranged()

  expect(await trespasses(on)).toEqual([])
}, 300_000)

const Rows = z.strictObject({ rows: z.array(z.array(z.unknown())) })
const shown = doc('Planted', { 200: Rows })

const run = async ({ ports }: Core, sql: string, ...params: string[]) => {
  const [rows = []] = await ports.database.run([{ sql, params, writes: !sql.startsWith('select') }], 5000)
  return { rows: rows.map((row) => [...row]) }
}
const userBy = (core: Core, column: string, value = '') =>
  run(core, `select id, email, name from users where ${column} = ?`, value)

const planted: [title: string, isSeen: boolean, mount: Mount][] = [
  [
    'shows a user to anybody by the id in its path',
    true,
    (app, core) =>
      app.get('/auth/planted/:id', shown, async (c) => c.json(await userBy(core, 'id', c.req.param('id')), 200)),
  ],
  [
    'asks who calls, but not whose session it is',
    true,
    (app, core) =>
      app.get('/auth/planted/:id', shown, newGuard(core).strict(), async (c) => {
        await c.var.context.batch([])
        const id = c.req.param('id')
        return c.json(await run(core, 'select id, user_id, user_agent from sessions where id = ?', id), 200)
      }),
  ],
  [
    'shows only what is the caller’s own',
    false,
    (app, core) =>
      app.get('/auth/planted/:id', shown, newGuard(core).strict(), async (c) => {
        await c.var.context.batch([])
        const [id, own] = [c.req.param('id'), c.var.caller.userId]
        return c.json(await run(core, 'select id from sessions where id = ? and user_id = ?', id, own), 200)
      }),
  ],
  [
    'believes a query',
    true,
    (app, core) =>
      app.get('/auth/planted', shown, async (c) => c.json(await userBy(core, 'id', c.req.query('userId')), 200)),
  ],
  [
    'believes a header',
    true,
    (app, core) =>
      app.get('/auth/planted', shown, async (c) => c.json(await userBy(core, 'id', c.req.header('x-user-id')), 200)),
  ],
  [
    'acts on the user that its body names',
    true,
    (app, core) =>
      app.post(
        '/auth/planted',
        doc('Planted', { 200: Rows }),
        validate(z.strictObject({ owner: z.string() })),
        async (c) =>
          c.json(await run(core, 'update users set name = null where id = ?', c.req.valid('json').owner), 200),
      ),
  ],
  [
    'gives admins more, before any policy does',
    true,
    (app, core) =>
      app.get('/auth/planted', shown, newGuard(core).caller(), async (c) => {
        const isAdmin = c.var.caller.standing.user.roles.includes('admin')
        return isAdmin ? c.json(await run(core, 'select id, email from users'), 200) : c.json({ rows: [] }, 200)
      }),
  ],
]

test.each(planted)('a route of tomorrow that %s is seen: %s', async (_, isSeen, mount) => {
  const on = await arranged(mount)
  const { routes } = on.app
  const path = routes.at(-1)?.path.replace(/:(\w+)/, '{$1}')

  const found = await trespasses(on, path)

  expect(found.length > 0, found.join('\n')).toBe(isSeen)
})
