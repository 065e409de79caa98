import type { Server, signedUp } from './harness.ts'
import type { Operation } from './properties/operations.ts'

/** What a sign-in is put on hold for. */
export interface HalfState {
  /** Somebody in a browser of theirs, signed in: their next sign-in is put on hold. */
  readonly make: (on: Server) => Promise<Pick<Awaited<ReturnType<typeof signedUp>>, 'person' | 'api' | 'jar'>>
  /** The isolate that does so, where it is another. */
  readonly at?: (on: Server) => Promise<Server>
  /** The routes that the id of the challenge opens. */
  readonly opens: (route: Pick<Operation, 'name' | 'fields'>) => boolean
}
