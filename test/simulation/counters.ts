import { type Counter, expectThat, type Model } from './model.ts'

const windows = { pair: 15 * 60, identifier: 86_400 }

/** One attempt as the throttle sees it. */
export interface Guess {
  /** What is guessed at, as typed. */
  readonly identifier: string
  readonly address: string
  /** Whether a fault met it, and how often others at most tried at the same identifier at the same time. */
  readonly faulted: boolean
  readonly rivals: number
}

/** Whether the attempt was let pass, as the answer says: holds that against the counters. */
export const count = (model: Model, guess: Guess, status: number): boolean => {
  const counters = countersOf(model, guess)
  const isFull = counters.some(({ counter, limit }) => !isVague(model, counter) && counter.count >= limit)
  const mayBeFull = counters.some(
    ({ counter, limit }) => isVague(model, counter) || counter.count + guess.rivals >= limit,
  )
  if (guess.faulted && guess.rivals > 0) blur(model, guess)
  if (status === 429) {
    expectThat(mayBeFull, '429 though the limits leave room')
    return false
  }
  expectThat(!isFull, `${status} though a limit was reached: 429 was due`)
  for (const { counter, window } of counters) counter.count = add(model, counter, window)
  return true
}

export const refund = (model: Model, guess: Guess): void => {
  for (const { counter } of countersOf(model, guess)) counter.count = Math.max(0, counter.count - 1)
}

/** Nobody knows whether this attempt counted. */
export const blur = (model: Model, guess: Guess): void => {
  for (const { counter, window } of countersOf(model, guess)) counter.vagueUntil = model.now + window
}

const isVague = ({ now }: Model, { vagueUntil }: Counter): boolean => now < vagueUntil

const countersOf = (model: Model, { identifier, address }: Guess) => {
  const { pair, identifier: daily } = model.limits
  return [
    { counter: counterOf(model, `${identifier} from ${address}`), limit: pair, window: windows.pair },
    { counter: counterOf(model, identifier), limit: daily, window: windows.identifier },
  ]
}

/** Counters go by an HMAC under the first secret of the ring: another in front begins to count anew. */
const counterOf = (model: Model, of: string): Counter => {
  const key = `${model.ring[0]}: ${of}`
  const counter = model.counters[key] ?? { count: 0, until: 0, vagueUntil: 0 }
  if (model.now >= counter.until) counter.count = 0
  model.counters[key] = counter
  return counter
}

/** A window begins with the first attempt in it. */
const add = (model: Model, counter: Counter, window: number): number => {
  if (model.now >= counter.until) counter.until = model.now + window
  if (isVague(model, counter)) counter.vagueUntil = model.now + window
  return counter.count + 1
}
