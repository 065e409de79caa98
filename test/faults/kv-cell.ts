import { kvHints } from '../../src/adapters/revocations.ts'
import { sha256 } from '../../src/base/crypto.ts'
import { requestPatience } from '../../src/base/deadline.ts'
import type { Act } from '../act.ts'
import { gated } from '../acts.ts'
import { secretOf, unpacked } from '../credentials.ts'
import { openLimiter, quick } from '../faulty-ports.ts'
import { endless, query, type Server, type ServerOptions, server } from '../harness.ts'
import type { World } from '../worlds/world.ts'
import { type KvFault, newKv } from './kv.ts'
import type { Stopwatches } from './pace.ts'

/** Seconds after which nobody believes a session that has ended. */
const bound = 305

/** Seconds after which an isolate asks KV again, and KV may still say what it said. */
const staleness = 30

const usual: ServerOptions = {
  plug: gated,
  argon2id: quick,
  limiter: openLimiter,
  // The file is here; only KV is slow.
  patience: { ...requestPatience, database: endless.database, trip: endless.trip },
}

/** A session whose cookie somebody holds. */
interface Held {
  readonly id: string
  /** As the database keeps it. */
  readonly secretHash: string
  readonly headers: { readonly cookie: string }
}

export interface KvReport {
  readonly violations: readonly string[]
  /** How often the fault fired. */
  readonly met: number
  readonly own: number
  readonly wall: number
}

interface Given {
  readonly world: World
  readonly act: Act
  readonly fault: KvFault
  readonly random: () => number
  readonly stopwatches: Stopwatches
}

/** One act while KV has one fault, on one of two isolates that ask KV in locations of their own. */
export const runKvCell = async ({ world, act, fault, random, stopwatches }: Given): Promise<KvReport> => {
  const clock = { now: () => 0 }
  const kv = newKv(() => clock.now())
  let met = 0
  const fires = () => void met++
  const hints = () => kvHints(fault(kv, { now: () => clock.now(), random, fires }))
  const options: ServerOptions = {
    ...usual,
    hints,
    world: async (now) => {
      clock.now = now
      return world
    },
  }
  const on = await server(options)
  const elsewhere = await server({ ...options, beside: on })
  const held: Held[] = []
  const { path, init } = await act.prepare({
    ...on,
    async request(...asked) {
      const answer = await on.request(...asked)
      held.push(...(await holdingsOf(answer)))
      return answer
    },
  })
  await on.settled()
  if (random() < 0.5) await Promise.all(held.map(({ headers }) => elsewhere.request('/auth/me', { headers })))

  const { value: answer, ...time } = await stopwatches.time(() => on.request(path, init))
  await on.settled()

  const violations = [
    ...(answer.status === act.status ? [] : [`answered ${answer.status}`]),
    ...(time.own > 3000 ? [`answered after ${Math.round(time.own)} ms`] : []),
    ...(await followUp(on, elsewhere, held)),
  ]
  await elsewhere.settled()
  return { violations, met, ...time }
}

const holdingsOf = async (answer: Response): Promise<Held[]> => {
  const cookie = answer.headers
    .getSetCookie()
    .find((line) => line.startsWith('__Host-session='))
    ?.split(';')[0]
  const [, value = ''] = cookie?.split('=') ?? []
  if (cookie === undefined || value === '') return []
  return [{ id: String(unpacked(value)[0]), secretHash: await sha256(secretOf(value)), headers: { cookie } }]
}

const liveOnes = `select id || secret_hash from sessions
  where ended_at is null and id in (select value from json_each(?))`

/** The database decides at once where it is asked, within the bound elsewhere; whoever was not ended stays signed in. */
const followUp = async (on: Server, elsewhere: Server, held: readonly Held[]): Promise<string[]> => {
  const found: string[] = []
  const expectStatus = async (what: string, of: Promise<Response>, allowed: readonly number[]) => {
    const { status } = await of
    if (!allowed.includes(status)) found.push(`${what}: ${status}`)
  }
  const ids = JSON.stringify(held.map(({ id }) => id))
  const live = (await query(on, liveOnes, ids)).flat()
  // Also one that got another secret is over for whoever holds the old one.
  const isHeld = ({ id, secretHash }: Held): boolean => live.includes(id + secretHash)
  for (const one of held) {
    const { headers } = one
    const isLive = isHeld(one)
    const now = isLive ? [200] : [401]
    const whose = isLive ? 'a session that lives' : 'a session that ended'
    await expectStatus(`${whose}, strict`, elsewhere.request('/auth/sessions', { headers }), now)
    await expectStatus(`${whose}, where it did`, on.request('/auth/me', { headers }), now)
    await expectStatus(`${whose}, elsewhere`, elsewhere.request('/auth/me', { headers }), [200, ...now])
  }
  on.clock.pass(staleness)
  for (const one of held) {
    const allowed = isHeld(one) ? [200] : [200, 401]
    await expectStatus('where KV is asked again', elsewhere.request('/auth/me', { headers: one.headers }), allowed)
  }
  on.clock.pass(bound - staleness)
  for (const one of held) {
    const allowed = isHeld(one) ? [200] : [401]
    await expectStatus('past the bound', elsewhere.request('/auth/me', { headers: one.headers }), allowed)
  }
  return found
}
