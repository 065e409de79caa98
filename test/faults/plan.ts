import { newDice } from '../../bench/dice.ts'
import { libsql } from '../../src/adapters/libsql.ts'
import type { Database } from '../../src/base/ports.ts'
import { passed, quickFaults, refused, slowFaults } from './link-faults.ts'
import type { Cell, Plan } from './proxy.ts'
import type { Variant } from './stage.ts'

export type LinkFault = keyof typeof quickFaults | keyof typeof slowFaults | typeof refused

export const isSlow = (fault: LinkFault): fault is keyof typeof slowFaults => fault in slowFaults

/** The eleven of the matrix; those that wait longest first, so that the others pass meanwhile. */
export const linkFaults: readonly LinkFault[] = [...keysOf(slowFaults), refused, ...keysOf(quickFaults)]

export interface Cellmate {
  readonly title: string
  readonly fault: LinkFault
  readonly seed: number
}

/** What the seed decides. */
export interface Draw {
  readonly variant: Variant
  /** Which trip meets the fault first, and how many in a row do. */
  from(trips: number): number
  readonly times: number
  readonly random: () => number
}

export const draw = ({ title, fault, seed }: Cellmate): Draw => {
  const random = newDice(`${title} ${fault} ${seed}`).next
  const variant = { isCold: random() < 0.3, remember: random() < 0.5 }
  const [place, length] = [random(), random()]
  return {
    variant,
    from: (trips) => Math.floor(place * trips),
    // One more than a request tries, so that the client's own repeat may meet it too.
    times: 1 + Math.floor(length * (isSlow(fault) ? 3 : 4)),
    random,
  }
}

/** Where to find nobody who listens, and somebody who closes every connection before it says a word. */
export interface Nowhere {
  readonly deaf: string
  readonly slamming: string
}

/** Meets the fault `times` times, once `from` requests have passed. */
export const newPlan = (fault: LinkFault, times: number, from: number, random: () => number) => {
  let seen = 0
  let met = 0
  let isOver = false
  const meets = () => {
    seen += 1
    const isMet = !isOver && seen > from && seen <= from + times
    if (isMet) met += 1
    return isMet
  }
  const act = fault === refused ? passed : { ...quickFaults, ...slowFaults }[fault]
  const plan: Plan = { next: () => (fault !== refused && meets() ? act : passed), random }
  return {
    plan,
    get met() {
      return met
    },
    end() {
      isOver = true
    },
    /** The real adapter, to the proxy, or to nowhere for a request that is refused. */
    link({ url }: Cell, { deaf, slamming }: Nowhere): Database {
      const there = libsql(url, undefined)
      const nowhere = [libsql(deaf, undefined), libsql(slamming, undefined)]
      return {
        run(queries, limit) {
          const isRefused = fault === refused && meets()
          const to = isRefused ? nowhere[Math.floor(random() * 2)] : undefined
          return (to ?? there).run(queries, limit)
        },
      }
    },
  }
}

function keysOf<Name extends string>(table: Readonly<Record<Name, unknown>>): Name[] {
  return Object.keys(table) as Name[]
}
