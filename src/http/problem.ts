import { Problem, type ProblemType, unavailable } from '../base/errors.ts'
import type { Context } from '../identity/context.ts'

export const malformedRequest: ProblemType = {
  code: 'malformed_request',
  status: 400,
  title: 'The request cannot be read.',
}
export const crossOrigin: ProblemType = {
  code: 'cross_origin',
  status: 403,
  title: 'This origin may not call the service.',
}
export const bodyTooLarge: ProblemType = {
  code: 'body_too_large',
  status: 413,
  title: 'The body is larger than 64 KiB.',
}
const internal: ProblemType = { code: 'internal', status: 500, title: 'Something went wrong on our side.' }

/** What a request by this method may be answered whatever its route. */
export const problemsOf = (method: string): readonly ProblemType[] => [
  malformedRequest,
  ...(method === 'GET' || method === 'HEAD' ? [] : [crossOrigin, bodyTooLarge]),
  internal,
  unavailable,
]

/**
 * The one place where what was thrown becomes an answer. A bug is logged by name with the request's id and answers a
 * bare 500; the message of an error never leaves, nor enters the log: it may hold parameters.
 * @see https://www.rfc-editor.org/rfc/rfc9457
 */
export const problemResponse = (context: Context, thrown: unknown): Response => {
  const problem = toProblem(context, thrown)
  const { type, detail, fields, allow } = problem
  const retryAfter = problem.retryAfter ?? (type.status === 503 ? 2 : undefined)
  context.refusal = type.code
  const body = {
    type: `urn:postern:problem:${type.code}`,
    title: type.title,
    status: type.status,
    code: type.code,
    ...(detail === undefined ? {} : { detail }),
    ...(fields === undefined ? {} : { fields }),
    requestId: context.requestId,
  }
  const headers = new Headers({ 'content-type': 'application/problem+json' })
  if (retryAfter !== undefined) headers.set('retry-after', String(Math.max(1, Math.ceil(retryAfter))))
  if (allow !== undefined) headers.set('allow', allow.join(', '))
  if (type.status === 401 && context.headers.has('authorization')) {
    headers.set('www-authenticate', 'Bearer error="invalid_token"')
  }
  return new Response(JSON.stringify(body), { status: type.status, headers })
}

const toProblem = (context: Context, thrown: unknown): Problem => {
  if (thrown instanceof Problem) return thrown
  const { name, message, stack = '' } = thrown instanceof Error ? thrown : { name: typeof thrown, message: '' }
  context.log({ event: 'bug', error: name, at: frames(stack, message) })
  return new Problem(internal, { cause: thrown })
}

/** The call sites of a stack without the message before them, which may look like one. */
const frames = (stack: string, message: string): string[] =>
  stack
    .slice(Math.max(0, stack.indexOf(message)) + message.length)
    .split('\n')
    .filter((line) => /^\s+at /.test(line))
    .slice(0, 8)
    .map((line) => line.trim())
