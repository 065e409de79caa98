import { gated } from '../acts.ts'
import { type Fault, faultyDatabase, noFault, openLimiter, quick } from '../faulty-ports.ts'
import { entriesOf } from '../feature-tables.ts'
import { bodyOf, json, query, type Server, server, signedUpByToken } from '../harness.ts'
import { heldUpTimes, withFactor } from '../planted-factor.ts'
import { rightCode } from '../second-factor.ts'
import { oneTimeMail } from './one-time-mail.ts'
import { mostUses, unlimited } from './uses.ts'

/** A secret that its first use burns. */
export interface OneTime {
  /** Of the service that gives it out. */
  readonly settings?: Readonly<Record<string, string>>
  /** Gives one out. */
  make(on: Server): Promise<string>
  /** Shows it, for the `turn`-th time. */
  spend(on: Server, secret: string, turn: number): Promise<Response>
  /** The status of an answer that was served. */
  readonly won: number
  /** What a use makes, told apart: two of these would be two uses. */
  effectOf(answer: Response): Promise<unknown>
  /** How many uses the database knows of. */
  uses(on: Server): Promise<number>
  /** To the database, of one use. */
  readonly trips: number
  /** Of many at once the losers are told so, or get what the winner got. */
  readonly losers: readonly number[]
}

const count = async (on: Server, text: string) => Number((await query(on, text))[0]?.[0])

/** By the column that keeps it, and its purpose where the column has some. */
export const oneTime: Readonly<Record<string, OneTime>> = {
  'refresh_tokens.hash': {
    make: async (on) => (await signedUpByToken(on)).tokens.refresh_token,
    spend: (on, refresh_token) => on.request('/auth/token', json({ refresh_token })),
    won: 200,
    effectOf: async (answer) => (await bodyOf(answer)).refresh_token,
    // A successor is a row beside the first.
    uses: (on) => count(on, 'select count(*) - 1 from refresh_tokens'),
    trips: 1,
    // Within its grace a repeat answers the same successor.
    losers: [200],
  },
  'challenges.hash': {
    make: async (on) => {
      const { challenge } = await bodyOf(await on.request('/auth/register', json(gatedPerson())))
      return challenge.id
    },
    spend: (on, id) => on.request('/auth/challenge', json({ id, method: 'totp', code: rightCode })),
    won: 200,
    effectOf: async (answer) => (await bodyOf(answer)).session.id,
    uses: (on) => count(on, 'select count(*) from sessions'),
    trips: 2,
    losers: [410],
  },
  'recovery_codes.hash': {
    settings: unlimited,
    async make(on) {
      const { person, recoveryCodes } = await withFactor(on)
      const ids = await heldUpTimes(on, person, mostUses)
      return JSON.stringify({ ids, code: recoveryCodes[0] })
    },
    // Each at another sign-in: the code is what can be used up.
    spend(on, secret, turn) {
      const { ids, code } = JSON.parse(secret)
      return on.request('/auth/challenge', json({ id: ids[turn], method: 'recovery', code }))
    },
    won: 200,
    effectOf: async (answer) => (await bodyOf(answer)).session.id,
    uses: (on) => count(on, "select count(*) from sessions where methods like '%recovery%'"),
    trips: 2,
    losers: [401],
  },
  ...Object.fromEntries(Object.entries(oneTimeMail).map(([purpose, secret]) => [`codes.hash ${purpose}`, secret])),
  ...entriesOf((feature) => feature.oneTime),
}

const gatedPerson = () => ({
  email: `gated.${crypto.randomUUID()}@example.com`,
  password: 'correct horse battery staple',
})

/** Two isolates over one database, and the faults of the first. */
export const isolates = async ({ settings = {} }: Pick<OneTime, 'settings'> = {}) => {
  const { next, database } = faultyDatabase()
  const usual = { plug: gated, limiter: openLimiter, argon2id: quick, settings }
  const on = await server({ ...usual, database })
  return { on, beside: await server({ ...usual, beside: on }), next }
}

export const atTrip = (trip: number, fault: Fault): Fault[] => [
  ...new Array<Fault>(trip).fill(noFault),
  ...new Array<Fault>(3).fill(fault),
]
