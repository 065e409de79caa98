import type { hc } from 'hono/client'
import type { Pair } from '../bench/ground.ts'
import type { App } from '../src/app.ts'
import type { Act } from './act.ts'
import type { Ending } from './endings.ts'
import type { Go, Visit } from './every-route.ts'
import type { OddPath } from './every-statement.ts'
import type { HalfState } from './half-state.ts'
import type { Server, signedUp } from './harness.ts'
import type { Send } from './http.ts'
import type { Place } from './place.ts'
import type { Allowance } from './plan-flaws.ts'
import type { OneTime } from './properties/one-time.ts'
import type { SecretKind } from './properties/secrets.ts'
import type { Access } from './route-access.ts'
import type { Outstanding } from './victims.ts'

/**
 * What a feature adds to the tests that go through everything there is: each part to the list of the same name.
 * `test/tables/<feature>.ts` exports it as `tables`, and goes with its feature. Such a file imports how a row is made
 * (`act.ts`, `place.ts`), never a list that gathers these (`acts.ts`, `places.ts`): that would be a circle.
 */
export interface FeatureTables {
  /** Each of its routes, and who may ask it. */
  readonly access: Readonly<Record<string, Access>>
  /** The same, as the typed client has them. */
  readonly typed: (auth: Client['auth'], client: Client) => Readonly<Record<string, unknown>>
  /** Each of them at least once, with its trips. */
  readonly acts: readonly Act[]
  /** Each of them once, over nothing but the network. */
  readonly visits: readonly Visit[]
  /** Goes there, in the order of `visits`. */
  readonly visit: (go: Go, send: Send) => Promise<void>
  /** Bodies that do something, by route, where a guarded one needs one. */
  readonly bodies?: Readonly<Record<string, object>>
  /** How ids in its paths begin, by the word before them: `sessions: 'ses'`. */
  readonly idPrefixes?: Readonly<Record<string, string>>
  /** Routes whose answers a cache may keep. */
  readonly cacheable?: readonly string[]
  /** Where a secret is taken, by name: every other secret is shown there. */
  readonly places?: Readonly<Record<string, Place>>
  /** The same off the documentation: by route and member, the name of the place, or why there is none. */
  readonly taken?: Readonly<Record<string, string>>
  /** What it gives out, mails or stores, by name. */
  readonly secrets?: Secrets
  /** Its columns that are called as secrets are. */
  readonly secretKinds?: Readonly<Record<string, SecretKind>>
  /** Of those that are secrets, what is shown when a session has ended. */
  readonly outstanding?: Readonly<Record<string, Outstanding>>
  /** Of those that are one-time, how each is spent. */
  readonly oneTime?: Readonly<Record<string, OneTime>>
  /** The second factor that it is. */
  readonly factor?: FactorRows
  /** Further ways in which a sign-in is put on hold. */
  readonly halfStates?: Readonly<Record<string, HalfState>>
  /** Further ways in which a session ends. */
  readonly endings?: Readonly<Record<string, Ending>>
  /** Ways to statements to which no act leads. */
  readonly oddPaths?: readonly OddPath[]
  /** What its statements may read beyond what they are asked for. */
  readonly allowances?: readonly Allowance[]
  /** Questions about what is there, and about what is not. */
  readonly pairs?: readonly Pair[]
  /** Gives somebody a row in each of its tables. */
  readonly everything?: (on: Server, tab: Pick<Tab, 'fetch' | 'user'>) => Promise<void>
  /** What a route tells of a user to a stranger who knows their name, as a query for the id of the user, by route. */
  readonly tells?: Readonly<Record<string, string>>
  /** Its tables in which a stranger who knows an address may leave rows, by route. */
  readonly causes?: Readonly<Record<string, readonly string[]>>
}

type Client = ReturnType<typeof hc<App>>
type Tab = Awaited<ReturnType<typeof signedUp>>

export interface FactorRows {
  readonly method: 'totp' | 'passkey'
  /** By the session of a browser. */
  turnOn(on: Server, tab: Tab): Promise<unknown>
  /** How many a user has. */
  count(on: Server, userId: string): Promise<number>
}

export interface Secrets {
  readonly names: readonly string[]
  /** A good one of each name. */
  make(on: Server): Promise<Readonly<Record<string, string>>>
}

const all = Object.values(import.meta.glob<FeatureTables>('./tables/*.ts', { eager: true, import: 'tables' }))

/** The rows of a part that is a list, of every feature. */
export const rowsOf = <Row>(part: (tables: FeatureTables) => readonly Row[] | Row | undefined): Row[] =>
  all.flatMap((tables) => part(tables) ?? [])

/** The rows of a part that is a record, of every feature. */
export const entriesOf = <Row>(
  part: (tables: FeatureTables) => Readonly<Record<string, Row>> | undefined,
): Record<string, Row> => Object.fromEntries(all.flatMap((tables) => Object.entries(part(tables) ?? {})))
