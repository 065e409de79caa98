import { nodePorts } from '../src/adapters/node.ts'
import { argon2id } from '../src/adapters/password-hash/native.ts'
import { memoryHints } from '../src/adapters/revocations.ts'
import { createApp } from '../src/app.ts'
import { systemClock } from '../src/base/clock.ts'
import { readSettings } from '../src/base/config.ts'
import type { Visit } from '../src/base/ports.ts'
import { type Core, newCore } from '../src/identity/core.ts'
import { type JobReport, runJob } from '../src/identity/job.ts'
import { browser, type Call } from './http.ts'
import type { Settings } from './people.ts'

/** The service in this very process, so that nothing is measured but it and its database. */
export interface InProcess {
  readonly core: Core
  /** Answers whatever the status is. */
  send(call: Call): Promise<Response>
  job(): Promise<JobReport>
  /** Until everything that went on after an answer is done. */
  settled(): Promise<void>
}

interface Options {
  /** Seconds by which its clock is ahead. */
  readonly ahead?: number
  /** Learns what ended off the database, as where there is no KV; else by itself. */
  readonly isOneOfMany?: boolean
  readonly plug?: (core: Core) => void
}

export const inProcess = (settings: Settings, { ahead = 0, isOneOfMany = false, plug }: Options = {}): InProcess => {
  const { config, problems } = readSettings(settings)
  if (config === undefined) throw new Error(JSON.stringify(problems))
  const clock = () => systemClock() + ahead
  const outside = nodePorts(config, argon2id)
  const hints = isOneOfMany ? outside.hints : memoryHints(clock)
  const core = newCore(config, { ...outside, hints, clock, log: () => undefined })
  plug?.(core)
  const app = createApp(core)
  const pending = new Set<Promise<unknown>>()
  const waitUntil: Visit['waitUntil'] = (task) => {
    const settled: Promise<unknown> = Promise.allSettled([task]).then(() => pending.delete(settled))
    pending.add(settled)
  }
  return {
    core,
    async send({ path, method = 'GET', headers, json }) {
      const sent = new Headers({ ...browser, ...headers })
      if (json !== undefined) sent.set('content-type', 'application/json')
      const body = json === undefined ? {} : { body: JSON.stringify(json) }
      const request = new Request(new URL(path, config.origin), { method, headers: sent, ...body })
      return app.fetch(request, { address: '198.51.100.7', country: 'FR', waitUntil })
    },
    job: () => runJob(core, waitUntil),
    async settled() {
      while (pending.size > 0) await Promise.all(pending)
    },
  }
}
