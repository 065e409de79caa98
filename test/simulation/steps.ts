import fc from 'fast-check'
import type { Limits } from './model.ts'

/** What one of several people does, as data: which of what they have, and how, is counted off modulo what there is. */
export interface Pick {
  readonly kind: Kind
  readonly who: number
  readonly which: number
  readonly how: number
  readonly isolate: number
  readonly faults: FaultPlan | undefined
}

/** Of the calls of the driver, from `first` on, what happens to each. */
export interface FaultPlan {
  readonly first: number
  readonly faults: readonly ('lost' | 'away')[]
}

export type Kind = keyof typeof kinds
export type GetMode = 'good' | 'deaf' | 'failing' | 'cached'
export type PutMode = 'good' | 'losing' | 'failing'

export type Step =
  | { readonly type: 'act'; readonly picks: readonly Pick[]; readonly turns: readonly number[] }
  | { readonly type: 'pass'; readonly until: Until; readonly which: number; readonly offset: number }
  | { readonly type: 'suspend' | 'lift'; readonly who: number }
  | { readonly type: 'ring'; readonly act: 'new' | 'drop' }
  | { readonly type: 'restart'; readonly isolate: number }
  | { readonly type: 'hints'; readonly isolate: number; readonly get: GetMode; readonly put: PutMode }
  | { readonly type: 'burst'; readonly who: number; readonly count: number; readonly how: number }

/** A moment worth being just before, at, or just after. */
export type Until = 'soon' | 'grace' | 'lease' | 'access' | 'bound' | 'young' | 'quarter' | 'idle' | 'absolute' | 'key'

export interface Sequence {
  readonly limits: Limits
  readonly steps: readonly Step[]
}

/** How often each kind is picked. */
export const kinds = {
  register: 3,
  login: 9,
  'read by cookie': 18,
  'read by token': 6,
  'list sessions': 6,
  exchange: 5,
  refresh: 20,
  logout: 5,
  'logout everywhere': 2,
  'end one': 4,
  'end others': 2,
  revoke: 4,
  'change password': 5,
  'change profile': 8,
  'verify tokens': 3,
  ready: 1,
  job: 6,
}

const weighted = <T extends string>(weights: Readonly<Record<T, number>>): fc.Arbitrary<T> =>
  fc.oneof(
    ...Object.entries<number>(weights).map(([value, weight]) => ({ weight, arbitrary: fc.constant(value as T) })),
  )

/** As many tries as a request makes, or fewer. */
const plan: fc.Arbitrary<FaultPlan> = fc.record({
  first: fc.constantFrom(0, 0, 0, 1, 1, 2),
  faults: fc.oneof(
    fc.constantFrom<FaultPlan['faults'][]>(['away', 'away', 'away'], ['lost', 'lost', 'lost']),
    fc.array(fc.constantFrom('lost', 'away'), { minLength: 1, maxLength: 3 }),
  ),
})

/** A pick before it is known which kinds and which people its sequence is about. */
type Draft = Omit<Pick, 'kind'> & { readonly kind: number }

const draft: fc.Arbitrary<Draft> = fc.record({
  kind: fc.nat(11),
  who: fc.nat(5),
  // Mostly what is newest.
  which: fc.oneof(
    { weight: 4, arbitrary: fc.constant(0) },
    { weight: 2, arbitrary: fc.constant(1) },
    { weight: 2, arbitrary: fc.constant(2) },
    { weight: 2, arbitrary: fc.nat(9) },
  ),
  how: fc.nat(63),
  isolate: fc.nat(1),
  faults: fc.oneof({ weight: 14, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: plan }),
})

const turns = fc.array(fc.nat(11), { minLength: 1, maxLength: 12 })

type Acts = { readonly type: 'acts'; readonly drafts: readonly Draft[]; readonly turns: readonly number[] }

const one: fc.Arbitrary<Acts> = fc.record({
  type: fc.constant('acts'),
  drafts: draft.map((only) => [only]),
  turns: fc.constant([]),
})

const atOnce: fc.Arbitrary<Acts> = fc.record({
  type: fc.constant('acts'),
  drafts: fc.oneof(
    fc.array(draft, { minLength: 2, maxLength: 4 }),
    // The same at once, from one isolate and from the other.
    fc
      .tuple(draft, fc.integer({ min: 2, max: 4 }))
      .map(([same, count]) => Array.from({ length: count }, (_, i) => ({ ...same, isolate: i % 2 }))),
  ),
  turns,
})

const pass: fc.Arbitrary<Step> = fc.record({
  type: fc.constant('pass'),
  until: weighted({
    soon: 6,
    grace: 5,
    lease: 6,
    access: 3,
    bound: 2,
    young: 1,
    quarter: 1,
    idle: 2,
    absolute: 3,
    key: 4,
  }),
  which: fc.nat(9),
  offset: fc.constantFrom(-100, -30, -1, 0, 1, 5, 7),
})

const outside: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ type: fc.constantFrom('suspend', 'lift', 'lift'), who: fc.nat(2) }) },
  { weight: 3, arbitrary: fc.record({ type: fc.constant('ring'), act: fc.constantFrom('new', 'drop') }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('restart'), isolate: fc.nat(1) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      type: fc.constant('hints'),
      isolate: fc.nat(1),
      get: fc.constantFrom('good', 'deaf', 'failing', 'cached'),
      put: fc.constantFrom('good', 'losing', 'failing'),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constant('burst'),
      who: fc.nat(1),
      count: fc.integer({ min: 12, max: 21 }),
      how: fc.nat(63),
    }),
  },
)

const step: fc.Arbitrary<Step | Acts> = fc.oneof(
  { weight: 60, arbitrary: one },
  { weight: 14, arbitrary: atOnce },
  { weight: 18, arbitrary: pass },
  { weight: 8, arbitrary: outside },
)

const day = 86_400
const usual: Limits = { lease: 300, access: 300, grace: 60, idle: 2 * day, max: 4 * day, pair: 3, identifier: 5 }

const limits: fc.Arbitrary<Limits> = fc.constantFrom(
  usual,
  usual,
  { ...usual, grace: 0 },
  { ...usual, lease: 0 },
  { ...usual, lease: 60, access: 900, grace: 300 },
  { ...usual, lease: 900, access: 60, idle: 1200, max: 1200 },
  { ...usual, idle: 600, max: 1500 },
)

/** Nothing happens to nobody: every sequence begins with two people, one by cookie, one by token. */
const opening: readonly Step[] = [0, 1].map((who) => ({
  type: 'act',
  turns: [],
  picks: [{ kind: 'register', who, which: 0, how: who, isolate: who, faults: undefined }],
}))

/** What one sequence is about: few kinds and few people meet more often than all do. */
interface Theme {
  readonly kinds: readonly Kind[]
  readonly people: readonly number[]
}

const theme: fc.Arbitrary<Theme> = fc.record({
  kinds: fc.array(weighted(kinds), { minLength: 4, maxLength: 12, size: 'max' }),
  people: fc.constantFrom([0], [1], [0, 1], [0, 1, 2]),
})

const settle = (one: Step | Acts, { kinds, people }: Theme): Step => {
  if (one.type !== 'acts') return one
  const picks = one.drafts.map((each) => ({
    ...each,
    kind: kinds[each.kind % kinds.length] ?? 'login',
    who: people[each.who % people.length] ?? 0,
  }))
  return { type: 'act', picks, turns: one.turns }
}

export const sequence: fc.Arbitrary<Sequence> = fc
  // A failure is made smaller by leaving steps out.
  .record({
    limits,
    theme,
    steps: fc.array(fc.option(step, { freq: 50 }), { minLength: 13, maxLength: 38, size: 'max' }),
  })
  .map(({ steps, theme, ...rest }) => ({
    ...rest,
    steps: [...opening, ...steps.flatMap((each) => (each ? settle(each, theme) : []))],
  }))
