import type { App } from '../src/app.ts'
import { notFound } from '../src/base/errors.ts'
import { type DocumentedRoute, routesOf } from '../src/http/contract.ts'
import { methodNotAllowed } from '../src/http/not-found.ts'
import { problemsOf } from '../src/http/problem.ts'
import { ProblemShape } from '../src/http/shapes.ts'

/** What may be answered where no route is, or by the wrong method: nobody declares that. */
const nowhere = [notFound, methodNotAllowed]

/** Holds every answer that a test sees against what its route declares, and against what every answer promises. */
export const checkAnswer = async (app: App, request: Request, answer: Response): Promise<void> => {
  const { origin, pathname: path } = new URL(request.url)
  const at = `${request.method} ${path}: ${answer.status}`
  checkHeaders(at, answer)
  if (request.method === 'HEAD' || request.method === 'OPTIONS') return
  // A target such as `/auth/./me` is another than the one that `URL` makes of it.
  const isExact = request.url.startsWith(`${origin}${path}`)
  const route = routesOf(app).find((candidate) => isExact && matches(candidate, request.method, path))
  if (answer.status >= 400 && answer.headers.get('content-type') === 'application/problem+json') {
    const problem = ProblemShape.parse(await answer.clone().json())
    const declared = route?.problems ?? [...nowhere, ...problemsOf(request.method)]
    const isDeclared = declared.some(({ code, status }) => code === problem.code && status === answer.status)
    if (!isDeclared) throw new Error(`${at}: the route does not declare ${problem.code} with this status`)
    if (problem.status !== answer.status) throw new Error(`${at}: the problem says ${problem.status}`)
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
