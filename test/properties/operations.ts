import { cookieOf } from '../act.ts'
import { acts } from '../acts.ts'
import { bodyOf, type Server, signedUp } from '../harness.ts'
import { targetOf } from '../route-access.ts'

/** A JSON schema, as far as an example of it needs. */
interface Schema {
  readonly type?: string | readonly string[]
  readonly enum?: readonly unknown[]
  readonly anyOf?: readonly Schema[]
  readonly properties?: Readonly<Record<string, Schema>>
}

/** One route with every place where its caller may put something, as the service itself documents them. */
export interface Operation {
  /** `POST /auth/login` */
  readonly name: string
  readonly method: string
  /** `/auth/sessions/{id}` */
  readonly path: string
  /** Names of path parameters. */
  readonly parameters: readonly string[]
  /** Members of the body; undefined where the route documents none. */
  readonly fields: Readonly<Record<string, Schema>> | undefined
  readonly isGuarded: boolean
}

interface Documented {
  readonly parameters: readonly { readonly name: string }[]
  readonly security?: unknown
  readonly requestBody?: { readonly content: { readonly 'application/json': { readonly schema: Schema } } }
}

/** Every route of the app, off the document that it serves: what is mounted is in it. */
export const operationsOf = async (on: Server): Promise<Operation[]> => {
  const { paths }: { paths: Record<string, Record<string, Documented>> } = await bodyOf(
    await on.request('/auth/openapi.json'),
  )
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { parameters, security, requestBody }]) => ({
      name: `${method.toUpperCase()} ${path.replace(/\{(\w+)\}/g, ':$1')}`,
      method: method.toUpperCase(),
      path,
      parameters: parameters.map(({ name }) => name),
      fields: requestBody && (requestBody.content['application/json'].schema.properties ?? {}),
      isGuarded: security !== undefined,
    })),
  )
}

/** A request that the route takes: that of the table of acts, or one made of its documentation. */
export const goodRequest = async (on: Server, operation: Operation): Promise<{ path: string; init: RequestInit }> => {
  const act = acts.find(({ route }) => route === operation.name)
  if (act) return act.prepare(on)
  const { method, path, fields } = operation
  const headers = cookieOf((await signedUp(on)).jar)
  const target = targetOf(path)
  if (fields === undefined) return { path: target, init: { method, headers } }
  const body = JSON.stringify(exampleOf(fields))
  return { path: target, init: { method, headers: { ...headers, 'content-type': 'application/json' }, body } }
}

/** A value for every member, each of the documented type. */
export const exampleOf = (fields: Readonly<Record<string, Schema>>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(fields).map(([name, schema]) => [name, exampleOfOne(schema)]))

/** Whether a member may hold any text. */
export const takesText = ({ type, enum: values, anyOf = [] }: Schema): boolean =>
  values === undefined && (type === undefined || [type].flat().includes('string') || anyOf.some(takesText))

const exampleOfOne = ({ type, enum: values, anyOf, properties = {} }: Schema): unknown => {
  if (values) return values[0]
  if (anyOf?.[0]) return exampleOfOne(anyOf[0])
  const [first] = [type].flat()
  if (first === 'boolean') return true
  if (first === 'integer' || first === 'number') return 1
  if (first === 'array') return []
  if (first === 'object') return exampleOf(properties)
  return 'x'
}
