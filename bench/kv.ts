import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface KvServer {
  /** `host:port` */
  readonly address: string
  stop(): void
}

/** What workerd's KV binding speaks to: keys in the path, metadata in a header. Nothing expires within a run. */
export const startKv = async (): Promise<KvServer> => {
  const entries = new Map<string, { value: string; metadata: string | undefined }>()
  const server = createServer(async (request, response) => {
    const key = request.url?.split('?')[0] ?? ''
    if (request.method === 'PUT') {
      let value = ''
      for await (const chunk of request) value += chunk
      entries.set(key, { value, metadata: request.headers['cf-kv-metadata']?.toString() })
      return response.end()
    }
    const entry = entries.get(key)
    if (entry === undefined) return response.writeHead(404).end()
    response.writeHead(200, entry.metadata === undefined ? {} : { 'cf-kv-metadata': entry.metadata })
    return response.end(entry.value)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    address: `127.0.0.1:${port}`,
    stop: () => server.close().closeAllConnections(),
  }
}
