import * as z from 'zod/mini'
import type { ProblemType } from '../base/errors.ts'
import { isLoopback } from '../base/origins.ts'
import type { AnswerBody, DocumentedRoute } from './contract.ts'
import { ProblemShape } from './shapes.ts'

/** The OpenAPI 3.1 document of the routes, from the declarations that validate them. */
export const openapi = (routes: readonly DocumentedRoute[], issuer: string) => {
  const { origin } = new URL(issuer)
  const paths: Record<string, Record<string, unknown>> = {}
  for (const route of routes) {
    const path = route.path.replace(/:(\w+)/g, '{$1}')
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operation(route) }
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Postern', version: '1', description: 'Sign-up, sessions, tokens and revocation.' },
    servers: [{ url: origin }],
    paths,
    components: {
      schemas: { Problem: jsonSchema(ProblemShape, 'output') },
      securitySchemes: {
        session: { type: 'apiKey', in: 'cookie', name: isLoopback(origin) ? 'session' : '__Host-session' },
        token: { type: 'http', scheme: 'bearer', bearerFormat: 'at+jwt' },
      },
    },
  }
}

const operation = ({ method, path, doc, body, guard, problems }: DocumentedRoute) => ({
  operationId: `${method.toLowerCase()}${path.replace(/[^a-z]+(\w)/gi, (_, letter: string) => letter.toUpperCase())}`,
  tags: [path.split('/')[2] ?? 'auth'],
  summary: doc?.summary ?? '',
  ...(guard === undefined ? {} : { description: guard, security: [{ session: [] }, { token: [] }] }),
  parameters: [...path.matchAll(/:(\w+)/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  })),
  ...(body === undefined ? {} : { requestBody: { content: contentOf(body) } }),
  responses: { ...successes(doc?.responses ?? {}), ...refusals(problems) },
})

const contentOf = ({ schema, form }: NonNullable<DocumentedRoute['body']>) => {
  const media = { schema: jsonSchema(schema, 'input') }
  return { 'application/json': media, ...(form ? { 'application/x-www-form-urlencoded': media } : {}) }
}

const successes = (responses: Readonly<Record<number, AnswerBody>>) =>
  Object.fromEntries(
    Object.entries(responses).map(([status, body]) => [
      status,
      {
        description: status === '204' ? 'Done.' : 'The answer.',
        ...(body === null ? {} : { content: answerContent(body) }),
      },
    ]),
  )

const answerContent = (body: NonNullable<AnswerBody>) =>
  body === 'html'
    ? { 'text/html': { schema: { type: 'string' } } }
    : { 'application/json': { schema: jsonSchema(body, 'output') } }

const refusals = (problems: readonly ProblemType[]) => {
  const byStatus = Map.groupBy(problems, ({ status }) => String(status))
  const content = { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } }
  return Object.fromEntries(
    [...byStatus].map(([status, of]) => [
      status,
      { description: of.map(({ code }) => `\`${code}\``).join(', '), content },
    ]),
  )
}

const jsonSchema = (schema: z.ZodMiniType, io: 'input' | 'output') => {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: 'any', target: 'draft-2020-12' })
  return rest
}
