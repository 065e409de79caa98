import { setTimeout as sleep } from 'node:timers/promises'
import type { HintNamespace } from '../../src/adapters/revocations.ts'

type Clock = () => number

interface Entry {
  readonly value: string
  readonly metadata: unknown
  readonly until: number
}

/** Keeps what was put, as KV does in one place: it refuses a life of less than a minute. */
export const newKv = (now: Clock): HintNamespace => {
  const entries = new Map<string, Entry>()
  return {
    async getWithMetadata<Metadata>(key: string) {
      const entry = entries.get(key)
      if (entry === undefined || entry.until <= now()) return { value: null, metadata: null }
      return { value: entry.value, metadata: entry.metadata as Metadata }
    },
    async put(key, value, { expirationTtl, metadata }) {
      if (expirationTtl < 60) throw new Error('KV PUT failed: 400 Invalid expiration_ttl')
      entries.set(key, { value, metadata, until: now() + expirationTtl })
    },
  }
}

interface Given {
  readonly now: Clock
  readonly random: () => number
  /** Each time the fault fires. */
  readonly fires: () => void
}

/** What one location of KV does to those who ask there. */
export type KvFault = (real: HintNamespace, given: Given) => HintNamespace

export const kvFaults = {
  'is stale for a minute, of misses too': (real, { now, fires }) => {
    const cache = new Map<string, { reply: ReturnType<HintNamespace['getWithMetadata']>; until: number }>()
    return {
      ...real,
      async getWithMetadata<Metadata>(key: string, type: 'text') {
        const cached = cache.get(key)
        const reply = cached && cached.until > now() ? cached.reply : real.getWithMetadata(key, type)
        if (reply === cached?.reply) fires()
        else cache.set(key, { reply, until: now() + 60 })
        const { value, metadata } = await reply
        return { value, metadata: metadata as Metadata | null }
      },
    }
  },
  'is slow': (real, { random, fires }) => ({
    async getWithMetadata<Metadata>(key: string, type: 'text') {
      fires()
      await sleep(80 + random() * 400)
      return real.getWithMetadata<Metadata>(key, type)
    },
    async put(...given) {
      fires()
      await sleep(80 + random() * 400)
      await real.put(...given)
    },
  }),
  throws: (real, given) => ({
    getWithMetadata: (key, type) => fails(given) ?? real.getWithMetadata(key, type),
    put: (...entry) => fails(given) ?? real.put(...entry),
  }),
  'refuses writes, as past its quota': (real, { fires }) => ({
    ...real,
    put() {
      fires()
      return Promise.reject(new Error('KV PUT failed: 429 Too Many Requests'))
    },
  }),
  'loses writes': (real, { random, fires }) => ({
    ...real,
    async put(...entry) {
      if (random() < 0.7) fires()
      else await real.put(...entry)
    },
  }),
} as const satisfies Readonly<Record<string, KvFault>>

/** Mostly a rejection, at times before there is a promise, at times nothing. */
const fails = ({ random, fires }: Given): Promise<never> | undefined => {
  const draw = random()
  if (draw >= 0.9) return undefined
  fires()
  if (draw < 0.2) throw new TypeError('KV')
  return Promise.reject(new Error('KV GET failed: 500'))
}
