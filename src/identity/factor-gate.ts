import { type SQL, sql } from 'drizzle-orm'
import type { Statement } from '../base/ports.ts'
import { type EnrolledFactor, enrolledBy } from './challenges.ts'
import type { Devices } from './devices.ts'
import type { Factors } from './factors.ts'
import { isTwoFactors, type Method } from './sessions.ts'
import type { Gate } from './sign-in.ts'
import { statement } from './statement.ts'

/** What an account has to answer with, and since when the device that is shown spares it that. */
interface Seen {
  readonly isOn: boolean
  readonly methods: readonly Method[]
  readonly trustedAt: number | null
}

/**
 * Holds up every sign-in of whoever has a second factor until one is shown, or the device is one where that was done
 * within 30 days; and where a second factor is required, of whoever has none until one is set up.
 */
export const factorGate = (factors: Factors, devices: Devices): Gate => {
  const isKept = (userId: SQL | string) => (factorId: SQL) => factors.isKept(factorId, userId)

  const see = (userId: SQL, trustedAt: SQL): Statement<Seen> => {
    const asked = factors.asked()
    const flags = asked.map(({ isOn }) => isOn(userId))
    return statement(
      sql`select ${sql.join([factors.isOn(userId), trustedAt, ...flags], sql`, `)} where ${userId} is not null`,
      ([isOn, at, ...on]) => ({
        isOn: isOn === 1,
        methods: asked.filter((_, i) => on[i] === 1).map(({ method }) => method),
        trustedAt: at === null ? null : Number(at),
      }),
    )
  }

  return {
    reads: (context, userId, device) => [
      see(userId, device ? devices.trustedAt(context, device, userId, isKept(userId)) : sql`null`),
    ],

    decide([rows = []], { user, methods }, context, device) {
      if (isTwoFactors(methods)) return undefined
      const [{ isOn, methods: on, trustedAt } = nothing] = rows as Seen[]
      if (!isOn) return factors.areRequired ? { methods: ['enrol'] } : { holds: sql`not ${factors.isOn(user.id)}` }
      if (trustedAt === null || device === undefined) return { methods: on }
      const holds = sql`${devices.trustedAt(context, device, user.id, isKept(user.id))} = ${trustedAt}`
      return { holds, authenticatedAt: trustedAt }
    },

    async weighs(context, userId, answer) {
      if (answer.method === 'enrol') return [enrolledBy(answer.boundTo)]
      const factor = factors.of(answer.method)
      return (await factor?.reads(context, userId, answer)) ?? []
    },

    async check(rows, account, answer, context) {
      if (answer.method !== 'enrol') return factors.of(answer.method)?.check(rows, account, answer, context)
      const [[enrolled] = []] = rows as [EnrolledFactor[]]
      if (!enrolled) return undefined
      const holds = factors.isKept(sql`${enrolled.id}`, account.user.id)
      return { holds, burn: async () => [], method: enrolled.method, factorId: enrolled.id }
    },
  }
}

const nothing: Seen = { isOn: false, methods: [], trustedAt: null }
