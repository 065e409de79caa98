import { argon2id } from '#argon2'
import { smtp } from '#smtp'
import { consoleLog } from '../adapters/log.ts'
import { vercelPorts, vercelVisit, type WaitUntil } from '../adapters/vercel.ts'
import { createService } from '../app.ts'

const service = createService(process.env, (config) => vercelPorts(config, { argon2id, smtp }))
for (const problem of service.problems) consoleLog({ event: 'misconfigured', ...problem })

export default {
  async fetch(request: Request, context?: { readonly waitUntil?: WaitUntil }): Promise<Response> {
    const { visit, settled } = vercelVisit(request.headers, context)
    const answer = await service.fetch(request, visit)
    await settled()
    return answer
  },
}
