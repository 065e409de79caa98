import { inject } from 'vitest'

/** How often: `short` in `npm test`, `long` in `npm run test:soak`. */
export const times = (short: number, long: number): number => (inject('isSoak') ? long : short)
