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

/** What one location of KV does to those who ask there. */
export type KvFault = (real: HintNamespace, given: { now: Clock; random: () => number }) => HintNamespace

export const kvFaults = {
  'is stale for a minute, of misses too': (real, { now }) => {
    const cache = new Map<string, { reply: ReturnType<HintNamespace['getWithMetadata']>; until: number }>()
    return {
      ...real,
      async getWithMetadata<Metadata>(key: string, type: 'text') {
        const cached = cache.get(key)
        const reply = cached && cached.until > now() ? cached.reply : real.getWithMetadata(key, type)
        if (reply !== cached?.reply) cache.set(key, { reply, until: now() + 60 })
        const { value, metadata } = await reply
        return { value, metadata: metadata as Metadata | null }
      },
    }
  },
  'is slow': (real, { random }) => ({
    async getWithMetadata<Metadata>(key: string, type: 'text') {
      await sleep(80 + random() * 400)
      return real.getWithMetadata<Metadata>(key, type)
    },
    async put(...given) {
      await sleep(80 + random() * 400)
      await real.put(...given)
    },
  }),
  throws: (real, { random }) => ({
    getWithMetadata: (key, type) => fails(random) ?? real.getWithMetadata(key, type),
    put: (...given) => fails(random) ?? real.put(...given),
  }),
  'refuses writes, as past its quota': (real) => ({
    ...real,
    put: () => Promise.reject(new Error('KV PUT failed: 429 Too Many Requests')),
  }),
  'loses writes': (real, { random }) => ({
    ...real,
    put: async (...given) => (random() < 0.7 ? undefined : real.put(...given)),
  }),
} as const satisfies Readonly<Record<string, KvFault>>

/** Mostly a rejection, at times before there is a promise, at times nothing. */
const fails = (random: () => number): Promise<never> | undefined => {
  const draw = random()
  if (draw < 0.2) throw new TypeError('KV')
  return draw < 0.9 ? Promise.reject(new Error('KV GET failed: 500')) : undefined
}
