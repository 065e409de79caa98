import type { Act } from '../acts.ts'
import { json } from '../harness.ts'
import type { Lanes, Stopwatches } from './pace.ts'
import { type Cellmate, draw, isSlow, type Nowhere, newPlan } from './plan.ts'
import type { FaultProxy } from './proxy.ts'
import { credentialOf, type Ground, type Look, newStage, outlineOf, type Stage, type Variant } from './stage.ts'
import type { Twin } from './twin.ts'

/** Milliseconds until an answer, and how often a client asks again where it was told to. */
const limits = { answer: 3000, repeats: 3 }

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

export interface Report {
  readonly violations: readonly string[]
  /** Requests to the database that met the fault. */
  readonly met: number
  /** The machine was too busy: a trip failed that met no fault, or an answer had to wait for other work. */
  readonly isDisturbed: boolean
  /** Milliseconds of the slowest answer: without waiting for this process, and in all. */
  readonly slowest: { readonly own: number; readonly wall: number }
}

interface Timed {
  readonly answer: Response
  readonly own: number
  readonly wall: number
}

/** A cell, once more where the machine disturbed it; what disturbs each of five is not the machine. */
export const runUndisturbed = async (yard: Yard, act: Act, mate: Cellmate): Promise<Report> => {
  let report = await runCell(yard, act, mate)
  for (let tries = 1; report.isDisturbed && tries < 5; tries++) report = await runCell(yard, act, mate)
  if (!report.isDisturbed) return report
  return { ...report, violations: ['disturbed five times', ...report.violations] }
}

/** One act under one fault: asked, asked again where the answer is 503, and what the database holds after each. */
const runCell = async (yard: Yard, act: Act, mate: Cellmate): Promise<Report> => {
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
  const story = { first, middle: middle ?? end, last, said, end, isLate: isSlow(mate.fault) }
  return {
    violations: [...asked.flatMap(manners), ...compare(act, twin, story), ...afterwards],
    met: fault.met,
    isDisturbed: failures(stage) > fault.met || asked.some(wasHeldUp),
    slowest: { own: most(asked.map(({ own }) => own)), wall: most(asked.map(({ wall }) => wall)) },
  }
}

const failures = ({ on }: Stage): number => on.logs.filter(({ event }) => event === 'database_failed').length

/** Too late, but by how much cannot be told: more than a quarter of a second of it went to other work. */
const wasHeldUp = ({ own, wall }: Timed): boolean => own > limits.answer && wall - own > 250

const most = (all: readonly number[]): number => Math.round(Math.max(...all))

/** In time, and told when to come again; whoever was not served keeps what it takes to. */
const manners = ({ answer: { status, headers }, own, wall }: Timed): string[] => [
  ...(own > limits.answer ? [`answered after ${Math.round(own)} ms (${Math.round(wall)} in all)`] : []),
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
}

/** Nothing may come of a fault but what comes of a link that breaks between two trips. */
const compare = (act: Act, { breaks }: Twin, { first, middle, last, said, end, isLate }: Story): string[] => {
  if (first.status !== 503 && first.status !== act.status) return [`answered ${first.status}`]
  const answered = breaks.map((one) => one.first).filter(({ status }) => status === act.status)
  const alike = breaks.filter((one) => one.first.likeness === middle.likeness)
  const isWhole = alike.some((one) => first.status === 503 || one.first.status === first.status)
  if (!isWhole) return [`answered ${first.status} and left half of it: ${middle.likeness}`]
  const repeated = (isLate ? breaks : alike).map((one) => one.again)
  const outcomes = first.status === 503 ? [...answered, ...repeated] : answered
  if (outcomes.some(({ outline, likeness }) => outline === said && likeness === end.likeness)) return []
  const words = [...new Set(outcomes.map(({ outline }) => outline))].join(', ')
  return [`ended in ${last.status} after ${first.status}: ${said}, of ${words}, beside these rows: ${end.likeness}`]
}

/** What the act gave is good; where it gave nothing, somebody else is signed in as before. */
const nextRequests = async (stage: Stage, { bystander }: Ground, last: Response): Promise<string[]> => {
  const given = last.ok ? await credentialOf(last) : undefined
  const next = await stage.request('/auth/sessions', { headers: given?.headers ?? bystander })
  const found = next.status === 200 ? [] : [`${given ? 'what it gave' : 'another session'} is worth ${next.status}`]
  if (given?.refreshToken === undefined) return found
  const refreshed = await stage.request('/auth/token', json({ refresh_token: given.refreshToken }))
  return refreshed.status === 200 ? found : [...found, `its refresh token is worth ${refreshed.status}`]
}
