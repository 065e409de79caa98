import { sql } from 'drizzle-orm'
import type { Core } from '../src/identity/core.ts'

/** The answer that the gate below takes. */
export const rightCode = '123456'

/** A gate such as a TOTP feature plugs in: asks whoever signs in, once `isOn`, for one fixed code. */
export const secondFactor = () => {
  const gate = {
    isOn: false,
    plug: (core: Core) =>
      core.signIn.addGate({
        reads: () => [],
        decide: (_, { methods }) => (gate.isOn && !methods.includes('totp') ? { methods: ['totp'] } : undefined),
        check: async (_, __, { code }) => (code === rightCode ? { holds: sql`1`, burn: async () => [] } : undefined),
      }),
  }
  return gate
}
