import type { Fault } from '../faulty-ports.ts'
import { noFault, replyLost, unreachable } from '../faulty-ports.ts'
import { readRows } from './audit.ts'
import { type Deed, request, type Scene } from './deed.ts'
import { explain, type Outcome, type States } from './explain.ts'
import { endOf, type Model, newModel, personOf, Refuted } from './model.ts'
import { changeProfile, endOne, endOthers, list, logout, readByCookie, readByToken } from './sessions.ts'
import { changePassword, login, register } from './sign-ins.ts'
import type { Actor, Stage } from './stage.ts'
import type { FaultPlan, Kind, Pick, Sequence, Step, Until } from './steps.ts'
import { add, type Tally } from './tally.ts'
import { exchange, refresh, revoke, type Verifier, verifyTokens } from './tokens.ts'
import { newTurns } from './turns.ts'
import { job, ready } from './upkeep.ts'
import { keep, type Wallet } from './wallet.ts'

/** Everything about one sequence under way. */
interface Run {
  readonly stage: Stage
  readonly wallet: Wallet
  readonly verifier: Verifier
  readonly tally: Tally
  models: States
  /** Made so far for the ring. */
  secrets: number
  readonly story: string[]
}

/** Runs one sequence. @throws Error with the whole story where no state of the model explains an answer */
export const run = async (stage: Stage, { limits, steps }: Sequence, tally: Tally): Promise<void> => {
  const first = newModel(stage.now, limits, 'secret 1')
  await stage.boot(first.ring)
  const wallet = { cookies: [], access: [], refresh: [] }
  const verifier = { set: { keys: [] }, at: 0 }
  const one: Run = {
    stage,
    wallet,
    verifier,
    tally,
    models: [first],
    secrets: 1,
    story: [`limits ${JSON.stringify(limits)}`],
  }
  tally.sequences += 1
  try {
    for (const step of steps) await perform(one, step)
  } catch (error) {
    const why = error instanceof Error ? (error instanceof Refuted ? error.message : error.stack) : String(error)
    throw new Error(`${one.story.map((line, i) => `${String(i).padStart(4)}. ${line}`).join('\n')}\n\nRefuted: ${why}`)
  }
}

const modelOf = ({ models }: Run): Model => {
  const [model] = models
  if (model === undefined) throw new Error('Nothing explains what happened.')
  return model
}

const perform = async (one: Run, step: Step): Promise<void> => {
  switch (step.type) {
    case 'act':
      return act(one, step.picks, step.turns)
    case 'burst':
      for (let i = 0; i < step.count; i++) await act(one, [burstOf(step)], [])
      return
    case 'pass':
      return pass(one, secondsUntil(modelOf(one), step))
    case 'suspend':
    case 'lift':
      return suspend(one, step.who, step.type === 'suspend')
    case 'ring':
      return step.act === 'new' ? newSecret(one) : dropSecret(one)
    case 'restart': {
      const isolate = one.stage.isolates[step.isolate]
      one.story.push(`isolate ${step.isolate} restarts`)
      return isolate && one.stage.restart(isolate)
    }
    case 'hints': {
      const { get, put } = step
      one.story.push(`hints of isolate ${step.isolate}: reads ${get}, writes ${put}`)
      Object.assign(one.stage.isolates[step.isolate]?.listening ?? {}, { get, put, since: one.stage.now })
    }
  }
}

const burstOf = ({ who, how }: { who: number; how: number }): Pick => ({
  kind: 'login',
  who,
  which: 0,
  how: how % 2,
  isolate: 0,
  faults: undefined,
})

const pass = (one: Run, seconds: number): void => {
  one.story.push(`${seconds} s pass`)
  one.stage.pass(seconds)
  for (const model of one.models) model.now = one.stage.now
}

const secondsUntil = (model: Model, { until, which, offset }: Step & { type: 'pass' }): number => {
  const { limits, now, sessions } = model
  const session = sessions.at(-1 - (which % Math.max(1, sessions.length)))
  const moments: Record<Until, number> = {
    soon: 1 + which * 3 - offset,
    grace: limits.grace,
    lease: limits.lease,
    access: limits.access,
    bound: Math.max(limits.lease, limits.access) + 5,
    young: 120,
    quarter: 900,
    idle: (session ? endOf(session) : now) - now,
    absolute: (session?.until ?? now) - now,
    key: 86_400,
  }
  return Math.max(1, moments[until] + offset)
}

const suspend = async (one: Run, who: number, suspended: boolean): Promise<void> => {
  const person = personOf(modelOf(one), who)
  if (person?.id === undefined || person.suspended === suspended) return
  one.story.push(`person ${who} is ${suspended ? 'suspended' : 'no longer suspended'}`)
  await one.stage.query(`update users set suspended_at = ${suspended ? one.stage.now : 'null'} where id = ?`, person.id)
  for (const model of one.models) for (const each of model.people) if (each.who === who) each.suspended = suspended
}

const bootWith = async (one: Run, ring: string[]): Promise<void> => {
  one.story.push(`the ring is now ${ring.join(', ')}`)
  await one.stage.boot(ring)
  for (const model of one.models) model.ring = [...ring]
}

const newSecret = async (one: Run): Promise<void> => {
  const { ring } = modelOf(one)
  one.secrets += 1
  if (ring.length < 3) await bootWith(one, [`secret ${one.secrets}`, ...ring])
}

/** As the contract tells the operator: no old secret is dropped before nothing is sealed by it. */
const dropSecret = async (one: Run): Promise<void> => {
  const { ring } = modelOf(one)
  const [isolate] = one.stage.isolates
  if (ring.length < 2 || isolate === undefined) return
  const pick: Pick = { kind: 'ready', who: 0, which: 0, how: 0, isolate: 0, faults: undefined }
  const asked = request('/auth/readyz', {}, pick)
  const { said } = await one.stage.as(
    newActor([], async () => {}),
    (waitUntil) => asked(isolate.on, waitUntil),
  )
  one.story.push(`readyz: ${said.sealedByOldSecret} rows sealed by an old secret`)
  if (said.sealedByOldSecret === 0) await bootWith(one, ring.slice(0, -1))
}

const deeds: Record<Kind, (scene: Scene, verifier: Verifier) => Deed | undefined> = {
  register,
  login,
  'read by cookie': readByCookie,
  'read by token': readByToken,
  'list sessions': list,
  exchange,
  refresh,
  logout: (scene) => logout(scene, false),
  'logout everywhere': (scene) => logout(scene, true),
  'end one': endOne,
  'end others': endOthers,
  revoke,
  'change password': changePassword,
  'change profile': changeProfile,
  'verify tokens': verifyTokens,
  ready,
  job,
}

const faultsOf = (plan: FaultPlan | undefined): Fault[] => [
  ...new Array<Fault>(plan?.first ?? 0).fill(noFault),
  ...(plan?.faults ?? []).map((fault) => (fault === 'lost' ? replyLost : unreachable)),
]

const newActor = (faults: readonly Fault[], turn: () => Promise<void>): Actor => ({
  faults,
  turn,
  calls: 0,
  fired: 0,
  committed: 0,
})

interface Planned {
  readonly pick: Pick
  readonly deed: Deed
}

/** One deed, or several at once, and what the model makes of all their answers together. */
const act = async (one: Run, picks: readonly Pick[], turns: readonly number[]): Promise<void> => {
  const model = modelOf(one)
  const planned = picks.flatMap((pick): Planned[] => {
    const deed = deeds[pick.kind]({ model, wallet: one.wallet, pick }, one.verifier)
    return deed ? [{ pick, deed }] : []
  })
  if (planned.length === 0) return
  const alone = planned.length === 1
  const titles = planned.map(({ pick, deed }) => `${deed.title}, at isolate ${pick.isolate}${planText(pick.faults)}`)
  one.story.push(alone ? titles.join() : `at once (turns ${turns.join(' ')}): ${titles.join(' | ')}`)
  const outcomes = await newTurns(turns).all(
    planned.map((each, place) => async (turn: () => Promise<void>): Promise<Outcome> => {
      const answer = { ...(await ask(one, each, turn)), rivals: rivalsOf(each, planned), alone }
      return { place, deed: each.deed, answer }
    }),
  )
  const answers = outcomes.map(({ answer: { status, said } }) => [status, said.code].filter(Boolean).join(' '))
  one.story.push(`   -> ${answers.join(' | ')}`)
  one.tally.groups += alone ? 0 : 1
  for (const { answer } of outcomes) keep(one.wallet, model, answer)
  one.tally.audits += 1
  one.models = explain(one.models, outcomes, await readRows(one.stage))
  const [refused] = planned
  // Whoever was told to come back reads by the same cookie, where there is one: a fault signed nobody out.
  if (alone && refused && outcomes[0]?.answer.status === 503) await act(one, [reading(refused.pick)], [])
}

const reading = (pick: Pick): Pick => ({ ...pick, kind: 'read by cookie', faults: undefined })

/** How often at most others guess at the same: a repeat counts anew where another attempt came between. */
const rivalsOf = ({ deed, pick }: Planned, planned: readonly Planned[]): number => {
  const others = planned.filter((one) => one.deed !== deed && deed.guessesAt && one.deed.guessesAt === deed.guessesAt)
  const repeats = (one: Pick) => one.faults?.faults.length ?? 0
  return others.length === 0 ? 0 : others.reduce((sum, one) => sum + 1 + repeats(one.pick), repeats(pick))
}

const planText = (plan: FaultPlan | undefined): string =>
  plan ? ` (from trip ${plan.first + 1} on the database is ${plan.faults.join(', ')})` : ''

const ask = async ({ stage, tally }: Run, { pick, deed }: Planned, turn: () => Promise<void>) => {
  const isolate = stage.isolates[pick.isolate]
  if (isolate === undefined) throw new Error(`No isolate ${pick.isolate}.`)
  const actor = newActor(faultsOf(pick.faults), turn)
  const before = { fired: 0, committed: 0 }
  const heard = await stage.as(actor, async (waitUntil) => {
    const answered = await deed.ask(isolate.on, waitUntil)
    Object.assign(before, { fired: actor.fired, committed: actor.committed })
    return answered
  })
  add(tally.commands, pick.kind)
  add(tally.answers, heard.status)
  for (const fault of pick.faults?.faults.slice(0, actor.fired) ?? []) add(tally.faults, fault)
  return { ...heard, faulted: before.fired > 0, committed: before.committed > 0, isolate }
}
