import type { Act } from '../act.ts'
import { json } from '../harness.ts'
import type { Lanes, Stopwatches } from './pace.ts'
import { type Cellmate, draw, isSlow, type Nowhere, newPlan } from './plan.ts'
import type { FaultProxy } from './proxy.ts'
import { credentialOf, type Ground, type Look, newStage, outlineOf, type Stage, type Variant } from './stage.ts'
import type { Twin } from './twin.ts'

/** Milliseconds until an answer, how often a client asks again where it was told to, and how often a cell is run. */
const limits = { answer: 3000, repeats: 3, tries: 5 }

/** What the cells share. */
export interface Yard {
  readonly proxy: FaultProxy
  readonly nowhere: Nowhere
  readonly grounds: readonly Ground[]
  readonly stopwatches: Stopwatches
  /** What makes work goes through here, so that those that wait for an answer wait for nothing else. */
  readonly lanes: Lanes
  twinOf(act: Act, variant: Variant): Promise<Twin>
}

/** What the machine did, not the fault: an answer had to wait for other work, or a trip failed that met no fault. */
type Disturbance = 'heldUp' | 'broken'

export interface Report {
  /** Of every try. */
  readonly violations: readonly string[]
  /** Requests to the database that met the fault. */
  readonly met: number
  /** How often the machine disturbed the cell, so that it had to run again. */
  readonly reruns: Readonly<Record<Disturbance, number>>
  /** Milliseconds of the slowest answer: without waiting for this process, and in all. */
  readonly slowest: { readonly own: number; readonly wall: number }
}

interface Try extends Omit<Report, 'reruns'> {
  readonly disturbance: Disturbance | undefined
}

interface Timed {
  readonly answer: Response
  readonly own: number
  readonly wall: number
}

/** A cell, once more where the machine disturbed it; what disturbs each of five tries is not the machine. */
export const runUndisturbed = async (yard: Yard, act: Act, mate: Cellmate): Promise<Report> => {
  const reruns = { heldUp: 0, broken: 0 }
  const violations: string[] = []
  for (let tries = 1; ; tries++) {
    const { disturbance, ...report } = await runCell(yard, act, mate)
    violations.push(...report.violations)
    if (disturbance === undefined) return { ...report, violations, reruns }
    if (tries === limits.tries) return { ...report, violations: [...violations, 'disturbed in each try'], reruns }
    reruns[disturbance] += 1
  }
}

/** One act under one fault: asked, asked again where the answer is 503, and what the database holds after each. */
const runCell = async (yard: Yard, act: Act, mate: Cellmate): Promise<Try> => {
  const { proxy, nowhere, grounds, stopwatches, lanes } = yard
  const { variant, from, times, random } = draw(mate)
  const ground = grounds[mate.seed % grounds.length] as Ground
  const twin = await yard.twinOf(act, variant)
  const fault = newPlan(mate.fault, times, from(twin.trips), random)
  const cell = proxy.cell(ground.name, fault.plan)
  const stage = await lanes(() => newStage({ ground, act, variant }, fault.link(cell, nowhere)))

  const asked: Timed[] = []
  const ask = async () => {
    const { value, ...time } = await stopwatches.time(stage.ask)
    asked.push({ answer: value, ...time })
    await stage.on.settled()
    return value
  }
  const first = await ask()
  const middle = first.status === 503 ? await lanes(stage.look) : undefined
  let last = first
  while (last.status === 503 && asked.length <= limits.repeats) last = await ask()
  await cell.settled()
  const end = await lanes(stage.look)
  fault.end()
  const afterwards = await nextRequests(stage, ground, last)
  await cell.settled()
  cell.leave()

  const said = await outlineOf(last)
  const isBroken = failures(stage) > fault.met
  const story = { first, middle: middle ?? end, last, said, end, isLate: isBroken || isSlow(mate.fault), isBroken }
  return {
    violations: [...asked.flatMap(manners), ...compare(act, twin, story), ...refusals(afterwards, isBroken)],
    met: fault.met,
    disturbance: isBroken ? 'broken' : asked.some(wasHeldUp) ? 'heldUp' : undefined,
    slowest: { own: most(asked.map(({ own }) => own)), wall: most(asked.map(({ wall }) => wall)) },
  }
}

const failures = ({ on }: Stage): number => on.logs.filter(({ event }) => event === 'database_failed').length

/** Too late, but by how much cannot be told: more than a quarter of a second of it went to other work. */
const wasHeldUp = ({ own, wall }: Timed): boolean => own > limits.answer && wall - own > 250

/** By the clock on the wall too, where next to none of it went to other work. */
const isTooLate = ({ own, wall }: Timed): boolean => (wall - own > 250 ? own : wall) > limits.answer

const most = (all: readonly number[]): number => Math.round(Math.max(...all))

/** In time, and told when to come again; whoever was not served keeps what it takes to. */
const manners = (timed: Timed): string[] => [
  ...(isTooLate(timed) && !wasHeldUp(timed) ? [`answered after ${lasting(timed)}`] : []),
  ...politeness(timed.answer),
]

const lasting = ({ own, wall }: Timed): string => `${Math.round(own)} ms (${Math.round(wall)} in all)`

const politeness = ({ status, headers }: Response): string[] => [
  ...(status === 503 && !(Number(headers.get('retry-after')) > 0) ? ['503 without Retry-After'] : []),
  ...(status === 503 && headers.getSetCookie().length > 0 ? ['503 with a cookie'] : []),
]

interface Story {
  readonly first: Response
  readonly middle: Look
  readonly last: Response
  /** What the last answer said. */
  readonly said: string
  readonly end: Look
  /** The database may get a request long after nobody waits for it. */
  readonly isLate: boolean
  /** A trip failed that met no fault: whoever asked may not be served at all. */
  readonly isBroken: boolean
}

/** Nothing may come of a fault but what comes of a link that breaks between two trips. */
const compare = (act: Act, { breaks }: Twin, { first, middle, last, said, end, ...story }: Story): string[] => {
  if (first.status !== 503 && first.status !== act.status) return [`answered ${first.status}`]
  const answered = breaks.map((one) => one.first).filter(({ status }) => status === act.status)
  const alike = breaks.filter((one) => one.first.likeness === middle.likeness)
  const isWhole = alike.some((one) => first.status === 503 || one.first.status === first.status)
  if (!isWhole) return [`answered ${first.status} and left half of it: ${middle.likeness}`]
  // Two things went wrong, which no twin has seen: what came of both is not judged, but that nobody was refused.
  if (story.isBroken && (last.status === 503 || last.status === act.status)) return []
  const repeated = (story.isLate ? breaks : alike).map((one) => one.again)
  const outcomes = first.status === 503 ? [...answered, ...repeated] : answered
  if (outcomes.some(({ outline, likeness }) => outline === said && likeness === end.likeness)) return []
  const words = [...new Set(outcomes.map(({ outline }) => outline))].join(', ')
  return [`ended in ${last.status} after ${first.status}: ${said}, of ${words}, beside these rows: ${end.likeness}`]
}

interface Worth {
  readonly what: string
  readonly status: number
}

/** Only a trip that failed without a fault may leave somebody unserved, and nobody refused. */
const refusals = (all: readonly Worth[], isBroken: boolean): string[] =>
  all
    .filter(({ status }) => status !== 200 && !(isBroken && status === 503))
    .map(({ what, status }) => `${what} is worth ${status}`)

/** What the act gave is good; where it gave nothing, somebody else is signed in as before. */
const nextRequests = async (stage: Stage, { bystander }: Ground, last: Response): Promise<Worth[]> => {
  const given = last.ok ? await credentialOf(last) : undefined
  const next = await stage.request('/auth/sessions', { headers: given?.headers ?? bystander })
  const found = [{ what: given ? 'what it gave' : 'another session', status: next.status }]
  if (given?.refreshToken === undefined) return found
  const refreshed = await stage.request('/auth/token', json({ refresh_token: given.refreshToken }))
  return [...found, { what: 'its refresh token', status: refreshed.status }]
}
