/** What a statement can bind and a row can hold on libSQL over HTTP, on `file:` and on D1 alike. */
export type Value = string | number | null

/** One SQL text with its parameters, in order. */
export interface Query {
  readonly sql: string
  readonly params: readonly Value[]
  /** False for a plain SELECT. */
  readonly writes: boolean
}

/** A query that knows how its rows read. Stores make statements; only `Context.batch` runs them. */
export interface Statement<Row = unknown> extends Query {
  readonly map: (rows: readonly (readonly unknown[])[]) => Row[]
}

/** The rows of each statement of a batch, in order. */
export type BatchRows<S extends readonly Statement[]> = {
  -readonly [K in keyof S]: S[K] extends Statement<infer Row> ? Row[] : never
}

export interface Database {
  /**
   * Runs the queries in order, atomically, in one trip. Answers the rows of each, columns in the order of its text.
   * @param limit Milliseconds; past it the queries may or may not have run.
   * @throws Problem `unavailable` (503) when the database is unreachable, answers with an unexpected status or body,
   *   is busy or full, or refuses
   */
  run(queries: readonly Query[], limit: number): Promise<unknown[][][]>
}

/** What KV says of a session: it `ended`, or the snapshots of its user from `at` (Unix seconds) or before are stale. */
export type Hint = { readonly state: 'ended' } | { readonly state: 'stale'; readonly at: number }

/** Hints only ever deny. A hint that is missing or late is bounded by the lease. */
export interface Hints {
  /** What has to go on after the answer is handed to `later`. */
  get(sessionId: string, later: (task: Promise<unknown>) => void): Promise<Hint | undefined>
  /** Absent where the hints are read off the database, which knows already. `ttl` in seconds, at least 60. */
  put?(sessionId: string, hint: Hint, ttl: number): Promise<void>
}

export interface Limiter {
  /** Counts one request for `key`. False when the window is full. */
  take(key: string): Promise<boolean>
}

/** @see https://www.rfc-editor.org/rfc/rfc9106 */
export type Argon2id = (
  password: Uint8Array,
  salt: Uint8Array,
  cost: {
    /** KiB. */
    readonly memory: number
    readonly passes: number
    readonly lanes: number
  },
  /** Bytes. */
  length: number,
) => Promise<Uint8Array>

/** One message as it leaves. No header of it holds CR or LF; `to` is byte for byte the address that is stored. */
export interface Mail {
  /** The same for every attempt at one message, so that whoever can tells a repeat by it. */
  readonly id: string
  readonly from: { readonly address: string; readonly name: string }
  readonly to: string
  readonly subject: string
  readonly text: string
  readonly html: string
  /** BCP 47. */
  readonly language: string
}

/** `refused` is final: no later attempt would fare better. `reason` is for an operator, and quotes no message. */
export type Delivery = { readonly status: 'taken' } | { readonly status: 'refused'; readonly reason: string }

export interface Mailer {
  /** As settings and logs call it. */
  readonly name: 'console' | 'cloudflare' | 'resend' | 'smtp' | 'mailbox'
  /**
   * Hands a message to whoever delivers it.
   * @param limit Milliseconds
   * @throws Whatever kept it from being taken this time: it is tried again
   */
  send(mail: Mail, limit: number): Promise<Delivery>
}

/** One line of JSON a call. Never a secret, an e-mail address, a token or a code. */
export type Log = (line: Readonly<Record<string, unknown>>) => void

/** What the runtime alone knows of a request. */
export interface Visit {
  /** The client address as the platform's one trusted field tells it, before `AUTH_PROXY` is considered. */
  readonly address: string | undefined
  /** ISO 3166-1 alpha-2. */
  readonly country: string | undefined
  /** Lets a promise go on after the answer was sent. */
  readonly waitUntil: (task: Promise<unknown>) => void
}
