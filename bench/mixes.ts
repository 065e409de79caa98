import { type Call, newClient, type Reply } from './http.ts'
import type { SignedIn } from './people.ts'
import type { Stage } from './stage.ts'
import type { Running } from './workerd.ts'

export type Mix = 'reads' | 'reads and logins'

export interface Outcome {
  readonly what: 'accepted' | 'refused' | 'failed'
  readonly reason: string
  readonly isRead: boolean
  readonly milliseconds: number
}

export interface Request {
  readonly isRead: boolean
  send(): Promise<Outcome>
}

/** Milliseconds after which a caller gives up: the service promises an answer within three seconds. */
const patience = 3000

/** Of a hundred requests: sessions in lease, sessions asked of the database, logins. */
const shares = { reads: [70, 30, 0], 'reads and logins': [67, 30, 3] } as const

const people = 50

/** A hundred requests in these shares, each of somebody who knows what the answer has to be. */
export const requests = async (stage: Stage, { url }: Running, mix: Mix): Promise<Request[]> => {
  const send = newClient(url)
  const [leased, strict, logins] = shares[mix]
  const signedIn = await stage.people.signIn(people)
  const registered = await Promise.all(Array.from({ length: logins }, () => register(send)))
  const of = <T>(count: number, all: readonly T[], make: (one: T) => Omit<Asked, 'send'>) =>
    Array.from({ length: count }, (_, i) => request({ send, ...make(all[i % all.length] as T) }))
  return [...of(leased, signedIn, inLease), ...of(strict, signedIn, strictly), ...of(logins, registered, login)]
}

interface Asked {
  readonly send: ReturnType<typeof newClient>
  readonly isRead: boolean
  readonly call: Call
  /** The answer is the caller's own. */
  isRight(body: string): boolean
}

const inLease = ({ cookie, userId, sessionId }: SignedIn) => ({
  isRead: true,
  call: { path: '/auth/session', headers: { cookie } },
  isRight(body: string) {
    const { user, session } = JSON.parse(body)
    return user?.id === userId && session?.id === sessionId
  },
})

const strictly = ({ cookie, sessionId }: SignedIn) => ({
  isRead: true,
  call: { path: '/auth/sessions', headers: { cookie } },
  isRight(body: string) {
    const ids = JSON.parse(body).sessions.map(({ id }: { id: string }) => id)
    return ids.length === 1 && ids[0] === sessionId
  },
})

const login = (json: { readonly email: string; readonly password: string }) => ({
  isRead: false,
  call: { method: 'POST' as const, path: '/auth/login', json },
  isRight(body: string) {
    const { status, user } = JSON.parse(body)
    return status === 'signed_in' && user.email === json.email
  },
})

const register = async (send: Asked['send']) => {
  const json = { email: `ada.${crypto.randomUUID()}@example.com`, password: 'correct horse battery staple' }
  const { status, body } = await send({ method: 'POST', path: '/auth/register', json })
  if (status !== 201) throw new Error(`POST /auth/register: ${status} ${body}`)
  return json
}

const request = ({ send, isRead, call, isRight }: Asked): Request => ({
  isRead,
  async send() {
    const started = performance.now()
    const judged = await send({ ...call, timeout: patience })
      .then((reply) => judge(reply, isRight))
      .catch((error: NodeJS.ErrnoException) => ({ what: 'failed' as const, reason: error.code ?? error.name }))
    return { ...judged, isRead, milliseconds: performance.now() - started }
  },
})

/** A refusal says when to come back. */
const judge = ({ status, headers, body }: Reply, isRight: Asked['isRight']): Pick<Outcome, 'what' | 'reason'> => {
  const reason = String(status)
  if (status === 200) return isRight(body) ? { what: 'accepted', reason } : { what: 'failed', reason: 'a wrong answer' }
  const isPolite = (status === 429 || status === 503) && Number(headers['retry-after']) > 0
  return { what: isPolite ? 'refused' : 'failed', reason }
}
