import type { Visit } from '../base/ports.ts'

export type WaitUntil = Visit['waitUntil']

/** What a function may ask of Vercel: its second argument on the edge, a global on Node. */
interface Platform {
  readonly waitUntil?: WaitUntil
}

/**
 * The address is `X-Vercel-Forwarded-For`, which Vercel writes itself and no proxy in front of it can. Where Vercel
 * offers no `waitUntil`, the answer waits: `settled` resolves when all that was to follow it is done.
 * @see https://vercel.com/docs/headers/request-headers
 */
export const vercelVisit = (
  headers: Headers,
  context: Platform = {},
): { visit: Visit; settled(): Promise<unknown> } => {
  const platform = context.waitUntil ? context : currentRequest()
  const pending: Promise<unknown>[] = []
  return {
    visit: {
      address: headers.get('x-vercel-forwarded-for') ?? undefined,
      country: headers.get('x-vercel-ip-country') ?? undefined,
      waitUntil: (task) => (platform.waitUntil ? platform.waitUntil(task) : void pending.push(task)),
    },
    settled: () => Promise.allSettled(pending),
  }
}

/** What the package `@vercel/functions` reads. */
const currentRequest = (): Platform => {
  const reader: { get?(): Platform | undefined } | undefined = Reflect.get(globalThis, requestContext)
  return reader?.get?.() ?? {}
}

const requestContext = Symbol.for('@vercel/request-context')
