import { env } from 'cloudflare:workers'
import { consoleLog } from '../adapters/log.ts'
import { workerHandler, workersPorts } from '../adapters/workers.ts'
import { createService } from '../app.ts'

const service = createService({ ...env }, (config) => workersPorts(config, env))
for (const problem of service.problems) consoleLog({ event: 'misconfigured', ...problem })

export default workerHandler(service)
