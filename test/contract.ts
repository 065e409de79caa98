import type { App } from '../src/app.ts'
import { type DocumentedRoute, routesOf } from '../src/http/contract.ts'
import { ProblemShape } from '../src/http/shapes.ts'

/** Problems that any route may answer without declaring them. */
const anywhere = [
  'not_found',
  'method_not_allowed',
  'malformed_request',
  'cross_origin',
  'body_too_large',
  'internal',
  'unavailable',
]

/** Holds every answer that a test sees against what its route declares, and against what every answer promises. */
export const checkAnswer = async (app: App, request: Request, answer: Response): Promise<void> => {
  const path = new URL(request.url).pathname
  const at = `${request.method} ${path}: ${answer.status}`
  checkHeaders(at, answer)
  if (request.method === 'HEAD' || request.method === 'OPTIONS') return
  const route = routesOf(app).find((candidate) => matches(candidate, request.method, path))
  if (answer.status >= 400 && answer.headers.get('content-type') === 'application/problem+json') {
    const problem = ProblemShape.parse(await answer.clone().json())
    const declared = [...anywhere, ...(route?.problems ?? [])]
    if (!declared.includes(problem.code)) throw new Error(`${at}: the route does not declare ${problem.code}`)
    return
  }
  const shape = route?.doc?.responses[answer.status]
  if (shape === undefined) throw new Error(`${at}: the route does not declare this status`)
  if (shape === null) {
    if ((await answer.clone().text()) !== '') throw new Error(`${at}: declared without a body`)
    return
  }
  const body: unknown = await answer.clone().json()
  const result = shape.safeParse(body)
  if (!result.success) throw new Error(`${at}: ${JSON.stringify(body)} is not as declared: ${result.error.message}`)
}

const checkHeaders = (at: string, { headers }: Response): void => {
  const expected = {
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
    vary: 'Origin',
  }
  for (const [name, value] of Object.entries(expected)) {
    if (headers.get(name) !== value) throw new Error(`${at}: ${name} is ${headers.get(name)}`)
  }
  if (!/^req_[\w-]{22}$/.test(headers.get('x-request-id') ?? '')) throw new Error(`${at}: no request id`)
  const isPublic = /^(GET|HEAD) \/auth\/\.well-known\/jwks\.json: 200/.test(at)
  const cache = isPublic ? 'public, max-age=300' : 'no-store'
  if (headers.get('cache-control') !== cache) throw new Error(`${at}: ${headers.get('cache-control')}`)
}

const matches = ({ method, path }: DocumentedRoute, asked: string, target: string): boolean =>
  method === asked && new RegExp(`^${path.replaceAll('.', '\\.').replace(/:\w+/g, '[^/]+')}$`).test(target)
