import { createServer } from 'node:http'
import { join } from 'node:path'
import { getRequestListener } from '@hono/node-server'
import { consoleLog } from '../adapters/log.ts'
import { migrate } from '../adapters/migrate.ts'
import { asSent, backgroundTasks, nodePorts, runServer } from '../adapters/node.ts'
import { argon2id } from '../adapters/password-hash/native.ts'
import { createService } from '../app.ts'

const url = process.env.TURSO_DATABASE_URL?.trim() || 'file:.data/postern.db'
const service = createService({ ...process.env, TURSO_DATABASE_URL: url }, (config) => nodePorts(config, argon2id))
for (const problem of service.problems) consoleLog({ event: 'misconfigured', ...problem })
if (service.problems.length > 0) process.exit(1)
if (url.startsWith('file:')) await migrate(url, undefined, join(import.meta.dirname, '../../drizzle'))

const { waitUntil, finished } = backgroundTasks()
const fetch = (request: Request, { incoming }: { incoming: Parameters<typeof asSent>[1] }) =>
  service.fetch(asSent(request, incoming), { address: incoming.socket.remoteAddress, country: undefined, waitUntil })
const timer = setInterval(() => waitUntil(service.job(waitUntil)), 60_000)
await runServer(createServer(getRequestListener(fetch)), process.env.PORT || '8787', consoleLog)
clearInterval(timer)
await finished()
process.exit()
