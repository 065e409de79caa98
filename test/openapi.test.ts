import { hc } from 'hono/client'
import { expect, expectTypeOf, test } from 'vitest'
import { type App, createApp } from '../src/app.ts'
import { routesOf } from '../src/http/contract.ts'
import { openapi } from '../src/http/openapi.ts'
import { checkAnswer } from './contract.ts'
import { entriesOf } from './feature-tables.ts'
import { bodyOf, origin, server } from './harness.ts'

const documentOf = async () => {
  const on = await server()
  return { on, document: await bodyOf(await on.request('/auth/openapi.json')) }
}

type Schema = Readonly<Record<string, unknown>>
interface Operation {
  readonly operationId: string
  readonly summary: string
  readonly tags: string[]
  readonly security?: unknown
  readonly parameters: { name: string; in: string; required: boolean }[]
  readonly requestBody?: { content: Record<string, { schema: Schema }> }
  readonly responses: Record<string, { description: string; content?: Record<string, { schema: Schema }> }>
}

const operationsOf = (document: { paths: Record<string, Record<string, Operation>> }) =>
  Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, ...operation })),
  )

test('the document is OpenAPI 3.1, of this origin', async () => {
  const { document } = await documentOf()

  expect(document).toMatchObject({
    openapi: expect.stringMatching(/^3\.1\.\d+$/),
    info: { title: expect.any(String), version: expect.any(String) },
    servers: [{ url: origin }],
  })
})

test('every route of the app is documented, under its own path and method, and nothing else is', async () => {
  const { on, document } = await documentOf()

  const documented = operationsOf(document).map(({ method, path }) => `${method.toUpperCase()} ${path}`)

  const routed = routesOf(on.app).map(({ method, path }) => `${method} ${path.replace(/:(\w+)/g, '{$1}')}`)
  expect(documented.sort()).toEqual(routed.sort())
})

test('every route says what it does and what it answers', async () => {
  const on = await server()

  const silent = routesOf(on.app).filter(({ doc }) => !doc?.summary || Object.keys(doc.responses).length === 0)

  expect(silent.map(({ method, path }) => `${method} ${path}`)).toEqual([])
})

test('a route that is mounted without documentation is found by that test', async () => {
  const on = await server()
  const app = createApp(on.core).get('/auth/undocumented', (c) => c.text('x'))

  const silent = routesOf(app).filter(({ doc }) => doc === undefined)

  expect(silent.map(({ path }) => path)).toEqual(['/auth/undocumented'])
})

test('operation ids are unique and names that a generator can use', async () => {
  const { document } = await documentOf()

  const ids = operationsOf(document).map(({ operationId }) => operationId)

  expect(new Set(ids).size).toBe(ids.length)
  expect(ids.filter((id) => !/^[a-z][A-Za-z0-9]+$/.test(id))).toEqual([])
})

test('every operation is structurally valid', async () => {
  const { document } = await documentOf()

  for (const { path, method, parameters, responses, requestBody, summary, tags } of operationsOf(document)) {
    const at = `${method} ${path}`
    expect.soft(summary, at).not.toBe('')
    expect.soft(tags.length, at).toBeGreaterThan(0)
    expect
      .soft(parameters.map(({ name }) => name).sort(), at)
      .toEqual([...path.matchAll(/\{(\w+)\}/g)].map(([, n]) => n))
    expect
      .soft(
        parameters.every((one) => one.in === 'path' && one.required),
        at,
      )
      .toBe(true)
    expect
      .soft(
        Object.keys(responses).every((status) => /^[2-5]\d\d$/.test(status)),
        at,
      )
      .toBe(true)
    expect
      .soft(
        Object.values(responses).every(({ description }) => description !== ''),
        at,
      )
      .toBe(true)
    expect.soft(requestBody === undefined || 'application/json' in requestBody.content, at).toBe(true)
    expect.soft(method === 'get' && requestBody, at).toBeFalsy()
  }
})

test('every reference in the document leads somewhere', async () => {
  const { document } = await documentOf()

  const references = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)].map(([, to = '']) => to)

  expect(references.length).toBeGreaterThan(0)
  for (const to of new Set(references)) {
    const found = to
      .slice(2)
      .split('/')
      .reduce((at: Record<string, unknown> | undefined, key) => at?.[key] as Record<string, unknown>, document)
    expect.soft(found, to).toBeTypeOf('object')
  }
})

test('a field that is parsed on the way in is documented as the text that a caller sends', async () => {
  const { document } = await documentOf()

  const { schema } = document.paths['/auth/register'].post.requestBody.content['application/json']

  expect(schema).toMatchObject({
    type: 'object',
    additionalProperties: false,
    required: ['email', 'password'],
    properties: {
      email: { type: 'string' },
      password: { type: 'string' },
      username: { type: 'string' },
      name: { type: ['string', 'null'] },
      locale: { enum: ['en', 'de', 'ar'] },
      transport: { enum: ['cookie', 'token'] },
      remember: { type: 'boolean' },
    },
  })
})

test('no schema of a body is empty, and what may be left out is not required', async () => {
  const { document } = await documentOf()
  const bodies = operationsOf(document).filter(({ requestBody }) => requestBody)

  const vague = bodies.flatMap(({ path, requestBody }) =>
    Object.entries(requestBody?.content['application/json']?.schema.properties ?? {})
      .filter(([name, schema]) => name !== 'assertion' && Object.keys(schema as object).length === 0)
      .map(([name]) => `${path} ${name}`),
  )

  expect(vague).toEqual([])
  expect(document.paths['/auth/challenge'].post.requestBody.content['application/json'].schema.required).toEqual([
    'id',
    'method',
  ])
  expect(document.paths['/auth/token/revoke'].post.requestBody.content).toHaveProperty(
    'application/x-www-form-urlencoded',
  )
})

test('every refusal is documented as a problem, and a guard with what it demands', async () => {
  const { on, document } = await documentOf()

  for (const { path, method, responses, security } of operationsOf(document)) {
    const route = routesOf(on.app).find(
      (one) => one.method === method.toUpperCase() && one.path.replace(/:(\w+)/g, '{$1}') === path,
    )
    const refusals = Object.entries(responses).filter(([status]) => Number(status) >= 400 && path !== '/auth/readyz')
    for (const [status, { content }] of refusals) {
      expect.soft(Object.keys(content ?? {}), `${method} ${path} ${status}`).toEqual(['application/problem+json'])
    }
    expect.soft(security !== undefined, `${method} ${path}`).toBe(route?.guard !== undefined)
  }
})

test('a problem stands under the status that its route answers: a wrong current password under 403, not 401', async () => {
  const { document } = await documentOf()

  const { responses } = document.paths['/auth/password/change'].post

  expect(responses['403'].description).toContain('`wrong_credentials`')
  expect(responses['401'].description).not.toContain('`wrong_credentials`')
  expect(document.paths['/auth/login'].post.responses['401'].description).toContain('`wrong_credentials`')
})

test('registration documents every conflict that it may answer', async () => {
  const { document } = await documentOf()

  const { description } = document.paths['/auth/register'].post.responses['409']

  expect(description).toBe('`email_taken`, `username_taken`, `conflict`')
})

test('every unsafe route documents what stands before all of them, and no safe route does', async () => {
  const { document } = await documentOf()

  for (const { path, method, responses } of operationsOf(document)) {
    const documented = Object.values(responses).map(({ description }) => description)
    const isUnsafe = method !== 'get'
    for (const code of ['`cross_origin`', '`body_too_large`']) {
      expect.soft(documented.join().includes(code), `${method} ${path} ${code}`).toBe(isUnsafe)
    }
    expect.soft(documented.join(), `${method} ${path}`).toMatch(/`malformed_request`.*`internal`.*`unavailable`/)
  }
})

test('an answer with a code that its route declares, but under another status, is found by every test', async () => {
  const on = await server()
  const request = new Request(`${origin}/auth/me`)
  const answer = await on.request('/auth/me')
  const { headers } = answer
  const problem = await bodyOf(answer)

  const other = new Response(JSON.stringify({ ...problem, status: 403 }), { status: 403, headers })

  await expect(checkAnswer(on.app, request, other)).rejects.toThrow('does not declare unauthenticated')
  await expect(checkAnswer(on.app, request, answer)).resolves.toBeUndefined()
})

test('the document names the cookie that the service uses', () => {
  const schemes = (issuer: string) => JSON.stringify(openapi([], issuer).components.securitySchemes)

  expect(schemes('https://app.example.com/auth')).toContain('"name":"__Host-session"')
  expect(schemes('http://localhost:8787/auth')).toContain('"name":"session"')
})

test('the typed client knows every route, with its body and its answer', async () => {
  const client = hc<App>(origin)
  const { auth } = client
  const typed = {
    'POST /auth/register': auth.register.$post,
    'POST /auth/login': auth.login.$post,
    'POST /auth/challenge': auth.challenge.$post,
    'POST /auth/logout': auth.logout.$post,
    'GET /auth/session': auth.session.$get,
    'GET /auth/me': auth.me.$get,
    'PATCH /auth/me': auth.me.$patch,
    'DELETE /auth/me': auth.me.$delete,
    'GET /auth/me/export': auth.me.export.$get,
    'GET /auth/sessions': auth.sessions.$get,
    'DELETE /auth/sessions': auth.sessions.$delete,
    'DELETE /auth/sessions/:id': auth.sessions[':id'].$delete,
    'DELETE /auth/devices/:id': auth.devices[':id'].$delete,
    'POST /auth/session/refresh-auth': auth.session['refresh-auth'].$post,
    'POST /auth/password/change': auth.password.change.$post,
    'POST /auth/password/forgot': auth.password.forgot.$post,
    'GET /auth/password/reset': auth.password.reset.$get,
    'POST /auth/password/reset': auth.password.reset.$post,
    'POST /auth/email/verify/request': auth.email.verify.request.$post,
    'GET /auth/email/verify': auth.email.verify.$get,
    'POST /auth/email/verify': auth.email.verify.$post,
    'GET /auth/email/disown': auth.email.disown.$get,
    'POST /auth/email/disown': auth.email.disown.$post,
    'POST /auth/email/link': auth.email.link.$post,
    'POST /auth/email/code': auth.email.code.$post,
    'GET /auth/email/sign-in': auth.email['sign-in'].$get,
    'POST /auth/email/sign-in': auth.email['sign-in'].$post,
    'POST /auth/token': auth.token.$post,
    'POST /auth/token/revoke': auth.token.revoke.$post,
    'GET /auth/.well-known/jwks.json': auth['.well-known']['jwks.json'].$get,
    'GET /auth/openapi.json': auth['openapi.json'].$get,
    'GET /auth/healthz': auth.healthz.$get,
    'GET /auth/readyz': auth.readyz.$get,
    ...entriesOf(({ typed }) => typed(auth, client)),
  }
  const { app } = await server()

  expect(Object.keys(typed).sort()).toEqual(
    routesOf(app)
      .map(({ method, path }) => `${method} ${path}`)
      .sort(),
  )

  type Register = Parameters<typeof auth.register.$post>[0]['json']
  expectTypeOf<Register['email']>().toEqualTypeOf<string>()
  expectTypeOf<Register['transport']>().toEqualTypeOf<'cookie' | 'token' | undefined>()
  type Me = Awaited<ReturnType<Awaited<ReturnType<typeof auth.me.$get>>['json']>>
  expectTypeOf<Me['email']>().toEqualTypeOf<string>()
  expectTypeOf<Me['roles']>().toEqualTypeOf<string[]>()
  expectTypeOf(auth).not.toHaveProperty('nowhere')
})
