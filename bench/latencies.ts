import { floors } from './costs.ts'
import { startDelay } from './delay.ts'
import { newSend, type Send } from './http.ts'
import { median, quantile, time } from './load.ts'
import * as operations from './operations.ts'
import type { Stage } from './stage.ts'

export interface Latency {
  readonly name: string
  /** Milliseconds. */
  readonly median: number
  readonly p95: number
  /** Milliseconds, at most; absent for the floor, and where a password is hashed. */
  readonly goal?: number
}

/** Milliseconds that a trip takes longer, and that an operation without a hash may take in all. */
export const trip = { delay: 30, goal: 36 }

const { goal } = trip
const measured: readonly { name: string; make: operations.MakeOperations; goal?: number }[] = [
  { name: 'session in lease', make: operations.sessionInLease, goal },
  { name: 'session, strict', make: operations.strictSession, goal },
  { name: 'me, by bearer', make: operations.meByBearer, goal },
  { name: 'token', make: operations.token, goal },
  { name: 'refresh', make: operations.refresh, goal },
  { name: 'logout', make: operations.logout, goal },
  { name: 'sessions', make: operations.listSessions, goal },
  { name: 'end one session', make: operations.endOneSession, goal },
  { name: 'change the profile', make: operations.changeProfile, goal },
  { name: 'JWKS', make: operations.jwks, goal },
  { name: 'login, one hash', make: operations.login },
  { name: 'register, one hash', make: operations.register },
]

/** One caller, one operation after the other, and each of the service's trips takes 30 ms more. */
export const measureLatencies = async (stage: Stage, samples: number): Promise<Latency[]> => {
  const delay = await startDelay(stage.databaseUrl, trip.delay)
  const settings = { TURSO_DATABASE_URL: delay.url }
  const leased = await stage.serve('postern', settings)
  const strict = await stage.serve('postern', { ...settings, AUTH_LEASE_SECONDS: '0' })
  const floor = await stage.serve('floors', settings)
  const target = { people: stage.people, leased: newSend(leased.url), strict: newSend(strict.url) }
  const all = [{ name: floors.select, make: select(newSend(floor.url)) }, ...measured]
  const latencies: Latency[] = []
  for (const { make, ...named } of all) {
    const [operation = async () => false] = await make(target, 1, samples + warmUp)
    await time(operation, warmUp)
    const durations = await time(operation, samples)
    latencies.push({ ...named, median: median(durations), p95: quantile(durations, 0.95) })
  }
  delay.stop()
  return latencies
}

const warmUp = 4

const select =
  (send: Send): operations.MakeOperations =>
  async ({ people }) => {
    const sessions = await people.signIn(1)
    return sessions.map(
      ({ sessionId }) =>
        async () =>
          (await send({ path: `/select/${sessionId}` })).status === 200,
    )
  }
