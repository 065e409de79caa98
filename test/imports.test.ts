import { expect, test } from 'vitest'
import { violations } from './imports.ts'

const sources: Record<string, string> = import.meta.glob('../src/**/*.{ts,tsx}', {
  query: '?raw',
  import: 'default',
  eager: true,
})
const files = Object.entries(sources).map(([path, text]) => ({ path: path.replace('../', ''), text }))

test('GHSA-gpj5-g38j-94v9, S67: every file of src keeps to its layer, and makes no SQL of a value', () => {
  expect(files.length).toBeGreaterThan(60)
  expect(violations(files)).toEqual([])
})

const planted: [why: string, path: string, text: string][] = [
  ['base imports identity', 'src/base/ids.ts', "import { a } from '../identity/core.ts'"],
  ['base imports a package', 'src/base/ids.ts', "import { nanoid } from 'nanoid'"],
  ['base imports the values of drizzle', 'src/base/ports.ts', "import { sql } from 'drizzle-orm'"],
  ['base imports messages', 'src/base/config.ts', "import type { Brand } from '../messages/message.ts'"],
  ['messages import identity', 'src/messages/render.ts', "import { a } from '../identity/core.ts'"],
  ['messages name more of hono', 'src/messages/html.ts', "import { Hono } from 'hono'"],
  ['identity imports http', 'src/identity/core.ts', "import { a } from '../http/guard.ts'"],
  ['identity imports a feature', 'src/identity/core.ts', "import type { A } from '../features/password/store.ts'"],
  ['identity names hono', 'src/identity/core.ts', "import { Hono } from 'hono'"],
  ['identity names a driver', 'src/identity/statement.ts', "import { drizzle } from 'drizzle-orm/libsql'"],
  ['http imports a feature', 'src/http/guard.ts', "import { a } from '../features/token/service.ts'"],
  ['http names drizzle', 'src/http/guard.ts', "import { sql } from 'drizzle-orm'"],
  ['a feature imports a feature', 'src/features/token/service.ts', "import { a } from '../password/policy.ts'"],
  ['a route imports a feature', 'src/features/token/routes.ts', "import { a } from '../session/service.ts'"],
  ['a service names hono', 'src/features/token/service.ts', "import { Hono } from 'hono'"],
  ['a service names drizzle', 'src/features/token/service.ts', "import { sql } from 'drizzle-orm'"],
  ['a service loads hono late', 'src/features/token/service.ts', "const a = () => import('hono')"],
  ['a route loads a library', 'src/features/token/routes.ts', "const a = () => import('otpauth')"],
  ['identity loads a library', 'src/identity/core.ts', "const a = () => import('otpauth')"],
  ['a service imports http', 'src/features/token/service.ts', "import { a } from '../../http/shapes.ts'"],
  ['a service imports its routes', 'src/features/token/service.ts', "import { a } from './routes.ts'"],
  ['a service names a library', 'src/features/totp/service.ts', "import { TOTP } from 'otpauth'"],
  ['a library imports its routes', 'src/features/totp/otp.ts', "import { a } from './routes.ts'"],
  ['a store imports its service', 'src/features/token/store.ts', "import { a } from './service.ts'"],
  ['a store names hono', 'src/features/token/store.ts', "import type { Context } from 'hono'"],
  ['an adapter imports identity', 'src/adapters/libsql.ts', "import { a } from '../identity/core.ts'"],
  ['app imports an adapter', 'src/app.ts', "import { a } from './adapters/libsql.ts'"],
  ['app imports an entry', 'src/app.ts', "import { a } from './entry/node.ts'"],
  ['an entry of production imports the mailbox', 'src/entry/worker.ts', "import { a } from '../dev/mailbox.ts'"],
  ['the app imports the mailbox', 'src/app.ts', "import { a } from './dev/mailbox.ts'"],
  ['an entry imports a feature', 'src/entry/node.ts', "import { a } from '../features/token/routes.ts'"],
  ['the client imports the app', 'src/client/index.ts', "import { createApp } from '../app.ts'"],
  ['a file stands in no layer', 'src/core/x.ts', ''],
  ['an import is made late', 'src/base/ids.ts', "const a = () => import('../identity/core.ts')"],
  ['an export passes something on', 'src/base/ids.ts', "export { a } from '../identity/core.ts'"],
  ['an import has no names', 'src/base/ids.ts', "import '../identity/core.ts'"],
  ['an import takes several lines', 'src/base/ids.ts', "import {\n  a,\n  b,\n} from '../identity/core.ts'"],
  ['time is read', 'src/identity/core.ts', 'const a = Date.now()'],
  ['time is read by a new Date', 'src/features/token/service.ts', 'const a = new Date()'],
  ['zod is imported by name', 'src/http/shapes.ts', "import { z } from 'zod/mini'"],
  ['zod is imported by name among others', 'src/http/shapes.ts', "import { type ZodMiniType, z } from 'zod/mini'"],
  ['zod is imported by default', 'src/http/shapes.ts', "import z from 'zod/mini'"],
  ['zod is imported with all its methods', 'src/http/shapes.ts', "import * as z from 'zod'"],
  ['a locale of zod is imported', 'src/http/shapes.ts', "import * as z from 'zod/locales'"],
  ['something is called utils', 'src/base/utils.ts', ''],
  ['a folder is called helpers', 'src/http/helpers/cookies.ts', ''],
  ['something is called a manager', 'src/identity/manager.ts', ''],
  ['there is a barrel', 'src/identity/index.ts', ''],
  ['the environment is read', 'src/identity/core.ts', 'const a = process.env.A'],
  ['something is logged past the port', 'src/identity/core.ts', "console.log('x')"],
  ['S67: SQL is made of a value', 'src/features/token/store.ts', 'sql.raw(name)'],
  // biome-ignore lint/suspicious/noTemplateCurlyInString: it is text of a source file
  ['S67: SQL is made of a text with a value in it', 'src/features/token/store.ts', 'sql.raw(`select ${name}`)'],
  ['S67, CVE-2026-39356: a column is named by a value', 'src/features/token/store.ts', 'sql.identifier(given.sort)'],
  ['S86: randomness can be guessed', 'src/identity/tokens.ts', 'const a = Math.random()'],
  ['S86: cryptography stands outside its home', 'src/identity/tokens.ts', 'crypto.subtle.digest(a, b)'],
  ['S86: another cryptography is named', 'src/adapters/log.ts', "import { createHash } from 'node:crypto'"],
]

test.each(planted)('it is seen when %s', (_, path, text) => {
  const seen = violations([{ path, text }])

  expect(seen).toHaveLength(1)
  expect(seen[0]).toContain(path)
})

test.each([
  ['a type of drizzle in base', 'src/base/ports.ts', "import type { SQL } from 'drizzle-orm'"],
  ['a type of the app in the client', 'src/client/index.ts', "import type { App } from '../app.ts'"],
  ['a namespace of zod', 'src/http/shapes.ts', "import * as z from 'zod/mini'"],
  ['a word in a comment', 'src/identity/core.ts', '/** Date.now() and process.env */'],
  ['a feature that imports itself', 'src/features/token/service.ts', "import { a } from './store.ts'"],
  ['a library that a feature loads late', 'src/features/token/service.ts', "const a = () => import('otpauth')"],
  ['a constant of raw SQL', 'src/identity/users.ts', "sql.raw('users.id')"],
])('%s is in order', (_, path, text) => {
  expect(violations([{ path, text }])).toEqual([])
})
