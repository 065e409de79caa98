import type { Database, Query, Value } from '../base/ports.ts'
import { databaseFailure } from './database-failure.ts'

/**
 * Turso, or any libSQL server, over HTTP: a trip is one request that opens a stream, runs everything in it and closes
 * it, so nothing is shared between the requests of an isolate.
 * @see https://github.com/tursodatabase/libsql/blob/main/docs/HTTP_V2_SPEC.md
 */
export const libsql = (url: string, authToken: string | undefined): Database => {
  const pipeline = pipelineUrl(url)
  const headers = {
    'content-type': 'application/json',
    ...(authToken === undefined ? {} : { authorization: `Bearer ${authToken}` }),
  }
  return {
    async run(queries, limit) {
      if (queries.length === 0) return []
      const body = JSON.stringify({ requests: [toRequest(queries), { type: 'close' }] })
      const signal = AbortSignal.timeout(limit)
      try {
        const reply = await reached(fetch(pipeline, { method: 'POST', headers, body, signal, redirect: 'manual' }))
        if (reply.status === 200) return parse(await reached(reply.text()), queries.length)
        await reply.body?.cancel()
        throw new Refusal(`HTTP_${reply.status}`)
      } catch (error) {
        throw databaseFailure(error)
      }
    },
  }
}

/** `libsql:` is https, or with `?tls=0` http. */
const pipelineUrl = (url: string): string => {
  const scheme = url.endsWith('?tls=0') ? 'http:' : 'https:'
  return new URL('v2/pipeline', url.replace(/^libsql:/, scheme)).href
}

/** One statement alone, or all in one transaction: `BEGIN IMMEDIATE` as soon as one writes, so that none meets BUSY. */
const toRequest = (queries: readonly Query[]) => {
  const [only, ...more] = queries.map(toStatement)
  if (more.length === 0) return { type: 'execute', stmt: only }
  const begin = queries.some(({ writes }) => writes) ? 'begin immediate' : 'begin transaction readonly'
  const inOrder = [{ sql: begin }, ...queries.map(toStatement), { sql: 'commit' }]
  const committed = inOrder.length - 1
  const steps = inOrder.map((stmt, step) => ({
    stmt,
    ...(step === 0 ? {} : { condition: { type: 'ok', step: step - 1 } }),
  }))
  const condition = { type: 'not', cond: { type: 'ok', step: committed } }
  return { type: 'batch', batch: { steps: [...steps, { stmt: { sql: 'rollback' }, condition }] } }
}

const toStatement = ({ sql, params }: Query) => ({ sql, args: params.map(toCell), want_rows: true })

const toCell = (value: Value): Cell => {
  if (value === null) return { type: 'null' }
  if (typeof value === 'string') return { type: 'text', value }
  return Number.isInteger(value) ? { type: 'integer', value: String(value) } : { type: 'float', value }
}

const fromCell = ({ type, value }: Cell): Value => (type === 'integer' ? Number(value) : (value ?? null))

/** What `fetch` says of a connection that failed differs between runtimes; that the limit is over does not. */
const reached = <T>(io: Promise<T>): Promise<T> =>
  io.catch((error) => {
    throw error instanceof Error && error.name === 'TimeoutError' ? error : new Refusal('UNREACHABLE')
  })

/** @throws Refusal also of a body that is not JSON, or of no known shape */
const parse = (body: string, count: number): unknown[][][] => {
  try {
    return toRows(JSON.parse(body), count)
  } catch (error) {
    throw error instanceof Refusal ? error : new Refusal('UNEXPECTED_BODY')
  }
}

/** Nothing succeeded but what the server says succeeded: every statement, and the commit. */
const toRows = ({ results: [result] }: Pipeline, count: number): unknown[][][] => {
  if (result?.error) throw new Refusal(result.error.code)
  const { rows, step_errors, step_results } = result?.response?.result ?? {}
  if (count === 1) return [toValues(rows)]
  const error = step_errors?.find((one) => one !== null)
  if (error) throw new Refusal(error.code)
  // Begin, the statements, commit, rollback.
  if (step_results?.length !== count + 3 || !step_results[count + 1]) throw new Refusal('UNEXPECTED_BODY')
  return step_results.slice(1, count + 1).map((step) => toValues(step?.rows))
}

const toValues = (rows: Rows['rows'] | undefined): Value[][] => {
  if (rows === undefined) throw new Refusal('UNEXPECTED_BODY')
  return rows.map((row) => row.map(fromCell))
}

class Refusal extends Error {
  readonly code: string

  constructor(code = 'UNKNOWN') {
    super('The libSQL server refused.')
    this.code = code
  }
}

/** An integer is a text, because it has 64 bits. */
type Cell = { readonly type: string; readonly value?: string | number }

interface Rows {
  readonly rows: readonly (readonly Cell[])[]
}

interface Failure {
  readonly code?: string
}

interface Pipeline {
  readonly results: readonly {
    readonly error?: Failure
    readonly response?: {
      readonly result?: Partial<Rows> & {
        readonly step_results?: readonly (Rows | null)[]
        readonly step_errors?: readonly (Failure | null)[]
      }
    }
  }[]
}
