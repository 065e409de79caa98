import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** What an HTTP server answers, or that it never does, hangs up, or never stops. */
export type HttpAnswer =
  | { readonly status: number; readonly body: string; readonly headers?: Readonly<Record<string, string>> }
  | 'hang'
  | 'drop'
  | 'flood'

export interface HttpAsked {
  readonly method: string | undefined
  readonly url: string | undefined
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/** Servers that answer as they are told and write down what they are asked. */
export const newHttpServers = () => {
  const servers = new Map<string, { server: Server; asked: HttpAsked[] }>()
  return {
    async start(answering: HttpAnswer): Promise<string> {
      const asked: HttpAsked[] = []
      const server = createServer(async (request, answer) => {
        const body = Buffer.concat(await request.toArray()).toString()
        const { method, url, headers } = request
        asked.push({ method, url, headers, body })
        reply(answer, answering)
      })
      const { promise, resolve } = Promise.withResolvers<void>()
      server.listen(0, '127.0.0.1', resolve)
      await promise
      const { port } = server.address() as AddressInfo
      servers.set(`http://127.0.0.1:${port}`, { server, asked })
      return `http://127.0.0.1:${port}`
    },
    asked: (url: string): readonly HttpAsked[] => servers.get(url)?.asked ?? [],
    stop() {
      for (const { server } of servers.values()) server.close().closeAllConnections()
    },
  }
}

const reply = (answer: ServerResponse, answering: HttpAnswer): void => {
  if (answering === 'drop') answer.destroy()
  else if (answering === 'flood') flood(answer.writeHead(500))
  else if (answering !== 'hang') answer.writeHead(answering.status, answering.headers).end(answering.body)
}

/** A body without an end, as fast as it is read. */
const flood = (answer: ServerResponse): void => {
  const more = () => {
    while (!answer.destroyed && answer.write('x'.repeat(10_000)));
  }
  answer.on('drain', more)
  more()
}
