import { setTimeout as pause } from 'node:timers/promises'
import type { Send } from '../http.ts'

export interface Answer {
  readonly status: number
  readonly headers: Headers
  // biome-ignore lint/suspicious/noExplicitAny: whatever the answer holds, the writer looks into it
  readonly body: any
  /** An earlier try got lost: it may have happened or not. */
  readonly isRepeat: boolean
}

/** Sends until it is answered. */
export type Ask = (path: string, init: RequestInit) => Promise<Answer>

/**
 * The way of all writers to the service: while it is held nothing sets out, and what got no answer, or 503, is asked for
 * again.
 */
export const newTraffic = (send: Send) => {
  const underWay = new Set<Promise<unknown>>()
  let open = Promise.withResolvers<void>()
  open.resolve()
  let answered = 0
  let unanswered = 0
  let goal = { count: Number.POSITIVE_INFINITY, reached: () => {} }

  const once = async (path: string, init: RequestInit) => {
    const reply = await send(path, init)
    const text = await reply.text()
    return { status: reply.status, headers: reply.headers, body: text === '' ? undefined : JSON.parse(text) }
  }
  const attempt = async (path: string, init: RequestInit) => {
    const trying = once(path, init).catch(() => undefined)
    underWay.add(trying)
    const answer = await trying
    underWay.delete(trying)
    return answer?.status === 503 ? undefined : answer
  }

  return {
    async ask(path: string, init: RequestInit): Promise<Answer> {
      for (let tries = 0; ; tries++) {
        await open.promise
        const answer = await attempt(path, init)
        if (answer !== undefined) {
          answered += 1
          if (answered >= goal.count) goal.reached()
          return { ...answer, isRepeat: tries > 0 }
        }
        unanswered += 1
        await pause(10)
      }
    },
    get unanswered() {
      return unanswered
    },
    /** Resolves when so many requests have been answered. */
    answers(count: number): Promise<void> {
      const { promise, resolve } = Promise.withResolvers<void>()
      goal = { count, reached: resolve }
      return promise
    },
    hold() {
      open = Promise.withResolvers()
    },
    release: () => open.resolve(),
    /** Until everything that is under way has been answered or got lost. */
    settled: () => Promise.allSettled(underWay),
  }
}
