import type { Hono, MiddlewareHandler } from 'hono'
import type * as z from 'zod/mini'
import { invalidRequest, Problem, type ProblemType } from '../base/errors.ts'
import type { Env } from './env.ts'
import { malformedRequest, problemsOf } from './problem.ts'

/** The body of an answer: JSON of a shape, a page of HTML, or none. */
export type AnswerBody = z.ZodMiniType | 'html' | null

/** What a route promises: each status with its body. */
export interface RouteDoc {
  readonly summary: string
  readonly responses: Readonly<Record<number, AnswerBody>>
  /** The route's own; those of the guards, of `validate` and of every route add themselves. */
  readonly problems?: readonly ProblemType[]
}

/** What the middleware of a route adds to its documentation. */
interface Notes {
  readonly doc?: RouteDoc
  readonly body?: { readonly schema: z.ZodMiniType; readonly form: boolean }
  readonly param?: z.ZodMiniType
  readonly guard?: string
  readonly problems?: readonly ProblemType[]
}

const notes = new WeakMap<object, Notes>()

/** Says on a middleware what it adds to the documentation of the routes that it stands in. */
export const noted = <H extends object>(handler: H, note: Notes): H => {
  notes.set(handler, note)
  return handler
}

/** Documents a route. Every route has one; a test fails for a route without. */
export const doc = (summary: string, responses: RouteDoc['responses'], ...problems: ProblemType[]): MiddlewareHandler =>
  noted((_, next) => next(), { doc: { summary, responses, problems } })

/**
 * The body as `schema` reads it. An empty body counts as `{}`; a body of another type is refused.
 * @throws Problem `malformed_request` (400), `unsupported_media_type` (415), `invalid_request` (422, with `fields`)
 */
export const validate = <S extends z.ZodMiniType>(schema: S, { form = false } = {}) => {
  const handler: MiddlewareHandler<Env, string, Parsed<'json', S>> = async (c, next) => {
    const result = schema.safeParse(parseBody(c.var.body, c.req.header('content-type') ?? '', form))
    if (!result.success) throw new Problem(invalidRequest, { fields: fieldsOf(result.error.issues) })
    c.req.addValidatedData('json', result.data ?? {})
    await next()
  }
  return noted(handler, { body: { schema, form }, problems: [malformedRequest, unsupportedMediaType, invalidRequest] })
}

/** What the typed client sends, and what a route gets. */
interface Parsed<Part extends 'json' | 'param', S extends z.ZodMiniType> {
  in: Record<Part, z.input<S>>
  out: Record<Part, z.output<S>>
}

/** Path parameters. What is not of their form is not there: 404. */
export const validateParam = <S extends z.ZodMiniType>(schema: S, otherwise: ProblemType) => {
  const handler: MiddlewareHandler<Env, string, Parsed<'param', S>> = async (c, next) => {
    const result = schema.safeParse(c.req.param())
    if (!result.success) throw new Problem(otherwise)
    c.req.addValidatedData('param', result.data ?? {})
    await next()
  }
  return noted(handler, { param: schema, problems: [otherwise] })
}

const unsupportedMediaType: ProblemType = {
  code: 'unsupported_media_type',
  status: 415,
  title: 'The body must be application/json.',
}

const parseBody = (text: string, type: string, form: boolean): unknown => {
  if (text === '') return {}
  const [media = '', ...parameters] = type
    .toLowerCase()
    .split(';')
    .map((part) => part.trim())
  const isUtf8 = parameters.every((one) => !one.startsWith('charset') || /^charset=(?:utf-8|"utf-8")$/.test(one))
  if (media === 'application/json' && isUtf8) return parseJson(text)
  if (form && media === 'application/x-www-form-urlencoded') return formFields(text)
  throw new Problem(unsupportedMediaType)
}

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    throw new Problem(malformedRequest)
  }
}

/** @throws Problem `malformed_request` (400) for a repeated field */
export const formFields = (text: string): Record<string, string> => {
  const entries = [...new URLSearchParams(text)]
  if (new Set(entries.map(([name]) => name)).size < entries.length) throw new Problem(malformedRequest)
  return Object.fromEntries(entries)
}

/** JSON path -> message, for 20 fields at most. */
const fieldsOf = (issues: readonly z.core.$ZodIssue[]): Record<string, string> => {
  const fields = issues.flatMap((issue): [string, string][] => {
    const at = issue.path.join('.')
    if (issue.code !== 'unrecognized_keys') return [[at || '$', messageOf(issue)]]
    return issue.keys.map((key) => [[at, key.slice(0, 64)].filter(Boolean).join('.'), 'This field is not known.'])
  })
  return Object.fromEntries(fields.slice(0, 20))
}

/** What would be right, and never what was given. `zod/mini` has no words of its own. */
const messageOf = (issue: z.core.$ZodIssue): string => {
  if (issue.code === 'invalid_type') return `Expected: ${issue.expected}.`
  if (issue.code === 'invalid_value') return `Expected: ${issue.values.join(' or ')}.`
  if (issue.code === 'too_big') return `At most ${issue.maximum} characters.`
  return issue.message
}

/** One route with all that its middleware says of it. */
export interface DocumentedRoute {
  readonly method: string
  /** `/auth/sessions/:id` */
  readonly path: string
  /** Paths of requests that it takes. */
  readonly pattern: RegExp
  readonly doc: RouteDoc | undefined
  readonly body: Notes['body']
  readonly guard: string | undefined
  readonly problems: readonly ProblemType[]
}

/** Every route of an app, off its own routing table: what is mounted is documented, guarded and tested. */
export const routesOf = (app: Pick<Hono, 'routes'>): DocumentedRoute[] => {
  const grouped = new Map<string, { method: string; path: string; notes: Notes[] }>()
  for (const { method, path, handler } of app.routes) {
    if (method === 'ALL') continue
    const key = `${method} ${path}`
    const route = grouped.get(key) ?? { method, path, notes: [] }
    route.notes.push(notes.get(handler) ?? {})
    grouped.set(key, route)
  }
  return [...grouped.values()].map(({ method, path, notes: all }) => ({
    method,
    path: plainPath(path),
    pattern: patternOf(path),
    doc: all.find((note) => note.doc)?.doc,
    body: all.find((note) => note.body)?.body,
    guard: all.find((note) => note.guard)?.guard,
    problems: [...new Set([...all.flatMap(problemsIn), ...problemsOf(method)])],
  }))
}

/** A parameter, and the form in which alone it is one: `:id{pky_[\\w-]+}`. */
const paramForm = /(:\w+)\{([^/]+)\}/g

/** The path of a route as it is documented and logged. */
export const plainPath = (path: string): string => path.replace(paramForm, '$1')

const patternOf = (path: string): RegExp => {
  const parts = path.split('/').map((part) => {
    const [, name, form = '[^/]+'] = /^:(\w+)(?:\{(.+)\})?$/.exec(part) ?? []
    return name === undefined ? part.replaceAll('.', '\\.') : form
  })
  return new RegExp(`^${parts.join('/')}$`)
}

const problemsIn = (note: Notes) => [...(note.problems ?? []), ...(note.doc?.problems ?? [])]
