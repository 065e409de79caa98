import type { Ports } from '../../src/identity/core.ts'

/** The real outside of one runtime, but for the clock and the log, which are the test's. */
export type World = Pick<Ports, 'database' | 'hints' | 'limiter' | 'argon2id'>
