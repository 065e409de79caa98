import { type DocumentedRoute, routesOf } from '../src/http/contract.ts'
import { checkAnswer } from './contract.ts'
import { origin, type Server } from './harness.ts'
import { targetOf } from './route-access.ts'

/** Sends a request just as it is: nothing of a client or a browser is added. The answer is checked as ever. */
export const raw = async (on: Server, request: Request): Promise<Response> => {
  const visit = { address: '198.51.100.7', country: undefined, waitUntil: () => undefined }
  const answer = await on.app.fetch(request, visit)
  await checkAnswer(on.app, request, answer)
  return answer
}

/** A request whose URL or method no `Request` would take as it is, though a server may meet it. */
export const spelt = (as: { readonly url?: string; readonly method?: string }, init?: RequestInit): Request => {
  const request = new Request(new URL('/auth/healthz', origin), init)
  for (const [name, value] of Object.entries(as)) Object.defineProperty(request, name, { value })
  return request
}

/** A body that comes in chunks, with no length said; counts how many were asked for. */
export const chunked = (chunk: Uint8Array, times: number) => {
  const sent = { chunks: 0, cancelled: false }
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (sent.chunks++ < times) controller.enqueue(chunk.slice())
      else controller.close()
    },
    cancel() {
      sent.cancelled = true
    },
  })
  return { sent, init: { body, duplex: 'half' } satisfies RequestInit & { duplex: 'half' } }
}

/** The routes of the app, with paths that a request can go to. */
export const routes = (on: Server): (DocumentedRoute & { readonly target: string; readonly name: string })[] =>
  routesOf(on.app).map((route) => ({
    ...route,
    name: `${route.method} ${route.path}`,
    target: targetOf(route.path),
  }))

export const isUnsafe = ({ method }: { readonly method: string }): boolean => method !== 'GET'

export const bytes = (text: string): Uint8Array<ArrayBuffer> => new Uint8Array(new TextEncoder().encode(text))
