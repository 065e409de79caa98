import type { Clock } from '../../src/base/clock.ts'
import { newWorld as newFileWorld } from '../../test/worlds/file.ts'
import type { World } from '../../test/worlds/world.ts'

export const name = 'file'

/** The world of the project `node`, with hashes of the least cost: nearly all time of the tests goes into hashing. */
export const newWorld = async (clock: Clock): Promise<World> => {
  const world = await newFileWorld(clock)
  return {
    ...world,
    argon2id: (password, salt, cost, length) =>
      world.argon2id(password, salt, { memory: 8 * cost.lanes, passes: 1, lanes: cost.lanes }, length),
  }
}
