import { Problem, unavailable } from '../../src/base/errors.ts'
import type { Database } from '../../src/base/ports.ts'
import { endless } from '../harness.ts'
import { type Look, newStage, outlineOf, type Scene } from './stage.ts'

/** What the act did when its link broke for good after so many trips, and what the same request did when asked again. */
export interface Break {
  readonly trips: number
  readonly first: Outcome
  readonly again: Outcome
}

export interface Outcome extends Look {
  readonly status: number
  /** What the answer said. */
  readonly outline: string
}

/** The act without a fault in the network, broken off between any two trips. The last is not broken off at all. */
export interface Twin {
  readonly breaks: readonly [Break, ...Break[]]
  /** All trips, also what follows the answer. */
  readonly trips: number
  readonly untouched: Look
}

export const newTwin = async (scene: Scene): Promise<Twin> => {
  const whole = await breakOff(scene, Number.POSITIVE_INFINITY)
  const breaks: [Break, ...Break[]] = [whole.end]
  for (let trips = whole.end.trips - 1; trips >= 0; trips--) {
    breaks.unshift((await breakOff(scene, trips)).end)
  }
  return { breaks, trips: whole.end.trips, untouched: whole.untouched }
}

const breakOff = async (scene: Scene, limit: number) => {
  let trips = 0
  let isBroken = true
  const link: Database = {
    async run(queries, patience) {
      if (isBroken && trips >= limit) throw new Problem(unavailable, { cause: 'broken off' })
      trips += 1
      return scene.ground.database.run(queries, patience)
    },
  }
  const stage = await newStage(scene, link, endless)
  const untouched = await stage.look()
  const outcome = async (): Promise<Outcome> => {
    const answer = await stage.ask()
    return { status: answer.status, outline: await outlineOf(answer), ...(await stage.look()) }
  }
  const first = await outcome()
  const end = { trips, first }
  isBroken = false
  return { untouched, end: { ...end, again: await outcome() } }
}
