import type { Call, Reply } from './http.ts'
import type { Settings } from './people.ts'

/** Where a pair is asked: the service, and its database to arrange what no route can. */
export interface Ground {
  /** Answers whatever the status. */
  send(call: Call): Promise<Reply>
  sql(text: string, ...params: readonly (string | number)[]): Promise<unknown>
}

/** The i-th time that it is asked. */
export type ToCall = (i: number) => Call

/** One question about what is there, and about what is not: a stranger must not tell the two answers apart. */
export interface Pair {
  readonly title: string
  /** Of both answers. */
  readonly status: number
  readonly settings?: Settings
  /** Tables in which the two leave different rows, or `log`: nobody sees these but an operator. */
  readonly apart?: readonly string[]
  prepare(ground: Ground): Promise<{ readonly known: ToCall; readonly unknown: ToCall }>
}

export const password = 'correct horse battery staple'
export const wrong = 'not this one at all'

/** Accounts asked in turn: one takes a hundred wrong passwords a day. */
export const accounts = 4

/** A POST of JSON, from an address of its own unless one is named. */
export const post = (path: string, json: unknown, headers: Call['headers'] = {}): Call => ({
  method: 'POST',
  path,
  json,
  headers: { 'cf-connecting-ip': newAddress(), ...headers },
})

let addresses = 0
export const newAddress = (): string => {
  const n = addresses++
  return `10.${(n >> 16) & 255}.${(n >> 8) & 255}.${n & 255}`
}

export const somebody = () => `ada.${crypto.randomUUID()}@example.com`
/** Of each question its own: else the guesses of one count against the next. */
export const strangers = () => Array.from({ length: accounts }, somebody)
export const inTurn = <T>(all: readonly T[], i: number): T => all[i % all.length] as T

export const register = async ({ send }: Ground, extra: object = {}) => {
  const email = somebody()
  const reply = await send(post('/auth/register', { email, password, ...extra }))
  if (reply.status !== 201) throw new Error(`POST /auth/register: ${reply.status} ${reply.body}`)
  const { user, session, tokens } = JSON.parse(reply.body)
  const cookie = reply.headers['set-cookie']?.find((line) => line.includes('session='))?.split(';')[0] ?? ''
  return { email, userId: String(user.id), sessionId: String(session.id), headers: { cookie }, tokens }
}

export const registerAll = async (ground: Ground) => {
  const people: Awaited<ReturnType<typeof register>>[] = []
  while (people.length < accounts) people.push(await register(ground))
  return people
}
