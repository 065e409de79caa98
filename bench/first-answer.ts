import { newSend, type Send } from './http.ts'
import { median } from './load.ts'
import * as operations from './operations.ts'
import type { Entry, Stage } from './stage.ts'

/** Milliseconds, medians. */
export interface FirstAnswer {
  readonly name: string
  /** From the start of the process to the end of the first answer. */
  readonly start: number
  /** What of that an empty Worker does not take. */
  readonly above: number
  /** The first request alone, and the same request after it. */
  readonly first: number
  readonly second: number
  /** For `above`, at most; absent for the floor, and where a password is hashed. */
  readonly goal?: number
}

interface Start {
  readonly name: string
  readonly entry: Entry
  readonly act: operations.Operation
  readonly goal?: number
}

const goal = 25

/** Each start in a workerd of its own, in turn (A B C A B C), so that whatever else the machine does meets all alike. */
export const measureFirstAnswers = async (stage: Stage, starts: number): Promise<FirstAnswer[]> => {
  let url = ''
  const send: Send = (call) => newSend(url)(call)
  const startWorker = async (entry: Entry) => {
    const worker = await stage.serve(entry)
    url = worker.url
    return worker
  }
  const preparing = await startWorker('postern')
  const samples = (await cases(stage, send)).map((one) => ({ ...one, all: [] as Sample[] }))
  await preparing.stop()
  for (let i = 0; i < starts; i++) {
    for (const { entry, act, all } of samples) all.push(await sample(() => startWorker(entry), act))
  }
  const empty = median(samples[0]?.all.map(({ start }) => start) ?? [])
  return samples.map(({ all, entry: _, act: __, ...named }) => {
    const start = median(all.map((one) => one.start))
    const first = median(all.map((one) => one.first))
    return { ...named, start, above: start - empty, first, second: median(all.map((one) => one.second)) }
  })
}

/** The floor first. */
const cases = async (stage: Stage, send: Send): Promise<Start[]> => {
  const target = { people: stage.people, leased: send, strict: send }
  const one = async (make: operations.MakeOperations) => {
    const [operation = async () => false] = await make(target, 1, 1)
    return operation
  }
  const get = (path: string) => async () => (await send({ path })).status === 200
  return [
    { name: 'an empty Worker', entry: 'empty', act: get('/') },
    { name: 'session, signed out', entry: 'postern', act: get('/auth/session'), goal },
    { name: 'session in lease', entry: 'postern', act: await one(operations.sessionInLease), goal },
    { name: 'login, one hash', entry: 'postern', act: await one(operations.login) },
  ]
}

type Sample = Pick<FirstAnswer, 'start' | 'first' | 'second'>

const sample = async (startWorker: () => ReturnType<Stage['serve']>, act: operations.Operation): Promise<Sample> => {
  const started = performance.now()
  const worker = await startWorker()
  const ready = performance.now()
  const isRight = await act()
  const answered = performance.now()
  const isRightAgain = await act()
  const again = performance.now()
  await worker.stop()
  if (!isRight || !isRightAgain) throw new Error('What was answered is not what was asked for.')
  return { start: answered - started, first: answered - ready, second: again - answered }
}
