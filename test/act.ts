import { bodyOf, json, type Server, signedUp, signedUpByToken } from './harness.ts'

/** One good request to one route, in one of the ways in which it can be asked. */
export interface Act {
  /** As the contract's table of routes names it. */
  readonly route: string
  /** How it is asked; empty where there is one way. */
  readonly how: string
  readonly status: number
  /** Driver calls before the answer on a warm isolate. */
  readonly trips: number
  /** The same on an isolate that has not read the signing keys yet. */
  readonly cold: number
  readonly outcome: Outcome
  /** Arranges what the request needs. */
  prepare(on: Server): Promise<Prepared>
}

/** What comes of an act, as far as the lists of the tests that ask do not say it themselves. */
export interface Outcome {
  /** Status of the same request once more, where that is another: what works once says so. */
  readonly again?: number
  /** How many sessions of the user it ends, of whom one more than those of `prepare` is there. */
  readonly ends?: number
  /** How many accounts have the addresses of the act once it is done, where that is not one. */
  readonly accounts?: number
  /** Facts that it tells. */
  readonly facts?: readonly string[]
}

export interface Prepared {
  readonly path: string
  readonly init: RequestInit
}

type Details = RequestInit & { readonly id?: string }

export const act = (
  [route, how = '']: readonly [route: string, how?: string],
  [status, trips, cold = trips]: readonly [status: number, trips: number, cold?: number],
  details: (on: Server) => Promise<Details>,
  outcome: Outcome = {},
): Act => ({
  route,
  how,
  status,
  trips,
  cold,
  outcome,
  async prepare(on) {
    const [method = '', path = ''] = route.split(' ')
    const { id = '', ...init } = await details(on)
    return { path: path.replace(':id', id), init: { ...init, method } }
  },
})

export const cookieOf = (jar: ReadonlyMap<string, string>) => ({
  cookie: [...jar].map(([name, value]) => `${name}=${value}`).join('; '),
})

/** The headers of a browser that has just registered. */
export const byCookie = async (on: Server) => cookieOf((await signedUp(on)).jar)

/** Of an app that has just registered, with a token that may change the account. */
export const byAccountToken = async (on: Server) => {
  const { tokens, ...app } = await signedUpByToken(on)
  const asked = json({ refresh_token: tokens.refresh_token, audience: 'account' })
  const { access_token } = await bodyOf(await on.request('/auth/token', asked))
  return { ...app, tokens, bearer: { authorization: `Bearer ${access_token}` } }
}
