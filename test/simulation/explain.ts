import { audit, evictedIn, type Rows } from './audit.ts'
import type { Answer, Deed } from './deed.ts'
import { expectThat, type Model, Refuted, type Session } from './model.ts'

/** Every state that explains all answers so far: more than one while nobody can know what a lost answer did. */
export type States = readonly Model[]

export interface Outcome {
  /** Among those at once. */
  readonly place: number
  readonly deed: Deed
  readonly answer: Omit<Answer, 'evicted'>
  /** What it did is done; its answer is still to come. */
  readonly isHalf?: boolean
}

/**
 * The states that explain the answers too, in any order in which the deeds may have happened.
 * @throws Refuted where there is none
 */
export const explain = (states: States, outcomes: readonly Outcome[], rows: Rows): States => {
  const { attempt, next, reasons } = newSearch(evictedIn(rows, states[0]?.now ?? 0))
  let paths = states.map((model): Path => ({ model, left: outcomes }))
  while (paths.some(({ left }) => left.length > 0)) {
    paths = distinct(paths.flatMap((path) => (path.left.length > 0 ? next(path) : path)))
  }
  const explained = paths.flatMap(({ model }) => attempt(model, (copy) => audit(copy, rows)))
  const kept = distinct(explained.map((model) => ({ model, left: [] }))).map(({ model }) => model)
  if (kept.length === 0) throw new Refuted([...reasons].slice(0, 8).join('\n     or: '))
  const before = new Set(states.flatMap(({ sessions }) => sessions.filter(hasEnded).map(({ id }) => id)))
  for (const model of kept) listen(model, outcomes, before)
  return kept
}

const newSearch = (evicted: ReadonlySet<string>) => {
  const reasons = new Set<string>()
  const attempt = (model: Model, change: (copy: Model) => void): Model[] => {
    const copy = structuredClone(model)
    try {
      change(copy)
      return [copy]
    } catch (error) {
      if (!(error instanceof Refuted)) throw error
      reasons.add(error.message)
      return []
    }
  }
  const next = ({ model, left }: Path): Path[] =>
    left.flatMap((outcome, i) => {
      const answer = { ...outcome.answer, evicted }
      const { deed, isHalf } = outcome
      const states = waysOf(deed, answer).flatMap((way) => attempt(model, way))
      const whole = states.map((state) => ({ model: state, left: left.toSpliced(i, 1) }))
      if (left.length === 1 || isHalf || !answer.committed || !answer.faulted || answer.status === 503) return whole
      // Its reply got lost, others came, and its own repeat was answered.
      const rest = left.toSpliced(i, 1, { ...outcome, isHalf: true })
      const half = attempt(model, (copy) => deed.unseen?.(copy, answer)).map((state) => ({ model: state, left: rest }))
      return [...whole, ...half]
    })
  return { attempt, next, reasons }
}

/** A state on the way, and the outcomes that it does not explain yet. */
interface Path {
  readonly model: Model
  readonly left: readonly Outcome[]
}

/** Two ways to one state are one. */
const distinct = (paths: readonly Path[]): Path[] => {
  const keyOf = ({ model, left }: Path) =>
    JSON.stringify([model, left.map(({ place, isHalf = false }) => [place, isHalf])])
  return [...new Map(paths.map((path) => [keyOf(path), path])).values()]
}

/** How the model may go on from an answer: one way, or two where nobody knows whether it was done. */
const waysOf = (deed: Deed, answer: Answer): ((model: Model) => void)[] => {
  const { status, faulted, committed } = answer
  expectThat(status < 500 || status === 503, `${status}: a bug`)
  if (status !== 503) return [(model) => deed.judge(model, answer)]
  expectThat(faulted, '503 though the database was well')
  const undone = (model: Model) => deed.blur?.(model, answer)
  const done = (model: Model) => {
    deed.blur?.(model, answer)
    deed.unseen?.(model, answer)
  }
  return committed ? [undone, done] : [undone]
}

const hasEnded = ({ endedAt }: Session): boolean => endedAt !== undefined

/** What just ended without a hitch was told to whoever listens; what got lost unnoticed is never told. */
const listen = (model: Model, outcomes: readonly Outcome[], before: ReadonlySet<string>): void => {
  const untold = model.sessions.filter((session) => hasEnded(session) && session.toldAt === undefined)
  const isLosing = outcomes.some(({ answer }) => answer.isolate.listening.put === 'losing')
  if (isLosing) for (const session of untold) session.toldAt = Number.POSITIVE_INFINITY
  const [only, ...more] = outcomes
  if (only === undefined || more.length > 0) return
  const { faulted, isolate } = only.answer
  if (faulted || isolate.listening.put !== 'good') return
  for (const session of untold) if (!before.has(session.id)) session.toldAt = model.now
}
