import type { Visit } from '../base/ports.ts'
import type { Caller } from '../identity/callers.ts'
import type { Context } from '../identity/context.ts'
import type { Enroller } from '../identity/enrolment.ts'

/** What a Hono context of ours carries. */
export interface Env {
  Bindings: Visit
  /** `body` is the text of the body, which is read already; empty where there is none. */
  Variables: { context: Context; body: string }
}

/** Behind a guard that demands a caller. */
export interface CallerEnv extends Env {
  Variables: Env['Variables'] & { caller: Caller }
}

/** Behind a guard that takes whoever may set up a second factor. */
export interface EnrollerEnv extends Env {
  Variables: Env['Variables'] & { enroller: Enroller }
}

/** Behind a guard that takes whoever comes. */
export interface VisitorEnv extends Env {
  Variables: Env['Variables'] & { caller: Caller | undefined }
}
