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
  const isPage = answer.headers.get('content-type')?.startsWith('text/html') ?? false
  await checkPolicy(at, answer, isPage)
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
  if (isPage !== (shape === 'html')) throw new Error(`${at}: declared with another kind of body`)
  if (shape === 'html') return
  const body: unknown = await answer.clone().json()
  const result = shape.safeParse(body)
  if (!result.success) throw new Error(`${at}: ${JSON.stringify(body)} is not as declared: ${result.error.message}`)
}

const checkHeaders = (at: string, { headers }: Response): void => {
  const expected = {
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    vary: 'Origin',
  }
  for (const [name, value] of Object.entries(expected)) {
    if (headers.get(name) !== value) throw new Error(`${at}: ${name} is ${headers.get(name)}`)
  }
  if (!/^req_[\w-]{22}$/.test(headers.get('x-request-id') ?? '')) throw new Error(`${at}: no request id`)
  const isPublic = /^(GET|HEAD) (?:\/auth)?\/\.well-known\/[\w.]+: 200/.test(at)
  const cache = isPublic ? 'public, max-age=300' : 'no-store'
  if (headers.get('cache-control') !== cache) throw new Error(`${at}: ${headers.get('cache-control')}`)
}

/** What nobody may loosen. A page allows by hash what it holds, and nothing else of the kind. */
const checkPolicy = async (at: string, answer: Response, isPage: boolean): Promise<void> => {
  const policy = answer.headers.get('content-security-policy') ?? ''
  if (!isPage) {
    if (policy !== "default-src 'none'; frame-ancestors 'none'") throw new Error(`${at}: its policy is ${policy}`)
    return
  }
  const directives = Object.fromEntries(policy.split('; ').map((one) => one.split(/ (.*)/s)))
  const text = await answer.clone().text()
  const hashes = async (tag: string) => {
    const inline = [...text.matchAll(new RegExp(`<${tag}\\b[^>]*>(.*?)</${tag}>`, 'gs'))].map(([, code = '']) => code)
    return (await Promise.all(inline.map(hashOf))).join(' ')
  }
  const { 'img-src': _, ...rest } = directives
  const expected = {
    'default-src': "'none'",
    'script-src': await hashes('script'),
    'style-src': await hashes('style'),
    'connect-src': "'self'",
    'form-action': "'none'",
    'frame-ancestors': "'none'",
    'base-uri': "'none'",
  }
  if (answer.body !== null && text !== '' && JSON.stringify(rest) !== JSON.stringify(expected)) {
    throw new Error(`${at}: its policy is ${policy}, not of ${JSON.stringify(expected)}`)
  }
}

const hashOf = async (text: string): Promise<string> => {
  const bytes = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text)))
  return `'sha256-${btoa(String.fromCharCode(...bytes))}'`
}

const matches = ({ method, pattern }: DocumentedRoute, asked: string, target: string): boolean =>
  method === asked && pattern.test(target)
