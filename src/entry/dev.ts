import { env } from 'cloudflare:workers'
import { consoleLog } from '../adapters/log.ts'
import { workersPorts } from '../adapters/workers.ts'
import { createServiceWithMailbox } from '../dev/with-mailbox.ts'

const service = createServiceWithMailbox({ ...env }, (config) => workersPorts(config, env))
for (const problem of service.problems) consoleLog({ event: 'misconfigured', ...problem })

export default {
  fetch(request, _, context) {
    const waitUntil = (task: Promise<unknown>) => context.waitUntil(task)
    const address = request.headers.get('cf-connecting-ip') ?? undefined
    return service.fetch(request, { address, country: request.headers.get('cf-ipcountry') ?? undefined, waitUntil })
  },
  scheduled: async (_, __, context) => void (await service.job((task) => context.waitUntil(task))),
} satisfies ExportedHandler
