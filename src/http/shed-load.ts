import { createMiddleware } from 'hono/factory'
import { bulkhead } from '../base/bulkhead.ts'
import type { Ports } from '../identity/core.ts'
import type { Env } from './env.ts'

/** Requests under way at once in one isolate. At a millisecond each, the last of them waits for a second. */
const most = 1024

/**
 * Refuses what an isolate cannot get to in time, instead of keeping it until its caller gives up.
 * @throws Problem `unavailable` (503)
 */
export const shedLoad = ({ clock }: Pick<Ports, 'clock'>) => {
  const admit = bulkhead(clock, { most })
  return createMiddleware<Env>((_, next) => admit(next))
}
