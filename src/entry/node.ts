import { join } from 'node:path'
import { serve } from '@hono/node-server'
import { consoleLog } from '../adapters/log.ts'
import { migrate } from '../adapters/migrate.ts'
import { nodePorts } from '../adapters/node.ts'
import { argon2idNode } from '../adapters/password-hash/native.ts'
import { createService } from '../app.ts'

const settings = { TURSO_DATABASE_URL: 'file:.data/postern.db', ...process.env }
const argon2id = await argon2idNode()
const service = createService(settings, (config) => nodePorts(config, argon2id))
for (const problem of service.problems) consoleLog({ event: 'misconfigured', ...problem })
if (service.config === undefined) process.exit(1)

const { url = '', authToken } = service.config.database ?? {}
if (url.startsWith('file:')) await migrate(url, authToken, join(import.meta.dirname, '../../drizzle'))

const waitUntil = (task: Promise<unknown>) => void task
const fetch = (request: Request, { incoming }: { incoming: { socket: { remoteAddress?: string | undefined } } }) =>
  service.fetch(request, { address: incoming.socket.remoteAddress, country: undefined, waitUntil })
const port = Number(process.env['PORT'] ?? 8787)
const server = serve({ fetch, port }, () => consoleLog({ event: 'listening', port, origin: service.config?.origin }))
const timer = setInterval(() => void service.job(waitUntil), 60_000)
const stop = () => [clearInterval(timer), server.close(() => process.exit(0))]
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, stop)
